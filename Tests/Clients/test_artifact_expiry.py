"""How artifacts end by themselves: retention, what is given up, what nobody names. artifacts.md 3.2, 6 and 8 (51,
52)."""

import json
import os
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
import runner_pb as pb
from artifact_support import (
    PIPELINES,
    Uploader,
    azure_refusal,
    blobs_of,
    block,
    block_list,
    fresh,
    staged,
    twirp_refusal,
)
from conftest import private_stack
from support import Project, User, ask, wait_for

# Waited for where nothing is to happen: longer than garbage_after below and its three looks.
SWEEPS = 8


@pytest.fixture(scope="module")
def brief_stack():
    """Clocks of seconds; two hours are the longest that anything is kept."""
    with private_stack(
        "brief",
        instances=2,
        settings={
            "artifacts": {"retention": "3s", "retention_max": "2h", "abandoned_after": "2s", "garbage_after": "3s"}
        },
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def bob(brief_stack) -> User:
    return User(brief_stack, "bob")


@pytest.fixture
def brief(brief_stack, bob, tmp_path) -> Project:
    return Project(brief_stack, bob, tmp_path)


@pytest.fixture
def job(brief):
    job = Uploader(brief)
    yield job
    job.end()


def moment(**later) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat().replace("+00:00", "Z")


def expiry(job, name: str) -> datetime:
    text = job.stack.sql(
        "select to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') from artifact "
        f"where run_id = {job.run} and name = '{name}' order by id desc limit 1"
    )
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rest(job, path: str):
    return job.project.rest(path)


# --- Retention ---


def test_a_moment_is_kept_exactly(job):
    """artifacts.md 7 #13: whole days lose one. To the microsecond, which is what PostgreSQL has."""
    asked = datetime.now(UTC) + timedelta(minutes=61, microseconds=123)
    job.create("kept", expires_at=asked.isoformat().replace("+00:00", "Z"))
    assert expiry(job, "kept") == asked


def test_no_moment_is_later_than_the_latest(job):
    before = datetime.now(UTC)
    job.create("capped", expires_at=moment(days=500))
    job.announce("capped3", RetentionDays=500)
    for name in ("capped", "capped3"):
        assert timedelta(0) <= expiry(job, name) - before - timedelta(hours=2) < timedelta(minutes=1), name


def test_a_moment_that_is_past_is_refused(job):
    for asked in (moment(seconds=-1), "1970-01-01T00:00:00Z"):
        answer = job.twirp("CreateArtifact", {"name": "past", "version": 4, "expires_at": asked})
        assert twirp_refusal(answer) == (400, "invalid_argument")
    assert (
        twirp_refusal(job.twirp("CreateArtifact", {"name": "past", "version": 4, "expires_at": "tomorrow"}))[0] == 400
    )
    for days in (0, -1):
        assert job.pipelines("POST", body=json.dumps({"Name": "past", "RetentionDays": days})).status == 400
    assert job.stack.sql(f"select count(*) from artifact where run_id = {job.run}") == "0"


def test_a_repository_has_its_own_default(job):
    job.stack.sql(f"update repository set artifact_retention_seconds = 3600 where name = '{job.project.name}'")
    before = datetime.now(UTC)
    job.create("own")
    assert timedelta(0) <= expiry(job, "own") - before - timedelta(hours=1) < timedelta(minutes=1)


def test_what_is_expired(job):
    """Row 51: REST alone still tells of it, and gives no bytes; then the bytes go from the disk, and nothing else."""
    stack, data = job.stack, os.urandom(5000)
    id = job.upload("short", data)
    address = job.signed("short")
    url = f"{PIPELINES}/{job.run}/artifacts"
    job.announce("files")
    job.upload_files("files", {"f": data + b"3"})
    file = job.files("files")["files/f"] if "files" in job.listed() else ""
    long = job.upload("long", data + b"long", expires_at=moment(hours=1))
    wait_for(lambda: [a["name"] for a in job.list()] == ["long"], "expiry")
    assert requests.get(address, timeout=60).status_code == 404
    assert twirp_refusal(job.twirp("GetSignedArtifactURL", {"name": "short"})) == (404, "not_found")
    assert twirp_refusal(job.twirp("DeleteArtifact", {"name": "short"})) == (404, "not_found")
    assert job.list(id_filter=str(id)) == []
    wait_for(lambda: job.listed() == {}, "expiry of the v3 artifact")
    assert not file or requests.get(file, headers=job.bearer, timeout=60).status_code == 404
    assert ask(stack, "GET", f"{url}/{'0' * 32}/download_url?itemPath=files", headers=job.bearer).status == 404
    told = {a["name"]: a["expired"] for a in rest(job, f"/runs/{job.run}/artifacts").json["artifacts"]}
    assert told == {"short": True, "files": True, "long": False}
    assert rest(job, f"/artifacts/{id}").json["expired"] is True
    assert rest(job, f"/artifacts/{id}/zip").status == 404 and rest(job, f"/artifacts/{long}/zip").status == 302
    assert ask(stack, "GET", f"/{job.project.path}/actions/runs/{job.run}/artifacts/{id}").status == 404
    page = ask(stack, "GET", f"/{job.project.path}/actions/runs/{job.run}").text
    assert f"/artifacts/{id}" not in page and f"/artifacts/{long}" in page and "expired" in page
    wait_for(lambda: not blobs_of(stack, data) and not blobs_of(stack, data + b"3"), "their bytes gone")
    rows = f"select count(*) from artifact_file f join artifact a on a.id = f.artifact_id where a.run_id = {job.run}"
    assert stack.sql(rows) == "1", "only that of the one that is kept"
    assert rest(job, f"/artifacts/{id}").json["expired"] is True, "told of as long as its run"
    assert job.download("long").content == data + b"long"
    job.upload("short", b"again", expires_at=moment(hours=1))
    assert job.download("short").content == b"again", "the name is free"


def test_a_download_that_has_begun_goes_on(job):
    """artifacts.md 6: an open file outlives its name. More than what nginx and the sockets between hold."""
    data = os.urandom(1 << 20) * 48
    job.upload("short", data)
    with requests.get(job.signed("short"), stream=True, timeout=60) as answer:
        got = answer.raw.read(100_000)
        wait_for(lambda: not blobs_of(job.stack, data), "its bytes gone from the disk")
        rest_of_it = answer.raw.read()
    assert got + rest_of_it == data


def test_only_the_newest_of_a_name_are_kept(job):
    """artifacts.keep_last, by the repository's column: of each name, over all runs of the workflow."""
    stack = job.stack
    stack.sql(f"update repository set artifact_keep_last = 2 where name = '{job.project.name}'")
    ids, jobs = [], [job]
    for n in range(3):
        if n:
            jobs.append(Uploader(job.project))
        ids.append(jobs[-1].upload("dist", b"%d" % n, expires_at=moment(hours=1)))
        if n == 0:
            other = jobs[0].upload("other", b"x", expires_at=moment(hours=1))

    def told():
        return {a["id"]: a["expired"] for a in rest(job, "/artifacts").json["artifacts"]}

    wait_for(lambda: told()[ids[0]], "expiry of the oldest")
    assert told() == {ids[0]: True, ids[1]: False, ids[2]: False, other: False}
    for each in jobs[1:]:
        each.end()


# --- What was never finished ---


def test_an_upload_that_was_cut_off(brief):
    """Row 52: the job died midway and runs again: the new upload works, the old bytes go."""
    stack = brief.stack
    old = Uploader(brief)
    url = old.create("dist", expires_at=moment(hours=1))
    assert old.put(url, block(0), os.urandom(100_000)).status == 201
    place = old.announce("files", RetentionDays=1)
    assert old.chunk(place, "files/f", b"abc", 0, 6).status == 200
    old_run = old.run
    time.sleep(SWEEPS)
    assert len(staged(stack, url)) == 1, "the job lives: it may take its time"
    assert azure_refusal(old.put(url, "&comp=blocklist", block_list(7))) == (400, "InvalidBlockList")
    old.end(result=pb.Result.FAILURE)
    assert (
        ask(
            stack,
            "POST",
            f"/api/v1/repos/{brief.path}/actions/runs/{old.run}/rerun",
            headers={"Authorization": f"token {brief.owner.token}"},
        ).status
        == 201
    )
    again = old
    again.take()
    assert again.run == old_run
    again.upload("dist", b"whole", expires_at=moment(hours=1))
    assert again.download("dist").content == b"whole"
    wait_for(lambda: staged(stack, url) == [], "the old bytes gone")
    folders = (
        f"select count(*) from upload u join artifact a on a.id = u.artifact_id where a.run_id = {old_run} and"
        " finished_at is null"
    )
    wait_for(lambda: stack.sql(folders) == "0", "the old uploads gone")
    wait_for(
        lambda: stack.sql(f"select count(*) from artifact where run_id = {old_run} and status = 1") == "0",
        "no artifact pending",
    )
    assert again.download("dist").content == b"whole"
    again.end()


# --- What nobody names ---


def test_files_that_no_row_names_are_swept(job):
    """What a kill between two steps leaves; what has a row, is young, or is not ours, stays."""
    stack, storage = job.stack, job.stack.storage
    kept = os.urandom(3000)
    job.upload("kept", kept, expires_at=moment(hours=1))
    url = job.create("begun", expires_at=moment(hours=1))
    assert job.put(url, block(0), b"staged").status == 201
    past = time.time() - 3600
    strays = [
        storage / "spool" / ("ab" * 16),
        storage / "staging/999999/assembled-1",
        storage / "blobs/ab" / f"{'ab' * 32}-999999",
        storage / "blobs/ab" / f"{'ab' * 32}-999998.gz",
    ]
    foreign = storage / "blobs/ab/README"
    for path in [*strays, foreign]:
        path.parent.mkdir(exist_ok=True)
        stack.own(path.parent, 0o2770)
        path.write_bytes(b"stray")
        stack.own(path, 0o660)
        os.utime(path, (past, past))
    os.utime(storage / "staging/999999", (past, past))
    # Old files that rows name.
    for path in [*blobs_of(stack, kept), *staged(stack, url), staged(stack, url)[0].parent]:
        os.utime(path, (past, past))
    young = storage / "spool" / ("cd" * 16)
    until = time.monotonic() + SWEEPS
    wait_for(lambda: not any(path.exists() for path in strays), "the strays gone")
    assert not (storage / "staging/999999").exists()
    while time.monotonic() < until:
        # Written on and on, as by a slow client: never as old as garbage.
        young.write_bytes(b"young")
        stack.own(young, 0o660)
        time.sleep(0.2)
    assert young.exists() and foreign.exists() and len(staged(stack, url)) == 1
    assert job.download("kept").content == kept
    assert (
        job.put(url, "&comp=blocklist", block_list(0)).status == 201 and job.finalize("begun", b"staged").status == 200
    )
    foreign.unlink()


def test_nothing_is_left_of_a_deleted_repository(brief):
    """Its artifacts' rows go with it; the sweeps find the bytes."""
    job = Uploader(brief)
    stack, data = brief.stack, os.urandom(4000)
    job.upload(fresh(), data, expires_at=moment(hours=1))
    url = job.create(fresh(), expires_at=moment(hours=1))
    assert job.put(url, block(0), b"staged").status == 201
    stack.sql(f"delete from repository where name = '{brief.name}'")
    wait_for(lambda: not blobs_of(stack, data) and staged(stack, url) == [], "their bytes gone")
