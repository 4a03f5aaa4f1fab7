-- 0097_environments.sql (expand)
-- Why: jobs may use an environment, which asks for a review, a wait or certain branches before they start, and gives them secrets and
-- variables of its own (docs/adr/0036). Secrets and variables stand in tables of their own: a server that does not know them
-- would take a row of secret with neither repository nor owner for the instance's, and give it to every job.
-- Servers that do not know these tables start jobs of environments without asking; none of their jobs has job.environment.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock
create table environment (
    id                   bigint generated always as identity primary key,
    repository_id        bigint not null references repository (id) on delete cascade,
    name                 text not null,
    key                  text not null,
    wait_minutes         bigint not null default 0,
    prevents_self_review boolean not null default false,
    branch_rule          smallint not null default 0,
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    constraint environment_key unique (repository_id, key),
    constraint environment_wait_range check (wait_minutes between 0 and 43200),
    constraint environment_branch_rule_known check (branch_rule between 0 and 2)
);
comment on column environment.key is 'the name folded to upper case: two names that differ in case are one environment';
comment on column environment.branch_rule is '0: all refs may use it, 1: protected branches, 2: those that a row of environment_branch_policy fits';

create table environment_reviewer (
    environment_id bigint not null references environment (id) on delete cascade,
    position       smallint not null,
    account_id     bigint references account (id) on delete cascade,
    team_id        bigint references team (id) on delete cascade,
    primary key (environment_id, position),
    constraint environment_reviewer_is_one check ((account_id is null) <> (team_id is null))
);
create index environment_reviewer_account_idx on environment_reviewer (account_id) where account_id is not null;
create index environment_reviewer_team_idx on environment_reviewer (team_id) where team_id is not null;

create table environment_branch_policy (
    id             bigint generated always as identity primary key,
    environment_id bigint not null references environment (id) on delete cascade,
    kind           text not null,
    pattern        text not null,
    constraint environment_branch_policy_once unique (environment_id, kind, pattern),
    constraint environment_branch_policy_kind_known check (kind in ('branch', 'tag'))
);

create table deployment (
    job_id         bigint primary key references job (id) on delete cascade,
    run_id         bigint not null,
    environment_id bigint references environment (id) on delete set null,
    name           text not null,
    url            text not null default '',
    needs_review   boolean not null,
    wait_until     timestamptz not null,
    due_at         timestamptz,
    refusal        text not null default '',
    review         text,
    reviewed_by    bigint references account (id) on delete set null,
    reviewed_at    timestamptz,
    comment        text not null default '',
    created_at     timestamptz not null default now(),
    constraint deployment_review_known check (review in ('approved', 'rejected'))
);
comment on table deployment is 'the way of a job through its environment; made when its needs are done';
comment on column deployment.environment_id is 'null once the environment is gone; its rules then hold as they were written here';
comment on column deployment.due_at is 'when somebody has to look whether the job may start: the end of the wait timer; null once that was done';
comment on column deployment.refusal is 'why the job fails, in words; empty while it does not';
create index deployment_run_idx on deployment (run_id);
create index deployment_due_idx on deployment (due_at) where due_at is not null;
create index deployment_environment_idx on deployment (environment_id) where environment_id is not null;
create index deployment_orphan_idx on deployment (job_id)
    where environment_id is null and needs_review and review is null and refusal = '';
create index deployment_reviewed_by_idx on deployment (reviewed_by) where reviewed_by is not null;

create table environment_secret (
    id             bigint generated always as identity primary key,
    environment_id bigint not null references environment (id) on delete cascade,
    name           text not null,
    key_id         bigint not null references encryption_key (id),
    sealed         bytea not null,
    description    text not null default '',
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    constraint environment_secret_once unique (environment_id, name),
    constraint environment_secret_name_shape check (name ~ '^[A-Z_][A-Z0-9_]{0,254}$')
);
create index environment_secret_key_idx on environment_secret (key_id);
create table environment_variable (
    id             bigint generated always as identity primary key,
    environment_id bigint not null references environment (id) on delete cascade,
    name           text not null,
    value          text not null,
    description    text not null default '',
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    constraint environment_variable_once unique (environment_id, name),
    constraint environment_variable_name_shape check (name ~ '^[A-Z_][A-Z0-9_]{0,254}$')
);

alter table job add column environment text;
comment on column job.environment is 'its environment as written, a JobEnvironment (Domain), evaluated when its needs are done';
