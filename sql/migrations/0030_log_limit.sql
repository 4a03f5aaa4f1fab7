-- 0030_log_limit.sql (expand)
-- Why: a log over logs.task_bytes_max drops its rows and acks them, or the runner would repeat them until it gives its job
-- up. A server from before 0030 acks such a log at the row that was stored last: the limit is high, and an upgrade short.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock

alter table task add column log_dropped bigint;
comment on column task.log_dropped is 'null: all rows are stored; else the last stored row says that the log is full, and this many rows behind it were dropped';
