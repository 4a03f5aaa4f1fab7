-- 0068_deferred_jobs.sql (expand)
-- Why: a matrix, a name or labels may read outputs of needs: such a job stands for legs that are planned when its needs are done
-- (docs/adr/0019). The default serves servers that do not know the column yet: none of their jobs is one. They would give out a
-- deferred job as it is, so a version that plans them must not run beside one that does not know this column.
set local lock_timeout = '2s';
-- First, since job is locked until the end: hooks and readers go on while the rows of up to 90 days are looked at (0067).
alter table inbox validate constraint inbox_event_is_told;
alter table job add column is_deferred boolean not null default false;
comment on column job.is_deferred is 'it stands for legs that are not planned yet; definition is then a DeferredJob (Domain)';
