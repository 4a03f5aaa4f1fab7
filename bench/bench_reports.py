"""What a running task costs: UpdateLog against a bare insert of the same bytes through pgbench, and its heartbeats."""

import gzip
import os
import socket
import threading
import time

from bench_select import pgbench
from harness import Bench, Figure, Rate, StackError, Statements, percentile, taking_turns
from polls import SERVICE, Assigned, Runner, Service, register
from waiting import fill, prepare

TASKS = 8
ROWS = 20
HEARTBEATS = 500


def run(bench: Bench) -> list[Figure]:
    with bench.stack(settings=Statements.SETTINGS) as stack:
        prepare(stack)
        fill(stack, TASKS)
        service = Service(stack.port)
        runners = register(stack, "ann/app", TASKS)
        tasks = [Assigned(runner, int(service.call("FetchTask", {}, runner)["task"]["id"]), 0) for runner in runners]
        return [heartbeats(stack, service, tasks[0]), *logs(bench, stack, tasks)]


def heartbeats(stack, service, assigned) -> Figure:
    """The same words again and again, as a runner says them while nothing happens."""
    message = {"state": {"id": assigned.task, "steps": [{"id": 0, "startedAt": "2026-01-01T00:00:00Z"}]}}
    service.call("UpdateTask", message, assigned.runner)
    seen = Statements(stack)
    for _ in range(HEARTBEATS):
        service.call("UpdateTask", message, assigned.runner)
    grown = seen.grown()
    calls = sum(n for text, n in grown.items() if "task_heartbeat" in text or "with heard as" in text)
    # Of the whole transaction of a report that says something new there must be none.
    return Figure(
        "statements per idle heartbeat",
        calls / HEARTBEATS,
        "",
        at_most=1.0,
        note=f"{sum(grown.values()) - calls} others in the same time, of housekeeping",
    )


def logs(bench, stack, tasks):
    lines = [os.urandom(30).hex() for _ in range(ROWS)]  # 60 characters, as compressible as hex is
    member = gzip.compress("".join(f"2026-01-01T00:00:00.0000000Z {line}\n" for line in lines).encode(), 5)
    stack.sql(
        "create table bare_log (task_id bigint, first_row bigint, lines bytea, primary key (task_id, first_row));"
        "create sequence bare_row; alter table bare_log alter column lines set storage external"
    )
    script = stack.dir / "bare.sql"
    script.write_text(f"insert into bare_log values (:client_id, nextval('bare_row'), '\\x{member.hex()}');\n")
    rows = b"".join(field(3, row(line)) for line in lines)
    writers = [Writer(stack.port, task, rows) for task in tasks]
    seconds = bench.seconds(3)
    rates = taking_turns(
        3, {"bare": lambda: pgbench(stack, script, TASKS, seconds), "logs": lambda: together(writers, seconds)}
    )
    stored = int(stack.sql("select sum(log_rows) from task"))
    if stored != sum(writer.index for writer in writers):
        raise StackError(f"{stored} rows are stored, {sum(w.index for w in writers)} were acked")
    return [
        Figure(
            f"UpdateLog of {ROWS} rows, {TASKS} tasks at once",
            rates["logs"].per_second,
            "1/s",
            rates["bare"].per_second,
            note=(
                f"99 % {rates['logs'].p99_ms:.1f} ms; {len(member)} bytes a chunk; the client is Python and shares the"
                " cores"
            ),
        )
    ]


def together(writers, seconds: float) -> Rate:
    threads = [threading.Thread(target=writer.run, args=(time.monotonic() + seconds,)) for writer in writers]
    for writer in writers:
        writer.times = []
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = [taken for writer in writers for taken in writer.times]
    return Rate(
        len(times) / (time.monotonic() - began), percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000, 0, 0
    )


class Writer:
    """One task's UpdateLog calls, one after the other on a kept connection, as a runner makes them."""

    def __init__(self, port: int, assigned: Assigned, rows: bytes):
        self.assigned, self.rows, self.index = assigned, rows, 0
        self.times: list[float] = []
        self.link = socket.create_connection(("127.0.0.1", port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        runner: Runner = assigned.runner
        self.head = (
            f"POST {SERVICE}UpdateLog HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/proto\r\n"
            f"x-runner-uuid: {runner.uuid}\r\nx-runner-token: {runner.token}\r\nContent-Length: "
        )

    def run(self, until: float) -> None:
        while (began := time.monotonic()) < until:
            body = b"\x08" + varint(self.assigned.task) + b"\x10" + varint(self.index) + self.rows
            self.link.sendall(f"{self.head}{len(body)}\r\n\r\n".encode() + body)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += self.link.recv(65536)
            head, _, rest = answer.partition(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            while len(rest) < length:
                rest += self.link.recv(65536)
            if not head.startswith(b"HTTP/1.1 200"):
                raise StackError(f"UpdateLog was answered with {head[:40]!r}: {rest[:200]!r}")
            self.index += ROWS
            if rest != b"\x08" + varint(self.index):
                raise StackError(f"acked {rest.hex()}, expected row {self.index}")
            self.times.append(time.monotonic() - began)
            if b"connection: close" in head.lower():  # keepalive_requests
                address = self.link.getpeername()
                self.link.close()
                self.link = socket.create_connection(address)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def row(line: str) -> bytes:
    return field(1, b"\x08" + varint(1_700_000_000)) + field(2, line.encode())
