#!/usr/bin/env python3
"""Keeps what `make run` started running, as systemd does on a real host: whatever ends is started again.

Started by dev/run.py, ended first by `make stop`. A process that was stopped on purpose has no pid file and is left
alone. Only processes of this stack's own pid files are ended: what a killed leader left in its process group (nginx's
workers hold the port, PostgreSQL's backends the memory).
"""

import argparse
import os
import signal
import sys
import time

from millrace_stack import Stack, StackError

LOOK_SECONDS = 0.5
# Between two starts of one that does not stay up.
PAUSE_SECONDS_MAX = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Start again what ends of a private Millrace.")
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    stack = Stack(options.dir, options.port)
    pauses: dict[str, float] = {}
    due: dict[str, float] = {}
    while True:
        for name in [*stack.names, "runner"]:
            now = time.monotonic()
            if stack.pid(name) or not stack.pid_file(name).exists() or now < due.get(name, 0):
                continue
            # Up for long since the last start: the next end is a new matter.
            if now > due.get(name, 0) + 10 * PAUSE_SECONDS_MAX:
                pauses[name] = LOOK_SECONDS
            pauses[name] = min(PAUSE_SECONDS_MAX, 2 * pauses.get(name, LOOK_SECONDS))
            print(f"{time.strftime('%H:%M:%S')} {name} has ended; starting it again", flush=True)
            end_group(stack, name)
            try:
                stack.start_again(name)
            except (StackError, OSError) as error:
                print(f"{time.strftime('%H:%M:%S')} {name}: {error}", flush=True)
            due[name] = time.monotonic() + pauses[name]
        time.sleep(LOOK_SECONDS)


def end_group(stack: Stack, name: str) -> None:
    """What the ended leader left behind. Its number stands for the group for as long as a member lives."""
    try:
        leader = int(stack.pid_file(name).read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    if not os.path.exists(f"/proc/{leader}"):
        try:
            os.killpg(leader, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
