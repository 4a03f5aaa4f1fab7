"""Artifacts whose server, front or database dies in the middle: artifacts.md checklist rows 42, 52, 53, 56. The kills
are real, at a chosen system call (kill_support). After each the artifact is pending or whole, the client's retry
succeeds with the same bytes, and once the garbage is swept the disk holds exactly what rows name."""

import concurrent.futures
import hashlib
import itertools
import json
import os
import signal
import socket
import urllib.parse
import zlib

import pytest
import runner_pb as pb
from artifact_support import MEGABYTE, PIPELINES, SERVICE, Uploader, block_id, fresh, sha256, stored
from azure.storage.blob import BlobBlock, LinearRetry
from conftest import private_stack
from kill_support import (
    GARBAGE_AFTER,
    assert_books_balance,
    died,
    held_after,
    held_before,
    killed_at,
    turns_run_out,
    why_no_strace,
)
from support import Project, User, ask, wait_for

from millrace_stack import fastcgi_ask, why_taken

VICTIM = "millrace-1"
# The threads that put artifacts together (FinishingLane).
FINISHING = "finishing"
# Pieces that are copied: 3 + 1 + 1.
BLOCKS = [2 * MEGABYTE + 5, MEGABYTE, 7]

no_strace = why_no_strace()
needs_strace = pytest.mark.skipif(no_strace is not None, reason=str(no_strace))


@pytest.fixture(scope="module")
def kills():
    with private_stack(
        "kills",
        instances=2,
        poll_hold="2s",
        settings={
            "artifacts": {"garbage_after": f"{GARBAGE_AFTER}s", "abandoned_after": "2s"},
            # Its runner says nothing for as long as the tests take.
            "tasks": {"unheard_after": "1h", "silent_after": "1h"},
        },
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def project(kills, tmp_path_factory):
    return Project(kills, User(kills, "ann"), tmp_path_factory.mktemp("kills"))


class Patient(Uploader):
    """Asks again when it is told to (503), as the toolkit does: nginx repeats no POST that a dying instance has
    taken."""

    def twirp(self, *arguments, **more):
        return insist(lambda: super(Patient, self).twirp(*arguments, **more))

    def pipelines(self, *arguments, **more):
        return insist(lambda: super(Patient, self).pipelines(*arguments, **more))


def insist(ask_once):
    answers = []

    def taken() -> bool:
        answers.append(ask_once())
        return answers[-1].status != 503

    wait_for(taken, "an answer other than 503")
    return answers[-1]


@pytest.fixture(scope="module")
def job(project):
    return Patient(project)


@pytest.fixture(autouse=True)
def mended(kills):
    """Whatever a test took away runs again, and in the end the books balance."""
    yield
    for name in kills.names:
        kills.signal(name, signal.SIGCONT)
        kills.start_one(name)
    kills.wait_ready()
    assert_books_balance(kills)


class Sent:
    """A v4 artifact whose blocks are there, in an order that only the list tells."""

    def __init__(self, job, sizes=BLOCKS):
        self.job, self.name = job, fresh()
        parts = [os.urandom(size) for size in sizes]
        self.data = b"".join(parts)
        client = job.blob(job.create(self.name))
        for n in reversed(range(len(parts))):
            client.stage_block(block_id(n), parts[n])
        client.commit_block_list([BlobBlock(block_id(n)) for n in range(len(parts))])

    def finish(self):
        """Through nginx, by whichever instance takes it."""
        return self.job.finalize(self.name, self.data)

    def finish_at(self, number: int) -> "tuple[int, dict]":
        """By this instance; status 0 when it dies with the question."""
        message = {
            "workflow_run_backend_id": str(self.job.run),
            "name": self.name,
            "size": str(len(self.data)),
            "hash": sha256(self.data),
        }
        return asked(self.job, number, "POST", f"{SERVICE}/FinalizeArtifact", message)

    def assert_pending_or_whole(self) -> bool:
        """Whether it is whole."""
        listed = self.job.list(name_filter=self.name)
        if listed:
            self.assert_whole()
        return bool(listed)

    def assert_whole(self) -> None:
        (found,) = self.job.list(name_filter=self.name)
        assert (found["digest"], found["size"]) == (sha256(self.data), str(len(self.data)))
        assert self.job.download(self.name).content == self.data


class SentFiles:
    """A v3 artifact whose chunks are there: plain, compressed, and in two pieces."""

    def __init__(self, job):
        self.job, self.name = job, fresh()
        self.files = {
            "plain": os.urandom(MEGABYTE + 3),
            "packed": os.urandom(8) * 10_000,
            "pieces": os.urandom(MEGABYTE),
        }
        place = job.announce(self.name)
        packed = zlib.compressobj(wbits=31)
        packed = packed.compress(self.files["packed"]) + packed.flush()
        half, pieces = MEGABYTE // 2, self.files["pieces"]
        for answer in (
            job.chunk(place, f"{self.name}/plain", self.files["plain"]),
            job.chunk(place, f"{self.name}/packed", packed, headers={"Content-Encoding": "gzip"}),
            job.chunk(place, f"{self.name}/pieces", pieces[half:], half, MEGABYTE),
            job.chunk(place, f"{self.name}/pieces", pieces[:half], 0, MEGABYTE),
        ):
            assert answer.status == 200, answer.text

    def finish(self):
        return self.job.finish(self.name)

    def finish_at(self, number: int) -> "tuple[int, dict]":
        query = urllib.parse.urlencode({"api-version": "6.0-preview", "artifactName": self.name})
        return asked(self.job, number, "PATCH", f"{PIPELINES}/{self.job.run}/artifacts?{query}", {"Size": 0})

    def assert_pending_or_whole(self) -> bool:
        there = self.name in self.job.listed()
        if there:
            self.assert_whole()
        return there

    def assert_whole(self) -> None:
        assert self.job.fetch_files(self.name) == self.files


def asked(job, number: int, method: str, path: str, message: dict) -> "tuple[int, dict]":
    """One call to the poll lane of one instance, past nginx: status and answer; status 0 when it dies with it."""
    try:
        status, _, body = fastcgi_ask(
            str(job.stack.sockets / f"poll-{number}.sock"),
            path,
            method,
            json.dumps(message).encode(),
            {"Content-Type": "application/json", **job.bearer},
            timeout=90,
        )
    except ConnectionError:
        return 0, {}
    return status, json.loads(body) if body else {}


def alongside(call, *arguments) -> concurrent.futures.Future:
    pool = concurrent.futures.ThreadPoolExecutor(1)
    try:
        return pool.submit(call, *arguments)
    finally:
        pool.shutdown(wait=False)


def assembled(kills, bytes: int) -> bool:
    """Whether somebody has put together this much of a file."""
    return any(path.name.startswith("assembled-") and path.stat().st_size >= bytes for path in stored(kills, "staging"))


# --- Finalize ---


def kill_at_every(kills, sent, call: str) -> int:
    """Finalizes new artifacts, killed at the first such call, the second, … until one is not killed; how many were."""
    for nth in itertools.count(1):
        artifact = sent()
        with killed_at(kills, VICTIM, call, nth, FINISHING):
            status, _ = artifact.finish_at(1)
            if status == 200:
                artifact.assert_whole()
                return nth - 1
            assert status == 0 and died(kills, VICTIM), (call, nth, status)
        was_whole = artifact.assert_pending_or_whole()
        turns_run_out(kills)
        if nth % 2:  # the retry meets the other instance, or either
            kills.start_one(VICTIM)
        answer = artifact.finish()
        assert answer.status == 200, (call, nth, was_whole, answer.text)
        artifact.assert_whole()
        assert artifact.finish().text == answer.text, "and again"
        kills.start_one(VICTIM)


@needs_strace
@pytest.mark.parametrize(
    "call, at_least",
    [
        ("copy_file_range", 5),  # in every block, and in every piece of one
        ("fsync", 2),  # the file, and the directory that has its name
        ("rename", 1),  # to where blobs lie
        ("unlink", 3),  # after the commit: the blocks
        ("sendto", 12),  # every word to PostgreSQL, begin and commit among them
        ("recvfrom", 12),  # every answer of PostgreSQL's, that of the commit among them
    ],
)
def test_a_finalize_killed_at_every_step(kills, job, call, at_least):
    """Row 53."""
    assert kill_at_every(kills, lambda: Sent(job), call) >= at_least


@needs_strace
@pytest.mark.parametrize("call, at_least", [("copy_file_range", 4), ("rename", 3), ("unlink", 4), ("sendto", 12)])
def test_a_v3_artifact_killed_at_every_step_of_its_end(kills, job, call, at_least):
    assert kill_at_every(kills, lambda: SentFiles(job), call) >= at_least


@needs_strace
def test_a_large_finalize_killed_while_it_waits_for_the_disk(kills, job):
    """StorageLimits.syncBytes: every 256 MiB."""
    artifact = Sent(job, [90 * MEGABYTE] * 3)
    with killed_at(kills, VICTIM, "fdatasync", 1, FINISHING):
        assert artifact.finish_at(1)[0] == 0 and died(kills, VICTIM)
    assert not artifact.assert_pending_or_whole()
    turns_run_out(kills)
    assert artifact.finish().status == 200
    artifact.assert_whole()


@needs_strace
@pytest.mark.parametrize("kind", [Sent, SentFiles])
def test_two_at_once_on_two_instances_are_one_merge(kills, job, kind):
    """Row 42."""
    artifact = kind(job)
    before = len(stored(kills))
    with held_before(kills, VICTIM, "copy_file_range", 1, FINISHING):
        first = alongside(artifact.finish_at, 1)
        wait_for(lambda: assembled(kills, 0), "the first at work")
        second = alongside(artifact.finish_at, 2)
        assert not first.done() and not second.done()
    (status, said), (other_status, other_said) = first.result(), second.result()
    assert (status, other_status) == (200, 200) and said == other_said
    artifact.assert_whole()
    assert len(stored(kills)) - before == (1 if kind is Sent else 3), "nothing twice, not even as garbage"


@needs_strace
def test_a_frozen_assembler_is_followed_and_does_no_harm_when_it_wakes(kills, job):
    """Its successor has cleared the blocks it is about to open. The turn is waited for, not wound."""
    artifact = Sent(job)
    # It makes the call and stops then, on its way to open the second block.
    with held_before(kills, VICTIM, "close", 1, FINISHING):
        frozen = alongside(artifact.finish_at, 1)
        wait_for(lambda: assembled(kills, BLOCKS[0]), "the first block copied")
        kills.signal(VICTIM, signal.SIGSTOP)
    status, said = artifact.finish_at(2)
    assert status == 200 and not frozen.done()
    kills.signal(VICTIM, signal.SIGCONT)
    assert frozen.result() == (200, said), "the answer of whoever finished it"
    artifact.assert_whole()


@needs_strace
def test_who_sleeps_while_the_sweep_comes_by_begins_anew(kills, job):
    """Between rename and commit the file is garbage by its looks; a row must not name one that was swept."""
    artifact = Sent(job)
    mark = hashlib.sha256(artifact.data).hexdigest()

    def blobs() -> list:
        return [path for path in stored(kills) if path.name.startswith(mark)]

    with held_after(kills, VICTIM, "rename", 1, FINISHING):
        sleeper = alongside(artifact.finish_at, 1)
        wait_for(blobs, "the file where blobs lie")
        turns_run_out(kills)
        wait_for(lambda: not blobs(), "the sweep")
    assert sleeper.result()[0] == 200
    artifact.assert_whole()


@needs_strace
def test_a_clean_stop_during_an_assembly(kills, job):
    """The client is told to come again, and its next try need not wait for a turn to run out."""
    artifact = Sent(job)
    with held_before(kills, VICTIM, "copy_file_range", 2, FINISHING):
        stopped = alongside(artifact.finish_at, 1)
        wait_for(lambda: assembled(kills, 1), "the assembly")
        kills.signal(VICTIM, signal.SIGTERM)
        # Its work socket is closed once it knows.
        wait_for(lambda: not is_ready(kills, 1), "the stop")
    status, said = stopped.result()
    assert (status, said["code"]) == (503, "unavailable")
    assert died(kills, VICTIM, 20)
    assert kills.sql(f"select assembly_until is null from artifact where name = '{artifact.name}'") == "t"
    assert artifact.finish().status == 200
    artifact.assert_whole()


def is_ready(stack, number: int) -> bool:
    try:
        return fastcgi_ask(str(stack.sockets / f"work-{number}.sock"), "/readyz")[0] == 200
    except OSError:
        return False


@needs_strace
def test_postgresql_restarted_during_an_assembly(kills, job):
    artifact = Sent(job)
    with held_before(kills, VICTIM, "copy_file_range", 2, FINISHING):
        broken = alongside(artifact.finish_at, 1)
        wait_for(lambda: assembled(kills, 1), "the assembly")
        kills.restart("postgres")
    status, said = broken.result()
    assert status == 200 or (status == 503 and said["code"] == "unavailable"), said
    kills.wait_ready()
    turns_run_out(kills)
    assert artifact.finish().status == 200
    artifact.assert_whole()


# --- Blocks ---


def patient(job, url: str, data: bytes) -> None:
    """The SDK as it uploads by itself, repeating what fails in passing."""
    job.blob(url, retry_policy=LinearRetry(backoff=1, retry_total=5), max_block_size=MEGABYTE).upload_blob(
        data, max_concurrency=2, overwrite=True
    )


def final_refusals(kills) -> "list[str]":
    """Uploads that were answered with what the actions' SDK never repeats (artifacts.md 3.3)."""
    return [
        line
        for line in (kills.logs / "access.log").read_text().splitlines()
        if '"PUT /_artifacts/uploads/' in line and line.split('" ')[1].split()[0] not in ("201", "500", "503", "499")
    ]


@needs_strace
@pytest.mark.parametrize(
    "call, nths",
    [
        ("rename", [1]),  # from the spool to the staging
        ("sendto", [1, 2, 3, 4, 5, 6]),  # among them the row of a block, and the list
        ("recvfrom", [1, 2, 3, 4]),
    ],
)
def test_an_instance_killed_while_it_takes_blocks(kills, job, call, nths):
    for nth in nths:
        name, data = fresh(), os.urandom(4 * MEGABYTE + 9)
        url = job.create(name)
        with killed_at(kills, VICTIM, call, nth):
            patient(job, url, data)
            assert died(kills, VICTIM), (call, nth)
        kills.start_one(VICTIM)
        answer = job.finalize(name, data)
        assert answer.status == 200, (call, nth, answer.text)
        assert job.download(name).content == data
    assert final_refusals(kills) == []


@needs_strace
def test_an_instance_killed_before_it_drops_what_a_block_replaced(kills, job):
    name, data = fresh(), os.urandom(MEGABYTE)
    client = job.blob(job.create(name), retry_policy=LinearRetry(backoff=1, retry_total=5))
    with killed_at(kills, VICTIM, "unlink", 1, "work"):

        def hit() -> bool:
            client.stage_block(block_id(0), os.urandom(MEGABYTE))
            # The instances take turns, and a block is two requests: a third one changes who gets the next block.
            ask(kills, "GET", "/readyz")
            return died(kills, VICTIM, 0.2)

        wait_for(hit, "a block at the victim")
    client.stage_block(block_id(0), data)
    client.commit_block_list([BlobBlock(block_id(0))])
    assert job.finalize(name, data).status == 200
    assert job.download(name).content == data


def test_nginx_killed_in_the_middle_of_a_block(kills, job):
    name, data = fresh(), os.urandom(3 * MEGABYTE)
    url = job.create(name)
    path = f"{url.removeprefix(kills.url)}&comp=block&blockid={urllib.parse.quote(block_id(0), safe='')}"
    with socket.create_connection(("127.0.0.1", kills.port)) as link:
        link.sendall(
            f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[: 2 * MEGABYTE]
        )
        wait_for(lambda: stored(kills, "spool"), "the first half on disk")
        kills.kill("nginx")
    wait_for(lambda: not why_taken(kills.port), "the end of its workers")
    kills.start_one("nginx")
    kills.wait_ready()
    assert job.finalize(name, data).status == 400, "nothing of it counts"
    patient(job, url, data)
    assert job.finalize(name, data).status == 200
    assert job.download(name).content == data


def test_blocks_the_list_and_the_end_at_different_instances(kills, job):
    """Row 56."""
    name, parts = fresh(), [os.urandom(MEGABYTE + n) for n in range(3)]
    data = b"".join(parts)
    client = job.blob(job.create(name))

    def only(number: int) -> None:
        kills.start_one(f"millrace-{number}")
        kills.stop_one(f"millrace-{3 - number}")

    only(1)
    for n, part in enumerate(parts):
        client.stage_block(block_id(n), part)
    only(2)
    client.commit_block_list([BlobBlock(block_id(n)) for n in range(3)])
    only(1)
    assert job.finalize(name, data).status == 200
    only(2)
    assert job.finalize(name, data).status == 200
    assert job.download(name).content == data


# --- Ends ---


@needs_strace
def test_the_sweep_killed_between_the_bytes_and_their_row(kills, job):
    name = fresh()
    job.upload(name, os.urandom(MEGABYTE))
    (path,) = [p for p in stored(kills) if p.name.startswith(job.list(name_filter=name)[0]["digest"][7:])]
    kills.stop_one("millrace-2")
    with held_after(kills, VICTIM, "unlink", 1):
        assert job.twirp("DeleteArtifact", {"name": name}).status == 200
        wait_for(lambda: not path.exists(), "the sweep")
        doomed = kills.sql("select count(*) from blob where doomed_at is not null")
        kills.kill(VICTIM)
    assert doomed == "1", "the row is there until its bytes are gone"
    assert kills.sql("select count(*) from blob where doomed_at is not null") == "1"
    # And the books balance, says `mended`.


def test_a_job_that_dies_in_its_upload_and_is_run_again(kills, project):
    """Row 52: also killed with its runner, it leaves nothing."""
    job = Uploader(project)
    try:
        client = job.blob(job.create("result"))
        client.stage_block(block_id(0), os.urandom(MEGABYTE))
        staged = stored(kills, "staging")
        assert len(staged) == 1
        job.runner.finish(job.task, result=pb.Result.FAILURE)
        assert (
            ask(
                kills,
                "POST",
                f"/api/v1/repos/{project.path}/actions/runs/{job.run}/rerun",
                headers={"Authorization": f"token {project.owner.token}"},
            ).status
            == 201
        )
        job.take()
        data = os.urandom(2 * MEGABYTE)
        job.upload("result", data)
        assert job.download("result").content == data
        wait_for(lambda: not staged[0].exists(), "the sweep of the old blocks")
    finally:
        job.runner.finish(job.task)
