-- 0090_schedules.sql (expand)
-- Why: workflows of the default branch start by the clock (workflows.md 7, docs/adr/0033). A row of schedule is a line of a
-- file as it was read last; a slot is one moment that fired, so that none fires twice whichever instances die, or whoever
-- replaces the lines meanwhile. schedule_set tells that a repository's lines are to be read again: git cannot be asked in the
-- transaction that changes what they depend on.
-- Servers that do not know these tables read no schedules and start nothing by them; a push that one of them reads is made up
-- for by the next one.
set local lock_timeout = '2s';

create table schedule_set (
    repository_id bigint primary key references repository (id) on delete cascade,
    asked         bigint not null default 1,
    done          bigint not null default 0,
    due_at        timestamptz not null default now(),
    actor_id      bigint references account (id) on delete set null
);
comment on column schedule_set.asked is 'counts what may have changed the lines: a push to the default branch, another default branch, a workflow disabled, the repository archived';
comment on column schedule_set.done is 'the value of asked that the stored lines stand for';
comment on column schedule_set.due_at is 'when an instance may read the files; later while one does';
comment on column schedule_set.actor_id is 'who pushed to the default branch last';
create index schedule_set_actor_idx on schedule_set (actor_id) where actor_id is not null;
create index schedule_set_due_idx on schedule_set (due_at) where done < asked;

create table schedule (
    id            bigint generated always as identity primary key,
    repository_id bigint not null references repository (id) on delete cascade,
    workflow_path text not null,
    cron          text not null,
    timezone      text not null,
    actor_id      bigint references account (id) on delete set null,
    next_at       timestamptz,
    created_at    timestamptz not null default now(),
    constraint schedule_once unique (repository_id, workflow_path, cron, timezone)
);
comment on column schedule.cron is 'the line as the workflow has it: github.event.schedule';
comment on column schedule.timezone is 'the key beside the line; empty when it is absent';
comment on column schedule.actor_id is 'who pushed the line first: the actor of its runs';
comment on column schedule.next_at is 'the next slot; null: it never fires';
create index schedule_next_idx on schedule (next_at, id) where next_at is not null;
create index schedule_actor_idx on schedule (actor_id) where actor_id is not null;

create table schedule_slot (
    repository_id bigint not null references repository (id) on delete cascade,
    workflow_path text not null,
    cron          text not null,
    timezone      text not null,
    slot          timestamptz not null,
    inbox_id      bigint not null,
    fired_at      timestamptz not null default now(),
    primary key (repository_id, workflow_path, cron, timezone, slot)
);
comment on column schedule_slot.inbox_id is 'the event that it became; the row of inbox goes earlier';
create index schedule_slot_fired_idx on schedule_slot (fired_at);
create index schedule_slot_inbox_idx on schedule_slot (inbox_id);

create function ask_for_schedules() returns trigger language plpgsql as $$
begin
    insert into schedule_set (repository_id)
    values (case when tg_table_name = 'repository' then (to_jsonb(new) ->> 'id')::bigint
                 else (to_jsonb(new) ->> 'repository_id')::bigint end)
        on conflict (repository_id) do update set asked = schedule_set.asked + 1, due_at = now();
    return null;
end $$;
create trigger repository_changes_schedules after update of default_branch, is_archived, deleted_at on repository
    for each row when (old.default_branch is distinct from new.default_branch
                       or old.is_archived is distinct from new.is_archived
                       or old.deleted_at is distinct from new.deleted_at)
    execute function ask_for_schedules();
create trigger workflow_changes_schedules after insert or update of is_disabled on workflow
    for each row execute function ask_for_schedules();

-- Files that are there already are read once.
insert into schedule_set (repository_id) select id from repository;
