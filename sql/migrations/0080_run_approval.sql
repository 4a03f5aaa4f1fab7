-- 0080_run_approval.sql (expand)
-- Why: a run that comes from outside waits until somebody who may write lets it start (rest.md 12). The defaults serve servers
-- that do not know the columns; they never make such a run. Next: 0081 the index of the foreign key.
set local lock_timeout = '2s';
alter table run
    add column needs_approval boolean not null default false,
    add column approved_at timestamptz,
    add column approved_by bigint references account (id) on delete set null;
alter table run add constraint run_approved_needed_it check (approved_at is null or needs_approval) not valid;
comment on column run.needs_approval is 'its jobs stay blocked until approved_at is set';
comment on column run.approved_by is 'who let it start; null also once the account is gone';
