-- 0012_summaries_identity.sql (expand)
-- Why: summaries that jobs write (runner.md 6.6) and identity tokens that they ask for (runner.md 6.5).
-- A server from before 0012 plans jobs without id_token: they get no identity until they are planned by a newer one.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock

create table job_summary (
    task_id    bigint not null references task on delete cascade,
    step       int not null,
    content    bytea not null,
    written_at timestamptz not null default now(),
    primary key (task_id, step),
    constraint job_summary_step_known check (step >= -1),
    constraint job_summary_has_content check (octet_length(content) > 0)
);
comment on column job_summary.task_id is 'the task, not the job: a job that goes back to the queue starts without, a rerun that carries a job over shows the same';
comment on column job_summary.step is 'position of the step; -1: of the whole job, as Forgejo''s runner sends it';
comment on column job_summary.content is 'Markdown as the job wrote it, not necessarily UTF-8';

alter table job add column id_token boolean not null default false;
comment on column job.id_token is 'its permissions have id-token: write, so it may ask for an identity token';

create table identity_key (
    id         bigint generated always as identity primary key,
    kid        text not null unique,
    modulus    bytea not null,
    exponent   bytea not null,
    sealed     bytea,
    created_at timestamptz not null default now(),
    retired_at timestamptz,
    constraint identity_key_retired_cannot_sign check ((sealed is null) = (retired_at is not null))
);
create unique index identity_key_one_signs on identity_key ((true)) where retired_at is null;
comment on table identity_key is 'RSA keys of identity tokens (docs/adr/0012): one signs, those before it are published for a while';
comment on column identity_key.sealed is 'the private key, PKCS #8, AES-256-GCM with the kid as associated data; gone once it is retired';
