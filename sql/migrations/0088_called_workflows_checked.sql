-- 0088_called_workflows_checked.sql (contract)
-- Why: 0087 added the constraint without a look at the rows, which would have kept job locked for as long.
set local lock_timeout = '2s';
alter table job validate constraint job_live_has_task;
