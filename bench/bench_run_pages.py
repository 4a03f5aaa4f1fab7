"""The page of runs at a million runs against that at a hundred; the weight of the page of a run.

First byte and whole answer are asked for in turns; Chromium's own time is told when playwright is there (.venv-test).
"""

import gzip
import http.client
import re
import statistics
import time
from collections.abc import Callable

from bench_lists import ROWS
from harness import Bench, Figure

JOBS = """
insert into label_set (labels) values ('{linux}') on conflict do nothing;
insert into job (run_id, attempt_id, repository_id, owner_id, key, name, position, label_set_id, payload, status,
                 queued_at,
                 started_at, stopped_at, needs)
select r.id, a.id, r.repository_id, 1, 'job' || n, 'job ' || n, n, (select min(id) from label_set), '', 1, now(),
       now() + n * interval '1 s', now() + (n + 60) * interval '1 s',
       case when n > 1 then array['job' || n / 2] else '{}' end
  from run r join attempt a on a.run_id = r.id, generate_series(1, 20) n where r.id = %d;
"""


def asked(port: int, path: str) -> tuple[float, float, bytes]:
    """Milliseconds to the first byte and to the last, and the body."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    link.request("GET", path, headers={"Accept-Encoding": "identity"})
    answer = link.getresponse()
    first = time.perf_counter()
    body = answer.read()
    last = time.perf_counter()
    link.close()
    assert answer.status == 200, (path, answer.status)
    return (first - began) * 1000, (last - began) * 1000, body


def compressed(port: int, path: str) -> int:
    return len(gzip.compress(asked(port, path)[2], 6))


def rendered(url: str) -> "Callable[[str], float] | None":
    """What gives the milliseconds in which Chromium has loaded a page, its assets cached."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    page = (
        sync_playwright().start().chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"]).new_page()
    )

    def load(path: str) -> float:
        page.goto(url + path)
        return float(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))

    return load


def run(bench: Bench) -> list[Figure]:
    few, many = 100, 20_000 if bench.is_debug else 1_000_000
    tries = 5 if bench.quick or bench.is_debug else 40
    figures = []
    with bench.stack() as stack:
        stack.millrace("admin", "user", "create", "--name", "ann", "--password", "password-of-ann")
        for repository, (name, rows) in enumerate({"few": few, "many": many}.items(), 1):
            stack.millrace("admin", "repo", "create", "--owner", "ann", "--name", name)
            stack.sql(ROWS.format(repository=repository, rows=rows))
        stack.sql(JOBS % few)
        for table in ("run", "attempt", "job"):
            stack.sql(f"vacuum analyze {table}")
        load = rendered(f"http://127.0.0.1:{stack.port}")
        for query in ["", "?status=failure", "?workflow=ci.yml&branch=main", f"?before={few}"]:
            before = {"few": query, "many": query.replace(f"before={few}", f"before={few + many // 2}")}
            times: dict[str, list[tuple[float, float]]] = {"few": [], "many": []}
            loads: dict[str, list[float]] = {"few": [], "many": []}
            for turn in range(tries + 2):
                for name in ("few", "many"):
                    first, last, _ = asked(stack.port, f"/ann/{name}/actions{before[name]}")
                    loaded = load(f"/ann/{name}/actions{before[name]}") if load else 0
                    if turn >= 2:  # the first ones make plans and fill caches
                        times[name].append((first, last))
                        loads[name].append(loaded)
            middle = {
                name: [statistics.median(column) for column in zip(*all_, strict=True)] for name, all_ in times.items()
            }
            note = f"of {many} runs against {few}"
            what = f"page of runs{query}"
            figures.append(
                Figure(f"{what}, first byte", middle["many"][0], "ms", middle["few"][0], at_most=1.5, note=note)
            )
            figures.append(Figure(f"{what}, whole", middle["many"][1], "ms", middle["few"][1], at_most=1.5, note=note))
            if load:
                seen = {name: statistics.median(all_) for name, all_ in loads.items()}
                figures.append(Figure(f"{what}, rendered", seen["many"], "ms", seen["few"], at_most=1.5, note=note))
        body = asked(stack.port, f"/ann/few/actions/runs/{few}")[2]
        assets = sorted(set(re.findall(rb'(?:href|src)="(/_static/[^"]+)"', body)))
        weights = {path.decode(): compressed(stack.port, path.decode()) for path in assets}
        page = len(gzip.compress(body, 6))
        shares = ", ".join(f"{path.split('/')[-1].split('.')[0]} {size}" for path, size in weights.items())
        figures.append(
            Figure(
                "page of a run of 20 jobs with its assets",
                (page + sum(weights.values())) / 1024,
                "KiB",
                at_most=60,
                note=f"compressed bytes: page {page}, {shares}",
            )
        )
    return figures
