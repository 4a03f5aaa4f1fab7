-- 0087_called_workflows.sql (expand)
-- Why: a job may call a workflow, whose jobs are jobs of the same run (docs/adr/0032). A server that does not know these columns
-- leaves a call blocked and gives out what was called, without the caller's inputs; it must not be the last one running.
set local lock_timeout = '2s';
alter table job add column caller_id bigint, add column call_scope text, add column call_outputs text;
comment on column job.caller_id is 'the job of the same attempt that called the workflow this job is of; null at the top';
comment on column job.call_scope is 'a CallScope (Domain) as JSON: inputs and outputs of the workflow that this job called; null before it called';
comment on column job.call_outputs is 'outputs of the ended call as a JSON object of texts';
alter table job drop constraint job_live_has_task;
-- A job that called others counts as running until they are done, and has no task.
alter table job add constraint job_live_has_task check (status not in (6, 8) or task_id is not null or is_deferred) not valid;
create table called_file (
    run_id bigint not null references run (id) on delete cascade,
    name text not null,
    content bytea not null,
    primary key (run_id, name)
);
comment on table called_file is 'files of called workflows, as they were when the run was planned: reruns call the same';
comment on column called_file.name is 'of its CallReference (Domain): ./path, or owner/repository/path@ref';
