-- 0091_pull_requests.sql (expand)
-- Why: pull requests come by a push to refs/for/<branch> (workflows.md 5.6, docs/adr/0034); pushes carry options; runs tell other
-- workflows of themselves (workflow_run); Actions can be switched off for a repository. The defaults serve servers that do not know
-- the columns: they read no options, tell nothing of their runs, and start what they are asked to.
-- Next: 0092 the index of inbox.once.
set local lock_timeout = '2s';

alter table inbox
    add column push_options text[] not null default '{}',
    add column once         text;
comment on column inbox.push_options is 'of a push, as git was given them: ci.skip';
comment on column inbox.once is 'names an event of the server''s own that may be told once: of a run, its attempt and what became of it';
alter table repository add column has_actions boolean not null default true;
comment on column repository.has_actions is 'false: nothing starts here';
alter table schedule_set add column hears_runs boolean not null default false;
comment on column schedule_set.hears_runs is 'a workflow of the default branch lists workflow_run; counts while done = asked';

create table pull_request_counter (
    repository_id bigint primary key references repository (id) on delete cascade,
    last          bigint not null default 0
);
create table pull_request (
    id            bigint generated always as identity primary key,
    repository_id bigint not null references repository (id) on delete cascade,
    number        bigint not null,
    state         text not null default 'open',
    head_sha      text not null,
    base          text not null,
    base_sha      text not null,
    topic         text not null,
    title         text not null,
    body          text not null,
    author_id     bigint references account (id) on delete set null,
    is_from_fork  boolean not null,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    closed_at     timestamptz,
    constraint pull_request_number unique (repository_id, number),
    constraint pull_request_state_known check (state in ('open', 'closed', 'merged'))
);
comment on column pull_request.base is 'the short name of the branch that it is to be merged into';
comment on column pull_request.base_sha is 'where that was when its head came';
comment on column pull_request.topic is 'keeps several of one author apart; may be empty';
comment on column pull_request.is_from_fork is 'whoever pushed its head may not write here: its runs have no secrets and wait for an approval';
create unique index pull_request_open_idx on pull_request (repository_id, author_id, base, topic) where state = 'open';
create index pull_request_base_idx on pull_request (repository_id, base) where state = 'open';
create index pull_request_list_idx on pull_request (repository_id, state, number);
create index pull_request_author_idx on pull_request (author_id) where author_id is not null;

create or replace trigger repository_changes_schedules
    after update of default_branch, is_archived, deleted_at, has_actions on repository
    for each row when (old.default_branch is distinct from new.default_branch
                       or old.is_archived is distinct from new.is_archived
                       or old.has_actions is distinct from new.has_actions
                       or old.deleted_at is distinct from new.deleted_at)
    execute function ask_for_schedules();
