"""Do kept FastCGI connections (`fastcgi_keep_conn on`) pay on the work lane?"""
from harness import Figure, taking_turns

THREADS = 16
# Idle connections a worker may keep; two workers, so at most half of the threads are pinned by idle ones.
KEPT = 4
# Enough that no connection ever waits for a thread: more than clients, more than nginx keeps.
THREADS_PLENTY = 128
KEPT_PLENTY = 32


def run(bench):
    figures = []
    with bench.stack(instances=2) as stack:
        path = f"{stack.sockets}/work-2.sock"  # the shipped nginx would mix its own unkept connections in
        stack.stop_one("nginx")
        figures += compare(bench, stack, path, KEPT, f"{THREADS} threads, {KEPT} kept a worker")
        stack.config.write_text(stack.config.read_text().replace(f"work_threads: {THREADS}", f"work_threads: {THREADS_PLENTY}"))
        stack.restart("millrace-2")
        figures += compare(bench, stack, path, KEPT_PLENTY, f"{THREADS_PLENTY} threads, {KEPT_PLENTY} kept a worker")
    return figures


def compare(bench, stack, path, kept: int, what: str):
    figures = []
    for clients in [1, 16, 64]:
        def measure(kept):
            # Made and thrown away each time: a connection left idle by one would pin a thread of the other.
            with bench.front(stack, {"swift": path}, kept) as ports:
                return bench.rate(ports["swift"], "/healthz", clients, bench.seconds(2))
        rates = taking_turns(3, {"kept": lambda: measure(kept), "closed": lambda: measure(0)})
        figures += [
            Figure(f"{what}, {clients} clients: requests/s", rates["kept"].per_second, "1/s", rates["closed"].per_second,
                   note=f"{rates['kept'].refused} refused"),
            Figure(f"{what}, {clients} clients: 99 %", rates["kept"].p99_ms, "ms", rates["closed"].p99_ms)]
    return figures
