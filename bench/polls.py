"""Runners in bulk: registered through the protocol, their FetchTasks parked on raw kept connections by one thread.

A client library costs more than the server does, so requests are bytes made once and answers are read by hand; the
messages are those of runner.proto.
"""

import http.client
import json
import queue
import selectors
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from harness import Stack, StackError

SERVICE = "/api/actions/runner.v1.RunnerService/"


@dataclass
class Runner:
    uuid: str
    token: str


@dataclass
class Assigned:
    """A FetchTask that was answered with a task, and the wall clock when its last byte was read."""

    runner: Runner
    task: int
    at: float


class Service:
    """The RPCs a bench calls one at a time, as JSON on one kept connection."""

    def __init__(self, port: int):
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, name: str, message: dict[str, Any], runner: "Runner | None" = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if runner:
            headers |= {"x-runner-uuid": runner.uuid, "x-runner-token": runner.token}
        self.link.request("POST", SERVICE + name, json.dumps(message), headers)
        answer = self.link.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise StackError(f"{name} was answered with {answer.status}: {body.decode(errors='replace')[:300]}")
        said: dict[str, Any] = json.loads(body)
        return said

    def finish(self, assigned: Assigned) -> None:
        """The task ended well."""
        self.call("UpdateTask", {"state": {"id": assigned.task, "result": "RESULT_SUCCESS"}}, assigned.runner)


def register(stack: Stack, repository: str, count: int, label: str = "ubuntu-latest") -> "list[Runner]":
    """Runners of one repository ("owner/name"), each with a credential of its own."""
    registration = stack.millrace("admin", "runner", "token", "--repo", repository).strip()
    service = Service(stack.port)
    runners = []
    for number in range(count):
        made = service.call("Register", {"name": f"bench-{number}", "token": registration, "labels": [label]})["runner"]
        runners.append(Runner(made["uuid"], made["token"]))
    return runners


class ParkedPolls:
    """Keeps a FetchTask waiting for every runner. One that gets a task does not ask again until `again`."""

    def __init__(self, port: int, runners: "list[Runner]", deadline_ms: "int | None" = None):
        self.port, self.runners = port, runners
        self.assigned: queue.Queue[Assigned] = queue.Queue()
        self.answers = 0
        self.problems: list[str] = []
        self.deadline = f"Connect-Timeout-Ms: {deadline_ms}\r\n" if deadline_ms else ""
        self.selector = selectors.EpollSelector()
        self.links: dict[str, socket.socket] = {}
        self.inbox: queue.Queue[Runner] = queue.Queue()
        self.waker, self.woken = socket.socketpair()
        self.woken.setblocking(False)
        self.selector.register(self.woken, selectors.EVENT_READ, None)
        self.stopping = False
        self.thread = threading.Thread(target=self.loop, daemon=True)

    def __enter__(self) -> "ParkedPolls":
        for runner in self.runners:
            self.open(runner)
            self.ask(runner)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping = True
        self.waker.send(b"x")
        self.thread.join()
        for link in [*self.links.values(), self.waker, self.woken]:
            link.close()
        self.selector.close()

    def again(self, runner: Runner) -> None:
        self.inbox.put(runner)
        self.waker.send(b"x")

    def next(self, seconds: float = 30) -> Assigned:
        try:
            return self.assigned.get(timeout=seconds)
        except queue.Empty:
            raise StackError(
                f"no task within {seconds} s; {len(self.problems)} polls failed: {self.problems[:3]}"
            ) from None

    # --- the thread ---

    def open(self, runner: Runner) -> None:
        link = socket.create_connection(("127.0.0.1", self.port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setblocking(False)
        self.links[runner.uuid] = link
        self.selector.register(link, selectors.EVENT_READ, (runner, bytearray()))

    def ask(self, runner: Runner) -> None:
        self.links[runner.uuid].send(
            (
                f"POST {SERVICE}FetchTask HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type:"
                f" application/proto\r\nConnect-Protocol-Version: 1\r\n{self.deadline}x-runner-uuid:"
                f" {runner.uuid}\r\nx-runner-token: {runner.token}\r\nContent-Length: 0\r\n\r\n"
            ).encode()
        )

    def reopen(self, runner: Runner) -> None:
        self.selector.unregister(self.links[runner.uuid])
        self.links.pop(runner.uuid).close()
        self.open(runner)
        self.ask(runner)

    def loop(self) -> None:
        while not self.stopping:
            for key, _ in self.selector.select(1):
                if key.data is None:
                    self.woken.recv(65536)
                    while not self.inbox.empty():
                        self.ask(self.inbox.get())
                else:
                    runner, seen = key.data
                    self.read(self.links[runner.uuid], runner, seen)

    def read(self, link: socket.socket, runner: Runner, seen: bytearray) -> None:
        try:
            chunk = link.recv(262_144)
        except ConnectionResetError:
            chunk = b""
        now = time.time()
        if not chunk:
            return self.reopen(runner)
        seen += chunk
        end = seen.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(seen[:end]).lower()
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        if len(seen) < end + 4 + length:
            return
        status, body = int(head[9:12]), bytes(seen[end + 4 : end + 4 + length])
        seen.clear()
        self.answers += 1
        task = task_id(body) if status == 200 else None
        if status != 200:
            self.problems.append(f"{status}: {body[:100].decode(errors='replace')}")
        if task is not None:
            self.assigned.put(Assigned(runner, task, now))
        elif b"connection: close" in head:  # keepalive_requests
            self.reopen(runner)
        else:
            self.ask(runner)


def task_id(body: bytes) -> "int | None":
    """FetchTaskResponse.task.id, the first field of the first field; None without a task."""

    def varint(at: int) -> "tuple[int, int]":
        value = shift = 0
        while True:
            value |= (body[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if body[at - 1] < 0x80:
                return value, at

    if not body or body[0] != 0x0A:
        return None
    _, at = varint(1)
    if body[at] != 0x08:
        raise StackError("a task does not begin with its id")
    return varint(at + 1)[0]
