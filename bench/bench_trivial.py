"""GET /healthz through nginx and the work lane, against the same in C on libfcgi with as many threads."""

from functools import partial

from harness import Bench, Figure, taking_turns

THREADS = 16  # server.work_threads in dev/stack.py


def run(bench: Bench) -> list[Figure]:
    figures = []
    with (
        bench.stack() as stack,
        bench.baseline(stack, "baseline", THREADS) as c_socket,
        bench.front(stack, {"swift": [f"{stack.sockets}/work-1.sock"], "c": [c_socket]}) as ports,
    ):
        for clients in [1, 16, 64]:
            rates = taking_turns(
                3,
                {
                    name: partial(bench.rate, port, "/healthz", clients, bench.seconds(2))
                    for name, port in ports.items()
                },
            )
            swift, c = rates["swift"], rates["c"]
            assert swift.refused == swift.lost == c.refused == c.lost == 0, rates
            figures += [
                Figure(f"requests/s, {clients} clients", swift.per_second, "1/s", c.per_second, at_least=0.8),
                Figure(f"99th percentile, {clients} clients", swift.p99_ms, "ms", c.p99_ms),
            ]
    return figures
