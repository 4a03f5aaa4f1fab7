"""Kills at a chosen system call, and what must be true of stored artifacts after any of them."""

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from support import wait_for

# Seconds; far above what an assembly of a test needs from its rename to its commit, which a sweep must not come
# between.
GARBAGE_AFTER = 4
# Longer than any test holds a thread.
HELD_MICROSECONDS = 120_000_000


def why_no_strace() -> "str | None":
    """Why system calls cannot be met with a kill here; None when they can."""
    if not shutil.which("strace"):
        return "there is no strace; install it with: apt-get install strace"
    victim = subprocess.Popen(["sleep", "60"])
    try:
        tried = subprocess.run(
            ["strace", "-o", "/dev/null", "-e", "trace=none", "-p", str(victim.pid)],
            capture_output=True,
            text=True,
            timeout=1,
        )
        return f"strace cannot attach to a process: {tried.stderr.strip()}"
    except subprocess.TimeoutExpired:
        return None
    finally:
        victim.kill()
        victim.wait()


def threads(pid: int, name: "str | None" = None) -> "list[str]":
    """Of a process, those of this name."""
    return [
        task.name for task in Path(f"/proc/{pid}/task").iterdir() if name in (None, (task / "comm").read_text().strip())
    ]


@contextlib.contextmanager
def traced(stack, victim: str, call: str, what: str, nth: int, thread: "str | None"):
    """Does `what` (strace's words) to whichever thread of the victim makes its n-th `call`: those of this name, or
    all."""
    pid = stack.pid(victim)
    said = Path(tempfile.mkdtemp(prefix="strace-")) / "said"
    targets = threads(pid, thread)
    assert targets, f"{victim} has no thread named {thread}"
    with open(said, "wb") as errors:
        tracer = subprocess.Popen(
            [
                "strace",
                "-o",
                "/dev/null",
                "-e",
                f"trace={call}",
                "-e",
                f"inject={call}:{what}:when={nth}",
                *(argument for id in targets for argument in ("-p", id)),
            ],
            stderr=errors,
        )

    def attached() -> bool:
        if tracer.poll() is not None:
            # Housekeeping makes such calls too: one thread may be at its n-th before the last is traced.
            assert stack.pid(victim) is None, said.read_text()
            return True
        return said.read_text().count(" attached") == len(targets)

    try:
        wait_for(attached, "strace at the threads of the victim")
        yield
    finally:
        # By SIGTERM it lets go of its threads, and of the dead it may wait for ever.
        tracer.terminate() if stack.pid(victim) else tracer.kill()
        tracer.wait(10)
        shutil.rmtree(said.parent)


def killed_at(stack, victim: str, call: str, nth: int, thread: "str | None" = None):
    """Whoever is about to make the n-th `call` takes the process down; the call is not made any more."""
    return traced(stack, victim, call, "signal=KILL", nth, thread)


def held_before(stack, victim: str, call: str, nth: int, thread: "str | None" = None):
    """The thread waits before its n-th `call` until the block is left."""
    return traced(stack, victim, call, f"delay_enter={HELD_MICROSECONDS}", nth, thread)


def held_after(stack, victim: str, call: str, nth: int, thread: "str | None" = None):
    """As held_before, but the call is made."""
    return traced(stack, victim, call, f"delay_exit={HELD_MICROSECONDS}", nth, thread)


def died(stack, victim: str, seconds: float = 5) -> bool:
    """Whether it is gone, now or in a moment."""
    deadline = time.monotonic() + seconds
    while stack.pid(victim) and time.monotonic() < deadline:
        time.sleep(0.01)
    return stack.pid(victim) is None


def turns_run_out(stack) -> None:
    """The 20 s pass after which somebody takes over from an assembler that died. One test waits for them; this winds
    the clock."""
    stack.sql("update artifact set assembly_until = now() - interval '1 s' where assembly_until is not null")


def on_disk(stack) -> "dict[str, int]":
    """What lies in the storage: path → bytes."""
    return {
        str(path.relative_to(stack.storage)): path.stat().st_size for path in stack.storage.rglob("*") if path.is_file()
    }


def in_the_books(stack) -> "dict[str, int]":
    """What should lie there: blobs that files name, blocks of uploads that are open."""
    blobs = stack.sql(
        "select 'blobs/' || left(encode(digest, 'hex'), 2) || '/' || encode(digest, 'hex') || '-' || id || "
        "case when is_gzip then '.gz' else '' end, bytes from blob b "
        "where exists (select 1 from artifact_file f where f.blob_id = b.id)"
    )
    blocks = stack.sql(
        "select 'staging/' || u.id || '/' || b.file, b.bytes from upload u join upload_block b on b.upload_id = u.id "
        "where u.finished_at is null and u.closed_at is null"
    )
    return {name: int(bytes) for name, bytes in (line.rsplit("|", 1) for line in (blobs + "\n" + blocks).split())}


def assert_books_balance(stack) -> None:
    """Once the garbage is swept the storage holds exactly what rows name, byte for byte, and every invariant holds."""
    try:
        wait_for(
            lambda: on_disk(stack) == in_the_books(stack), "the sweep of what no row names", 8 * GARBAGE_AFTER + 20
        )
    except AssertionError:
        disk, books = on_disk(stack).items(), in_the_books(stack).items()
        pytest.fail(f"on disk alone: {disk - books}\nin the books alone: {books - disk}")
    assert stack.sql("select count(*) from blob where doomed_at is not null") == "0"
    report = json.loads(stack.millrace("scrub", "--json"))
    assert (report["damaged"], report["unnamed_bytes"]) == ([], 0), report
    assert json.loads(stack.millrace("verify", "--json"))["holds"]
