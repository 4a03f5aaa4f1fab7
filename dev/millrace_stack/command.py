"""The command line: up, down, status."""

import argparse
import os
import sys
from pathlib import Path

from .errors import StackError
from .host import ROOT
from .stack import Stack


def main() -> int:
    parser = argparse.ArgumentParser(description="Start, stop or show a private Millrace.")
    parser.add_argument("command", choices=["up", "down", "status"])
    parser.add_argument("--dir", default=os.environ.get("RUN_DIR", str(ROOT / ".run")))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "3000")))
    parser.add_argument("--instances", type=int, default=2)
    parser.add_argument("--binary")
    options = parser.parse_args()
    try:
        return run(options)
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1


def run(options: argparse.Namespace) -> int:
    if options.command != "up" and not Path(options.dir).exists():
        print(f'nothing runs in "{options.dir}"')
        return 0
    stack = Stack(options.dir, options.port, options.instances, options.binary)
    match options.command:
        case "up":
            stack.start()
            print(f"ready at {stack.url}")
        case "down":
            stack.stop()
            print("stopped")
        case _:
            for name, pid in stack.status().items():
                print(f"{name:12} {'pid ' + str(pid) if pid else 'not running'}")
            return 0 if all(stack.status().values()) else 1
    return 0
