-- 0001_accounts_repositories.sql
-- Why: who may do what, the bare repositories, and the inbox of pushes to be read.
create table account (
    id            bigint generated always as identity primary key,
    name          text not null,
    is_org        boolean not null default false,
    is_admin      boolean not null default false,
    email         text not null default '',
    password_hash bytea,
    password_salt bytea,
    created_at    timestamptz not null default now(),
    constraint account_name_shape check (name ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$'),
    constraint account_password_whole check ((password_hash is null) = (password_salt is null))
);
create unique index account_name_key on account (lower(name));

create table access_token (
    id         bigint generated always as identity primary key,
    account_id bigint not null references account on delete cascade,
    name       text not null,
    hash       bytea not null unique,
    last_eight text not null,
    created_at timestamptz not null default now(),
    constraint access_token_hash_is_sha256 check (octet_length(hash) = 32)
);
create index access_token_account_idx on access_token (account_id);

create table repository (
    id              bigint generated always as identity primary key,
    owner_id        bigint not null references account on delete restrict,
    name            text not null,
    is_private      boolean not null default false,
    default_branch  text not null default 'main',
    next_run_number bigint not null default 1,
    created_at      timestamptz not null default now(),
    constraint repository_name_shape check (name ~ '^[A-Za-z0-9._-]{1,100}$' and name !~ '^\.+$' and name !~* '\.git$')
);
create unique index repository_owner_name_key on repository (owner_id, lower(name));

create table collaborator (
    repository_id bigint not null references repository on delete cascade,
    account_id    bigint not null references account on delete cascade,
    permission    text not null,
    primary key (repository_id, account_id),
    constraint collaborator_permission_known check (permission in ('read', 'write', 'admin'))
);
create index collaborator_account_idx on collaborator (account_id);

-- One row per pushed ref. pre-receive announces it before git moves the ref, post-receive confirms it;
-- what was announced and never confirmed is settled by looking at the ref (docs/adr/0005).
create table inbox (
    id            bigint generated always as identity primary key,
    repository_id bigint not null references repository on delete cascade,
    pusher_id     bigint references account on delete set null,
    ref           text not null,
    before        text not null,
    after         text not null,
    state         text not null default 'announced',
    problem       text not null default '',
    tries         int not null default 0,
    created_at    timestamptz not null default now(),
    due_at        timestamptz not null default now() + interval '10 seconds',
    constraint inbox_state_known check (state in ('announced', 'confirmed', 'read', 'dropped', 'quarantined'))
);
create index inbox_due_idx on inbox (due_at, id) where state in ('announced', 'confirmed');
create index inbox_repository_idx on inbox (repository_id);
create index inbox_pusher_idx on inbox (pusher_id);
