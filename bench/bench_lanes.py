"""What the lanes rest on: memory of a thread per held request, bodies read at run time, a stop under load."""

import time

from harness import Bench, Figure, finished, median, memory_mib

HELD = 2000
HOLD_SECONDS = 6


def run(bench: Bench) -> list[Figure]:
    with bench.stack(instances=2) as stack:
        return thread_per_request(bench, stack) + body(bench, stack) + stop_under_load(bench, stack)


def thread_per_request(bench, stack):
    """The form the poll lane does not have (docs/adr/0002): compare with "memory more than none" of the bench
    `polls`."""
    with bench.baseline(stack, "holding", HELD, HOLD_SECONDS) as path, bench.front(stack, {"holding": [path]}) as ports:
        load = bench.start_load(ports["holding"], "/healthz", HELD, HOLD_SECONDS)
        time.sleep(HOLD_SECONDS / 2)
        held = memory_mib(stack.pid("holding"))
        finished(load)
    return [Figure(f"{HELD} requests held by {HELD} threads in C: memory", held, "MiB", note="stacks of 256 KiB")]


def body(bench, stack):
    """A body through nginx into the work lane's memory, and an answer; larger ones are streamed (bench `bursts`)."""
    rate = bench.rate(
        stack.port,
        "/api/actions/ping.v1.PingService/Nothing",
        4,
        bench.seconds(3),
        method="POST",
        body_bytes=2**20,
        headers=["Content-Type: application/proto"],
    )
    return [
        Figure(
            "bodies of 1 MiB, 4 clients",
            rate.per_second,
            "MiB/s",
            note=f"median {rate.p50_ms:.0f} ms, {rate.lost} lost",
        ),
        Figure("memory after them", max(memory_mib(stack.pid(f"millrace-{n}")) for n in [1, 2]), "MiB"),
    ]


def stop_under_load(bench, stack):
    """SIGTERM to one of two instances while 64 clients ask: nothing may be refused, and it must go quickly."""
    took, refused, asked = [], {"GET": 0, "POST": 0}, {"GET": 0, "POST": 0}
    for round_number in range(2 if bench.quick else 6):
        method = ["GET", "POST"][round_number % 2]
        path = "/healthz" if method == "GET" else "/api/actions/ping.v1.PingService/Ping"
        headers = [] if method == "GET" else ["Content-Type: application/proto"]
        load = bench.start_load(stack.port, path, 64, 2, headers, method)
        time.sleep(1)
        began = time.monotonic()
        stack.stop_one("millrace-2")
        took.append((time.monotonic() - began) * 1000)
        rate = finished(load)
        refused[method] += rate.refused + rate.lost
        asked[method] += round(rate.per_second * 1.8)
        stack.start_one("millrace-2")
    return [
        Figure(
            "SIGTERM under load: until gone",
            median(took),
            "ms",
            note=f"longest {max(took):.0f} ms, looked at every 20 ms",
        ),
        Figure("SIGTERM under load: GETs refused", refused["GET"], "", at_most=0, note=f"of {asked['GET']}"),
        Figure("SIGTERM under load: POSTs refused", refused["POST"], "", at_most=0, note=f"of {asked['POST']}"),
    ]
