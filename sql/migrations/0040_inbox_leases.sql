-- 0040_inbox_leases.sql (expand)
-- Why: reading a push inside of one transaction held a connection while git ran, let one push stop all others, and lost the
-- count of its tries with the transaction (docs/adr/0017). A job's token is bounded by `permissions`, a run shows warnings.
-- The defaults serve servers that do not know the columns yet: owner 0 stands for all that their hooks announce. Next: 0041 indexes.
set local lock_timeout = '2s';
alter table inbox
    add column owner_id    bigint not null default 0,
    add column task_id     bigint,
    add column outcome     text not null default '',
    add column taken_at    timestamptz,
    add column lease_until timestamptz,
    add column settled_at  timestamptz;
comment on column inbox.owner_id is 'the repository''s owner, copied: pushes are taken in turn by owner; 0 for rows of older servers';
comment on column inbox.task_id is 'the task whose token pushed: such a push starts nothing';
comment on column inbox.outcome is 'what became of the push, in words, for `millrace why push`';
comment on column inbox.taken_at is 'when it was taken last; who waited longest is next';
comment on column inbox.lease_until is 'whoever took it last (tries is its number) may settle it until somebody else takes it';
comment on column inbox.settled_at is 'when state became read, dropped or quarantined; rows go some time after that';

alter table job add column token_permissions text not null default 'contents:write,actions:write,packages:write';
comment on column job.token_permissions is 'what the job''s token may do of its own repository (Domain: TokenPermissions)';
alter table run add column warnings text not null default '';
comment on column run.warnings is 'remarks about the workflow file that do not stop it, one a line';
