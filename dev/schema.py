#!/usr/bin/env python3
"""`make schema`: what sql/migrations make of an empty database, as sql/schema.sql.

    dev/schema.py           writes sql/schema.sql
    dev/schema.py --check   exit 1, with the difference, when it is not what the migrations make

The file is for people and for reviews: nobody runs it. It is without what depends on the version of pg_dump.
"""

import argparse
import difflib
import re
import subprocess
import sys

from millrace_stack import ROOT, StackError, postgres_programs
from millrace_stack.postgres import Postgres, apply_migrations, scratch_postgres

SCHEMA = ROOT / "sql/schema.sql"
# Settings of the session that would load it, and pg_dump's own words.
LEFT_OUT = re.compile(r"^(SET |SELECT pg_catalog\.set_config|\\(un)?restrict |--)")


def dumped(postgres: Postgres) -> str:
    command = [str(postgres_programs() / "pg_dump"), "-h", str(postgres.sockets), "-U", "millrace", "--schema-only"]
    done = subprocess.run([*command, "--no-owner", "--no-privileges", "millrace"], capture_output=True, text=True)
    if done.returncode != 0:
        raise StackError(f"pg_dump ended with {done.returncode}: {done.stderr.strip()}")
    kept = "\n".join(line for line in done.stdout.splitlines() if not LEFT_OUT.match(line))
    last = max(path.name for path in (ROOT / "sql/migrations").glob("*.sql"))
    head = f"-- Made by `make schema`; nobody runs it. The last migration in it is {last}.\n"
    return head + re.sub(r"\n{3,}", "\n\n", kept).strip("\n") + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Dump the schema that the migrations make.")
    parser.add_argument("--check", action="store_true", help="compare with sql/schema.sql instead of writing it")
    options = parser.parse_args()
    with scratch_postgres("schema") as postgres:
        apply_migrations(postgres)
        text = dumped(postgres)
    if not options.check:
        SCHEMA.write_text(text)
        return 0
    before = SCHEMA.read_text() if SCHEMA.exists() else ""
    if before == text:
        return 0
    changes = difflib.unified_diff(
        before.splitlines(True), text.splitlines(True), "sql/schema.sql", "of the migrations"
    )
    sys.stdout.writelines(changes)
    print("schema: sql/schema.sql is not what the migrations make; write it anew with: make schema", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        print(f"schema: {error}", file=sys.stderr)
        sys.exit(1)
