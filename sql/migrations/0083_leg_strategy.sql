-- 0083_leg_strategy.sql (expand)
-- Why: max-parallel and fail-fast are the server's (workflows.md 9): legs beyond the first stay blocked, and the first that fails
-- cancels the others. The defaults serve servers that do not know the columns: they start every leg and cancel none.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock
alter table job
    add column fail_fast    boolean not null default true,
    add column max_parallel int,
    add column is_given_up  boolean not null default false;
comment on column job.fail_fast is 'the first leg of its matrix that fails cancels the others';
comment on column job.max_parallel is 'legs of its matrix that may wait or run at once; null: all';
comment on column job.is_given_up is 'cancelled since another leg failed: it counts as failed for the run and for what needs it';
