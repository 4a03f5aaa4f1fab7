"""A runner's whole backlog in one UpdateLog: rows and bytes a second, and the memory of the instance."""

import http.client
import os
import time

from bench_reports import field, row, varint
from harness import Bench, Figure, StackError, memory_mib
from polls import SERVICE, Assigned, Service, register
from waiting import fill, prepare

SIZES = [1_000, 100_000, 1_000_000]
BLOCK = 1000


def run(bench: Bench) -> list[Figure]:
    sizes = [size // 20 for size in SIZES] if bench.is_debug else SIZES
    with bench.stack() as stack:
        prepare(stack)
        fill(stack, len(sizes))
        service = Service(stack.port)
        runners = register(stack, "ann/app", len(sizes))
        tasks = [Assigned(runner, int(service.call("FetchTask", {}, runner)["task"]["id"]), 0) for runner in runners]
        before = memory(stack)
        figures = []
        for size, task in zip(sizes, tasks):
            figures += burst(stack, task, size)
        figures.append(
            Figure(
                "memory of an instance after them, more than before",
                max(0.0, memory(stack) - before),
                "MiB",
                at_most=64,
            )
        )
        return figures


def burst(stack, assigned, size: int) -> "list[Figure]":
    """Lines of 100 bytes, as compressible as hex is, in one message."""
    block = b"".join(field(3, row(os.urandom(50).hex())) for _ in range(BLOCK))
    head = b"\x08" + varint(assigned.task)
    blocks = max(1, size // BLOCK)
    length = len(head) + blocks * len(block)
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=600)
    began = time.monotonic()
    link.request(
        "POST",
        SERVICE + "UpdateLog",
        body=(part for parts in ([head], [block] * blocks) for part in parts),
        headers={
            "Content-Type": "application/proto",
            "Content-Length": str(length),
            "x-runner-uuid": assigned.runner.uuid,
            "x-runner-token": assigned.runner.token,
        },
    )
    answer = link.getresponse()
    body = answer.read()
    took = time.monotonic() - began
    link.close()
    rows = blocks * BLOCK
    if answer.status != 200 or body != b"\x08" + varint(rows):
        raise StackError(f"an UpdateLog of {rows} rows was answered with {answer.status} {body[:100]!r}")
    if int(stack.sql(f"select log_rows from task where id = {assigned.task}")) != rows:
        raise StackError(f"{rows} rows were acked and are not all stored")
    return [
        Figure(
            f"UpdateLog of {rows} rows of 100 bytes in one call",
            rows / took,
            "rows/s",
            note=f"{length / took / 2**20:.0f} MiB/s, {took:.2f} s; the client is Python and shares the cores",
        )
    ]


def memory(stack) -> float:
    return sum(memory_mib(stack.pid(name)) for name in stack.names if name.startswith("millrace-"))
