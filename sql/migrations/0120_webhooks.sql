-- 0120_webhooks.sql (expand)
-- Why: other programs are told of pushes, runs and jobs (docs/adr/0041 names the pages; DESIGN 2 the outbox). What is told is written
-- by triggers in the transaction that makes it happen, so that no way of changing a run forgets it, also not that of an older server.
-- Servers of before send nothing; what they cause is sent by the others.
set local lock_timeout = '2s';
create table webhook (
    id                   bigint generated always as identity primary key,
    repository_id        bigint not null references repository (id) on delete cascade,
    url                  text not null,
    content_type         text not null default 'json',
    events               text[] not null,
    branch_filter        text not null default '',
    secret               bytea,
    authorization_header bytea,
    is_active            boolean not null default true,
    paused_until         timestamptz,
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    constraint webhook_content_type_known check (content_type in ('json', 'form'))
);
comment on column webhook.secret is 'what signs a delivery, sealed by the key "webhooks" of server_key; null: nothing signs';
comment on column webhook.authorization_header is 'sealed likewise';
comment on column webhook.paused_until is 'nothing is sent before: its receiver gave no answer';
create index webhook_repository_idx on webhook (repository_id);

create table webhook_delivery (
    id          bigint generated always as identity primary key,
    webhook_id  bigint not null references webhook (id) on delete cascade,
    guid        uuid not null default gen_random_uuid(),
    event       text not null,
    action      text not null default '',
    subject     text not null,
    once        text,
    told        jsonb not null,
    payload     text,
    state       text not null default 'pending',
    tries       bigint not null default 0,
    due_at      timestamptz not null default now(),
    lease_until timestamptz,
    status      bigint,
    response    text not null default '',
    problem     text not null default '',
    took        bigint,
    created_at  timestamptz not null default now(),
    sent_at     timestamptz,
    constraint webhook_delivery_state_known check (state in ('pending', 'delivered', 'failed', 'left_out'))
);
comment on column webhook_delivery.subject is 'what it is about; those of one subject are sent in their order';
comment on column webhook_delivery.once is 'of a webhook there is one of each; null: any number';
comment on column webhook_delivery.told is 'what had happened, as far as rows may say otherwise later';
comment on column webhook_delivery.payload is 'what is sent, made at the first try';
comment on column webhook_delivery.status is 'of the last answer (HTTP); null without one';
comment on column webhook_delivery.took is 'microseconds of the last try';
create index webhook_delivery_list_idx on webhook_delivery (webhook_id, id);
create index webhook_delivery_due_idx on webhook_delivery (due_at) where state = 'pending';
create index webhook_delivery_next_idx on webhook_delivery (webhook_id, due_at, id) where state = 'pending';
create index webhook_delivery_order_idx on webhook_delivery (webhook_id, subject, id) where state = 'pending';
create index webhook_delivery_lease_idx on webhook_delivery (webhook_id, lease_until) where lease_until is not null;
create index webhook_delivery_old_idx on webhook_delivery (created_at);
create unique index webhook_delivery_once_idx on webhook_delivery (webhook_id, once) where once is not null;

create function tell_webhooks(repository bigint, event text, action text, subject text, once text, told jsonb) returns void
language sql as $$
    insert into webhook_delivery (webhook_id, event, action, subject, once, told)
    select w.id, $2, $3, $4, $5, $6 from webhook w where w.repository_id = $1 and w.is_active and $2 = any (w.events)
        on conflict (webhook_id, once) where once is not null do nothing
$$;

create function tell_webhooks_of_run() returns trigger language plpgsql as $$
declare
    told jsonb := jsonb_build_object('run', new.id, 'attempt', new.latest_attempt, 'status', new.status);
    subject text := 'run ' || new.id;
    start text := format('run %s attempt %s ', new.id, new.latest_attempt);
begin
    if tg_op = 'INSERT' or new.latest_attempt <> old.latest_attempt then
        perform tell_webhooks(new.repository_id, 'workflow_run', 'requested', subject, start || 'requested',
                              told || jsonb_build_object('status', 5));
    end if;
    if new.status = 6 then
        perform tell_webhooks(new.repository_id, 'workflow_run', 'in_progress', subject, start || 'in_progress', told);
    elsif new.status <= 4 then
        perform tell_webhooks(new.repository_id, 'workflow_run', 'completed', subject, start || 'completed', told);
    end if;
    return null;
end $$;
create trigger run_tells_webhooks_new after insert on run for each row execute function tell_webhooks_of_run();
create trigger run_tells_webhooks after update of status, latest_attempt on run for each row
    when (old.status <> new.status or old.latest_attempt <> new.latest_attempt) execute function tell_webhooks_of_run();

create function tell_webhooks_of_job() returns trigger language plpgsql as $$
declare
    action text := case when new.status = 5 then 'queued' when new.status = 7 then 'waiting' when new.status = 6 then 'in_progress'
                        when new.status <= 4 then 'completed' end;
begin
    -- A job is made as blocked and may be queued in the same transaction: what it is at its end is told.
    if tg_op = 'INSERT' and (select j.status from job j where j.id = new.id) is distinct from new.status then
        return null;
    end if;
    if action is not null then
        perform tell_webhooks(new.repository_id, 'workflow_job', action, 'run ' || new.run_id, null,
                              jsonb_build_object('job', new.id, 'run', new.run_id, 'status', new.status));
    end if;
    return null;
end $$;
create constraint trigger job_tells_webhooks_new after insert on job deferrable initially deferred
    for each row execute function tell_webhooks_of_job();
create trigger job_tells_webhooks after update of status on job for each row
    when (old.status <> new.status) execute function tell_webhooks_of_job();

-- Events are told once they were read: the runs that they start are there then. A push of a new ref is also its creation, one that
-- takes a ref away is nothing but its deletion, as forges tell it; rows of the kinds create and delete are there for workflows alone.
create function tell_webhooks_of_event() returns trigger language plpgsql as $$
declare
    told jsonb := jsonb_build_object('inbox', new.id, 'ref', new.ref, 'before', new.before, 'after', new.after,
                                     'pusher', new.pusher_id, 'event', new.event);
    is_new boolean := new.before ~ '^0+$';
    is_gone boolean := new.after ~ '^0+$';
    short jsonb := jsonb_build_object(
        'ref', regexp_replace(new.ref, '^refs/(heads|tags)/', ''),
        'ref_type', case when new.ref like 'refs/tags/%' then 'tag' else 'branch' end,
        'sha', case when is_gone then new.before else new.after end, 'pusher_type', 'user');
begin
    if new.kind = 'pull_request' then
        perform tell_webhooks(new.repository_id, new.kind, coalesce(new.event ->> 'action', ''),
                              'pull request ' || coalesce(new.event ->> 'number', ''), 'event ' || new.id, told);
        return null;
    end if;
    if new.ref !~ '^refs/(heads|tags)/' then
        return null;
    end if;
    if is_new or is_gone then
        perform tell_webhooks(new.repository_id, case when is_gone then 'delete' else 'create' end, '', 'ref ' || new.ref,
                              'ref of event ' || new.id, told || jsonb_build_object('event', short));
    end if;
    if not is_gone then
        perform tell_webhooks(new.repository_id, 'push', '', 'ref ' || new.ref, 'event ' || new.id, told);
    end if;
    return null;
end $$;
create trigger inbox_tells_webhooks after update of state on inbox for each row
    when (new.state = 'read' and old.state <> 'read' and new.kind in ('push', 'pull_request'))
    execute function tell_webhooks_of_event();
