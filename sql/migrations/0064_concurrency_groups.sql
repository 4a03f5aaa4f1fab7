-- 0064_concurrency_groups.sql (expand)
-- Why: of the runs of a concurrency group one runs and one waits (workflows.md 12), and a cancelled attempt still runs its
-- clean-up (workflows.md 20.2), so its run must remember that it was cancelled (docs/adr/0018).
-- Servers that do not know the columns make runs without a group. Both marks name the attempt that they hold for, so that an
-- attempt which such a server starts is neither cancelled nor let in by what was true of the one before. Next: 0065 index.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock

create table concurrency_group (
    id            bigint generated always as identity primary key,
    repository_id bigint not null references repository on delete cascade,
    name          text not null,
    next_turn     bigint not null default 1,
    constraint concurrency_group_name_key unique (repository_id, name)
);
comment on table concurrency_group is 'locked before the runs of the group, and by whoever moves one of them';
comment on column concurrency_group.next_turn is 'the last turn that was taken: each run and each rerun takes one';

alter table run
    add column group_id            bigint references concurrency_group,
    add column group_turn          bigint,
    add column held_attempt        int,
    add column cancels_in_progress boolean not null default false,
    add column cancelled_attempt   int;
comment on column run.group_turn is 'who came last: of those that wait for the group only the newest does not give way';
comment on column run.held_attempt is 'the attempt that was let into the group; another one has to wait for its turn';
comment on column run.cancels_in_progress is 'it cancels the run that holds the group, instead of waiting for its end alone';
comment on column run.cancelled_attempt is 'the attempt that somebody cancelled: what has not started starts only to clean up';
