"""The language: planning a large file against act, memory of an alias bomb, expressions a second."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from harness import ROOT, Bench, Figure

# Of the tests' environment (`make test` makes it), or whichever is installed.
ACT = next((path for path in (ROOT / ".venv-test/bin/act", shutil.which("act")) if path and Path(path).exists()), None)


def large() -> str:
    """2 000 lines: a matrix of 256 legs, and steps."""
    lines = ["on: push", "jobs:", "  build:", "    runs-on: ${{ matrix.os }}", "    strategy:", "      matrix:"]
    lines += [f"        {key}: [{', '.join(f'{key}{n}' for n in range(4))}]" for key in ("os", "a", "b", "c")]
    lines += ["    steps:"]
    while len(lines) < 1996:
        number = len(lines)
        lines += [
            f"      - name: Step {number} of ${{{{ matrix.a }}}}",
            f"        if: github.ref == 'refs/heads/main' && matrix.b != '{number}'",
            "        run: |",
            f'          echo "{number} ${{{{ github.sha }}}} ${{{{ matrix.c }}}}"',
        ]
    lines += ["      - run: |"] + ["          echo end"] * (1999 - len(lines))
    return "\n".join(lines) + "\n"


def bomb() -> str:
    """Nine aliases a level, nine levels: 387 million nodes."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for n in range(9):
        low, high = chr(97 + n), chr(98 + n)
        lines.append(f"{high}: &{high} [{', '.join(['*' + low] * 9)}]")
    return "\n".join(lines) + "\n"


def timed(command: list[str], times: int, **more: object) -> float:
    """Seconds of the fastest of so many."""
    best = float("inf")
    for _ in range(times):
        began = time.monotonic()
        subprocess.run(command, capture_output=True, check=False, **more)  # type: ignore[call-overload]
        best = min(best, time.monotonic() - began)
    return best


def peak_mib(command: list[str]) -> float:
    """MiB that a command held at most."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_maxrss / 1024


def run(bench: Bench) -> list[Figure]:
    millrace, place = str(bench.binary), bench.directory
    file, bomb_file, small = place / "large.yml", place / "bomb.yml", place / "small.yml"
    file.write_text(large())
    bomb_file.write_text(bomb())
    small.write_text("on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n")
    times = 2 if bench.is_debug else 7
    ours = timed([millrace, "workflow", "plan", str(file), "--json"], times)
    planned = json.loads(
        subprocess.run(
            [millrace, "workflow", "check", "--json", str(file)], capture_output=True, text=True, check=True
        ).stdout
    )
    home = place / "home"
    (home / ".config/act").mkdir(parents=True, exist_ok=True)
    (home / ".config/act/actrc").write_text("-P ubuntu-latest=-self-hosted\n")
    env = {**os.environ, "HOME": str(home)}
    theirs = timed([str(ACT), "-l", "-W", str(file)], times, env=env) if ACT else None
    cases = 2_000 if bench.is_debug else 50_000
    case = json.dumps(
        {
            "expr": "contains(github.ref, 'main') && format('{0}-{1}', github.sha, join(github.list, ','))",
            "contexts": {"github": {"ref": "refs/heads/main", "sha": "0" * 40, "list": ["a", "b", 3]}},
        }
    )
    began = time.monotonic()
    subprocess.run(
        [millrace, "workflow", "table", "expr"], input=(case + "\n") * cases, capture_output=True, text=True, check=True
    )
    rate = cases / (time.monotonic() - began)
    return [
        Figure(
            "plan of 2 000 lines, 256 legs, the whole command",
            ours,
            "s",
            baseline=theirs,
            at_most=0.2 if theirs else None,
            note="act -l, which expands no matrix" if theirs else "no act here",
        ),
        Figure("the same without the program's start", planned["microseconds"] / 1e6, "s"),
        Figure(
            "memory of an alias bomb",
            peak_mib([millrace, "workflow", "check", str(bomb_file)]),
            "MiB",
            baseline=peak_mib([millrace, "workflow", "check", str(small)]),
            at_most=1.2,
            note="against a file of two lines",
        ),
        Figure("expressions, each with its contexts", rate, "/s"),
    ]
