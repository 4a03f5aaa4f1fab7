"""Do kept FastCGI connections (`fastcgi_keep_conn on`) pay on the work lane?"""
import time

from harness import Figure, finished, taking_turns

THREADS = 16
# Idle connections a worker may keep; two workers, so at most half of the threads are pinned by idle ones.
KEPT = 4
# Enough that no connection ever waits for a thread: more than clients, more than nginx keeps.
THREADS_PLENTY = 128
KEPT_PLENTY = 32


def run(bench):
    figures = []
    with bench.stack(instances=2) as stack:
        paths = [f"{stack.sockets}/work-{n}.sock" for n in [1, 2]]
        stack.stop_one("nginx")  # it would mix connections of its own in
        figures += compare(bench, stack, paths[1], KEPT, f"{THREADS} threads, {KEPT} kept a worker")
        stack.config.write_text(stack.config.read_text().replace(f"work_threads: {THREADS}", f"work_threads: {THREADS_PLENTY}"))
        for n in [1, 2]:
            stack.restart(f"millrace-{n}")
        figures += compare(bench, stack, paths[1], KEPT_PLENTY, f"{THREADS_PLENTY} threads, {KEPT_PLENTY} kept a worker")
        figures += stop(bench, stack, paths)
    return figures


def compare(bench, stack, path, kept: int, what: str):
    figures = []
    for clients in [1, 16, 64]:
        def measure(kept):
            # Made and thrown away each time: a connection left idle by one would pin a thread of the other.
            with bench.front(stack, {"swift": [path]}, kept) as ports:
                return bench.rate(ports["swift"], "/healthz", clients, bench.seconds(1.5))
        rates = taking_turns(2, {"kept": lambda: measure(kept), "closed": lambda: measure(0)})
        figures += [
            Figure(f"{what}, {clients} clients: requests/s", rates["kept"].per_second, "1/s", rates["closed"].per_second,
                   note=f"{rates['kept'].refused} refused"),
            Figure(f"{what}, {clients} clients: 99 %", rates["kept"].p99_ms, "ms", rates["closed"].p99_ms)]
    return figures


def stop(bench, stack, paths):
    """SIGTERM to one of two instances behind kept connections; compare with the bench `lanes`."""
    with bench.front(stack, {"swift": paths}, KEPT_PLENTY) as ports:
        load = bench.start_load(ports["swift"], "/api/actions/ping.v1.PingService/Ping", 64, 3,
                                ["Content-Type: application/proto"], "POST")
        time.sleep(1)
        began = time.monotonic()
        stack.stop_one("millrace-2")
        took = time.monotonic() - began
        rate = finished(load)
    return [Figure("kept: POSTs refused while one instance stops", rate.refused + rate.lost, "",
                   note=f"of {rate.per_second * 2.7:.0f}; gone after {took:.1f} s")]
