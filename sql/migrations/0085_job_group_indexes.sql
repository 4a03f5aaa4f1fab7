-- 0085_job_group_indexes.sql
-- Why: the unfinished jobs of a group, and those that want into one: few, however many jobs there are (0084).
-- millrace: no transaction
create index concurrently if not exists job_group_idx on job (group_id) where group_id is not null and status > 4;
create index concurrently if not exists job_group_wanted_idx on job (id) where status = 7 and group_name is not null;
