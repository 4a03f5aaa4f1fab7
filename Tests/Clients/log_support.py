"""What the log tests share: a stack with short clocks, and a job with its log in the tests' hands.

A test file imports the fixtures by name; they then stand in place of conftest's.
"""

import random
import threading
from pathlib import Path

import pytest
import runner_pb as pb
from conftest import private_stack
from protobuf.wkt import Timestamp
from support import Project, User, ask, wait_for

from millrace_stack import fastcgi_ask

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n      - run: echo two\n"
STAMP = "2023-11-14T22:13:20.1200000Z "
UPDATE_LOG = "/api/actions/runner.v1.RunnerService/UpdateLog"


@pytest.fixture(scope="module")
def stack():
    """A stack of its own: logs are sealed 3 s after their end instead of 60 s, live readers are held for 30 s."""
    with private_stack("logs", instances=2, poll_hold="30s", settings={"logs": {"seal_grace": "3s"}}) as stack:
        yield stack


@pytest.fixture(scope="module")
def ann(stack) -> User:
    return User(stack, "ann")


@pytest.fixture(scope="module")
def stranger(stack) -> User:
    return User(stack, "stranger")


class Job:
    """A job that a scripted runner has taken, and its log."""

    def __init__(self, project: Project):
        self.project, self.stack = project, project.stack
        self.runner = project.runner()
        project.push_workflow(ONE)
        self.task = self.runner.fetch()
        run = project.run_of("ci.yml")
        assert run
        self.id = project.jobs(run)["one"]["id"]
        self.page = f"/{project.path}/actions/runs/{run['id']}/jobs/{self.id}"
        self.path = f"/{project.path}/actions/jobs/{self.id}/log"
        self.rest = f"/api/v1/repos/{project.path}/actions/jobs/{self.id}/logs"

    @property
    def token(self) -> "dict[str, str]":
        return {"Authorization": f"token {self.project.owner.token}"}

    def rows(self, index, lines, no_more=False) -> int:
        return self.runner.rows(self.task, index, lines, no_more)

    def update(self, index, lines, no_more=False) -> bytes:
        """The request itself, for a socket of our choice."""
        stamp = Timestamp(seconds=1_700_000_000, nanos=120_000_000)
        rows = [pb.LogRow(time=stamp, content=line) for line in lines]
        return pb.UpdateLogRequest(task_id=self.task.id, index=index, rows=rows, no_more=no_more).to_binary()

    def update_on(self, instance: int, index, lines, no_more=False) -> int:
        status, _, body = fastcgi_ask(
            str(self.stack.sockets / f"work-{instance}.sock"),
            UPDATE_LOG,
            "POST",
            self.update(index, lines, no_more),
            {"Content-Type": "application/proto", **self.runner.headers},
            timeout=30,
        )
        assert status == 200, body
        return pb.UpdateLogResponse.from_binary(body).ack_index

    def end(self) -> None:
        self.runner.state(self.task, pb.Result.SUCCESS)

    def read(self, query: str = "", headers=None):
        return ask(self.stack, "GET", self.rest + query, headers={**self.token, **(headers or {})})

    def text(self, query: str = "") -> str:
        answer = self.read(query)
        assert answer.status == 200, answer.text
        return answer.text

    def file(self) -> "Path | None":
        path = self.stack.sql(f"select path from log_file where task_id = {self.task.id}")
        return self.stack.storage / "logs" / path if path else None

    def files(self) -> "list[str]":
        return sorted(p.name for p in (self.stack.storage / "logs").glob(f"*/{self.task.id}-*"))

    def wait_sealed(self) -> "Path | None":
        wait_for(lambda: self.stack.sql(f"select 1 from log_file where task_id = {self.task.id}"), "a sealed log")
        return self.file()

    def chunks(self) -> int:
        return int(self.stack.sql(f"select count(*) from log_chunk where task_id = {self.task.id}"))

    def live(self, start: int, instance: "int | None" = None, headers=None):
        """One live request: (text, next row, done)."""
        path = f"/_live/{self.project.path}/jobs/{self.id}?from={start}"
        if instance is None:
            answer = ask(self.stack, "GET", path, headers=headers)
            status, said, body = answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.body
        else:
            status, said, body = fastcgi_ask(
                str(self.stack.sockets / f"poll-{instance}.sock"), path, headers=headers, timeout=30
            )
        assert status == 200, body
        return body.decode(), int(said["x-millrace-next-row"]), said["x-millrace-done"] == "true"


@pytest.fixture
def job(project) -> Job:
    return Job(project)


def lines_of(*contents: str) -> str:
    return "".join(f"{STAMP}{content}\n" for content in contents)


def numbered(count: int, width: int = 60) -> "list[str]":
    """Lines that do not compress to nothing, each different."""
    source = random.Random(7)
    return [f"{number} {source.randbytes(width // 2).hex()}" for number in range(count)]


def later(work):
    """What `work` gives, from a thread: ask for it with .result()."""

    class Later(threading.Thread):
        def run(self):
            self.value = work()

        def result(self, seconds=20):
            """Sooner than a reader's time is over: one that was not woken is a failure."""
            self.join(seconds)
            assert not self.is_alive(), "still waiting"
            return self.value

    thread = Later()
    thread.start()
    return thread
