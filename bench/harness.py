"""What the benches share: a private stack on the release build, the C programs, rates, figures and the table."""

import contextlib
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "dev"))
from millrace_stack import Stack, StackError, free_port, postgres_programs  # noqa: E402

SCRATCH = ROOT / ".build-release"
RELEASE = SCRATCH / "release/millrace"
# 2 000 parked polls are two connections each in nginx and one here; a login shell's usual limit is 1 024.
DESCRIPTORS_WANTED = 16_384


@dataclass
class Figure:
    """One number. With a baseline, measured in the same minute, the goal is about the ratio; else about the value."""

    what: str
    value: float
    unit: str
    baseline: "float | None" = None
    at_least: "float | None" = None
    at_most: "float | None" = None
    note: str = ""

    @property
    def ratio(self) -> "float | None":
        return self.value / self.baseline if self.baseline else None

    @property
    def is_met(self) -> "bool | None":
        judged = self.value if self.ratio is None else self.ratio
        if self.at_least is not None:
            return judged >= self.at_least
        if self.at_most is not None:
            return judged <= self.at_most
        return None

    @property
    def goal(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"


@dataclass
class Rate:
    """What load.c saw of one closed loop."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    lost: int


class Bench:
    """Handed to each bench: makes what it measures, and throws it away afterwards."""

    def __init__(self, quick: bool, is_debug: bool = False):
        self.quick, self.is_debug = quick, is_debug
        self.binary = ROOT / ".build/debug/millrace" if is_debug else RELEASE
        self.directory = Path(tempfile.mkdtemp(prefix="millrace-bench-", dir="/tmp"))
        os.chmod(self.directory, 0o755)
        self.programs: dict[str, Path] = {}

    def close(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    def seconds(self, whole: float) -> float:
        """How long to measure: a quick look takes a quarter, one that only sees whether it runs a twentieth."""
        return whole / 20 if self.is_debug else whole / 4 if self.quick else whole

    def say(self, words: str) -> None:
        print(f"  {words}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def stack(
        self, instances: int = 1, poll_hold: str = "25s", settings: "dict[str, str] | None" = None
    ) -> Iterator[Stack]:
        """A fresh stack as in tests: shipped nginx configuration, its own PostgreSQL with these settings more."""
        directory = Path(tempfile.mkdtemp(prefix="stack-", dir=self.directory))
        stack = Stack(directory, free_port(), instances, self.binary, poll_hold)
        try:
            stack.start()
            if settings:
                for name, value in settings.items():
                    stack.sql(f"alter system set {name} = '{value}'")
                for name in [f"millrace-{n}" for n in range(1, instances + 1)] + ["postgres"]:
                    stack.stop_one(name)
                stack.start()
            yield stack
        finally:
            stack.stop()
            shutil.rmtree(directory, ignore_errors=True)
            shutil.rmtree(stack.sockets, ignore_errors=True)

    def program(self, name: str, *libraries: str) -> Path:
        """A C program of this folder, compiled once; where an ordinary user can run it."""
        if name not in self.programs:
            target = self.directory / name
            command = [
                "cc",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                str(target),
                str(HERE / f"{name}.c"),
                "-pthread",
                *(f"-l{library}" for library in libraries),
            ]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise StackError(f"cc ended with {done.returncode}; it needs gcc and libfcgi-dev:\n{done.stderr}")
            self.programs[name] = target
        return self.programs[name]

    def start_load(
        self,
        port: int,
        path: str,
        clients: int,
        seconds: float,
        headers: Sequence[str] = (),
        method: str = "GET",
        body_bytes: int = 0,
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.program("load")), str(port), str(clients), str(seconds), method, path, str(body_bytes), *headers],
            stdout=subprocess.PIPE,
            text=True,
        )

    def rate(self, *arguments: Any, **named: Any) -> Rate:
        return finished(self.start_load(*arguments, **named))

    @contextlib.contextmanager
    def front(
        self, stack: Stack, upstreams: Mapping[str, Sequence[Path | str]], kept: int = 0
    ) -> Iterator[dict[str, int]]:
        """An nginx of the shipped shape before other sockets: {name: [socket, …]} → {name: port}.

        - kept: idle connections that each worker keeps to each socket (`fastcgi_keep_conn on`); 0 is what is shipped.
        """
        ports = {name: free_port() for name in upstreams}
        home = Path(tempfile.mkdtemp(prefix="front-", dir=stack.dir))
        stack.own(home, 0o755)
        snippet = (ROOT / "nginx/snippets/millrace-fastcgi.conf").read_text()
        switch = "fastcgi_keep_conn         off;"
        if switch not in snippet:
            raise StackError(
                f'"{switch}" is not in nginx/snippets/millrace-fastcgi.conf; bench/harness.py looks for it'
            )
        keep = f"keepalive {kept}; keepalive_requests 1000000;" if kept else ""
        (home / "fastcgi.conf").write_text(snippet.replace(switch, "fastcgi_keep_conn on;") if kept else snippet)
        servers = "".join(
            f"upstream {name} {{ {' '.join(f'server unix:{path} max_fails=0;' for path in paths)} {keep} }}\n"
            f"server {{ listen 127.0.0.1:{ports[name]}; location / {{ include fastcgi.conf; fastcgi_pass {name}; "
            "fastcgi_read_timeout 60s; client_max_body_size 64m; client_body_buffer_size 256k; } }\n"
            for name, paths in upstreams.items()
        )
        temporary = "".join(
            f"{kind}_temp_path {home}/{kind};\n" for kind in ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"]
        )
        (home / "nginx.conf").write_text(
            f"worker_processes 2;\npid {home}/nginx.pid;\nerror_log {stack.logs}/{home.name}.log warn;\n"
            "worker_rlimit_nofile 16384;\nevents { worker_connections 8192; }\n"
            f"http {{\naccess_log {home}/access.log;\n{temporary}{servers}}}\n"
        )
        stack.spawn(
            home.name,
            [
                "nginx",
                "-p",
                str(home),
                "-e",
                f"{stack.logs}/{home.name}.log",
                "-c",
                f"{home}/nginx.conf",
                "-g",
                "daemon off;",
            ],
        )
        try:
            for port in ports.values():
                stack.wait(lambda: is_open(port), 10, f"nginx did not listen on {port}", home.name)
            yield ports
        finally:
            stack.stop_one(home.name)

    @contextlib.contextmanager
    def baseline(self, stack: Stack, name: str, threads: int = 16, hold_seconds: int = 0) -> Iterator[str]:
        """baseline.c on a socket of its own; the socket's path."""
        path = stack.sockets / f"{name}.sock"
        stack.spawn(name, [str(self.program("baseline", "fcgi")), str(path), str(threads), str(hold_seconds)])
        stack.wait(path.exists, 10, f"{name} did not open its socket", name)
        try:
            yield str(path)
        finally:
            stack.kill(name)  # libfcgi takes SIGTERM for itself


def finished(load: subprocess.Popen[str]) -> Rate:
    said, _ = load.communicate()
    if load.returncode != 0:
        raise StackError(f"load ended with {load.returncode}")
    seen = json.loads(said)
    return Rate(
        seen["answers"] / seen["seconds"], seen["p50"] / 1000, seen["p99"] / 1000, seen["refused"], seen["lost"]
    )


def taking_turns(rounds: int, contestants: Mapping[str, Callable[[], Rate]]) -> dict[str, Rate]:
    """Each in turn, several times; the round of the median rate. What else the machine does hits all alike."""
    seen: dict[str, list[Rate]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            seen[name].append(measure())
    return {name: sorted(rates, key=lambda rate: rate.per_second)[len(rates) // 2] for name, rates in seen.items()}


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise StackError(f"process {pid} has no VmRSS; it ended")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class CPU:
    """Share of one core that a process took since this was made, in percent."""

    def __init__(self, pid: int):
        self.pid, self.began, self.used = pid, time.monotonic(), cpu_seconds(pid)

    def percent(self) -> float:
        return 100 * (cpu_seconds(self.pid) - self.used) / (time.monotonic() - self.began)


class Statements:
    """Statements PostgreSQL has run since this was made, by their text. Needs the setting below."""

    SETTINGS = {"shared_preload_libraries": "pg_stat_statements"}

    def __init__(self, stack: Stack):
        self.stack = stack
        stack.sql("create extension if not exists pg_stat_statements")
        self.before = self.now()

    def now(self) -> "dict[str, int]":
        said = self.stack.sql(
            "select coalesce(json_object_agg(q, n), '{}') from (select query q, sum(calls) n from "
            "pg_stat_statements where query !~ 'pg_stat_statements' group by query) s"
        )
        counts: dict[str, int] = json.loads(said)
        return counts

    def grown(self) -> "dict[str, int]":
        return {text: n - self.before.get(text, 0) for text, n in self.now().items() if n > self.before.get(text, 0)}


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def raise_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS_WANTED:
        raise StackError(
            f"this shell may open {hard} files and the benches need {DESCRIPTORS_WANTED}; raise it with: "
            "ulimit -H -n (as root, or in /etc/security/limits.conf)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS_WANTED), hard))


def build() -> None:
    subprocess.run(
        ["swift", "build", "--configuration", "release", "--product", "millrace", "--scratch-path", str(SCRATCH)],
        cwd=ROOT,
        check=True,
        stdout=sys.stderr,
    )


def machine() -> dict[str, Any]:
    def told(*command: str) -> str:
        try:
            return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()
        except FileNotFoundError:
            return ""

    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "",
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "load_before": round(os.getloadavg()[0], 2),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "swift": told("swift", "--version").splitlines()[0] if told("swift", "--version") else "",
        "postgresql": told(str(postgres_programs() / "postgres"), "--version"),
        "nginx": subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip(),
        "commit": told("git", "rev-parse", "--short=12", "HEAD"),
        "changed": bool(told("git", "status", "--porcelain", "--untracked-files=no")),
    }


def as_json(figure: Figure) -> dict[str, Any]:
    return {**asdict(figure), "ratio": figure.ratio, "goal": figure.goal, "is_met": figure.is_met}


def table(figures: "list[Figure]") -> str:
    def number(value: float | None) -> str:
        if value is None:
            return ""
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

    words = {True: "met", False: "MISSED", None: ""}
    rows = [["figure", "measured", "unit", "baseline", "ratio", "goal", "", ""]]
    rows += [
        [f.what, number(f.value), f.unit, number(f.baseline), number(f.ratio), f.goal, words[f.is_met], f.note]
        for f in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(8)]
    right = {1, 3, 4}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    )
