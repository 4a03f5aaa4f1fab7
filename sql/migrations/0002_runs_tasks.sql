-- 0002_runs_tasks.sql
-- Why: a run, its attempts, jobs, tasks, steps and log chunks. Status numbers are Gitea's (runner.md 4.1):
-- 1 success, 2 failure, 3 cancelled, 4 skipped, 5 waiting, 6 running, 7 blocked, 8 cancelling.
create table run (
    id             bigint generated always as identity primary key,
    repository_id  bigint not null references repository on delete cascade,
    inbox_id       bigint,
    number         bigint not null,
    workflow_id    text not null,
    workflow_path  text not null,
    title          text not null,
    event          text not null,
    ref            text not null,
    sha            text not null,
    actor_id       bigint references account on delete set null,
    payload        text not null,
    status         smallint not null,
    problem        text not null default '',
    latest_attempt int not null default 1,
    created_at     timestamptz not null default now(),
    started_at     timestamptz,
    stopped_at     timestamptz,
    constraint run_number_key unique (repository_id, number),
    constraint run_status_known check (status between 1 and 8),
    constraint run_once_per_push unique (inbox_id, workflow_path)
);
create index run_actor_idx on run (actor_id);

create table attempt (
    id         bigint generated always as identity primary key,
    run_id     bigint not null references run on delete cascade,
    number     int not null,
    created_at timestamptz not null default now(),
    constraint attempt_number_key unique (run_id, number)
);

-- Distinct runs-on sets, interned: a runner's eligible sets are found once, a claim asks by number.
create table label_set (
    id     bigint generated always as identity primary key,
    labels text[] not null unique
);

create table job (
    id                bigint generated always as identity primary key,
    run_id            bigint not null references run on delete cascade,
    attempt_id        bigint not null references attempt on delete cascade,
    repository_id     bigint not null references repository on delete cascade,
    owner_id          bigint not null references account on delete restrict,
    key               text not null,
    name              text not null,
    position          int not null,
    needs             text[] not null default '{}',
    label_set_id      bigint not null references label_set,
    condition         text,
    continue_on_error boolean not null default false,
    has_outputs       boolean not null default false,
    step_names        text[] not null default '{}',
    payload           text not null,
    handle            uuid not null default gen_random_uuid(),
    status            smallint not null,
    problem           text not null default '',
    task_id           bigint,
    settle_due_at     timestamptz,
    queued_at         timestamptz,
    started_at        timestamptz,
    stopped_at        timestamptz,
    created_at        timestamptz not null default now(),
    constraint job_position_key unique (attempt_id, position),
    constraint job_status_known check (status between 1 and 8),
    constraint job_waiting_is_queued check (status <> 5 or queued_at is not null),
    constraint job_live_has_task check (status not in (6, 8) or task_id is not null)
);
create index job_run_idx on job (run_id, id);
create index job_queue_idx on job (label_set_id, queued_at, id) where status = 5;
create index job_repository_idx on job (repository_id);
create index job_owner_idx on job (owner_id);
create index job_settle_idx on job (settle_due_at) where settle_due_at is not null;

create table runner (
    id            bigint generated always as identity primary key,
    uuid          uuid not null unique,
    token_hash    bytea not null,
    name          text not null,
    version       text not null default '',
    owner_id      bigint references account on delete cascade,
    repository_id bigint references repository on delete cascade,
    labels        text[] not null default '{}',
    capabilities  text[] not null default '{}',
    ephemeral     boolean not null default false,
    disabled      boolean not null default false,
    last_online   timestamptz,
    last_active   timestamptz,
    created_at    timestamptz not null default now(),
    constraint runner_token_hash_is_sha256 check (octet_length(token_hash) = 32)
);
create index runner_owner_idx on runner (owner_id);
create index runner_repository_idx on runner (repository_id);

create table registration_token (
    id            bigint generated always as identity primary key,
    hash          bytea not null unique,
    owner_id      bigint references account on delete cascade,
    repository_id bigint references repository on delete cascade,
    is_active     boolean not null default true,
    created_at    timestamptz not null default now()
);
create index registration_token_owner_idx on registration_token (owner_id);
create index registration_token_repository_idx on registration_token (repository_id);

create table task (
    id                bigint generated always as identity primary key,
    job_id            bigint not null references job on delete cascade,
    runner_id         bigint references runner on delete set null,
    status            smallint not null,
    token_hash        bytea not null unique,
    request_key       text,
    runner_can_cancel boolean not null default false,
    log_rows          bigint not null default 0,
    log_bytes         bigint not null default 0,
    log_closed_at     timestamptz,
    heard_at          timestamptz,
    started_at        timestamptz not null default now(),
    stopped_at        timestamptz,
    constraint task_status_known check (status in (1, 2, 3, 4, 6, 8))
);
create unique index task_one_live_per_job on task (job_id) where status in (6, 8);
create index task_job_idx on task (job_id);
create index task_runner_idx on task (runner_id, request_key);
alter table job add constraint job_task_fkey foreign key (task_id) references task;
create index job_task_idx on job (task_id);

create table step (
    task_id    bigint not null references task on delete cascade,
    position   int not null,
    name       text not null,
    status     smallint not null default 5,
    log_index  bigint not null default 0,
    log_length bigint not null default 0,
    started_at timestamptz,
    stopped_at timestamptz,
    primary key (task_id, position)
);

create table task_output (
    task_id bigint not null references task on delete cascade,
    name    text not null,
    value   text,
    primary key (task_id, name)
);
comment on column task_output.value is 'null: refused for its size, listed as received so that clients stop resending (runner.md 4.3)';

create table log_chunk (
    task_id     bigint not null references task on delete cascade,
    first_row   bigint not null,
    row_count   int not null,
    byte_offset bigint not null,
    lines       bytea not null,
    primary key (task_id, first_row),
    constraint log_chunk_has_rows check (row_count > 0)
);
comment on column log_chunk.lines is 'one gzip member of whole lines (docs/adr/0003)';

create table event (
    id         bigint generated always as identity primary key,
    run_id     bigint references run on delete cascade,
    job_id     bigint references job on delete cascade,
    task_id    bigint references task on delete cascade,
    runner_id  bigint,
    kind       text not null,
    detail     text not null default '',
    at         timestamptz not null default now()
);
create index event_run_idx on event (run_id, id);
create index event_job_idx on event (job_id);
create index event_task_idx on event (task_id);

-- I2: a final state never changes, whoever writes it.
create function refuse_change_of_final_state() returns trigger language plpgsql as $$
begin
    if old.status between 1 and 4 and new.status <> old.status then
        raise exception '% % is final with status %, it cannot become %', tg_table_name, old.id, old.status, new.status
            using errcode = 'ML002';
    end if;
    return new;
end $$;
create trigger job_final before update of status on job for each row execute function refuse_change_of_final_state();
create trigger task_final before update of status on task for each row execute function refuse_change_of_final_state();

create table server_key (
    purpose    text primary key,
    key        bytea not null,
    created_at timestamptz not null default now()
);
comment on table server_key is 'random keys all instances share, such as the one that signs runtime tokens';
