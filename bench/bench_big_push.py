"""A push of 3 000 commits and 50 workflow files: from git's end until the last job waits, beside git's own look."""

import subprocess
import time

from harness import Bench, Figure, StackError
from pushes import Git

WORKFLOW = """\
on: {push: {paths: ['src/**', '!docs/**']}}
jobs:
  build:
    runs-on: nobody
    strategy: {matrix: {os: [a, b], version: [1, 2, 3]}}
    steps: [{run: make}]
  report: {runs-on: nobody, needs: build, steps: [{run: report}]}
"""


def run(bench: Bench) -> list[Figure]:
    commits, files = (200, 5) if bench.is_debug else (3000, 50)
    with bench.stack() as stack:
        stack.millrace("admin", "user", "create", "--name", "ann", "--password", "password-of-ann")
        address = stack.millrace("admin", "repo", "create", "--owner", "ann", "--name", "app").strip()
        (place := bench.directory / "big_push").mkdir()
        pusher = Git(place, address.replace("http://", "http://ann:password-of-ann@"))
        pusher.commit("on: workflow_dispatch\njobs: {a: {runs-on: x, steps: [run: x]}}\n")
        pusher.push()
        grow(pusher, commits)
        pusher.commit(WORKFLOW, [f"{n}.yml" for n in range(files)])
        began = time.monotonic()
        pusher.push()
        pushed = time.monotonic()
        wanted = str(6 * files)
        while stack.sql("select count(*) from job where status = 5") != wanted:
            if time.monotonic() > pushed + 300:
                raise StackError(f"not all {wanted} jobs waited within 300 s")
            time.sleep(0.01)
        ready = time.monotonic()
        # What nobody can do without: the commits and the paths that changed.
        for arguments in (["rev-list", "HEAD~1"], ["diff", "--name-only", "--no-renames", f"HEAD~{commits}", "HEAD"]):
            subprocess.run(["git", *arguments], cwd=place, stdout=subprocess.DEVNULL, check=True)
        looked = time.monotonic() - ready
    return [
        Figure(f"push of {commits} commits itself", pushed - began, "s"),
        Figure(
            f"until the last of {wanted} jobs of {files} files waits", ready - pushed, "s", baseline=looked,
            note="baseline: git rev-list and git diff of the same",
        ),
    ]  # fmt: skip


def grow(pusher: Git, commits: int) -> None:
    """Commits that each write a file, by `git fast-import`: one process."""
    lines = []
    for number in range(commits):
        text = f"content {number}\n"
        lines += [
            "commit refs/heads/main",
            "committer ann <ann@example.invalid> 1700000000 +0000",
            f"data {len('Change')}\nChange",
            *(["from refs/heads/main^0"] if number == 0 else []),
            f"M 100644 inline src/{number % 400}.txt",
            f"data {len(text)}\n{text}",
        ]
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=pusher.directory,
        input="\n".join(lines),
        text=True,
        check=True,
    )
    pusher.git("reset", "--quiet", "--hard", "main")
