-- 0010_logs.sql (expand)
-- Why: a log that has ended moves from rows to one file (docs/adr/0007). Servers that know only 0002 go on writing
-- log_chunk and never look here; they refuse rows of a sealed log only because it was closed more than a minute ago.
create table log_file (
    task_id             bigint primary key references task on delete cascade,
    path                text,
    rows                bigint not null,
    bytes               bigint not null,
    file_bytes          bigint not null,
    segment_row         bigint[] not null,
    segment_byte        bigint[] not null,
    segment_file_offset bigint[] not null,
    task_stopped_at     timestamptz not null,
    sealed_at           timestamptz not null default now(),
    expired_at          timestamptz,
    constraint log_file_segments_whole check (
        cardinality(segment_row) = cardinality(segment_byte) and cardinality(segment_row) = cardinality(segment_file_offset)),
    constraint log_file_has_path_with_rows check ((path is null) = (rows = 0))
);
create index log_file_retention_idx on log_file (task_stopped_at) where expired_at is null;
comment on table log_file is 'the log of a task once it is complete: one gzip file below storage.dir/logs';
comment on column log_file.path is 'below storage.dir/logs; null: the log has no row, so there is no file';
comment on column log_file.bytes is 'of the text; file_bytes are those of the gzip file';
comment on column log_file.segment_row is 'first row of each part that can be read alone; segment_byte and segment_file_offset are where it starts';
comment on column log_file.task_stopped_at is 'copied from task, so that retention is one index scan';
comment on column log_file.expired_at is 'the file was removed (logs.retention); the row tells readers so';

alter table task
    add column log_sealed_at timestamptz,
    add column log_seal_attempt int not null default 0,
    add column log_seal_due_at timestamptz,
    add column log_problem text not null default '';
comment on column task.log_sealed_at is 'the log is in log_file and log_chunk has nothing of it; new rows are refused';
comment on column task.log_seal_attempt is 'counts the takers: only the last one may record its file, whose name has this number';
comment on column task.log_seal_due_at is 'not to be taken before: somebody seals it, or it failed; infinity: quarantined, see log_problem';

-- Only what is still to be sealed: a few rows however old the installation is.
create index task_unsealed_idx on task (coalesce(log_seal_due_at, stopped_at, started_at))
    where log_sealed_at is null and status in (1, 2, 3, 4);

-- Chunks are gzip already: trying to compress them again costs time on every append and saves nothing.
alter table log_chunk alter column lines set storage external;
