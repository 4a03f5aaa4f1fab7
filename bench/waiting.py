"""Waiting jobs in bulk, put straight into the tables: a million pushes would take a day."""

from harness import Stack

JOBS_PER_RUN = 100


def fill(stack: Stack, count: int, label: str = "ubuntu-latest") -> None:
    """`count` waiting jobs of the repository ann/app, in runs of a hundred; statistics as autovacuum would leave
    them."""
    runs = (count + JOBS_PER_RUN - 1) // JOBS_PER_RUN
    stack.sql(f"""
        set session_replication_role = replica;  -- no foreign key is asked a million times: the rows below are whole
        insert into label_set (labels) values ('{{{label}}}') on conflict do nothing;
        with app as (update repository set next_run_number = next_run_number + {runs} where name = 'app'
                     returning id, owner_id, next_run_number - {runs} as first),
        run_rows as (
            insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status)
            select app.id, app.first + n, 'ci.yml', '.gitea/workflows/ci.yml', 'bench', 'push', 'refs/heads/main',
                   repeat('0', 40), '{{}}', 5
              from app, generate_series(0, {runs} - 1) n returning id, repository_id),
        attempt_rows as (
            insert into attempt (run_id, number, status) select id, 1, 5 from run_rows returning id, run_id)
        insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, step_names,
                         payload, status, queued_at, queue_key)
        select a.run_id, a.id, app.id, app.owner_id, 'j' || n, 'j' || n, n,
               (select id from label_set where labels = '{{{label}}}'),
               '{{Run}}', '{{"on":"push","jobs":{{"j":{{"runs-on":"{label}","steps":[{{"run":"true"}}]}}}}}}', 5, now(),
               (extract(epoch from now()) * 1000000)::bigint + row_number() over ()
          from attempt_rows a, app, generate_series(0, {JOBS_PER_RUN} - 1) n limit {count};
        analyze job; analyze run; analyze attempt;""")


def prepare(stack: Stack) -> None:
    stack.millrace("admin", "user", "create", "--name", "ann", "--password", "password-of-ann")
    stack.millrace("admin", "repo", "create", "--owner", "ann", "--name", "app")
