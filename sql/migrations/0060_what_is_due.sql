-- 0060_what_is_due.sql (expand)
-- Why: sweeps looked through whole tables every five seconds on every instance. Triggers write down what is due, so that also
-- a server from before 0060 does. Next: 0061 indexes,
-- 0063 what was loose before.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock

-- Blobs that lost a file. No key that two could wait for each other at: a blob may stand here more than once.
create table blob_loose (
    id      bigint generated always as identity primary key,
    blob_id bigint not null
);
comment on table blob_loose is 'blobs that a file was taken from: the sweep looks whether another file still names them';
create function note_loose_blobs() returns trigger language plpgsql as $$
begin
    insert into blob_loose (blob_id) select distinct blob_id from gone;
    return null;
end $$;
create trigger artifact_file_gone after delete on artifact_file
    referencing old table as gone for each statement execute function note_loose_blobs();
create function note_replaced_blob() returns trigger language plpgsql as $$
begin
    insert into blob_loose (blob_id) values (old.blob_id);
    return null;
end $$;
create trigger artifact_file_replaced after update of blob_id on artifact_file
    for each row when (old.blob_id <> new.blob_id) execute function note_replaced_blob();

-- Repositories in which an artifact came, so that keep_last may have something to expire.
create table artifact_spare_due (
    id            bigint generated always as identity primary key,
    repository_id bigint not null references repository on delete cascade
);
create index artifact_spare_due_repository_idx on artifact_spare_due (repository_id);
comment on table artifact_spare_due is 'repositories whose artifacts the sweep of keep_last looks at; not unique, so that nobody waits here';
create function note_spare_due() returns trigger language plpgsql as $$
begin
    insert into artifact_spare_due (repository_id) values (new.repository_id);
    return null;
end $$;
create trigger artifact_uploaded after update of status on artifact
    for each row when (new.status = 2 and old.status <> 2) execute function note_spare_due();
create function note_keep_last() returns trigger language plpgsql as $$
begin
    insert into artifact_spare_due (repository_id) values (new.id);
    return null;
end $$;
create trigger repository_keep_last after update of artifact_keep_last on repository
    for each row when (new.artifact_keep_last is distinct from old.artifact_keep_last) execute function note_keep_last();

alter table artifact add column holds_bytes boolean not null default true;
comment on column artifact.holds_bytes is 'false once what is expired or deleted has let go of its files';

-- Files of logs whose rows went with their run, so that the files go too.
create table log_removal (
    id   bigint generated always as identity primary key,
    path text not null
);
comment on table log_removal is 'files below storage.dir/logs that no row names any more';
create function note_log_removal() returns trigger language plpgsql as $$
begin
    insert into log_removal (path) values (old.path);
    return null;
end $$;
create trigger log_file_gone after delete on log_file
    for each row when (old.path is not null and old.expired_at is null) execute function note_log_removal();
