"""git as somebody who pushes."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness import StackError


class Git:
    """A checkout whose pushes carry workflow files."""

    def __init__(self, directory: Path, address: str):
        self.directory, self.address = directory, address
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> None:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "ann",
            "GIT_AUTHOR_EMAIL": "ann@example.invalid",
            "GIT_COMMITTER_NAME": "ann",
            "GIT_COMMITTER_EMAIL": "ann@example.invalid",
        }
        done = subprocess.run(["git", *arguments], cwd=self.directory, env=env, capture_output=True, text=True)
        if done.returncode != 0:
            raise StackError(f"git {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")

    def commit(self, workflow: str, names: Sequence[str] = ("ci.yml",)) -> None:
        """The same text under each name."""
        for name in names:
            file = self.directory / ".gitea/workflows" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(workflow)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change")

    def push(self, branches: Sequence[str] = ("main",)) -> None:
        self.git("push", "--quiet", self.address, *[f"HEAD:refs/heads/{branch}" for branch in branches])
