-- 0065_concurrency_group_index.sql
-- Why: the unfinished runs of a group (0064), and the foreign key when an unused group goes.
-- millrace: no transaction
create index concurrently if not exists run_group_idx on run (group_id, status) where group_id is not null;
