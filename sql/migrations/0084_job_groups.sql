-- 0084_job_groups.sql (expand)
-- Why: jobs have concurrency groups too, of one name space with the runs' (workflows.md 12, docs/adr/0030): what `concurrency` says is
-- kept with the job and evaluated when its needs are done. Names are compared ignoring case, so `name` is the folded one and
-- `shown` what its first member wrote. The defaults serve servers that do not know the columns: their jobs are of no group,
-- and they do not see that a job holds one, so a run that they wake may start beside it. Next: 0085 the indexes.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock
alter table concurrency_group add column shown text not null default '';
comment on column concurrency_group.name is 'folded to upper case: two names that differ in case are one group';
comment on column concurrency_group.shown is 'the name as its first member wrote it; empty: as in name';
alter table run add column queues_all boolean not null default false;
comment on column run.queues_all is 'those that waited for the group before it go on waiting (queue: max)';
alter table job
    add column concurrency   text,
    add column group_name    text,
    add column group_cancels boolean not null default false,
    add column group_queues  boolean not null default false,
    add column group_id      bigint,
    add column group_turn    bigint,
    add column group_held    boolean not null default false;
comment on column job.concurrency is 'its concurrency as written, a JobConcurrency (Domain), evaluated when its needs are done';
comment on column job.group_name is 'the group that it wants into, evaluated; null before';
comment on column job.group_cancels is 'it cancels whoever holds the group, instead of waiting for the end alone';
comment on column job.group_queues is 'those that waited for the group before it go on waiting (queue: max)';
comment on column job.group_id is 'the group, once it has a turn in it; no foreign key, since what has ended is of no group';
comment on column job.group_held is 'it was let into the group; the others wait for its end';
