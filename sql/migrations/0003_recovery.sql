-- 0003_recovery.sql (expand)
-- Why: the queue's own order, tasks that get lost, reruns, ephemeral runners that are spent, events that can be replayed
-- (runner.md 2 to 4). Defaults serve a server that does not know the columns yet.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock

alter table account add column queue_weight int not null default 1;
alter table account add constraint account_queue_weight_in_range check (queue_weight between 1 and 1000);
comment on column account.queue_weight is 'share of the runners when tasks.fair_spacing is set; twice the weight is twice the share';

alter table job add column queue_key bigint;
alter table job add column returns smallint not null default 0;
alter table job add column timeout_seconds bigint;
alter table job add column changed_at timestamptz not null default now();
alter table job add column copied_from bigint references job on delete set null;
update job set queue_key = (extract(epoch from queued_at) * 1000000)::bigint where queued_at is not null;
comment on column job.queue_key is 'place in the queue, smallest first (Domain/Runs/Queue.swift); kept when a job goes back to the queue';
comment on column job.returns is 'times it went back to the queue because its runner was never heard of';
comment on column job.copied_from is 'a rerun carried this job over with its result: the job whose task, steps and log it shows';
create index job_copied_from_idx on job (copied_from) where copied_from is not null;
-- A server of 0002 inserts and queues jobs without a key.
create function job_queue_key_default() returns trigger language plpgsql as $$
begin
    new.queue_key := coalesce(new.queue_key, (extract(epoch from coalesce(new.queued_at, now())) * 1000000)::bigint);
    return new;
end $$;
create trigger job_queue_key before insert or update of status on job
    for each row when (new.status = 5 and new.queue_key is null) execute function job_queue_key_default();

-- A claim asks for one label set after the other, within the scope of its runner: each is a walk down one index.
create index job_queue_all_idx on job (label_set_id, queue_key, id) where status = 5;
create index job_queue_owner_idx on job (owner_id, label_set_id, queue_key, id) where status = 5;
create index job_queue_repository_idx on job (repository_id, label_set_id, queue_key, id) where status = 5;
create index job_queue_last_idx on job (owner_id, queue_key) where status = 5;
drop index job_queue_idx;
create unique index job_handle_key on job (handle);
create index job_unstarted_idx on job (changed_at) where status in (5, 7);
create index run_unfinished_idx on run (id) where status > 4;

alter table attempt add column actor_id bigint references account on delete set null;
alter table attempt add column status smallint;
alter table attempt add column started_at timestamptz;
alter table attempt add column stopped_at timestamptz;
alter table attempt add constraint attempt_status_known check (status between 1 and 8);
create index attempt_actor_idx on attempt (actor_id);
update attempt a set status = r.status, started_at = r.started_at, stopped_at = r.stopped_at, actor_id = r.actor_id
  from run r where r.id = a.run_id and r.latest_attempt = a.number;

alter table task add column ended_by_server boolean not null default false;
comment on column task.ended_by_server is 'its runner is told "cancelled" whatever the status (runner.md 4.4)';
create index task_live_idx on task (started_at) where status in (6, 8);

alter table runner add column spent_at timestamptz;
alter table runner add column declared_at timestamptz;
alter table runner add column is_preset boolean not null default false;
comment on column runner.is_preset is 'made by an operator with a secret of his own: kept though it never called (runner.md 2.3)';
comment on column runner.spent_at is 'an ephemeral runner was given its one job';

alter table event add column status smallint;
alter table event add column actor_id bigint;
comment on column event.status is 'of run_status and job_status events: where the run or job went';
