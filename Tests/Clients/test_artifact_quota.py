"""What artifacts may take: quotas, and the memory of the instances. artifacts.md 3.7 and 8 (54, 55)."""

import hashlib

import pytest
import requests
from artifact_support import (
    MEGABYTE,
    Uploader,
    azure_refusal,
    block,
    block_id,
    block_list,
    fresh,
    memory,
    staged,
    stored,
    twirp_refusal,
)
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock
from conftest import private_stack
from support import Project, User

REPOSITORY, OWNER = 100_000, 150_000


@pytest.fixture(scope="module")
def small_stack():
    with private_stack(
        "small", instances=2, settings={"artifacts": {"repository_quota": REPOSITORY, "owner_quota": OWNER}}
    ) as stack:
        yield stack


@pytest.fixture
def small(small_stack, tmp_path) -> Project:
    """A repository of an owner of its own, so that no other test's artifacts count."""
    return Project(small_stack, User(small_stack, fresh("owner")), tmp_path)


@pytest.fixture
def job(small):
    job = Uploader(small)
    yield job
    job.end()


def quota_refusal(answer) -> bool:
    """What makes the toolkit stop, and say why (artifacts.md 3.7)."""
    assert twirp_refusal(answer) == (403, "permission_denied")
    return "insufficient usage" in answer.json["msg"]


def test_nothing_begins_when_all_is_taken(job):
    """At Create and at the announcement; deleting makes room at once."""
    job.upload("all", b"x" * REPOSITORY)
    assert quota_refusal(job.twirp("CreateArtifact", {"name": "more", "version": 4}))
    answer = job.pipelines("POST", body='{"Name":"more"}')
    assert answer.status == 403 and "insufficient usage" in answer.json["message"], "the v3 client knows the status"
    assert str(REPOSITORY) in answer.json["message"] and "artifacts.repository_quota" in answer.json["message"]
    assert job.stack.sql(f"select count(*) from artifact where run_id = {job.run}") == "1"
    assert job.twirp("DeleteArtifact", {"name": "all"}).status == 200
    job.upload("more", b"x")


def test_a_block_too_many_is_refused_before_it_is_read(job):
    name = fresh()
    client = job.blob(url := job.create(name))
    client.stage_block(block_id(0), b"x" * 60_000)
    with pytest.raises(HttpResponseError) as refused:
        client.stage_block(block_id(1), b"y" * 50_000)
    assert (refused.value.status_code, refused.value.error_code) == (403, "QuotaExceeded")
    assert "insufficient usage" in str(refused.value)
    assert azure_refusal(job.put(url, "", b"y" * 50_000, {"x-ms-blob-type": "BlockBlob"})) == (403, "QuotaExceeded")
    assert azure_refusal(job.put(url, "&comp=appendblock", b"y" * 50_000)) == (403, "QuotaExceeded")
    assert len(staged(job.stack, url)) == 1 and stored(job.stack, "spool") == []
    client.stage_block(block_id(1), b"y" * 40_000)
    client.commit_block_list([BlobBlock(block_id(0)), BlobBlock(block_id(1))])
    assert job.finalize(name, b"x" * 60_000 + b"y" * 40_000).status == 200, "exactly all of it"


def test_a_chunk_too_many_is_refused_before_it_is_read(job):
    """v3 says with the first chunk how long the file will be."""
    place = job.announce("files")
    answer = job.chunk(place, "files/f", b"x" * 10, 0, REPOSITORY + 1)
    assert answer.status == 403 and "insufficient usage" in answer.json["message"]
    assert job.chunk(place, "files/g", b"x" * 10, 0, REPOSITORY).status == 200
    assert stored(job.stack, "spool") == []


def test_who_finishes_last_finds_nothing_left(job):
    """Two uploads that fit each alone: the second is refused when it is finished, and stays invisible."""
    urls = {name: job.create(name) for name in ("first", "second")}
    data = {name: name[:1].encode() * 60_000 for name in urls}
    for name, url in urls.items():
        assert job.put(url, "", data[name], {"x-ms-blob-type": "BlockBlob"}).status == 201
    place = job.announce("third")
    assert job.chunk(place, "third/f", b"3" * 60_000).status == 200
    assert job.finalize("first", data["first"]).status == 200
    assert quota_refusal(job.finalize("second", data["second"]))
    answer = job.finish("third")
    assert answer.status == 403 and "insufficient usage" in answer.json["message"]
    assert [a["name"] for a in job.list()] == ["first"] and job.listed() == {}
    assert job.twirp("DeleteArtifact", {"name": "first"}).status == 200
    assert job.finalize("second", data["second"]).status == 200, "there is room now, and the upload was kept"


def test_an_owner_s_repositories_share_a_quota(job, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    other = Uploader(Project(job.stack, job.project.owner, folder))
    job.upload("one", b"1" * 90_000)
    name = fresh()
    url = other.create(name)
    assert azure_refusal(other.put(url, block(0), b"2" * 60_001)) == (403, "QuotaExceeded")
    answer = other.put(url, block(0), b"2" * 60_001)
    assert "artifacts.owner_quota" in answer.text
    assert (
        other.put(url, block(0), b"2" * 60_000).status == other.put(url, "&comp=blocklist", block_list(0)).status == 201
    )
    assert other.finalize(name, b"2" * 60_000).status == 200
    assert quota_refusal(job.twirp("CreateArtifact", {"name": "more", "version": 4})), "the owner has nothing left"
    other.end()


@pytest.mark.parametrize(
    "table, name, key",
    [("account", "owner", "artifacts.owner_quota"), ("repository", "name", "artifacts.repository_quota")],
)
def test_an_account_or_a_repository_has_its_own(job, table, name, key):
    """Tighter and wider than the instance's."""
    whose = job.project.owner.name if table == "account" else job.project.name

    def allow(bytes) -> None:
        job.stack.sql(f"update {table} set artifact_quota_bytes = {bytes} where name = '{whose}'")

    allow(1000)
    url = job.create("own")
    answer = job.put(url, block(0), b"x" * 1001)
    assert azure_refusal(answer) == (403, "QuotaExceeded") and " of 1000 bytes" in answer.text
    assert job.put(url, block(0), b"x" * 1000).status == 201
    allow(0)
    assert quota_refusal(job.twirp("CreateArtifact", {"name": "none", "version": 4}))
    allow(10**12)
    other = "repository" if table == "account" else "account"
    other_name = job.project.name if table == "account" else job.project.owner.name
    job.stack.sql(f"update {other} set artifact_quota_bytes = {10**12} where name = '{other_name}'")
    assert (
        job.put(url, block(0), b"x" * 2 * OWNER).status == job.put(url, "&comp=blocklist", block_list(0)).status == 201
    )
    assert job.finalize("own", b"x" * 2 * OWNER).status == 200


# --- Memory ---

GIGABYTE = 1 << 30
PIECE = 64 * MEGABYTE
# artifacts.md 8, row 55.
GROWTH_MAX_KIB = 64 * 1024


def test_a_gibibyte_takes_no_memory(stack, project):
    """Row 55: up, put together, down. The peak of each instance since it started, against what it had before."""
    job = Uploader(project)
    piece = bytes(PIECE)
    count = GIGABYTE // PIECE
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(piece)
    before = memory(stack)
    client = job.blob(job.create("large"))
    for number in range(count):
        client.stage_block(block_id(number), piece)
    client.commit_block_list([BlobBlock(block_id(number)) for number in range(count)])
    answer = job.finalize("large", b"", size=str(GIGABYTE), hash="sha256:" + digest.hexdigest())
    assert answer.status == 200, answer.text
    got, length = hashlib.sha256(), 0
    with requests.get(job.signed("large"), stream=True, timeout=60) as download:
        assert download.headers["Content-Length"] == str(GIGABYTE)
        for chunk in download.iter_content(MEGABYTE):
            got.update(chunk)
            length += len(chunk)
    assert length == GIGABYTE and got.digest() == digest.digest()
    assert job.twirp("DeleteArtifact", {"name": "large"}).status == 200
    assert memory(stack, "VmHWM") - before < GROWTH_MAX_KIB
    job.end()


def test_a_large_v3_file_and_its_zip_take_no_memory(stack, project):
    """The zip is made while it is sent."""
    job = Uploader(project)
    piece, size = bytes(PIECE), 4 * PIECE
    before = memory(stack)
    place = job.announce("large")
    for start in range(0, size, PIECE):
        assert job.chunk(place, "large/zeros", piece, start, size).status == 200
    assert job.finish("large").status == 200
    (artifact,) = project.rest("/artifacts?name=large").json["artifacts"]
    assert artifact["size_in_bytes"] == size
    address = project.rest(f"/artifacts/{artifact['id']}/zip").headers["Location"]
    with requests.get(address, stream=True, timeout=120) as download:
        assert sum(map(len, download.iter_content(MEGABYTE))) < size
    assert memory(stack, "VmHWM") - before < GROWTH_MAX_KIB
    job.end()
