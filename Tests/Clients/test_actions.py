"""Actions from where the operator wants them: a table of replacements, copies by `millrace actions mirror`."""

import subprocess
from pathlib import Path

import pytest
from support import Repository, unique

STEPS = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: far/greet@v1\n      - run: echo end\n"


def git(*arguments: str, cwd: Path) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@localhost", *arguments]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()
