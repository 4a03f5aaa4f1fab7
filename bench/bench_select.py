"""An authenticated request with one prepared select, against pgbench with the same select and as many clients."""

import hashlib
import re
import subprocess
from functools import partial

from harness import Bench, Figure, Rate, StackError, Statements, postgres_programs, taking_turns

A_RUN = """
insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id, payload,
  status, stopped_at)
values (1, 1, 'ci.yml', '.gitea/workflows/ci.yml', 'a push', 'push', 'refs/heads/main',
  repeat('a', 40), 1, '{}', 1, now());
insert into attempt (run_id, number, status) values (1, 1, 1);
"""


def run(bench: Bench) -> list[Figure]:
    figures = []
    with bench.stack(settings=Statements.SETTINGS) as stack:
        token = stack.millrace(
            "admin", "user", "create", "--name", "ann", "--password", "password-of-ann", "--access-token"
        ).strip()
        stack.millrace("admin", "repo", "create", "--owner", "ann", "--name", "app", "--private")
        headers = [f"Authorization: token {token}"]
        stack.sql(A_RUN)
        paths = ["/api/v1/version", "/api/v1/repos/ann/app", "/api/v1/repos/ann/app/actions/runs/1"]
        counted = {path: statements_per_request(bench, stack, path, headers) for path in paths}
        script = stack.dir / "select.sql"
        # One row by an index, as authentication looked for it at each call until its answers were remembered.
        script.write_text(
            "select a.id, a.name, a.email, a.is_admin, a.password_hash, a.password_salt from access_token t "
            f"join account a on a.id = t.account_id where t.hash = '\\x{hashlib.sha256(token.encode()).hexdigest()}';\n"
        )
        for clients in [1, 16, 64]:
            seconds = bench.seconds(2)
            rates = taking_turns(
                3,
                {
                    "pgbench": lambda: pgbench(stack, script, clients, seconds),
                    **{path: partial(bench.rate, stack.port, path, clients, seconds, headers) for path in counted},
                },
            )
            for path, statements in counted.items():
                assert rates[path].refused == rates[path].lost == 0, rates
                figures.append(
                    Figure(
                        f"{path}, {clients} clients",
                        rates[path].per_second,
                        "1/s",
                        rates["pgbench"].per_second,
                        at_least=None if path.endswith("/app") else 0.35,
                        note=f"{statements:g} statements, 99 % {rates[path].p99_ms:.1f} ms",
                    )
                )
    return figures


def statements_per_request(bench, stack, path, headers) -> float:
    """Counted by PostgreSQL while one client asks; the second's housekeeping is far below one in a hundred."""
    seen = Statements(stack)
    rate = bench.rate(stack.port, path, 1, 1.0, headers)
    # load.c does not count its warm-up tenth, PostgreSQL does.
    return round(sum(seen.grown().values()) / (rate.per_second * 1.0), 1)


def pgbench(stack, script, clients: int, seconds: float) -> Rate:
    done = subprocess.run(
        [
            str(postgres_programs() / "pgbench"),
            "--no-vacuum",
            "--protocol",
            "prepared",
            "--file",
            str(script),
            "--client",
            str(clients),
            "--jobs",
            str(min(clients, 2)),
            "--time",
            str(max(1, round(seconds))),
            "--host",
            str(stack.database_sockets),
            "--username",
            "millrace",
            "millrace",
        ],
        capture_output=True,
        text=True,
    )
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.M)
    if done.returncode != 0 or not found:
        raise StackError(f"pgbench ended with {done.returncode}: {done.stderr}")
    return Rate(float(found[1]), 0, 0, 0, 0)
