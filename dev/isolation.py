#!/usr/bin/env python3
"""`make test-isolation`: the races of Tests/Isolation/*.spec, stepped through by PostgreSQL's isolationtester.

    dev/isolation.py                     all specs
    dev/isolation.py claim-cancel        these
    dev/isolation.py --accept [NAME …]   what is printed now becomes what is expected: read the diff before you commit
    it

A spec interleaves the statements that the stores run, parameters replaced by literals, and expected/NAME.out says who
waits for whom and what each then sees. Each spec gets a fresh database of a private PostgreSQL with sql/migrations and
Tests/Isolation/fixture.sql. A comment `# statement: NAME` above a step names the Statement of Sources/Postgres that the
step quotes; Tests/TidyTests/IsolationSpecTests.swift compares the two.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from millrace_stack import ROOT, StackError, postgres_programs
from millrace_stack.postgres import Postgres, apply_migrations, scratch_postgres

SPECS = ROOT / "Tests/Isolation"
# A step takes milliseconds; isolationtester cancels one that waits this long, which the output then says.
STEP_SECONDS_MAX = 15
# A spec takes a second; beyond this isolationtester itself hangs.
SPEC_SECONDS_MAX = 180


def isolationtester() -> Path:
    programs = postgres_programs()
    tester = programs.parent / "lib/pgxs/src/test/isolation/isolationtester"
    if not tester.exists():
        raise StackError(
            f'there is no isolationtester at "{tester}"; install it with: '
            f"apt-get install postgresql-client-{programs.parent.name}"
        )
    return tester


def said(postgres: Postgres, tester: Path, spec: Path) -> str:
    """What isolationtester prints for this spec, errors too."""
    database = f"spec_{spec.stem.replace('-', '_')}"
    postgres.sql(f"create database {database} template millrace", "postgres")
    postgres.sql(f"alter database {database} set timezone = 'UTC'", "postgres")
    try:
        done = subprocess.run(
            [str(tester), f"host={postgres.sockets} user=millrace dbname={database}"],
            stdin=spec.open(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SPEC_SECONDS_MAX,
            env={**os.environ, "PGISOLATIONTIMEOUT": str(STEP_SECONDS_MAX)},
        )
    except subprocess.TimeoutExpired:
        raise StackError(
            f"isolationtester was not done with {spec.name} after {SPEC_SECONDS_MAX} s; "
            f"run it by hand with the spec as its standard input: {tester}"
        ) from None
    ending = f"isolation: isolationtester ended with {done.returncode}\n" if done.returncode else ""
    return without_clock(without_sql(done.stdout, spec)) + ending


def without_sql(text: str, spec: Path) -> str:
    """The names of steps alone: their SQL is in the spec, and what happens is easier seen without it."""
    for name, sql in re.findall(r"^step (\w+) \{([^}]*)\}", spec.read_text(), re.MULTILINE):
        text = text.replace(f"step {name}: {sql.strip(' ')}", f"step {name}:")
    return text


def without_clock(text: str) -> str:
    """Times of today as `now`, tables laid out anew since such a cell has another width at each run.

    Times of the fixture stay: whether a row was touched by a session is what a spec is about."""
    year = datetime.now(UTC).year

    def masked(cell: str) -> str:
        cell = cell.strip()
        if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00", cell) and int(cell[:4]) >= year - 1:
            return "now"
        return "now" if re.fullmatch(r"\d{16}", cell) else cell  # microseconds since 1970

    lines, at = text.splitlines(), 0
    out: list[str] = []
    while at < len(lines):
        if at + 1 < len(lines) and re.fullmatch(r"-+(\+-+)*", lines[at + 1]):
            end = next(n for n in range(at, len(lines)) if re.fullmatch(r"\(\d+ rows?\)", lines[n]))
            table = [[masked(cell) for cell in line.split("|")] for line in [lines[at], *lines[at + 2 : end]]]
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            rows = [
                "|".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
            ]
            out += [rows[0], "+".join("-" * width for width in widths), *rows[1:]]
            at = end
        else:
            out.append(lines[at])
            at += 1
    return "\n".join(out) + "\n"


def main() -> int:
    names = sorted(path.stem for path in SPECS.glob("*.spec"))
    parser = argparse.ArgumentParser(description="Step through the races of Tests/Isolation.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(names)}")
    parser.add_argument("--accept", action="store_true", help="write what is printed now to expected/NAME.out")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(names))
    if unknown:
        parser.error(f'there is no spec "{unknown[0]}"; there are: {", ".join(names)}')
    tester = isolationtester()
    failed = 0
    with scratch_postgres("isolation") as postgres:
        apply_migrations(postgres, SPECS / "fixture.sql")
        for name in options.names or names:
            output = said(postgres, tester, SPECS / f"{name}.spec")
            failed += 0 if is_expected(name, output, options.accept) else 1
    print(f"{len(options.names or names) - failed} passed, {failed} failed")
    return 1 if failed else 0


def is_expected(name: str, output: str, accept: bool) -> bool:
    """Prints the verdict on one spec; with `accept` what was printed becomes what is expected."""
    expected = SPECS / f"expected/{name}.out"
    before = expected.read_text() if expected.exists() else ""
    if accept:
        expected.write_text(output)
    if output == before or accept:
        print(f"ok      {name}" + (" (accepted anew)" if output != before else ""), flush=True)
        return True
    print(f"FAILED  {name}", flush=True)
    wanted, got = before.splitlines(True), output.splitlines(True)
    sys.stdout.writelines(difflib.unified_diff(wanted, got, f"expected/{name}.out", "printed now"))
    return False


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        print(f"isolation: {error}", file=sys.stderr)
        sys.exit(1)
