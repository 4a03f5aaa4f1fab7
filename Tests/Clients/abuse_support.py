"""What abuse is made of: bytes that were nearly right, texts that nobody expects, and one who watches that others are
served."""

import os
import random
import threading
import time

import pytest
from artifact_support import Uploader
from conftest import private_stack
from support import Project, User, ask

# Of each test. `make test` takes a look, `make abuse` minutes.
SECONDS = float(os.environ.get("MILLRACE_ABUSE_SECONDS", "4"))
SEED = int(os.environ.get("MILLRACE_ABUSE_SEED", str(random.SystemRandom().randrange(2**32))))
# What others may wait. `make abuse` says a second; in `make test` other tests run beside these.
PATIENCE_SECONDS = float(os.environ.get("MILLRACE_ABUSE_PATIENCE", "10"))

TEXTS = [
    "",
    "\0",
    "a\0b",
    "\ufeff",
    "\u202eabc",
    "\u2028",
    "e\u0301",
    "<\u0301script>",
    "\"'`;--",
    "${{ secrets.GITHUB_TOKEN }}",
    "../../../etc/passwd",
    "%00",
    "%2e%2e%2f",
    "a" * 70_000,
    "\u1f468\u200d" * 500,
    "😀" * 300,
    "\x1b]8;;http://x\x07",
    "\r\nX: y",
    "-1",
    "9" * 400,
    "1e309",
    "NaN",
    "null",
    "true",
    "{}",
    "[]",
    "ﬀ",
    "İ",
    "ß",
    "\U0010ffff",
    "\ud7ff",
    "a/b",
    "a\\b",
    " ",
    "\t",
    ".",
]
BYTES = [
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\0" * 64,
    b"\x80" * 12,
    b"\xff" * 10,
    b"{",
    b"[" * 5000,
    b'{"a":' * 3000,
    b"\x1f\x8b\x08",
]


def generator(name: str) -> random.Random:
    """Its seed is said, so that what failed can be done again: MILLRACE_ABUSE_SEED."""
    print(f"{name}: MILLRACE_ABUSE_SEED={SEED}")
    return random.Random(f"{SEED} {name}")


def until_over():
    """Counts for as long as a test may take."""
    end, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        yield count
        count += 1


def mutated(body: bytes, random: random.Random) -> bytes:
    """Nearly what it was."""
    changed = bytearray(body)
    for _ in range(random.choice([0, 1, 1, 2, 5, 20])):
        at = random.randrange(len(changed) + 1)
        match random.randrange(7):
            case 0 if at < len(changed):
                changed[at] ^= 1 << random.randrange(8)
            case 1 if at < len(changed):
                changed[at] = random.randrange(256)
            case 2:
                changed[at:at] = random.choice(BYTES)
            case 3:
                changed[at:at] = random.choice(TEXTS).encode("utf-8", "surrogatepass")
            case 4:
                del changed[at : at + random.randrange(1, 9)]
            case 5:
                changed[at:at] = changed[max(0, at - 20) : at] * random.randrange(1, 50)
            case _:
                del changed[at:]
    return bytes(changed)


class Witness:
    """Asks for the version again and again: whoever does nothing wrong must be answered while others do."""

    def __init__(self, stack):
        self.stack, self.problems, self.answers, self.longest = stack, [], 0, 0.0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def watch(self):
        while not self.stopping.wait(0.1):
            began = time.monotonic()
            try:
                status = ask(self.stack, "GET", "/api/v1/version", timeout=PATIENCE_SECONDS).status
                if status != 200:
                    self.problems.append(f"status {status}")
                self.answers += 1
            except OSError as error:
                self.problems.append(f"{type(error).__name__} after {time.monotonic() - began:.1f} s")
            self.longest = max(self.longest, time.monotonic() - began)


@pytest.fixture(scope="session")
def abused_stack():
    with private_stack("abused", instances=2) as stack:
        yield stack


@pytest.fixture
def abused(abused_stack):
    """The stack; at the end it must be the same processes, sound by their own check, and nobody else may have waited
    long."""
    stack = abused_stack
    before = {name: stack.pid(name) for name in stack.names}
    with Witness(stack) as witness:
        yield stack
    assert {name: stack.pid(name) for name in stack.names} == before, "a process ended"
    assert not witness.problems, (witness.problems[:5], f"longest wait {witness.longest:.1f} s")
    assert witness.answers, "nobody asked meanwhile"
    stack.millrace("verify")


@pytest.fixture(scope="session")
def abuser(abused_stack):
    return User(abused_stack, "abuser", admin=True)


@pytest.fixture
def job(abused_stack, abuser, tmp_path_factory):
    """A running job with its tokens, so that what is sent reaches the code behind the checks. One for each test: a
    mutated report may end it."""
    project = Project(abused_stack, abuser, tmp_path_factory.mktemp("abuse"))
    job = Uploader(project)
    job.upload("dist", b"x" * 5000)
    job.runner.rows(job.task, 0, ["one line"])
    yield job
