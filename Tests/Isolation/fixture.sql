-- What every spec begins with; dev/isolation.py loads it once, into the database that each spec gets a copy of.
-- isolationtester runs a spec's setup before each permutation, so making a run empties everything first.

-- Account 1 owns repository 1; runners 1 and 2 serve it; run 1 (status as told) has these many jobs waiting, 1, 2 …
-- All its times are of 2020, so that a time of today in the output is one that the spec itself wrote.
create procedure make_run(jobs int, run_status int) language plpgsql as $$
begin
    truncate account, label_set restart identity cascade;
    insert into account (name) values ('octo');
    insert into repository (owner_id, name, next_run_number) values (1, 'hello', 2);
    insert into label_set (labels) values ('{linux}');
    insert into runner (uuid, token_hash, name, repository_id, labels)
    select gen_random_uuid(), sha256(n::text::bytea), 'runner-' || n, 1, '{linux}' from generate_series(1, 2) n;
    insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id, payload, status,
                     created_at)
    values (1, 1, 'ci.yml', '.gitea/workflows/ci.yml', 'a push', 'push', 'refs/heads/main', repeat('a', 40), 1, '{}',
            run_status, '2020-01-01 00:00Z');
    insert into attempt (run_id, number, status) values (1, 1, run_status);
    insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, step_names, payload,
                     status, queued_at, queue_key, changed_at)
    select 1, 1, 1, 1, 'job-' || n, 'job-' || n, n - 1, 1, '{build}', '', 5, '2020-01-01 00:00Z', n, '2020-01-01 00:00Z'
      from generate_series(1, jobs) n;
end $$;

-- The jobs run as tasks 1, 2 … of runner 1, which was never heard since; those with a final status have ended so.
create procedure start_jobs(first int, last int, job_status int) language plpgsql as $$
begin
    for n in first .. last loop
        insert into task (job_id, runner_id, status, token_hash, started_at)
        values (n, 1, job_status, sha256(n::text::bytea), '2020-01-01 00:00Z');
        insert into step (task_id, position, name) values (currval(pg_get_serial_sequence('task', 'id')), 0, 'build');
        update job set status = job_status, task_id = currval(pg_get_serial_sequence('task', 'id')),
                       started_at = '2020-01-01 00:00Z'
         where id = n;
    end loop;
end $$;
