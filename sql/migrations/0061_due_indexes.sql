-- 0061_due_indexes.sql
-- Why: what the sweeps of 0060 and the removal of old runs look for, and foreign keys that had no index of their own.
-- millrace: no transaction
create index concurrently if not exists artifact_holding_idx on artifact (id) where status in (4, 5) and holds_bytes;
create index concurrently if not exists artifact_owner_idx on artifact (owner_id);
create index concurrently if not exists blob_owner_idx on blob (owner_id);
create index concurrently if not exists job_label_set_idx on job (label_set_id);
create index concurrently if not exists run_repository_idx on run (repository_id, id);
create index concurrently if not exists run_retention_idx on run (stopped_at) where status <= 4;
create index concurrently if not exists event_without_run_idx on event (at) where run_id is null;
create index concurrently if not exists registration_token_inactive_idx on registration_token (created_at) where not is_active;
