-- 0074_commit_statuses.sql (expand)
-- Why: programs tell of a commit what they think of it (rest.md 11), beside what jobs tell, which no row repeats (docs/adr/0026).
-- run.workflow_name is a part of a job's context. Servers that do not know it leave it empty: the file's name stands for it.
set local lock_timeout = '2s';
create table commit_status (
    id            bigint generated always as identity primary key,
    repository_id bigint not null references repository on delete cascade,
    sha           text not null,
    context       text not null,
    state         text not null,
    description   text not null default '',
    target_url    text not null default '',
    creator_id    bigint references account on delete set null,
    created_at    timestamptz not null default now(),
    constraint commit_status_state_known check (state in ('pending', 'success', 'error', 'failure', 'warning', 'skipped'))
);
comment on table commit_status is 'what programs say of a commit; the newest of a context counts. Those of jobs are read from the jobs';
create index commit_status_sha_idx on commit_status (repository_id, sha, id);
create index commit_status_creator_idx on commit_status (creator_id) where creator_id is not null;

alter table run add column workflow_name text not null default '';
comment on column run.workflow_name is 'name of the workflow as its file has it; empty: none, or planned by a server of before 0074';
