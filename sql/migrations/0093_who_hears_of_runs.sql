-- 0093_who_hears_of_runs.sql (expand)
-- Why: while a set was due its repository's runs were told to whoever might list workflow_run, which every push to the default
-- branch made so: an event for each run, read in vain. Whoever settles such a push has just read the files and writes what they
-- list; where that is not known, the set says so until it is read.
set local lock_timeout = '2s';
alter table schedule_set alter column hears_runs set default true;
comment on column schedule_set.hears_runs is 'a workflow of the default branch lists workflow_run, or may';
update schedule_set set hears_runs = true where done < asked;
create or replace function ask_for_schedules() returns trigger language plpgsql as $$
begin
    insert into schedule_set (repository_id)
    values (case when tg_table_name = 'repository' then (to_jsonb(new) ->> 'id')::bigint
                 else (to_jsonb(new) ->> 'repository_id')::bigint end)
        on conflict (repository_id)
        do update set asked = schedule_set.asked + 1, due_at = now(), hears_runs = true;
    return null;
end $$;
