-- Made by `make schema`; nobody runs it. The last migration in it is 0120_webhooks.sql.
CREATE FUNCTION public.ask_for_schedules() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into schedule_set (repository_id)
    values (case when tg_table_name = 'repository' then (to_jsonb(new) ->> 'id')::bigint
                 else (to_jsonb(new) ->> 'repository_id')::bigint end)
        on conflict (repository_id)
        do update set asked = schedule_set.asked + 1, due_at = now(), hears_runs = true;
    return null;
end $$;

CREATE FUNCTION public.end_sessions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    delete from session where account_id = new.id;
    return null;
end $$;

CREATE FUNCTION public.job_queue_key_default() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.queue_key := coalesce(new.queue_key, (extract(epoch from coalesce(new.queued_at, now())) * 1000000)::bigint);
    return new;
end $$;

CREATE FUNCTION public.note_keep_last() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into artifact_spare_due (repository_id) values (new.id);
    return null;
end $$;

CREATE FUNCTION public.note_log_removal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into log_removal (path) values (old.path);
    return null;
end $$;

CREATE FUNCTION public.note_loose_blobs() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into blob_loose (blob_id) select distinct blob_id from gone;
    return null;
end $$;

CREATE FUNCTION public.note_replaced_blob() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into blob_loose (blob_id) values (old.blob_id);
    return null;
end $$;

CREATE FUNCTION public.note_spare_due() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into artifact_spare_due (repository_id) values (new.repository_id);
    return null;
end $$;

CREATE FUNCTION public.refuse_change_of_final_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if old.status between 1 and 4 and new.status <> old.status then
        raise exception '% % is final with status %, it cannot become %', tg_table_name, old.id, old.status, new.status
            using errcode = 'ML002';
    end if;
    return new;
end $$;

CREATE FUNCTION public.tell_webhooks(repository bigint, event text, action text, subject text, once text, told jsonb) RETURNS void
    LANGUAGE sql
    AS $_$
    insert into webhook_delivery (webhook_id, event, action, subject, once, told)
    select w.id, $2, $3, $4, $5, $6 from webhook w where w.repository_id = $1 and w.is_active and $2 = any (w.events)
        on conflict (webhook_id, once) where once is not null do nothing
$_$;

CREATE FUNCTION public.tell_webhooks_of_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
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
end $_$;

CREATE FUNCTION public.tell_webhooks_of_job() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.tell_webhooks_of_run() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE TABLE public.access_token (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    name text NOT NULL,
    hash bytea NOT NULL,
    last_eight text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    scopes text DEFAULT 'all'::text NOT NULL,
    last_used_at timestamp with time zone,
    expires_at timestamp with time zone,
    CONSTRAINT access_token_hash_is_sha256 CHECK ((octet_length(hash) = 32))
);

COMMENT ON COLUMN public.access_token.scopes IS 'normalised words with commas (Domain: TokenScopes)';

COMMENT ON COLUMN public.access_token.last_used_at IS 'written at most once a minute';

COMMENT ON COLUMN public.access_token.expires_at IS 'refused from then on; null: never';

ALTER TABLE public.access_token ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.access_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.account (
    id bigint NOT NULL,
    name text NOT NULL,
    is_org boolean DEFAULT false NOT NULL,
    is_admin boolean DEFAULT false NOT NULL,
    email text DEFAULT ''::text NOT NULL,
    password_hash bytea,
    password_salt bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    queue_weight integer DEFAULT 1 NOT NULL,
    artifact_quota_bytes bigint,
    full_name text DEFAULT ''::text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    website text DEFAULT ''::text NOT NULL,
    location text DEFAULT ''::text NOT NULL,
    visibility text DEFAULT 'public'::text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    prohibit_login boolean DEFAULT false NOT NULL,
    must_change_password boolean DEFAULT false NOT NULL,
    last_login_at timestamp with time zone,
    CONSTRAINT account_name_shape CHECK ((name ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$'::text)),
    CONSTRAINT account_password_whole CHECK (((password_hash IS NULL) = (password_salt IS NULL))),
    CONSTRAINT account_queue_weight_in_range CHECK (((queue_weight >= 1) AND (queue_weight <= 1000))),
    CONSTRAINT account_visibility_known CHECK ((visibility = ANY (ARRAY['public'::text, 'limited'::text, 'private'::text])))
);

COMMENT ON COLUMN public.account.queue_weight IS 'share of the runners when tasks.fair_spacing is set; twice the weight is twice the share';

COMMENT ON COLUMN public.account.artifact_quota_bytes IS 'of all its repositories together; null: artifacts.owner_quota';

COMMENT ON COLUMN public.account.visibility IS 'who sees it: everybody, who is logged in, or members and administrators';

COMMENT ON COLUMN public.account.prohibit_login IS 'every credential of it is refused';

COMMENT ON COLUMN public.account.must_change_password IS 'refused everything but a change of its password';

COMMENT ON COLUMN public.account.last_login_at IS 'by password; written at most once a minute';

ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.annotation (
    task_id bigint NOT NULL,
    log_row bigint NOT NULL,
    kind smallint NOT NULL,
    title text NOT NULL,
    file text NOT NULL,
    line bigint NOT NULL,
    col bigint NOT NULL,
    message text NOT NULL,
    CONSTRAINT annotation_kind_known CHECK (((kind >= 1) AND (kind <= 3)))
);

COMMENT ON TABLE public.annotation IS 'what rows of logs say of the code; of each kind of one task the first AnnotationLimits.keptPerKindMax';

COMMENT ON COLUMN public.annotation.log_row IS 'the row of the log that says it, from 0';

COMMENT ON COLUMN public.annotation.kind IS '1: error, 2: warning, 3: notice';

CREATE TABLE public.artifact (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    owner_id bigint NOT NULL,
    run_id bigint NOT NULL,
    attempt integer NOT NULL,
    task_id bigint,
    protocol smallint NOT NULL,
    name text NOT NULL,
    file_name text NOT NULL,
    mime_type text NOT NULL,
    status smallint DEFAULT 1 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    stored_bytes bigint DEFAULT 0 NOT NULL,
    assembly integer DEFAULT 0 NOT NULL,
    assembly_until timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    touched_at timestamp with time zone DEFAULT now() NOT NULL,
    uploaded_at timestamp with time zone,
    holds_bytes boolean DEFAULT true NOT NULL,
    CONSTRAINT artifact_protocol_known CHECK ((protocol = ANY (ARRAY[3, 4]))),
    CONSTRAINT artifact_status_known CHECK ((status = ANY (ARRAY[1, 2, 4, 5, 6]))),
    CONSTRAINT artifact_uploaded_has_time CHECK (((status <> ALL (ARRAY[2, 4])) OR (uploaded_at IS NOT NULL)))
);

COMMENT ON COLUMN public.artifact.protocol IS '3: many files, uploaded by ranges; 4: one file, uploaded by blocks';

COMMENT ON COLUMN public.artifact.file_name IS 'under which it is downloaded';

COMMENT ON COLUMN public.artifact.status IS '1 pending, 2 uploaded, 4 expired, 5 to be deleted, 6 deleted';

COMMENT ON COLUMN public.artifact.bytes IS 'v3: of the files, unpacked; v4: of the file';

COMMENT ON COLUMN public.artifact.stored_bytes IS 'what counts for quotas, also when the bytes are shared';

COMMENT ON COLUMN public.artifact.assembly IS 'counts those who began to assemble it: only the last may record what it made';

COMMENT ON COLUMN public.artifact.assembly_until IS 'somebody assembles it and renews this; once past, another may begin';

COMMENT ON COLUMN public.artifact.touched_at IS 'last sign of an upload';

COMMENT ON COLUMN public.artifact.holds_bytes IS 'false once what is expired or deleted has let go of its files';

CREATE TABLE public.artifact_file (
    artifact_id bigint NOT NULL,
    path text NOT NULL,
    blob_id bigint NOT NULL,
    bytes bigint NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN public.artifact_file.path IS 'within the artifact; v4: its one file''s name';

COMMENT ON COLUMN public.artifact_file.bytes IS 'unpacked; the blob''s are as stored';

ALTER TABLE public.artifact ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.artifact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.artifact_spare_due (
    id bigint NOT NULL,
    repository_id bigint NOT NULL
);

COMMENT ON TABLE public.artifact_spare_due IS 'repositories whose artifacts the sweep of keep_last looks at; not unique, so that nobody waits here';

ALTER TABLE public.artifact_spare_due ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.artifact_spare_due_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.attempt (
    id bigint NOT NULL,
    run_id bigint NOT NULL,
    number integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    actor_id bigint,
    status smallint,
    started_at timestamp with time zone,
    stopped_at timestamp with time zone,
    CONSTRAINT attempt_status_known CHECK (((status >= 1) AND (status <= 8)))
);

ALTER TABLE public.attempt ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.blob (
    id bigint NOT NULL,
    owner_id bigint,
    digest bytea NOT NULL,
    bytes bigint NOT NULL,
    is_gzip boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    checked_at timestamp with time zone,
    bad_at timestamp with time zone,
    doomed_at timestamp with time zone,
    CONSTRAINT blob_bytes_counted CHECK ((bytes >= 0)),
    CONSTRAINT blob_digest_is_sha256 CHECK ((octet_length(digest) = 32))
);

COMMENT ON TABLE public.blob IS 'bytes that never change: storage.dir/blobs/ab/<sha256>-<id>[.gz]; the id is in the name, so no name is used twice';

COMMENT ON COLUMN public.blob.is_gzip IS 'stored as a v3 client sent it, with Content-Encoding: gzip';

COMMENT ON COLUMN public.blob.checked_at IS 'millrace scrub last read it whole';

COMMENT ON COLUMN public.blob.bad_at IS 'its bytes no longer have the digest: never served again';

COMMENT ON COLUMN public.blob.doomed_at IS 'no file names it; its bytes are being removed';

ALTER TABLE public.blob ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.blob_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.blob_loose (
    id bigint NOT NULL,
    blob_id bigint NOT NULL
);

COMMENT ON TABLE public.blob_loose IS 'blobs that a file was taken from: the sweep looks whether another file still names them';

ALTER TABLE public.blob_loose ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.blob_loose_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.called_file (
    run_id bigint NOT NULL,
    name text NOT NULL,
    content bytea NOT NULL
);

COMMENT ON TABLE public.called_file IS 'files of called workflows, as they were when the run was planned: reruns call the same';

COMMENT ON COLUMN public.called_file.name IS 'of its CallReference (Domain): ./path, or owner/repository/path@ref';

CREATE TABLE public.collaborator (
    repository_id bigint NOT NULL,
    account_id bigint NOT NULL,
    permission text NOT NULL,
    CONSTRAINT collaborator_permission_known CHECK ((permission = ANY (ARRAY['read'::text, 'write'::text, 'admin'::text])))
);

CREATE TABLE public.commit_status (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    sha text NOT NULL,
    context text NOT NULL,
    state text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    target_url text DEFAULT ''::text NOT NULL,
    creator_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT commit_status_state_known CHECK ((state = ANY (ARRAY['pending'::text, 'success'::text, 'error'::text, 'failure'::text, 'warning'::text, 'skipped'::text])))
);

COMMENT ON TABLE public.commit_status IS 'what programs say of a commit; the newest of a context counts. Those of jobs are read from the jobs';

ALTER TABLE public.commit_status ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.commit_status_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.concurrency_group (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    name text NOT NULL,
    next_turn bigint DEFAULT 1 NOT NULL,
    shown text DEFAULT ''::text NOT NULL
);

COMMENT ON TABLE public.concurrency_group IS 'locked before the runs of the group, and by whoever moves one of them';

COMMENT ON COLUMN public.concurrency_group.name IS 'folded to upper case: two names that differ in case are one group';

COMMENT ON COLUMN public.concurrency_group.next_turn IS 'the last turn that was taken: each run and each rerun takes one';

COMMENT ON COLUMN public.concurrency_group.shown IS 'the name as its first member wrote it; empty: as in name';

ALTER TABLE public.concurrency_group ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.concurrency_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.deployment (
    job_id bigint NOT NULL,
    run_id bigint NOT NULL,
    environment_id bigint,
    name text NOT NULL,
    url text DEFAULT ''::text NOT NULL,
    needs_review boolean NOT NULL,
    wait_until timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    refusal text DEFAULT ''::text NOT NULL,
    review text,
    reviewed_by bigint,
    reviewed_at timestamp with time zone,
    comment text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deployment_review_known CHECK ((review = ANY (ARRAY['approved'::text, 'rejected'::text])))
);

COMMENT ON TABLE public.deployment IS 'the way of a job through its environment; made when its needs are done';

COMMENT ON COLUMN public.deployment.environment_id IS 'null once the environment is gone; its rules then hold as they were written here';

COMMENT ON COLUMN public.deployment.due_at IS 'when somebody has to look whether the job may start: the end of the wait timer; null once that was done';

COMMENT ON COLUMN public.deployment.refusal IS 'why the job fails, in words; empty while it does not';

CREATE TABLE public.encryption_key (
    id bigint NOT NULL,
    wrapped bytea NOT NULL,
    wrapped_by text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.encryption_key IS 'data keys that secrets are sealed with; the newest seals, those before it open what is not sealed anew yet';

COMMENT ON COLUMN public.encryption_key.wrapped IS '32 bytes, AES-256-GCM under a master key that stands in no database, with "encryption_key <id>" as associated data';

COMMENT ON COLUMN public.encryption_key.wrapped_by IS 'id of the master key: what the first bytes of an HMAC under it say';

ALTER TABLE public.encryption_key ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.encryption_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.environment (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    name text NOT NULL,
    key text NOT NULL,
    wait_minutes bigint DEFAULT 0 NOT NULL,
    prevents_self_review boolean DEFAULT false NOT NULL,
    branch_rule smallint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT environment_branch_rule_known CHECK (((branch_rule >= 0) AND (branch_rule <= 2))),
    CONSTRAINT environment_wait_range CHECK (((wait_minutes >= 0) AND (wait_minutes <= 43200)))
);

COMMENT ON COLUMN public.environment.key IS 'the name folded to upper case: two names that differ in case are one environment';

COMMENT ON COLUMN public.environment.branch_rule IS '0: all refs may use it, 1: protected branches, 2: those that a row of environment_branch_policy fits';

CREATE TABLE public.environment_branch_policy (
    id bigint NOT NULL,
    environment_id bigint NOT NULL,
    kind text NOT NULL,
    pattern text NOT NULL,
    CONSTRAINT environment_branch_policy_kind_known CHECK ((kind = ANY (ARRAY['branch'::text, 'tag'::text])))
);

ALTER TABLE public.environment_branch_policy ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.environment_branch_policy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.environment ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.environment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.environment_reviewer (
    environment_id bigint NOT NULL,
    "position" smallint NOT NULL,
    account_id bigint,
    team_id bigint,
    CONSTRAINT environment_reviewer_is_one CHECK (((account_id IS NULL) <> (team_id IS NULL)))
);

CREATE TABLE public.environment_secret (
    id bigint NOT NULL,
    environment_id bigint NOT NULL,
    name text NOT NULL,
    key_id bigint NOT NULL,
    sealed bytea NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT environment_secret_name_shape CHECK ((name ~ '^[A-Z_][A-Z0-9_]{0,254}$'::text))
);

ALTER TABLE public.environment_secret ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.environment_secret_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.environment_variable (
    id bigint NOT NULL,
    environment_id bigint NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT environment_variable_name_shape CHECK ((name ~ '^[A-Z_][A-Z0-9_]{0,254}$'::text))
);

ALTER TABLE public.environment_variable ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.environment_variable_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.event (
    id bigint NOT NULL,
    run_id bigint,
    job_id bigint,
    task_id bigint,
    runner_id bigint,
    kind text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    status smallint,
    actor_id bigint
);

COMMENT ON COLUMN public.event.status IS 'of run_status and job_status events: where the run or job went';

ALTER TABLE public.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.external_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id bigint NOT NULL,
    email text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.external_identity IS 'who an account is at another server; found by subject alone, which there is nobody else''s';

COMMENT ON COLUMN public.external_identity.email IS 'as it was when they were joined, for people to know it by';

CREATE TABLE public.identity_key (
    id bigint NOT NULL,
    kid text NOT NULL,
    modulus bytea NOT NULL,
    exponent bytea NOT NULL,
    sealed bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT identity_key_retired_cannot_sign CHECK (((sealed IS NULL) = (retired_at IS NOT NULL)))
);

COMMENT ON TABLE public.identity_key IS 'RSA keys of identity tokens (docs/adr/0012): one signs, those before it are published for a while';

COMMENT ON COLUMN public.identity_key.sealed IS 'the private key, PKCS #8, AES-256-GCM with the kid as associated data; gone once it is retired';

ALTER TABLE public.identity_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.identity_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inbox (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    pusher_id bigint,
    ref text DEFAULT ''::text NOT NULL,
    before text DEFAULT ''::text NOT NULL,
    after text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'announced'::text NOT NULL,
    problem text DEFAULT ''::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT (now() + '00:00:10'::interval) NOT NULL,
    owner_id bigint DEFAULT 0 NOT NULL,
    task_id bigint,
    outcome text DEFAULT ''::text NOT NULL,
    taken_at timestamp with time zone,
    lease_until timestamp with time zone,
    settled_at timestamp with time zone,
    kind text DEFAULT 'push'::text NOT NULL,
    event jsonb,
    push_options text[] DEFAULT '{}'::text[] NOT NULL,
    once text,
    CONSTRAINT inbox_event_is_told CHECK (((kind = 'push'::text) OR (event IS NOT NULL))),
    CONSTRAINT inbox_state_known CHECK ((state = ANY (ARRAY['announced'::text, 'confirmed'::text, 'read'::text, 'dropped'::text, 'quarantined'::text])))
);

COMMENT ON COLUMN public.inbox.owner_id IS 'the repository''s owner, copied: pushes are taken in turn by owner; 0 for rows of older servers';

COMMENT ON COLUMN public.inbox.task_id IS 'the task whose token pushed: such a push starts nothing';

COMMENT ON COLUMN public.inbox.outcome IS 'what became of the push, in words, for `millrace why push`';

COMMENT ON COLUMN public.inbox.taken_at IS 'when it was taken last; who waited longest is next';

COMMENT ON COLUMN public.inbox.lease_until IS 'whoever took it last (tries is its number) may settle it until somebody else takes it';

COMMENT ON COLUMN public.inbox.settled_at IS 'when state became read, dropped or quarantined; rows go some time after that';

COMMENT ON COLUMN public.inbox.kind IS 'name of the event as workflows list it below `on`; servers leave kinds that they do not know to newer ones, servers of before 0067 take each row for a push';

COMMENT ON COLUMN public.inbox.event IS 'the webhook payload, github.event; null for a push, whose event is made from ref, before, after and the repository';

COMMENT ON COLUMN public.inbox.push_options IS 'of a push, as git was given them: ci.skip';

COMMENT ON COLUMN public.inbox.once IS 'names an event of the server''s own that may be told once: of a run, its attempt and what became of it';

ALTER TABLE public.inbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.instance (
    name text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    sweeps text[] DEFAULT '{}'::text[] NOT NULL
);

COMMENT ON TABLE public.instance IS 'servers that run, or ran lately, by their own word every ten seconds';

COMMENT ON COLUMN public.instance.sweeps IS 'in pairs: a sweep''s name, and the error of its last turn, empty when it went well';

CREATE TABLE public.job (
    id bigint NOT NULL,
    run_id bigint NOT NULL,
    attempt_id bigint NOT NULL,
    repository_id bigint NOT NULL,
    owner_id bigint NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    "position" integer NOT NULL,
    needs text[] DEFAULT '{}'::text[] NOT NULL,
    label_set_id bigint NOT NULL,
    condition text,
    continue_on_error boolean DEFAULT false NOT NULL,
    has_outputs boolean DEFAULT false NOT NULL,
    step_names text[] DEFAULT '{}'::text[] NOT NULL,
    payload text NOT NULL,
    handle uuid DEFAULT gen_random_uuid() NOT NULL,
    status smallint NOT NULL,
    problem text DEFAULT ''::text NOT NULL,
    task_id bigint,
    settle_due_at timestamp with time zone,
    queued_at timestamp with time zone,
    started_at timestamp with time zone,
    stopped_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    queue_key bigint,
    returns smallint DEFAULT 0 NOT NULL,
    timeout_seconds bigint,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    copied_from bigint,
    id_token boolean DEFAULT false NOT NULL,
    token_permissions text DEFAULT 'contents:write,actions:write,packages:write'::text NOT NULL,
    definition text,
    is_deferred boolean DEFAULT false NOT NULL,
    fail_fast boolean DEFAULT true NOT NULL,
    max_parallel integer,
    is_given_up boolean DEFAULT false NOT NULL,
    concurrency text,
    group_name text,
    group_cancels boolean DEFAULT false NOT NULL,
    group_queues boolean DEFAULT false NOT NULL,
    group_id bigint,
    group_turn bigint,
    group_held boolean DEFAULT false NOT NULL,
    caller_id bigint,
    call_scope text,
    call_outputs text,
    environment text,
    CONSTRAINT job_live_has_task CHECK (((status <> ALL (ARRAY[6, 8])) OR (task_id IS NOT NULL) OR is_deferred)),
    CONSTRAINT job_status_known CHECK (((status >= 1) AND (status <= 8))),
    CONSTRAINT job_waiting_is_queued CHECK (((status <> 5) OR (queued_at IS NOT NULL)))
);

COMMENT ON COLUMN public.job.queue_key IS 'place in the queue, smallest first (Domain/Runs/Queue.swift); kept when a job goes back to the queue';

COMMENT ON COLUMN public.job.returns IS 'times it went back to the queue because its runner was never heard of';

COMMENT ON COLUMN public.job.copied_from IS 'a rerun carried this job over with its result: the job whose task, steps and log it shows';

COMMENT ON COLUMN public.job.id_token IS 'its permissions have id-token: write, so it may ask for an identity token';

COMMENT ON COLUMN public.job.token_permissions IS 'what the job''s token may do of its own repository (Domain: TokenPermissions)';

COMMENT ON COLUMN public.job.definition IS 'JSON that the payload is made of at the claim (Domain: JobDefinition); null: payload was made at planning';

COMMENT ON COLUMN public.job.is_deferred IS 'it stands for legs that are not planned yet; definition is then a DeferredJob (Domain)';

COMMENT ON COLUMN public.job.fail_fast IS 'the first leg of its matrix that fails cancels the others';

COMMENT ON COLUMN public.job.max_parallel IS 'legs of its matrix that may wait or run at once; null: all';

COMMENT ON COLUMN public.job.is_given_up IS 'cancelled since another leg failed: it counts as failed for the run and for what needs it';

COMMENT ON COLUMN public.job.concurrency IS 'its concurrency as written, a JobConcurrency (Domain), evaluated when its needs are done';

COMMENT ON COLUMN public.job.group_name IS 'the group that it wants into, evaluated; null before';

COMMENT ON COLUMN public.job.group_cancels IS 'it cancels whoever holds the group, instead of waiting for the end alone';

COMMENT ON COLUMN public.job.group_queues IS 'those that waited for the group before it go on waiting (queue: max)';

COMMENT ON COLUMN public.job.group_id IS 'the group, once it has a turn in it; no foreign key, since what has ended is of no group';

COMMENT ON COLUMN public.job.group_held IS 'it was let into the group; the others wait for its end';

COMMENT ON COLUMN public.job.caller_id IS 'the job of the same attempt that called the workflow this job is of; null at the top';

COMMENT ON COLUMN public.job.call_scope IS 'a CallScope (Domain) as JSON: inputs and outputs of the workflow that this job called; null before it called';

COMMENT ON COLUMN public.job.call_outputs IS 'outputs of the ended call as a JSON object of texts';

COMMENT ON COLUMN public.job.environment IS 'its environment as written, a JobEnvironment (Domain), evaluated when its needs are done';

ALTER TABLE public.job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.job_summary (
    task_id bigint NOT NULL,
    step integer NOT NULL,
    content bytea NOT NULL,
    written_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT job_summary_has_content CHECK ((octet_length(content) > 0)),
    CONSTRAINT job_summary_step_known CHECK ((step >= '-1'::integer))
);

COMMENT ON COLUMN public.job_summary.task_id IS 'the task, not the job: a job that goes back to the queue starts without, a rerun that carries a job over shows the same';

COMMENT ON COLUMN public.job_summary.step IS 'position of the step; -1: of the whole job, as Forgejo''s runner sends it';

COMMENT ON COLUMN public.job_summary.content IS 'Markdown as the job wrote it, not necessarily UTF-8';

CREATE TABLE public.label_set (
    id bigint NOT NULL,
    labels text[] NOT NULL
);

ALTER TABLE public.label_set ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.label_set_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.log_chunk (
    task_id bigint NOT NULL,
    first_row bigint NOT NULL,
    row_count integer NOT NULL,
    byte_offset bigint NOT NULL,
    lines bytea NOT NULL,
    CONSTRAINT log_chunk_has_rows CHECK ((row_count > 0))
);
ALTER TABLE ONLY public.log_chunk ALTER COLUMN lines SET STORAGE EXTERNAL;

COMMENT ON COLUMN public.log_chunk.lines IS 'one gzip member of whole lines (docs/adr/0003)';

CREATE TABLE public.log_file (
    task_id bigint NOT NULL,
    path text,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    file_bytes bigint NOT NULL,
    segment_row bigint[] NOT NULL,
    segment_byte bigint[] NOT NULL,
    segment_file_offset bigint[] NOT NULL,
    task_stopped_at timestamp with time zone NOT NULL,
    sealed_at timestamp with time zone DEFAULT now() NOT NULL,
    expired_at timestamp with time zone,
    CONSTRAINT log_file_has_path_with_rows CHECK (((path IS NULL) = (rows = 0))),
    CONSTRAINT log_file_segments_whole CHECK (((cardinality(segment_row) = cardinality(segment_byte)) AND (cardinality(segment_row) = cardinality(segment_file_offset))))
);

COMMENT ON TABLE public.log_file IS 'the log of a task once it is complete: one gzip file below storage.dir/logs';

COMMENT ON COLUMN public.log_file.path IS 'below storage.dir/logs; null: the log has no row, so there is no file';

COMMENT ON COLUMN public.log_file.bytes IS 'of the text; file_bytes are those of the gzip file';

COMMENT ON COLUMN public.log_file.segment_row IS 'first row of each part that can be read alone; segment_byte and segment_file_offset are where it starts';

COMMENT ON COLUMN public.log_file.task_stopped_at IS 'copied from task, so that retention is one index scan';

COMMENT ON COLUMN public.log_file.expired_at IS 'the file was removed (logs.retention); the row tells readers so';

CREATE TABLE public.log_removal (
    id bigint NOT NULL,
    path text NOT NULL
);

COMMENT ON TABLE public.log_removal IS 'files below storage.dir/logs that no row names any more';

ALTER TABLE public.log_removal ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.log_removal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pull_request (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    number bigint NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    head_sha text NOT NULL,
    base text NOT NULL,
    base_sha text NOT NULL,
    topic text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    author_id bigint,
    is_from_fork boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT pull_request_state_known CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'merged'::text])))
);

COMMENT ON COLUMN public.pull_request.base IS 'the short name of the branch that it is to be merged into';

COMMENT ON COLUMN public.pull_request.base_sha IS 'where that was when its head came';

COMMENT ON COLUMN public.pull_request.topic IS 'keeps several of one author apart; may be empty';

COMMENT ON COLUMN public.pull_request.is_from_fork IS 'whoever pushed its head may not write here: its runs have no secrets and wait for an approval';

CREATE TABLE public.pull_request_counter (
    repository_id bigint NOT NULL,
    last bigint DEFAULT 0 NOT NULL
);

ALTER TABLE public.pull_request ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pull_request_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.registration_token (
    id bigint NOT NULL,
    hash bytea NOT NULL,
    owner_id bigint,
    repository_id bigint,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sealed bytea
);

COMMENT ON COLUMN public.registration_token.sealed IS 'AES-256-GCM of the token: nonce, text, tag; the scope is associated data; null: made before 0011';

ALTER TABLE public.registration_token ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.registration_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.repository (
    id bigint NOT NULL,
    owner_id bigint NOT NULL,
    name text NOT NULL,
    is_private boolean DEFAULT false NOT NULL,
    default_branch text DEFAULT 'main'::text NOT NULL,
    next_run_number bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    artifact_quota_bytes bigint,
    artifact_retention_seconds bigint,
    artifact_keep_last integer,
    description text DEFAULT ''::text NOT NULL,
    website text DEFAULT ''::text NOT NULL,
    is_template boolean DEFAULT false NOT NULL,
    is_archived boolean DEFAULT false NOT NULL,
    archived_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    git_bytes bigint DEFAULT 0 NOT NULL,
    deleted_at timestamp with time zone,
    has_actions boolean DEFAULT true NOT NULL,
    CONSTRAINT repository_name_shape CHECK (((name ~ '^[A-Za-z0-9._-]{1,100}$'::text) AND (name !~ '^\.+$'::text) AND (name !~* '\.git$'::text)))
);

COMMENT ON COLUMN public.repository.artifact_quota_bytes IS 'null: artifacts.repository_quota';

COMMENT ON COLUMN public.repository.artifact_retention_seconds IS 'of artifacts whose upload says nothing; null: artifacts.retention';

COMMENT ON COLUMN public.repository.artifact_keep_last IS 'of each name and workflow, older ones expire; null: artifacts.keep_last';

COMMENT ON COLUMN public.repository.is_archived IS 'nobody writes to it, by git or by the API';

COMMENT ON COLUMN public.repository.updated_at IS 'the last push, or change of what the API shows of it';

COMMENT ON COLUMN public.repository.git_bytes IS 'of its objects, as they were counted after the last push';

COMMENT ON COLUMN public.repository.deleted_at IS 'somebody deleted it: nobody sees it, and a sweep removes its runs, its files and then the row';

COMMENT ON COLUMN public.repository.has_actions IS 'false: nothing starts here';

ALTER TABLE public.repository ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.repository_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.repository_redirect (
    owner_id bigint NOT NULL,
    name text NOT NULL,
    repository_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.repository_redirect IS 'addresses that a repository had before it was renamed or transferred, until another one takes the name';

CREATE TABLE public.run (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    inbox_id bigint,
    number bigint NOT NULL,
    workflow_id text NOT NULL,
    workflow_path text NOT NULL,
    title text NOT NULL,
    event text NOT NULL,
    ref text NOT NULL,
    sha text NOT NULL,
    actor_id bigint,
    payload text NOT NULL,
    status smallint NOT NULL,
    problem text DEFAULT ''::text NOT NULL,
    latest_attempt integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    stopped_at timestamp with time zone,
    warnings text DEFAULT ''::text NOT NULL,
    group_id bigint,
    group_turn bigint,
    held_attempt integer,
    cancels_in_progress boolean DEFAULT false NOT NULL,
    cancelled_attempt integer,
    workflow_name text DEFAULT ''::text NOT NULL,
    is_from_fork boolean DEFAULT false NOT NULL,
    inputs text,
    needs_approval boolean DEFAULT false NOT NULL,
    approved_at timestamp with time zone,
    approved_by bigint,
    queues_all boolean DEFAULT false NOT NULL,
    CONSTRAINT run_approved_needed_it CHECK (((approved_at IS NULL) OR needs_approval)),
    CONSTRAINT run_status_known CHECK (((status >= 1) AND (status <= 8)))
);

COMMENT ON COLUMN public.run.warnings IS 'remarks about the workflow file that do not stop it, one a line';

COMMENT ON COLUMN public.run.group_turn IS 'who came last: of those that wait for the group only the newest does not give way';

COMMENT ON COLUMN public.run.held_attempt IS 'the attempt that was let into the group; another one has to wait for its turn';

COMMENT ON COLUMN public.run.cancels_in_progress IS 'it cancels the run that holds the group, instead of waiting for its end alone';

COMMENT ON COLUMN public.run.cancelled_attempt IS 'the attempt that somebody cancelled: what has not started starts only to clean up';

COMMENT ON COLUMN public.run.workflow_name IS 'name of the workflow as its file has it; empty: none, or planned by a server of before 0074';

COMMENT ON COLUMN public.run.is_from_fork IS 'the event came from a fork: its jobs get no secrets, unless it is a pull_request_target';

COMMENT ON COLUMN public.run.inputs IS 'the context inputs of a dispatch, by the types that the workflow declares, as JSON; null: none';

COMMENT ON COLUMN public.run.needs_approval IS 'its jobs stay blocked until approved_at is set';

COMMENT ON COLUMN public.run.approved_by IS 'who let it start; null also once the account is gone';

COMMENT ON COLUMN public.run.queues_all IS 'those that waited for the group before it go on waiting (queue: max)';

ALTER TABLE public.run ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.runner (
    id bigint NOT NULL,
    uuid uuid NOT NULL,
    token_hash bytea NOT NULL,
    name text NOT NULL,
    version text DEFAULT ''::text NOT NULL,
    owner_id bigint,
    repository_id bigint,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    capabilities text[] DEFAULT '{}'::text[] NOT NULL,
    ephemeral boolean DEFAULT false NOT NULL,
    disabled boolean DEFAULT false NOT NULL,
    last_online timestamp with time zone,
    last_active timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    spent_at timestamp with time zone,
    declared_at timestamp with time zone,
    is_preset boolean DEFAULT false NOT NULL,
    CONSTRAINT runner_token_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

COMMENT ON COLUMN public.runner.spent_at IS 'an ephemeral runner was given its one job';

COMMENT ON COLUMN public.runner.is_preset IS 'made by an operator with a secret of his own: kept though it never called (runner.md 2.3)';

ALTER TABLE public.runner ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.runner_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schedule (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    workflow_path text NOT NULL,
    cron text NOT NULL,
    timezone text NOT NULL,
    actor_id bigint,
    next_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN public.schedule.cron IS 'the line as the workflow has it: github.event.schedule';

COMMENT ON COLUMN public.schedule.timezone IS 'the key beside the line; empty when it is absent';

COMMENT ON COLUMN public.schedule.actor_id IS 'who pushed the line first: the actor of its runs';

COMMENT ON COLUMN public.schedule.next_at IS 'the next slot; null: it never fires';

ALTER TABLE public.schedule ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schedule_set (
    repository_id bigint NOT NULL,
    asked bigint DEFAULT 1 NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    actor_id bigint,
    hears_runs boolean DEFAULT true NOT NULL
);

COMMENT ON COLUMN public.schedule_set.asked IS 'counts what may have changed the lines: a push to the default branch, another default branch, a workflow disabled, the repository archived';

COMMENT ON COLUMN public.schedule_set.done IS 'the value of asked that the stored lines stand for';

COMMENT ON COLUMN public.schedule_set.due_at IS 'when an instance may read the files; later while one does';

COMMENT ON COLUMN public.schedule_set.actor_id IS 'who pushed to the default branch last';

COMMENT ON COLUMN public.schedule_set.hears_runs IS 'a workflow of the default branch lists workflow_run, or may';

CREATE TABLE public.schedule_slot (
    repository_id bigint NOT NULL,
    workflow_path text NOT NULL,
    cron text NOT NULL,
    timezone text NOT NULL,
    slot timestamp with time zone NOT NULL,
    inbox_id bigint NOT NULL,
    fired_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON COLUMN public.schedule_slot.inbox_id IS 'the event that it became; the row of inbox goes earlier';

CREATE TABLE public.secret (
    id bigint NOT NULL,
    owner_id bigint,
    repository_id bigint,
    name text NOT NULL,
    key_id bigint NOT NULL,
    sealed bytea NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT secret_has_one_level CHECK (((owner_id IS NULL) OR (repository_id IS NULL))),
    CONSTRAINT secret_name_shape CHECK ((name ~ '^[A-Z_][A-Z0-9_]{0,254}$'::text))
);

COMMENT ON TABLE public.secret IS 'of a repository, of an owner, or of the instance when both are null; the nearest of a name counts';

COMMENT ON COLUMN public.secret.sealed IS 'AES-256-GCM under the key of key_id: nonce, text, tag; level, owner and name are associated data';

ALTER TABLE public.secret ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.secret_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.server_key (
    purpose text NOT NULL,
    key bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    wrapped_by text
);

COMMENT ON TABLE public.server_key IS 'random keys all instances share, such as the one that signs runtime tokens';

COMMENT ON COLUMN public.server_key.wrapped_by IS 'id of the master key that key is wrapped by (AES-256-GCM, "server_key <purpose>" as associated data); null: key is the key itself';

CREATE TABLE public.session (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    hash bytea NOT NULL,
    previous_hash bytea,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    CONSTRAINT session_hash_is_sha256 CHECK ((octet_length(hash) = 32))
);

COMMENT ON TABLE public.session IS 'log-ins of people by browser';

COMMENT ON COLUMN public.session.hash IS 'SHA-256 of the secret in the cookie, which nobody else has';

COMMENT ON COLUMN public.session.previous_hash IS 'of the secret before the last renewal, for requests that were under way';

COMMENT ON COLUMN public.session.seen_at IS 'written every few minutes at most';

COMMENT ON COLUMN public.session.renewed_at IS 'when the secret was made';

COMMENT ON COLUMN public.session.confirmed_at IS 'when the new secret was first used; null: the browser may not have it';

COMMENT ON COLUMN public.session.expires_at IS 'it is refused from then on: the end of its life or of its idleness, whichever is first';

ALTER TABLE public.session ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.step (
    task_id bigint NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    status smallint DEFAULT 5 NOT NULL,
    log_index bigint DEFAULT 0 NOT NULL,
    log_length bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone,
    stopped_at timestamp with time zone
);

CREATE TABLE public.task (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    runner_id bigint,
    status smallint NOT NULL,
    token_hash bytea NOT NULL,
    request_key text,
    runner_can_cancel boolean DEFAULT false NOT NULL,
    log_rows bigint DEFAULT 0 NOT NULL,
    log_bytes bigint DEFAULT 0 NOT NULL,
    log_closed_at timestamp with time zone,
    heard_at timestamp with time zone,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    stopped_at timestamp with time zone,
    ended_by_server boolean DEFAULT false NOT NULL,
    log_sealed_at timestamp with time zone,
    log_seal_attempt integer DEFAULT 0 NOT NULL,
    log_seal_due_at timestamp with time zone,
    log_problem text DEFAULT ''::text NOT NULL,
    log_dropped bigint,
    replaced_actions text,
    CONSTRAINT task_status_known CHECK ((status = ANY (ARRAY[1, 2, 3, 4, 6, 8])))
);

COMMENT ON COLUMN public.task.ended_by_server IS 'its runner is told "cancelled" whatever the status (runner.md 4.4)';

COMMENT ON COLUMN public.task.log_sealed_at IS 'the log is in log_file and log_chunk has nothing of it; new rows are refused';

COMMENT ON COLUMN public.task.log_seal_attempt IS 'counts the takers: only the last one may record its file, whose name has this number';

COMMENT ON COLUMN public.task.log_seal_due_at IS 'not to be taken before: somebody seals it, or it failed; infinity: quarantined, see log_problem';

COMMENT ON COLUMN public.task.log_dropped IS 'null: all rows are stored; else the last stored row says that the log is full, and this many rows behind it were dropped';

COMMENT ON COLUMN public.task.replaced_actions IS 'actions that were replaced when the payload was made, one a line: from, a tab, to; null: none';

ALTER TABLE public.task ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.task_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.task_output (
    task_id bigint NOT NULL,
    name text NOT NULL,
    value text
);

COMMENT ON COLUMN public.task_output.value IS 'null: refused for its size, listed as received so that clients stop resending (runner.md 4.3)';

CREATE TABLE public.team (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    permission text NOT NULL,
    all_repositories boolean DEFAULT false NOT NULL,
    creates_repositories boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT team_permission_known CHECK ((permission = ANY (ARRAY['read'::text, 'write'::text, 'admin'::text, 'owner'::text])))
);

COMMENT ON TABLE public.team IS 'members of an organization with one permission; who is in any team of it is its member, who is in one with permission owner owns it';

COMMENT ON COLUMN public.team.all_repositories IS 'the permission is for all repositories of the organization; else for those of team_repository';

COMMENT ON COLUMN public.team.creates_repositories IS 'its members may make repositories in the organization';

ALTER TABLE public.team ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.team_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.team_member (
    team_id bigint NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.team_repository (
    team_id bigint NOT NULL,
    repository_id bigint NOT NULL
);

CREATE TABLE public.upload (
    id bigint NOT NULL,
    artifact_id bigint NOT NULL,
    task_id bigint NOT NULL,
    path text NOT NULL,
    mode text DEFAULT 'blocks'::text NOT NULL,
    total bigint,
    is_gzip boolean DEFAULT false NOT NULL,
    finished_at timestamp with time zone,
    closed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT upload_mode_known CHECK ((mode = ANY (ARRAY['blocks'::text, 'listed'::text, 'append'::text, 'ranges'::text])))
);

COMMENT ON TABLE public.upload IS 'one file on its way: its blocks lie in storage.dir/staging/<id>';

COMMENT ON COLUMN public.upload.mode IS 'blocks: no list yet; listed: a list says which blocks, in order; append: order of arrival; ranges: v3';

COMMENT ON COLUMN public.upload.total IS 'v3: bytes of the file as sent, from Content-Range';

COMMENT ON COLUMN public.upload.closed_at IS 'given up: takes nothing more, its staging is being removed';

CREATE TABLE public.upload_block (
    id bigint NOT NULL,
    upload_id bigint NOT NULL,
    key bytea NOT NULL,
    file text NOT NULL,
    first_byte bigint,
    bytes bigint NOT NULL,
    "position" integer,
    CONSTRAINT upload_block_file_shape CHECK ((file ~ '^[0-9a-f]{32}$'::text))
);

COMMENT ON COLUMN public.upload_block.key IS 'v4: the block id; v3: the first byte, as text';

COMMENT ON COLUMN public.upload_block.file IS 'its name below staging/<upload>: the one nginx gave the spooled body';

COMMENT ON COLUMN public.upload_block."position" IS 'place in the content; null: sent, in no list';

ALTER TABLE public.upload_block ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.upload_block_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.upload ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.upload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.url_key (
    id bigint NOT NULL,
    sealed bytea,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT url_key_retired_has_no_secret CHECK (((sealed IS NULL) = (retired_at IS NOT NULL)))
);

COMMENT ON TABLE public.url_key IS 'secrets of signed addresses; the newest that every instance has read signs, those before it verify until their last address is over';

COMMENT ON COLUMN public.url_key.id IS 'named in the address; taken before the row is written, since the secret is sealed for it';

COMMENT ON COLUMN public.url_key.sealed IS '32 bytes, AES-256-GCM with "url_key <id>" as associated data; gone once the key is retired';

ALTER TABLE public.url_key ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.url_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.used_login_state (
    hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.used_login_state IS 'SHA-256 of the states of log-ins that came back: none comes back twice';

CREATE TABLE public.variable (
    id bigint NOT NULL,
    owner_id bigint,
    repository_id bigint,
    name text NOT NULL,
    value text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT variable_has_one_level CHECK (((owner_id IS NULL) OR (repository_id IS NULL))),
    CONSTRAINT variable_name_shape CHECK ((name ~ '^[A-Z_][A-Z0-9_]{0,254}$'::text))
);

COMMENT ON TABLE public.variable IS 'of a repository, of an owner, or of the instance when both are null; the nearest of a name counts';

ALTER TABLE public.variable ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.variable_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.webhook (
    id bigint NOT NULL,
    repository_id bigint NOT NULL,
    url text NOT NULL,
    content_type text DEFAULT 'json'::text NOT NULL,
    events text[] NOT NULL,
    branch_filter text DEFAULT ''::text NOT NULL,
    secret bytea,
    authorization_header bytea,
    is_active boolean DEFAULT true NOT NULL,
    paused_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_content_type_known CHECK ((content_type = ANY (ARRAY['json'::text, 'form'::text])))
);

COMMENT ON COLUMN public.webhook.secret IS 'what signs a delivery, sealed by the key "webhooks" of server_key; null: nothing signs';

COMMENT ON COLUMN public.webhook.authorization_header IS 'sealed likewise';

COMMENT ON COLUMN public.webhook.paused_until IS 'nothing is sent before: its receiver gave no answer';

CREATE TABLE public.webhook_delivery (
    id bigint NOT NULL,
    webhook_id bigint NOT NULL,
    guid uuid DEFAULT gen_random_uuid() NOT NULL,
    event text NOT NULL,
    action text DEFAULT ''::text NOT NULL,
    subject text NOT NULL,
    once text,
    told jsonb NOT NULL,
    payload text,
    state text DEFAULT 'pending'::text NOT NULL,
    tries bigint DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_until timestamp with time zone,
    status bigint,
    response text DEFAULT ''::text NOT NULL,
    problem text DEFAULT ''::text NOT NULL,
    took bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT webhook_delivery_state_known CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text, 'left_out'::text])))
);

COMMENT ON COLUMN public.webhook_delivery.subject IS 'what it is about; those of one subject are sent in their order';

COMMENT ON COLUMN public.webhook_delivery.once IS 'of a webhook there is one of each; null: any number';

COMMENT ON COLUMN public.webhook_delivery.told IS 'what had happened, as far as rows may say otherwise later';

COMMENT ON COLUMN public.webhook_delivery.payload IS 'what is sent, made at the first try';

COMMENT ON COLUMN public.webhook_delivery.status IS 'of the last answer (HTTP); null without one';

COMMENT ON COLUMN public.webhook_delivery.took IS 'microseconds of the last try';

ALTER TABLE public.webhook_delivery ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.webhook ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.workflow (
    repository_id bigint NOT NULL,
    file text NOT NULL,
    is_disabled boolean NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_by bigint
);

COMMENT ON COLUMN public.workflow.file IS 'the path below the directory of workflows: ci.yml';

ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT access_token_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT access_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.annotation
    ADD CONSTRAINT annotation_pkey PRIMARY KEY (task_id, log_row);

ALTER TABLE ONLY public.artifact_file
    ADD CONSTRAINT artifact_file_pkey PRIMARY KEY (artifact_id, path);

ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT artifact_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.artifact_spare_due
    ADD CONSTRAINT artifact_spare_due_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_number_key UNIQUE (run_id, number);

ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.blob_loose
    ADD CONSTRAINT blob_loose_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.blob
    ADD CONSTRAINT blob_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.called_file
    ADD CONSTRAINT called_file_pkey PRIMARY KEY (run_id, name);

ALTER TABLE ONLY public.collaborator
    ADD CONSTRAINT collaborator_pkey PRIMARY KEY (repository_id, account_id);

ALTER TABLE ONLY public.commit_status
    ADD CONSTRAINT commit_status_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.concurrency_group
    ADD CONSTRAINT concurrency_group_name_key UNIQUE (repository_id, name);

ALTER TABLE ONLY public.concurrency_group
    ADD CONSTRAINT concurrency_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY public.encryption_key
    ADD CONSTRAINT encryption_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.environment_branch_policy
    ADD CONSTRAINT environment_branch_policy_once UNIQUE (environment_id, kind, pattern);

ALTER TABLE ONLY public.environment_branch_policy
    ADD CONSTRAINT environment_branch_policy_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.environment
    ADD CONSTRAINT environment_key UNIQUE (repository_id, key);

ALTER TABLE ONLY public.environment
    ADD CONSTRAINT environment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.environment_reviewer
    ADD CONSTRAINT environment_reviewer_pkey PRIMARY KEY (environment_id, "position");

ALTER TABLE ONLY public.environment_secret
    ADD CONSTRAINT environment_secret_once UNIQUE (environment_id, name);

ALTER TABLE ONLY public.environment_secret
    ADD CONSTRAINT environment_secret_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.environment_variable
    ADD CONSTRAINT environment_variable_once UNIQUE (environment_id, name);

ALTER TABLE ONLY public.environment_variable
    ADD CONSTRAINT environment_variable_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.external_identity
    ADD CONSTRAINT external_identity_one_each UNIQUE (account_id, issuer);

ALTER TABLE ONLY public.external_identity
    ADD CONSTRAINT external_identity_pkey PRIMARY KEY (issuer, subject);

ALTER TABLE ONLY public.identity_key
    ADD CONSTRAINT identity_key_kid_key UNIQUE (kid);

ALTER TABLE ONLY public.identity_key
    ADD CONSTRAINT identity_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_position_key UNIQUE (attempt_id, "position");

ALTER TABLE ONLY public.job_summary
    ADD CONSTRAINT job_summary_pkey PRIMARY KEY (task_id, step);

ALTER TABLE ONLY public.label_set
    ADD CONSTRAINT label_set_labels_key UNIQUE (labels);

ALTER TABLE ONLY public.label_set
    ADD CONSTRAINT label_set_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.log_chunk
    ADD CONSTRAINT log_chunk_pkey PRIMARY KEY (task_id, first_row);

ALTER TABLE ONLY public.log_file
    ADD CONSTRAINT log_file_pkey PRIMARY KEY (task_id);

ALTER TABLE ONLY public.log_removal
    ADD CONSTRAINT log_removal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pull_request_counter
    ADD CONSTRAINT pull_request_counter_pkey PRIMARY KEY (repository_id);

ALTER TABLE ONLY public.pull_request
    ADD CONSTRAINT pull_request_number UNIQUE (repository_id, number);

ALTER TABLE ONLY public.pull_request
    ADD CONSTRAINT pull_request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.registration_token
    ADD CONSTRAINT registration_token_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.registration_token
    ADD CONSTRAINT registration_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.repository
    ADD CONSTRAINT repository_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_number_key UNIQUE (repository_id, number);

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_once_per_push UNIQUE (inbox_id, workflow_path);

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.runner
    ADD CONSTRAINT runner_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.runner
    ADD CONSTRAINT runner_uuid_key UNIQUE (uuid);

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_once UNIQUE (repository_id, workflow_path, cron, timezone);

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schedule_set
    ADD CONSTRAINT schedule_set_pkey PRIMARY KEY (repository_id);

ALTER TABLE ONLY public.schedule_slot
    ADD CONSTRAINT schedule_slot_pkey PRIMARY KEY (repository_id, workflow_path, cron, timezone, slot);

ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.server_key
    ADD CONSTRAINT server_key_pkey PRIMARY KEY (purpose);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.step
    ADD CONSTRAINT step_pkey PRIMARY KEY (task_id, "position");

ALTER TABLE ONLY public.task_output
    ADD CONSTRAINT task_output_pkey PRIMARY KEY (task_id, name);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.team_member
    ADD CONSTRAINT team_member_pkey PRIMARY KEY (team_id, account_id);

ALTER TABLE ONLY public.team
    ADD CONSTRAINT team_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.team_repository
    ADD CONSTRAINT team_repository_pkey PRIMARY KEY (team_id, repository_id);

ALTER TABLE ONLY public.upload_block
    ADD CONSTRAINT upload_block_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.url_key
    ADD CONSTRAINT url_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.used_login_state
    ADD CONSTRAINT used_login_state_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.variable
    ADD CONSTRAINT variable_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.workflow
    ADD CONSTRAINT workflow_pkey PRIMARY KEY (repository_id, file);

CREATE INDEX access_token_account_idx ON public.access_token USING btree (account_id);

CREATE UNIQUE INDEX access_token_name_key ON public.access_token USING btree (account_id, name);

CREATE INDEX account_email_idx ON public.account USING btree (lower(email)) WHERE (email <> ''::text);

CREATE UNIQUE INDEX account_name_key ON public.account USING btree (lower(name));

CREATE INDEX artifact_deleting_idx ON public.artifact USING btree (id) WHERE (status = 5);

CREATE INDEX artifact_expiry_idx ON public.artifact USING btree (expires_at) WHERE (status = 2);

CREATE INDEX artifact_file_blob_idx ON public.artifact_file USING btree (blob_id);

CREATE INDEX artifact_holding_idx ON public.artifact USING btree (id) WHERE ((status = ANY (ARRAY[4, 5])) AND holds_bytes);

CREATE INDEX artifact_name_list_idx ON public.artifact USING btree (repository_id, name, id);

CREATE UNIQUE INDEX artifact_one_pending_per_name ON public.artifact USING btree (run_id, attempt, protocol, name) WHERE (status = 1);

CREATE UNIQUE INDEX artifact_one_uploaded_per_name ON public.artifact USING btree (run_id, attempt, protocol, name) WHERE (status = 2);

CREATE INDEX artifact_owner_idx ON public.artifact USING btree (owner_id);

CREATE INDEX artifact_owner_usage_idx ON public.artifact USING btree (owner_id) INCLUDE (stored_bytes) WHERE (status = 2);

CREATE INDEX artifact_repository_idx ON public.artifact USING btree (repository_id, id);

CREATE INDEX artifact_run_idx ON public.artifact USING btree (run_id, protocol, name);

CREATE INDEX artifact_spare_due_repository_idx ON public.artifact_spare_due USING btree (repository_id);

CREATE INDEX artifact_task_idx ON public.artifact USING btree (task_id);

CREATE INDEX artifact_unfinished_idx ON public.artifact USING btree (touched_at) WHERE (status = 1);

CREATE INDEX artifact_usage_idx ON public.artifact USING btree (repository_id) INCLUDE (stored_bytes) WHERE (status = 2);

CREATE INDEX attempt_actor_idx ON public.attempt USING btree (actor_id);

CREATE INDEX blob_check_idx ON public.blob USING btree (checked_at NULLS FIRST, id) WHERE (doomed_at IS NULL);

CREATE UNIQUE INDEX blob_digest_key ON public.blob USING btree (owner_id, digest, is_gzip) WHERE ((bad_at IS NULL) AND (doomed_at IS NULL));

CREATE INDEX blob_doomed_idx ON public.blob USING btree (doomed_at) WHERE (doomed_at IS NOT NULL);

CREATE INDEX blob_owner_idx ON public.blob USING btree (owner_id);

CREATE INDEX collaborator_account_idx ON public.collaborator USING btree (account_id);

CREATE INDEX commit_status_creator_idx ON public.commit_status USING btree (creator_id) WHERE (creator_id IS NOT NULL);

CREATE INDEX commit_status_sha_idx ON public.commit_status USING btree (repository_id, sha, id);

CREATE INDEX deployment_due_idx ON public.deployment USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX deployment_environment_idx ON public.deployment USING btree (environment_id) WHERE (environment_id IS NOT NULL);

CREATE INDEX deployment_orphan_idx ON public.deployment USING btree (job_id) WHERE ((environment_id IS NULL) AND needs_review AND (review IS NULL) AND (refusal = ''::text));

CREATE INDEX deployment_reviewed_by_idx ON public.deployment USING btree (reviewed_by) WHERE (reviewed_by IS NOT NULL);

CREATE INDEX deployment_run_idx ON public.deployment USING btree (run_id);

CREATE INDEX environment_reviewer_account_idx ON public.environment_reviewer USING btree (account_id) WHERE (account_id IS NOT NULL);

CREATE INDEX environment_reviewer_team_idx ON public.environment_reviewer USING btree (team_id) WHERE (team_id IS NOT NULL);

CREATE INDEX environment_secret_key_idx ON public.environment_secret USING btree (key_id);

CREATE INDEX event_job_idx ON public.event USING btree (job_id);

CREATE INDEX event_run_idx ON public.event USING btree (run_id, id);

CREATE INDEX event_task_idx ON public.event USING btree (task_id);

CREATE INDEX event_without_run_idx ON public.event USING btree (at) WHERE (run_id IS NULL);

CREATE UNIQUE INDEX identity_key_one_signs ON public.identity_key USING btree ((true)) WHERE (retired_at IS NULL);

CREATE INDEX inbox_due_idx ON public.inbox USING btree (due_at, id) WHERE (state = ANY (ARRAY['announced'::text, 'confirmed'::text]));

CREATE INDEX inbox_leased_idx ON public.inbox USING btree (owner_id, repository_id) WHERE (lease_until IS NOT NULL);

CREATE UNIQUE INDEX inbox_once_idx ON public.inbox USING btree (once) WHERE (once IS NOT NULL);

CREATE INDEX inbox_owner_turn_idx ON public.inbox USING btree (owner_id, taken_at);

CREATE INDEX inbox_pusher_idx ON public.inbox USING btree (pusher_id);

CREATE INDEX inbox_quarantined_idx ON public.inbox USING btree (repository_id, id) WHERE (state = 'quarantined'::text);

CREATE INDEX inbox_repository_idx ON public.inbox USING btree (repository_id);

CREATE INDEX inbox_repository_turn_idx ON public.inbox USING btree (repository_id, taken_at);

CREATE INDEX inbox_settled_idx ON public.inbox USING btree (COALESCE(settled_at, created_at)) WHERE (state = ANY (ARRAY['read'::text, 'dropped'::text, 'quarantined'::text]));

CREATE INDEX inbox_waiting_idx ON public.inbox USING btree (owner_id, repository_id, due_at, id) WHERE (state = ANY (ARRAY['announced'::text, 'confirmed'::text]));

CREATE INDEX job_copied_from_idx ON public.job USING btree (copied_from) WHERE (copied_from IS NOT NULL);

CREATE INDEX job_group_idx ON public.job USING btree (group_id) WHERE ((group_id IS NOT NULL) AND (status > 4));

CREATE INDEX job_group_wanted_idx ON public.job USING btree (id) WHERE ((status = 7) AND (group_name IS NOT NULL));

CREATE UNIQUE INDEX job_handle_key ON public.job USING btree (handle);

CREATE INDEX job_label_set_idx ON public.job USING btree (label_set_id);

CREATE INDEX job_list_idx ON public.job USING btree (repository_id, id);

CREATE INDEX job_owner_idx ON public.job USING btree (owner_id);

CREATE INDEX job_queue_all_idx ON public.job USING btree (label_set_id, queue_key, id) WHERE (status = 5);

CREATE INDEX job_queue_last_idx ON public.job USING btree (owner_id, queue_key) WHERE (status = 5);

CREATE INDEX job_queue_owner_idx ON public.job USING btree (owner_id, label_set_id, queue_key, id) WHERE (status = 5);

CREATE INDEX job_queue_repository_idx ON public.job USING btree (repository_id, label_set_id, queue_key, id) WHERE (status = 5);

CREATE INDEX job_run_idx ON public.job USING btree (run_id, id);

CREATE INDEX job_settle_idx ON public.job USING btree (settle_due_at) WHERE (settle_due_at IS NOT NULL);

CREATE INDEX job_status_list_idx ON public.job USING btree (repository_id, status, id);

CREATE INDEX job_task_idx ON public.job USING btree (task_id);

CREATE INDEX job_task_list_idx ON public.job USING btree (repository_id, task_id) WHERE ((task_id IS NOT NULL) AND (copied_from IS NULL));

CREATE INDEX job_unprepared_idx ON public.job USING btree (id) WHERE ((status = 2) AND (problem ~~ 'this job cannot be prepared:%'::text));

CREATE INDEX job_unstarted_idx ON public.job USING btree (changed_at) WHERE (status = ANY (ARRAY[5, 7]));

CREATE INDEX log_file_retention_idx ON public.log_file USING btree (task_stopped_at) WHERE (expired_at IS NULL);

CREATE INDEX pull_request_author_idx ON public.pull_request USING btree (author_id) WHERE (author_id IS NOT NULL);

CREATE INDEX pull_request_base_idx ON public.pull_request USING btree (repository_id, base) WHERE (state = 'open'::text);

CREATE INDEX pull_request_list_idx ON public.pull_request USING btree (repository_id, state, number);

CREATE UNIQUE INDEX pull_request_open_idx ON public.pull_request USING btree (repository_id, author_id, base, topic) WHERE (state = 'open'::text);

CREATE INDEX registration_token_inactive_idx ON public.registration_token USING btree (created_at) WHERE (NOT is_active);

CREATE INDEX registration_token_owner_idx ON public.registration_token USING btree (owner_id);

CREATE INDEX registration_token_repository_idx ON public.registration_token USING btree (repository_id);

CREATE INDEX repository_deleted_idx ON public.repository USING btree (id) WHERE (deleted_at IS NOT NULL);

CREATE UNIQUE INDEX repository_owner_name_key ON public.repository USING btree (owner_id, lower(name));

CREATE UNIQUE INDEX repository_redirect_name_key ON public.repository_redirect USING btree (owner_id, lower(name));

CREATE INDEX repository_redirect_repository_idx ON public.repository_redirect USING btree (repository_id);

CREATE INDEX run_actor_list_idx ON public.run USING btree (actor_id, repository_id, id);

CREATE INDEX run_approved_by_idx ON public.run USING btree (approved_by) WHERE (approved_by IS NOT NULL);

CREATE INDEX run_event_list_idx ON public.run USING btree (repository_id, event, id);

CREATE INDEX run_group_idx ON public.run USING btree (group_id, status) WHERE (group_id IS NOT NULL);

CREATE INDEX run_ref_list_idx ON public.run USING btree (repository_id, ref, id);

CREATE INDEX run_repository_idx ON public.run USING btree (repository_id, id);

CREATE INDEX run_retention_idx ON public.run USING btree (stopped_at) WHERE (status <= 4);

CREATE INDEX run_sha_list_idx ON public.run USING btree (repository_id, sha, id);

CREATE INDEX run_status_list_idx ON public.run USING btree (repository_id, status, id);

CREATE INDEX run_unfinished_idx ON public.run USING btree (id) WHERE (status > 4);

CREATE INDEX run_workflow_list_idx ON public.run USING btree (repository_id, workflow_id, id);

CREATE INDEX runner_disabled_idx ON public.runner USING btree (last_online DESC NULLS LAST, id DESC) WHERE disabled;

CREATE INDEX runner_owner_idx ON public.runner USING btree (owner_id);

CREATE INDEX runner_repository_idx ON public.runner USING btree (repository_id);

CREATE INDEX runner_seen_idx ON public.runner USING btree (last_online DESC NULLS LAST, id DESC);

CREATE INDEX schedule_actor_idx ON public.schedule USING btree (actor_id) WHERE (actor_id IS NOT NULL);

CREATE INDEX schedule_next_idx ON public.schedule USING btree (next_at, id) WHERE (next_at IS NOT NULL);

CREATE INDEX schedule_set_actor_idx ON public.schedule_set USING btree (actor_id) WHERE (actor_id IS NOT NULL);

CREATE INDEX schedule_set_due_idx ON public.schedule_set USING btree (due_at) WHERE (done < asked);

CREATE INDEX schedule_slot_fired_idx ON public.schedule_slot USING btree (fired_at);

CREATE INDEX schedule_slot_inbox_idx ON public.schedule_slot USING btree (inbox_id);

CREATE INDEX secret_key_idx ON public.secret USING btree (key_id);

CREATE UNIQUE INDEX secret_level_name ON public.secret USING btree (COALESCE(repository_id, (0)::bigint), COALESCE(owner_id, (0)::bigint), name);

CREATE INDEX secret_owner_idx ON public.secret USING btree (owner_id) WHERE (owner_id IS NOT NULL);

CREATE INDEX secret_repository_idx ON public.secret USING btree (repository_id) WHERE (repository_id IS NOT NULL);

CREATE INDEX session_account_idx ON public.session USING btree (account_id, id);

CREATE INDEX session_expires_idx ON public.session USING btree (expires_at);

CREATE UNIQUE INDEX session_previous_hash_key ON public.session USING btree (previous_hash) WHERE (previous_hash IS NOT NULL);

CREATE INDEX task_job_idx ON public.task USING btree (job_id);

CREATE INDEX task_live_idx ON public.task USING btree (started_at) WHERE (status = ANY (ARRAY[6, 8]));

CREATE UNIQUE INDEX task_one_live_per_job ON public.task USING btree (job_id) WHERE (status = ANY (ARRAY[6, 8]));

CREATE INDEX task_runner_idx ON public.task USING btree (runner_id, request_key);

CREATE INDEX task_unsealable_idx ON public.task USING btree (id) WHERE ((log_seal_due_at = 'infinity'::timestamp with time zone) AND (log_sealed_at IS NULL));

CREATE INDEX task_unsealed_idx ON public.task USING btree (COALESCE(log_seal_due_at, stopped_at, started_at)) WHERE ((log_sealed_at IS NULL) AND (status = ANY (ARRAY[1, 2, 3, 4])));

CREATE INDEX team_member_account_idx ON public.team_member USING btree (account_id);

CREATE UNIQUE INDEX team_name_key ON public.team USING btree (organization_id, lower(name));

CREATE INDEX team_repository_repository_idx ON public.team_repository USING btree (repository_id);

CREATE INDEX upload_artifact_idx ON public.upload USING btree (artifact_id);

CREATE UNIQUE INDEX upload_block_position_key ON public.upload_block USING btree (upload_id, "position") WHERE ("position" IS NOT NULL);

CREATE UNIQUE INDEX upload_block_staged_key ON public.upload_block USING btree (upload_id, key) WHERE ("position" IS NULL);

CREATE UNIQUE INDEX upload_open_key ON public.upload USING btree (artifact_id, task_id, path) WHERE ((finished_at IS NULL) AND (closed_at IS NULL));

CREATE INDEX upload_over_idx ON public.upload USING btree (id) WHERE ((finished_at IS NOT NULL) OR (closed_at IS NOT NULL));

CREATE INDEX upload_task_idx ON public.upload USING btree (task_id);

CREATE INDEX used_login_state_expires_idx ON public.used_login_state USING btree (expires_at);

CREATE UNIQUE INDEX variable_level_name ON public.variable USING btree (COALESCE(repository_id, (0)::bigint), COALESCE(owner_id, (0)::bigint), name);

CREATE INDEX variable_owner_idx ON public.variable USING btree (owner_id) WHERE (owner_id IS NOT NULL);

CREATE INDEX variable_repository_idx ON public.variable USING btree (repository_id) WHERE (repository_id IS NOT NULL);

CREATE INDEX webhook_delivery_due_idx ON public.webhook_delivery USING btree (due_at) WHERE (state = 'pending'::text);

CREATE INDEX webhook_delivery_lease_idx ON public.webhook_delivery USING btree (webhook_id, lease_until) WHERE (lease_until IS NOT NULL);

CREATE INDEX webhook_delivery_list_idx ON public.webhook_delivery USING btree (webhook_id, id);

CREATE INDEX webhook_delivery_next_idx ON public.webhook_delivery USING btree (webhook_id, due_at, id) WHERE (state = 'pending'::text);

CREATE INDEX webhook_delivery_old_idx ON public.webhook_delivery USING btree (created_at);

CREATE UNIQUE INDEX webhook_delivery_once_idx ON public.webhook_delivery USING btree (webhook_id, once) WHERE (once IS NOT NULL);

CREATE INDEX webhook_delivery_order_idx ON public.webhook_delivery USING btree (webhook_id, subject, id) WHERE (state = 'pending'::text);

CREATE INDEX webhook_repository_idx ON public.webhook USING btree (repository_id);

CREATE INDEX workflow_changed_by_idx ON public.workflow USING btree (changed_by) WHERE (changed_by IS NOT NULL);

CREATE TRIGGER account_ends_sessions AFTER UPDATE OF password_hash, prohibit_login, is_active ON public.account FOR EACH ROW WHEN (((old.password_hash IS DISTINCT FROM new.password_hash) OR (new.prohibit_login AND (NOT old.prohibit_login)) OR (old.is_active AND (NOT new.is_active)))) EXECUTE FUNCTION public.end_sessions();

CREATE TRIGGER artifact_file_gone AFTER DELETE ON public.artifact_file REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.note_loose_blobs();

CREATE TRIGGER artifact_file_replaced AFTER UPDATE OF blob_id ON public.artifact_file FOR EACH ROW WHEN ((old.blob_id <> new.blob_id)) EXECUTE FUNCTION public.note_replaced_blob();

CREATE TRIGGER artifact_uploaded AFTER UPDATE OF status ON public.artifact FOR EACH ROW WHEN (((new.status = 2) AND (old.status <> 2))) EXECUTE FUNCTION public.note_spare_due();

CREATE TRIGGER inbox_tells_webhooks AFTER UPDATE OF state ON public.inbox FOR EACH ROW WHEN (((new.state = 'read'::text) AND (old.state <> 'read'::text) AND (new.kind = ANY (ARRAY['push'::text, 'pull_request'::text])))) EXECUTE FUNCTION public.tell_webhooks_of_event();

CREATE TRIGGER job_final BEFORE UPDATE OF status ON public.job FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_final_state();

CREATE TRIGGER job_queue_key BEFORE INSERT OR UPDATE OF status ON public.job FOR EACH ROW WHEN (((new.status = 5) AND (new.queue_key IS NULL))) EXECUTE FUNCTION public.job_queue_key_default();

CREATE TRIGGER job_tells_webhooks AFTER UPDATE OF status ON public.job FOR EACH ROW WHEN ((old.status <> new.status)) EXECUTE FUNCTION public.tell_webhooks_of_job();

CREATE CONSTRAINT TRIGGER job_tells_webhooks_new AFTER INSERT ON public.job DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.tell_webhooks_of_job();

CREATE TRIGGER log_file_gone AFTER DELETE ON public.log_file FOR EACH ROW WHEN (((old.path IS NOT NULL) AND (old.expired_at IS NULL))) EXECUTE FUNCTION public.note_log_removal();

CREATE TRIGGER repository_changes_schedules AFTER UPDATE OF default_branch, is_archived, deleted_at, has_actions ON public.repository FOR EACH ROW WHEN (((old.default_branch IS DISTINCT FROM new.default_branch) OR (old.is_archived IS DISTINCT FROM new.is_archived) OR (old.has_actions IS DISTINCT FROM new.has_actions) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION public.ask_for_schedules();

CREATE TRIGGER repository_keep_last AFTER UPDATE OF artifact_keep_last ON public.repository FOR EACH ROW WHEN ((new.artifact_keep_last IS DISTINCT FROM old.artifact_keep_last)) EXECUTE FUNCTION public.note_keep_last();

CREATE TRIGGER run_tells_webhooks AFTER UPDATE OF status, latest_attempt ON public.run FOR EACH ROW WHEN (((old.status <> new.status) OR (old.latest_attempt <> new.latest_attempt))) EXECUTE FUNCTION public.tell_webhooks_of_run();

CREATE TRIGGER run_tells_webhooks_new AFTER INSERT ON public.run FOR EACH ROW EXECUTE FUNCTION public.tell_webhooks_of_run();

CREATE TRIGGER task_final BEFORE UPDATE OF status ON public.task FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_final_state();

CREATE TRIGGER workflow_changes_schedules AFTER INSERT OR UPDATE OF is_disabled ON public.workflow FOR EACH ROW EXECUTE FUNCTION public.ask_for_schedules();

ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT access_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.annotation
    ADD CONSTRAINT annotation_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.artifact_file
    ADD CONSTRAINT artifact_file_artifact_id_fkey FOREIGN KEY (artifact_id) REFERENCES public.artifact(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.artifact_file
    ADD CONSTRAINT artifact_file_blob_id_fkey FOREIGN KEY (blob_id) REFERENCES public.blob(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT artifact_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT artifact_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT artifact_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.run(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.artifact_spare_due
    ADD CONSTRAINT artifact_spare_due_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.artifact
    ADD CONSTRAINT artifact_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.run(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.blob
    ADD CONSTRAINT blob_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.called_file
    ADD CONSTRAINT called_file_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.run(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.collaborator
    ADD CONSTRAINT collaborator_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.collaborator
    ADD CONSTRAINT collaborator_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.commit_status
    ADD CONSTRAINT commit_status_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.commit_status
    ADD CONSTRAINT commit_status_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.concurrency_group
    ADD CONSTRAINT concurrency_group_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.environment_branch_policy
    ADD CONSTRAINT environment_branch_policy_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.environment
    ADD CONSTRAINT environment_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.environment_reviewer
    ADD CONSTRAINT environment_reviewer_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.environment_reviewer
    ADD CONSTRAINT environment_reviewer_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.environment_reviewer
    ADD CONSTRAINT environment_reviewer_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.environment_secret
    ADD CONSTRAINT environment_secret_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.environment_secret
    ADD CONSTRAINT environment_secret_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.encryption_key(id);

ALTER TABLE ONLY public.environment_variable
    ADD CONSTRAINT environment_variable_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.run(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.external_identity
    ADD CONSTRAINT external_identity_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pusher_id_fkey FOREIGN KEY (pusher_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES public.attempt(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_copied_from_fkey FOREIGN KEY (copied_from) REFERENCES public.job(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_label_set_id_fkey FOREIGN KEY (label_set_id) REFERENCES public.label_set(id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.run(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job_summary
    ADD CONSTRAINT job_summary_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_task_fkey FOREIGN KEY (task_id) REFERENCES public.task(id);

ALTER TABLE ONLY public.log_chunk
    ADD CONSTRAINT log_chunk_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.log_file
    ADD CONSTRAINT log_file_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pull_request
    ADD CONSTRAINT pull_request_author_id_fkey FOREIGN KEY (author_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.pull_request_counter
    ADD CONSTRAINT pull_request_counter_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pull_request
    ADD CONSTRAINT pull_request_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.registration_token
    ADD CONSTRAINT registration_token_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.registration_token
    ADD CONSTRAINT registration_token_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.repository
    ADD CONSTRAINT repository_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.repository_redirect
    ADD CONSTRAINT repository_redirect_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.repository_redirect
    ADD CONSTRAINT repository_redirect_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.concurrency_group(id);

ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.runner
    ADD CONSTRAINT runner_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.runner
    ADD CONSTRAINT runner_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.schedule_set
    ADD CONSTRAINT schedule_set_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.schedule_set
    ADD CONSTRAINT schedule_set_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.schedule_slot
    ADD CONSTRAINT schedule_slot_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.encryption_key(id);

ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.secret
    ADD CONSTRAINT secret_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.step
    ADD CONSTRAINT step_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.task_output
    ADD CONSTRAINT task_output_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_runner_id_fkey FOREIGN KEY (runner_id) REFERENCES public.runner(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.team_member
    ADD CONSTRAINT team_member_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.team_member
    ADD CONSTRAINT team_member_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.team
    ADD CONSTRAINT team_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.team_repository
    ADD CONSTRAINT team_repository_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.team_repository
    ADD CONSTRAINT team_repository_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.team(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_artifact_id_fkey FOREIGN KEY (artifact_id) REFERENCES public.artifact(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.upload_block
    ADD CONSTRAINT upload_block_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.upload(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.upload
    ADD CONSTRAINT upload_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.task(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.variable
    ADD CONSTRAINT variable_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.variable
    ADD CONSTRAINT variable_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_delivery
    ADD CONSTRAINT webhook_delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhook(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.workflow
    ADD CONSTRAINT workflow_changed_by_fkey FOREIGN KEY (changed_by) REFERENCES public.account(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.workflow
    ADD CONSTRAINT workflow_repository_id_fkey FOREIGN KEY (repository_id) REFERENCES public.repository(id) ON DELETE CASCADE;
