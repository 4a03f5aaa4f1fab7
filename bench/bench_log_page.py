"""The page of a job with a long log against one with a short log, 200 watchers of one log, and the page's weight."""

import gzip
import http.client
import re
import selectors
import socket
import threading
import time
from functools import partial

from bench_bursts import burst
from bench_reports import field, row, varint
from harness import CPU, Bench, Figure, StackError, percentile, taking_turns
from polls import SERVICE, Assigned, Service, register
from waiting import fill, prepare

SHORT = 100
WATCHERS = 200


def run(bench: Bench) -> list[Figure]:
    long = 20_000 if bench.is_debug else 1_000_000
    watchers = 20 if bench.is_debug else WATCHERS
    with bench.stack(instances=2) as stack:
        prepare(stack)
        fill(stack, 3)
        service = Service(stack.port)
        runners = register(stack, "ann/app", 3)
        tasks = [Assigned(runner, int(service.call("FetchTask", {}, runner)["task"]["id"]), 0) for runner in runners]
        say(stack.port, tasks[0], 0, [f"line {n}" for n in range(SHORT)])
        burst(stack, tasks[1], long)
        places = {name: place(stack, task) for name, task in zip(("short", "long", "live"), tasks, strict=True)}
        figures = pages(bench, stack, places, long)
        figures += watch(bench, stack, tasks[2], places["live"][1], watchers)
        return [*figures, weight(stack, places["long"][0])]


def place(stack, task) -> "tuple[str, int]":
    run_id, job = stack.sql(
        f"select j.run_id || ' ' || j.id from job j join task t on t.job_id = j.id where t.id = {task.task}"
    ).split()
    return f"/ann/app/actions/runs/{run_id}/jobs/{job}", int(job)


def pages(bench, stack, places, long) -> "list[Figure]":
    """First byte: the page. Full render: the page and the rows that its script asks for, at the end of the log."""
    figures = []
    for what, paths in {
        "the page of a job": {name: places[name][0] for name in ("short", "long")},
        "its last 100 rows": {
            name: f"/ann/app/actions/jobs/{places[name][1]}/log?from={rows - 100}&lines=100"
            for name, rows in (("short", SHORT), ("long", long))
        },
    }.items():
        rates = taking_turns(
            3, {name: partial(bench.rate, stack.port, path, 4, bench.seconds(2)) for name, path in paths.items()}
        )
        for rate in rates.values():
            if rate.refused or rate.lost:
                raise StackError(f"{what}: {rate}")
        figures.append(
            Figure(
                f"{what}: a log of {long} rows against {SHORT}",
                rates["long"].per_second,
                "1/s",
                rates["short"].per_second,
                at_least=0.67,
                note=f"99 % {rates['long'].p99_ms:.1f} ms",
            )
        )
    return figures


def watch(bench, stack, task, job: int, watchers: int) -> "list[Figure]":
    """Streams of one log on both instances; a row every 50 ms says when it was sent."""
    links = []
    selector = selectors.DefaultSelector()
    for _ in range(watchers):
        link = socket.create_connection(("127.0.0.1", stack.port))
        link.sendall(f"GET /_live/events?log={job} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        link.setblocking(False)
        selector.register(link, selectors.EVENT_READ)
        links.append(link)
    lags: list[float] = []
    seconds = bench.seconds(10)
    sender = threading.Thread(target=send, args=(stack.port, task, seconds))
    cpus = [CPU(stack.pid(name)) for name in stack.names if name.startswith("millrace-")]
    sender.start()
    deadline = time.monotonic() + seconds + 2
    while time.monotonic() < deadline:
        for key, _ in selector.select(0.2):
            data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
            now = time.time()
            lags += [(now - float(sent)) * 1000 for sent in re.findall(rb"sent ([0-9.]+) end", data)]
    sender.join()
    percent = sum(cpu.percent() for cpu in cpus)
    for link in links:
        link.close()
    if len(lags) < watchers * seconds * 5:
        raise StackError(f"{watchers} watchers saw {len(lags)} rows in {seconds} s")
    return [
        Figure(
            f"lag of a row at {watchers} watchers, 99 %",
            percentile(lags, 0.99),
            "ms",
            at_most=None if bench.is_debug else 250,
            note=f"half {percentile(lags, 0.5):.1f} ms; the watchers are Python and share the cores",
        ),
        Figure(f"CPU of both instances meanwhile, {watchers} watchers", percent, "%", note="of one core"),
    ]


def say(port: int, task, index: int, lines: "list[str]", link=None) -> None:
    link = link or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    rows = b"".join(field(3, row(line)) for line in lines)
    headers = {
        "Content-Type": "application/proto",
        "x-runner-uuid": task.runner.uuid,
        "x-runner-token": task.runner.token,
    }
    link.request("POST", SERVICE + "UpdateLog", b"\x08" + varint(task.task) + b"\x10" + varint(index) + rows, headers)
    answer = link.getresponse()
    answer.read()
    if answer.status != 200:
        raise StackError(f"UpdateLog was answered with {answer.status}")


def send(port: int, task, seconds: float) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    end, index = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        say(port, task, index, [f"sent {time.time()} end"], link)
        index += 1
        time.sleep(0.05)


def weight(stack, path: str) -> Figure:
    """What a browser without a cache loads, compressed."""

    def get(address: str) -> str:
        link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        link.request("GET", address)
        answer = link.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise StackError(f"{address} was answered with {answer.status}")
        return text

    loaded = {path: get(path)}
    waiting = set(re.findall(r'"(/_static/[^"]+\.(?:js|css))"', loaded[path]))
    while waiting - set(loaded):
        address = (waiting - set(loaded)).pop()
        loaded[address] = get(address)
        waiting |= set(re.findall(r'"(/_static/[^"]+\.js)"', loaded[address]))
    kib = {address: len(gzip.compress(text.encode(), 6)) / 1024 for address, text in loaded.items()}
    return Figure(
        "weight of the page of a job, compressed", sum(kib.values()), "KiB", at_most=60, note=f"HTML {kib[path]:.1f}"
    )
