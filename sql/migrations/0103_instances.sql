-- 0103_instances.sql (expand)
-- Why: administrators see which instances run and how their sweeps do (/-/admin). For people alone: nothing is decided by it.
-- Servers that do not know the table are not shown.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock
create table instance (
    name       text primary key,
    started_at timestamptz not null,
    seen_at    timestamptz not null,
    sweeps     text[] not null default '{}'
);
comment on table instance is 'servers that run, or ran lately, by their own word every ten seconds';
comment on column instance.sweeps is 'in pairs: a sweep''s name, and the error of its last turn, empty when it went well';
