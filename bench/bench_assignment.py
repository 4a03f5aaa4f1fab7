"""From a push, and from the commit that made a job wait, to the answer of a parked FetchTask."""

import json
import tempfile
import time
from pathlib import Path

from harness import Bench, Figure, StackError, median, percentile
from polls import ParkedPolls, Service, register
from pushes import Git

# PostgreSQL itself says when a transaction committed: the event row of the change is never written again.
SETTINGS = {"track_commit_timestamp": "on"}
CHAIN_JOBS = 100

ONE_JOB = "on: push\njobs:\n  only:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"


def chain(count: int) -> str:
    """Each job needs the one before: ending one makes exactly one wait."""
    jobs = "".join(
        f"  j{n}:\n    runs-on: ubuntu-latest\n"
        + (f"    needs: [j{n - 1}]\n" if n else "")
        + "    steps:\n      - run: 'true'\n"
        for n in range(count)
    )
    return f"on: push\njobs:\n{jobs}"


def run(bench: Bench) -> list[Figure]:
    figures = []
    with bench.stack(settings=SETTINGS) as stack, tempfile.TemporaryDirectory(dir=bench.directory) as checkout:
        stack.millrace("admin", "user", "create", "--name", "ann", "--password", "password-of-ann")
        address = stack.millrace("admin", "repo", "create", "--owner", "ann", "--name", "app").strip()
        git = Git(Path(checkout), address.replace("http://", "http://ann:password-of-ann@"))
        runners = register(stack, "ann/app", 10 if bench.is_debug else 2000)
        for parked in [10] if bench.is_debug else [10, 2000]:
            figures += measure(bench, stack, git, runners[:parked])
    return figures


def measure(bench, stack, git, runners):
    service = Service(stack.port)
    pushed = []
    tasks = []

    def finish(polls, assigned):
        tasks.append(assigned)
        service.finish(assigned)
        polls.again(assigned.runner)

    with ParkedPolls(stack.port, runners) as polls:
        time.sleep(2 + len(runners) / 1000)
        for _ in range(20 if bench.quick else 40):
            git.commit(ONE_JOB)
            began = time.time()
            git.push()
            assigned = polls.next()
            pushed.append((assigned.at - began) * 1000)
            finish(polls, assigned)
        for _ in range(1 if bench.quick else 4):
            git.commit(chain(CHAIN_JOBS))
            git.push()
            for _ in range(CHAIN_JOBS):
                finish(polls, polls.next())
        if polls.problems:
            raise StackError(f"{len(polls.problems)} polls failed: {polls.problems[:3]}")
    commits = committed(stack, [assigned.task for assigned in tasks])
    waits = [(assigned.at - commits[assigned.task]) * 1000 for assigned in tasks]
    what = f"{len(runners)} parked"
    return [
        Figure(f"push to assigned, {what}: median", median(pushed), "ms", note=f"{len(pushed)} pushes"),
        Figure(f"push to assigned, {what}: 99 %", percentile(pushed, 0.99), "ms", note="git's own start included"),
        Figure(f"commit to answer, {what}: median", median(waits), "ms", note=f"{len(waits)} jobs"),
        Figure(f"commit to answer, {what}: 99 %", percentile(waits, 0.99), "ms", at_most=20),
        Figure(f"commit to answer, {what}: longest", max(waits), "ms"),
    ]


def committed(stack, tasks: "list[int]") -> "dict[int, float]":
    """When the change that made each task's job wait was committed, in seconds since 1970."""
    said = stack.sql(f"""
        select json_object_agg(t.id, extract(epoch from pg_xact_commit_timestamp(e.xmin)))
          from task t join lateral (select xmin from event
                                     where job_id = t.job_id and kind = 'job_status' and status = 5
                                     order by id desc limit 1) e on true
         where t.id in ({",".join(map(str, tasks))})""")
    found = {int(task): float(at) for task, at in json.loads(said or "{}").items()}
    if len(found) != len(tasks):
        raise StackError(f"{len(tasks) - len(found)} of {len(tasks)} tasks have no event of their waiting")
    return found
