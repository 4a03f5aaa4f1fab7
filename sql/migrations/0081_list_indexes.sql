-- 0081_list_indexes.sql
-- Why: lists of runs, jobs, tasks, artifacts and runners read a page in the order of an index, whichever filter is set
-- (docs/adr/0029), and the foreign key of 0080. The two that go are beginnings of new ones.
-- millrace: no transaction
create index concurrently if not exists run_status_list_idx on run (repository_id, status, id);
create index concurrently if not exists run_event_list_idx on run (repository_id, event, id);
create index concurrently if not exists run_ref_list_idx on run (repository_id, ref, id);
create index concurrently if not exists run_sha_list_idx on run (repository_id, sha, id);
create index concurrently if not exists run_workflow_list_idx on run (repository_id, workflow_id, id);
create index concurrently if not exists run_actor_list_idx on run (actor_id, repository_id, id);
create index concurrently if not exists run_approved_by_idx on run (approved_by) where approved_by is not null;
create index concurrently if not exists job_list_idx on job (repository_id, id);
create index concurrently if not exists job_status_list_idx on job (repository_id, status, id);
create index concurrently if not exists job_task_list_idx on job (repository_id, task_id)
 where task_id is not null and copied_from is null;
create index concurrently if not exists artifact_name_list_idx on artifact (repository_id, name, id);
create index concurrently if not exists runner_seen_idx on runner (last_online desc nulls last, id desc);
alter table run validate constraint run_approved_needed_it;
drop index concurrently if exists run_actor_idx;
drop index concurrently if exists job_repository_idx;
