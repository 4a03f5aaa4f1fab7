-- 0067_events_and_definitions.sql (expand)
-- Why: a run can be planned from any event, not a push alone, and what a runner gets for a job is made when it is claimed, so
-- that values which are known only then can enter it (docs/adr/0019).
-- The defaults serve servers that do not know the columns yet: what their hooks announce is a push, and jobs that they plan
-- have a payload and no definition. Those servers do not look at kind, however: one takes a row of another event for a push
-- with an empty ref, and settles it or puts it aside. This version writes pushes only; a version that writes other events must
-- not run beside one that does not know this migration.
-- Of job.definition and job.payload this version writes both, so that those servers can give its jobs out as well; a later
-- one stops writing job.payload (it needs a default first), and the one after that drops it.
set local lock_timeout = '2s';
alter table inbox
    add column kind  text not null default 'push',
    add column event jsonb,
    alter column ref set default '',
    alter column before set default '',
    alter column after set default '',
    add constraint inbox_event_is_told check (kind = 'push' or event is not null)
        not valid;  -- 0068 looks at the rows, without the lock that this needs
comment on column inbox.kind is 'name of the event as workflows list it below `on`; servers leave kinds that they do not know to newer ones, servers of before 0067 take each row for a push';
comment on column inbox.event is 'the webhook payload, github.event; null for a push, whose event is made from ref, before, after and the repository';

alter table job add column definition text;
comment on column job.definition is 'JSON that the payload is made of at the claim (Domain: JobDefinition); null: payload was made at planning';
