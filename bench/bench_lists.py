"""The first page of runs of a repository with a million runs, against that of one with ten thousand."""

from functools import partial

from harness import Bench, Figure, taking_turns

ROWS = """
insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, actor_id, payload,
  status, stopped_at)
select {repository}, n, 'ci.yml', '.gitea/workflows/ci.yml', 'a push', 'push', 'refs/heads/main',
  md5(n::text) || '00000000', 1, '{{}}', 1 + n % 4, now()
  from generate_series(1, {rows}) n;
insert into attempt (run_id, number, status) select id, 1, status from run where repository_id = {repository};
"""


def run(bench: Bench) -> list[Figure]:
    few, many = 10_000, 20_000 if bench.is_debug else 1_000_000
    with bench.stack() as stack:
        token = stack.millrace(
            "admin", "user", "create", "--name", "ann", "--password", "password-of-ann", "--access-token"
        ).strip()
        for repository, (name, rows) in enumerate({"few": few, "many": many}.items(), 1):
            stack.millrace("admin", "repo", "create", "--owner", "ann", "--name", name)
            stack.sql(ROWS.format(repository=repository, rows=rows))
        stack.sql("vacuum analyze run")
        stack.sql("vacuum analyze attempt")
        headers = [f"Authorization: token {token}"]
        figures = []
        for query in ["", "?status=failure", "?head_sha=none", "?page=20"]:
            path = "/api/v1/repos/ann/{}/actions/runs" + query
            rates = taking_turns(
                3,
                {
                    name: partial(bench.rate, stack.port, path.format(name), 4, bench.seconds(2), headers)
                    for name in ("few", "many")
                },
            )
            assert rates["few"].refused == rates["few"].lost == rates["many"].refused == rates["many"].lost == 0, rates
            figures.append(
                Figure(
                    f"runs{query}, {many} against {few}",
                    rates["many"].per_second,
                    "1/s",
                    rates["few"].per_second,
                    at_least=0.67,
                    note=f"99 % {rates['many'].p99_ms:.1f} ms",
                )
            )
        return figures
