"""PostgreSQL that is frozen, far away or silently gone: instances say so in time, and believe nothing they no longer
hear."""

import contextlib
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from conftest import private_stack
from slow_postgres import SlowPostgres, stack_behind
from support import Project, User, ask, job_key, rpc, wait_for

from millrace_stack import fastcgi_ask

WORKFLOW = """
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""
# Below what anybody would wait for a load balancer's question, far above what a busy machine of tests takes.
PROMPT_SECONDS = 20


def family(pid: int) -> "list[int]":
    """A process and all that came from it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents.setdefault(int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(
                    int(entry.name)
                )
    found, at = [pid], 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found


@contextlib.contextmanager
def frozen_postgres(stack):
    """Every process of PostgreSQL stands still: sockets take connections and bytes, and nobody answers."""
    pids = family(stack.pid("postgres"))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def occupy(stack, count: int) -> "list[socket.socket]":
    """So many requests that need PostgreSQL, sent to each instance past nginx, their answers not waited for."""
    links = []
    for path in sorted(stack.sockets.glob("work-*.sock")):
        for _ in range(count):

            def one(path=path):
                with contextlib.suppress(OSError):
                    fastcgi_ask(str(path), "/api/v1/repos/nobody/nothing/actions/runs", timeout=90)

            thread = threading.Thread(target=one, daemon=True)
            thread.start()
            links.append(thread)
    return links


def timed(call):
    began = time.monotonic()
    answer = call()
    return answer, time.monotonic() - began


@pytest.fixture(scope="module")
def own_stack():
    with private_stack("frozen", instances=2) as stack:
        yield stack


def test_h13_a11_a_frozen_postgresql_leaves_healthz_and_readyz_their_answers(own_stack):
    stack = own_stack
    with frozen_postgres(stack):
        busy = occupy(stack, 24)
        time.sleep(1)
        for _ in range(4):  # nginx takes turns
            alive, seconds = timed(lambda: ask(stack, "GET", "/healthz", timeout=PROMPT_SECONDS))
            assert (alive.status, alive.text) == (200, "ok\n"), f"after {seconds} s"
            ready, waited = timed(lambda: ask(stack, "GET", "/readyz", timeout=PROMPT_SECONDS))
            assert ready.status == 503, ready.text
            print(f"frozen PostgreSQL: /healthz {seconds:.3f} s, /readyz {waited:.3f} s")
        # What waits for it is told so: neither for ever nor as nginx's 504.
        refused = ask(stack, "GET", "/api/v1/repos/nobody/nothing/actions/runs", timeout=90)
        assert refused.status == 503 and "database is not available" in refused.text, refused.text
        for thread in busy:
            thread.join(90)
            assert not thread.is_alive(), "a request still waits for a PostgreSQL that does not answer"
    wait_for(lambda: ask(stack, "GET", "/readyz").status == 200, "ready again")
    wait_for(lambda: ask(stack, "GET", "/api/v1/repos/nobody/nothing/actions/runs").status == 404, "reads again")


def test_a11_a_way_that_swallows_everything_ends_reads_and_logins():
    way = SlowPostgres()
    with stack_behind(way, "swallowed") as stack:
        path = "/api/v1/repos/nobody/nothing/actions/runs"
        assert ask(stack, "GET", path).status == 404
        way.swallow()
        assert ask(stack, "GET", path, timeout=90).status == 503
        assert ask(stack, "GET", "/readyz", timeout=PROMPT_SECONDS).status == 503
        assert ask(stack, "GET", "/healthz", timeout=PROMPT_SECONDS).status == 200
        way.heal()
        wait_for(lambda: ask(stack, "GET", path, timeout=90).status == 404, "reads again")
        wait_for(lambda: ask(stack, "GET", "/readyz").status == 200, "ready again")


def test_h14_a_deleted_runner_is_refused_though_the_listening_connection_is_silently_dead(tmp_path):
    way = SlowPostgres()
    with stack_behind(way, "deaf", "listen_dsn", settings={"tasks": {"poll_hold": "1s"}}) as stack:
        ann = User(stack, "ann")
        project = Project(stack, ann, tmp_path)
        runner = project.runner()
        runner.look()
        way.swallow()
        gone = ask(
            stack,
            "DELETE",
            f"/api/v1/repos/{project.path}/actions/runners/{runner.id}",
            headers={"Authorization": f"token {ann.token}"},
        )
        assert gone.status == 204, gone.text
        wait_for(lambda: rpc(stack, "FetchTask", headers=runner.headers).status == 401, "the deleted runner is refused")


@pytest.mark.parametrize("fault", ["half-closed", "swallowed"])
def test_a3_jobs_are_given_out_though_the_listening_connection_is_silently_dead(tmp_path, fault):
    way = SlowPostgres()
    with stack_behind(way, "half", "listen_dsn") as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        runner = project.runner()
        runner.look()
        if fault == "half-closed":
            assert way.half_close() > 0
        else:
            way.swallow()
        log = stack.logs / "millrace-1.log"
        wait_for(lambda: "notifications lost" in log.read_text(), "the instance notices that it hears nothing")
        way.heal()
        project.push_workflow(WORKFLOW)
        task = runner.fetch()
        assert job_key(task) == "build"
        runner.finish(task)
        assert project.wait_run()["conclusion"] == "success"


def test_a3_a_slow_way_is_no_dead_one(tmp_path):
    way = SlowPostgres()
    with stack_behind(way, "far", "listen_dsn") as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        runner = project.runner()
        way.delay = 1.0
        # One every 5 s: longer than the silence that counts as lost.
        before = way.beats
        wait_for(lambda: way.beats >= before + 5, "beats that came back late", 180)
        assert "notifications lost" not in (stack.logs / "millrace-1.log").read_text()
        project.push_workflow(WORKFLOW)
        task = runner.fetch()
        runner.finish(task)
        assert project.wait_run()["conclusion"] == "success"
