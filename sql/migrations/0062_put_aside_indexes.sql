-- 0062_put_aside_indexes.sql
-- Why: /metrics counts what was put aside at every scrape; it is a few rows however large the tables are.
-- millrace: no transaction
create index concurrently if not exists job_unprepared_idx on job (id) where status = 2 and problem like 'this job cannot be prepared:%';
create index concurrently if not exists task_unsealable_idx on task (id) where log_seal_due_at = 'infinity' and log_sealed_at is null;
