"""Idle runners: statements, memory and processor time of one instance with 500 and 2 000 parked FetchTasks."""

import time

from harness import CPU, Bench, Figure, Statements, memory_mib
from polls import ParkedPolls, register

HOLD_SECONDS = 25  # tasks.poll_hold's default
COUNTS = [500, 2000]
# Go's runners give every FetchTask five seconds (runner.md 7.5).
CLIENT_DEADLINE_MS = 5000
SETTLE_SECONDS = 2


def run(bench: Bench) -> list[Figure]:
    figures = []
    counts = [count // 10 for count in COUNTS] if bench.is_debug else COUNTS
    hold = HOLD_SECONDS // 5 if bench.is_debug else HOLD_SECONDS
    with bench.stack(poll_hold=f"{hold}s", settings=Statements.SETTINGS) as stack:
        stack.millrace("admin", "user", "create", "--name", "ann", "--password", "password-of-ann")
        stack.millrace("admin", "repo", "create", "--owner", "ann", "--name", "app")
        runners = register(stack, "ann/app", max(counts))
        for count in counts:
            # A fresh process, so that memory is not what another count left behind.
            stack.restart("millrace-1")
            stack.wait_ready()
            time.sleep(SETTLE_SECONDS)
            figures += measure(bench, stack, runners[:count], hold)
        figures += as_go_asks(bench, stack, runners)
    return figures


def measure(bench, stack, runners, hold):
    count, pid = len(runners), stack.pid("millrace-1")
    window = bench.seconds(8)
    before = memory_mib(pid)
    alone, statements = CPU(pid), Statements(stack)
    time.sleep(window)
    alone_percent, alone_statements = alone.percent(), sum(statements.grown().values()) / window

    with ParkedPolls(stack.port, runners) as polls:
        time.sleep(SETTLE_SECONDS)  # the first look of each scope, and what was allocated to read the requests
        cpu = CPU(pid)
        time.sleep(window)
        parked_percent, memory = cpu.percent(), memory_mib(pid) - before
        # A whole hold: every poll is answered once and asks again.
        cpu, statements, answers = CPU(pid), Statements(stack), polls.answers
        time.sleep(hold)
        renewing_percent, answers = cpu.percent(), polls.answers - answers
        grown = sum(statements.grown().values()) - alone_statements * hold
        problems = polls.problems
    assert not problems, problems[:3]
    return [
        Figure(f"{count} polls: memory more than none", memory, "MiB", at_most=64, note=f"{before:.0f} MiB without"),
        Figure(
            f"{count} polls parked: one core", parked_percent, "%", at_most=2, note=f"{alone_percent:.2g} % without"
        ),
        Figure(
            f"{count} polls held {hold} s, asked again: one core",
            renewing_percent,
            "%",
            at_most=2,
            note=f"{answers} answers",
        ),
        Figure(
            f"{count} polls: statements per idle poll",
            max(0, round(grown / answers, 3)),
            "",
            at_most=0.01,
            note=f"instance alone {alone_statements:.2g}/s",
        ),
    ]


def as_go_asks(bench, stack, runners):
    """What the runners of today cost: they want an answer within five seconds and get it after three and a half."""
    cpu_of = stack.pid("millrace-1")
    with ParkedPolls(stack.port, runners, CLIENT_DEADLINE_MS) as polls:
        time.sleep(SETTLE_SECONDS)
        cpu, answers = CPU(cpu_of), polls.answers
        time.sleep(bench.seconds(14))
        return [
            Figure(
                f"{len(runners)} polls of Go runners (5 s): one core",
                cpu.percent(),
                "%",
                note=f"{polls.answers - answers} answers",
            )
        ]
