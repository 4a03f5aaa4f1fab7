-- 0077_workflows.sql (expand)
-- Why: a workflow can be disabled: it then starts nothing by any event (rest.md 5, 15.7). Files stand in git; a row is what git cannot
-- say of one. Servers that do not know this table start disabled workflows.
set local lock_timeout = '2s';
create table workflow (
    repository_id bigint not null references repository (id) on delete cascade,
    file          text not null,
    is_disabled   boolean not null,
    changed_at    timestamptz not null default now(),
    changed_by    bigint references account (id) on delete set null,
    primary key (repository_id, file)
);
create index workflow_changed_by_idx on workflow (changed_by) where changed_by is not null;
comment on column workflow.file is 'the path below the directory of workflows: ci.yml';
