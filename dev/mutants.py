#!/usr/bin/env python3
"""`make mutants`: breaks one line at a time and expects a named test to notice.

    dev/mutants.py                  all of dev/mutants.toml
    dev/mutants.py lost-keeps NAME  these; a name may have wildcards
    dev/mutants.py --list           what there is

Works in a copy of the tree (.mutants/tree, with a build folder of its own that the next run uses again), so the
developer's files and build are left alone; uncommitted changes are part of the copy. Each test is first run on the
unbroken copy, where it must be green. A mutant that survives is an error, and so is one that does not compile, one
whose old text is not there exactly once, and a test that is red or missing without it. Outputs are in .mutants/log/.
"""

import argparse
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from millrace_stack import ROOT

LIST = ROOT / "dev/mutants.toml"
SCRATCH = ROOT / ".mutants"
TREE = SCRATCH / "tree"
LOGS = SCRATCH / "log"
PYTHON = ROOT / ".venv-test/bin/python"
# A first build takes minutes; a test that a mutant makes wait for ever must end, and is red then.
BUILD_SECONDS_MAX = 3600
TEST_SECONDS_MAX = 600
KINDS = ("swift", "pytest", "isolation")


class Problem(Exception):
    """What is wrong with the list or the tree, and where."""


@dataclass(frozen=True)
class Check:
    """A test by its kind: a filter of `swift test`, a pytest node below Tests/Clients, or a spec of Tests/Isolation."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    @property
    def command(self) -> list[str]:
        match self.kind:
            case "swift":
                return ["swift", "test", "--skip-build", "--filter", self.name]
            case "pytest":
                return [str(PYTHON), "-m", "pytest", "-n", "0", "-x", f"Tests/Clients/{self.name}"]
            case _:
                return [sys.executable, "dev/isolation.py", self.name]

    @property
    def product(self) -> str | None:
        """What must be built for it; a spec is SQL alone."""
        return {"swift": "millracePackageTests", "pytest": "millrace"}.get(self.kind)


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    old: str
    new: str
    check: Check

    def broken(self, text: str) -> str:
        count = text.count(self.old)
        if count != 1:
            raise Problem(f"its old text is {count} times in {self.file}; it must be there once")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    word: str  # killed, survived, error
    note: str
    seconds: float


def read_list() -> list[Mutant]:
    mutants = []
    for number, entry in enumerate(tomllib.loads(LIST.read_text())["mutant"], 1):
        kinds = [kind for kind in KINDS if kind in entry]
        unknown = set(entry) - {"name", "file", "old", "new", *KINDS}
        missing = {"name", "file", "old", "new"} - set(entry)
        if unknown or missing or len(kinds) != 1:
            raise Problem(
                f"entry {number} of {LIST.name} ({entry.get('name')}): it needs name, file, old, new and one of "
                f"{', '.join(KINDS)}, and nothing else"
            )
        check = Check(kinds[0], entry[kinds[0]])
        mutants.append(Mutant(entry["name"], entry["file"], entry["old"], entry["new"], check))
    names = [mutant.name for mutant in mutants]
    if twice := {name for name in names if names.count(name) > 1}:
        raise Problem(f"{LIST.name} has two mutants named {', '.join(sorted(twice))}")
    return mutants


def copy_tree() -> None:
    """Brings TREE to the state of the developer's tree; a file that is the same keeps its time, and its object file."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    wanted = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in wanted:
        source, target = ROOT / name, TREE / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for path in sorted(TREE.rglob("*"), reverse=True):
        relative = path.relative_to(TREE)
        if relative.parts[0] in (".build", "Package.resolved"):
            continue
        if path.is_file() and str(relative) not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def run(command: list[str], log: Path, seconds: float) -> int | None:
    """The exit status of a command in TREE; None when it took too long, and was killed with all it started."""
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/opt/swift/usr/bin"}
    with log.open("ab") as output:
        output.write(f"$ {' '.join(command)}\n".encode())
        output.flush()
        child = subprocess.Popen(
            command,
            cwd=TREE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if child.poll() is None:
                # A client test ends its stack when it is interrupted; what is deaf to that is killed.
                child.send_signal(signal.SIGINT)
                try:
                    child.wait(60)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()


def build(product: str, log: Path) -> bool:
    return run(["swift", "build", "--product", product], log, BUILD_SECONDS_MAX) == 0


def is_green(check: Check, log: Path) -> bool:
    return run(check.command, log, TEST_SECONDS_MAX) == 0


def fresh_log(name: str) -> Path:
    log = LOGS / f"{name}.log"
    log.unlink(missing_ok=True)
    return log


def verdict(mutant: Mutant) -> Verdict:
    began = time.monotonic()
    log = fresh_log(mutant.name)

    def said(word: str, note: str) -> Verdict:
        return Verdict(mutant, word, note, time.monotonic() - began)

    path = TREE / mutant.file
    if not path.exists():
        return said("error", f"there is no {mutant.file}")
    whole = path.read_text()
    try:
        path.write_text(mutant.broken(whole))
        product = mutant.check.product
        if product and not build(product, log):
            return said("error", f"does not compile: {log.relative_to(ROOT)}")
        if is_green(mutant.check, log):
            return said("survived", str(mutant.check))
        return said("killed", str(mutant.check))
    except Problem as problem:
        return said("error", str(problem))
    finally:
        path.write_text(whole)


def red_without(mutants: list[Mutant]) -> dict[Check, str]:
    """Checks that prove nothing, since they are not green on the unbroken copy."""
    log = fresh_log("unbroken")
    for product in {mutant.check.product: None for mutant in mutants if mutant.check.product}:
        if not build(product, log):
            raise Problem(f"the unbroken copy does not build: {log.relative_to(ROOT)}")
    checks = list({mutant.check: None for mutant in mutants})
    swift = [check for check in checks if check.kind == "swift"]
    found = {check: "no test has this name" for check in swift if not names_a_test(check)}
    # All at once, and one by one only when that is not green.
    together = ["swift", "test", "--skip-build", *(part for check in swift for part in ("--filter", check.name))]
    suspects = [check for check in checks if check.kind != "swift"]
    if swift and run(together, log, TEST_SECONDS_MAX) != 0:
        suspects += swift
    for check in suspects:
        if check not in found and not is_green(check, log):
            found[check] = f"red without the mutant: {check}"
    return found


def names_a_test(check: Check) -> bool:
    """`swift test` is content with a filter that names nothing."""
    listed = SCRATCH / "tests.txt"
    if not listed.exists():
        done = subprocess.run(["swift", "test", "list", "--skip-build"], cwd=TREE, capture_output=True, text=True)
        listed.write_text(done.stdout)
    return any(re.search(check.name, line) for line in listed.read_text().splitlines())


def main() -> int:
    parser = argparse.ArgumentParser(description="Break one line at a time and expect a test to notice.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these alone; wildcards allowed")
    parser.add_argument("--list", action="store_true", help="say what there is")
    options = parser.parse_args()
    mutants = read_list()
    if options.names:
        chosen = [m for m in mutants if any(fnmatch.fnmatch(m.name, pattern) for pattern in options.names)]
        if not chosen:
            parser.error(f"no mutant is named {' '.join(options.names)}; see --list")
        mutants = chosen
    if options.list:
        for mutant in mutants:
            print(f"{mutant.name:34} {mutant.file}  {mutant.check}")
        return 0
    if any(mutant.check.kind == "pytest" for mutant in mutants):
        subprocess.run([ROOT / "dev/venv.sh", ".venv-test", "Tests/Clients/requirements.txt"], cwd=ROOT, check=True)
    for folder in (TREE, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    copy_tree()
    (SCRATCH / "tests.txt").unlink(missing_ok=True)
    print("mutants: building the copy and running the tests on it unbroken", flush=True)
    useless = red_without(mutants)
    verdicts = []
    for mutant in mutants:
        reason = useless.get(mutant.check)
        seen = Verdict(mutant, "error", reason, 0) if reason else verdict(mutant)
        print(f"{seen.word:9} {mutant.name:34} {seen.seconds:5.0f} s  {seen.note}", flush=True)
        verdicts.append(seen)
    counts = {word: sum(1 for seen in verdicts if seen.word == word) for word in ("killed", "survived", "error")}
    print(
        f"{len(verdicts)} mutants: {counts['killed']} killed, {counts['survived']} survived, {counts['error']} in error"
    )
    return 0 if counts["killed"] == len(verdicts) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        print(f"mutants: {problem}", file=sys.stderr)
        sys.exit(1)
