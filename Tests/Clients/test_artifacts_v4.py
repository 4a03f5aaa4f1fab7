"""Artifacts as upload-artifact and download-artifact v4 to v8 make and fetch them: artifacts.md 3, checklist rows 22 to
58."""

import concurrent.futures
import os

import pytest
import requests
from artifact_support import MEGABYTE, SERVICE, Uploader, block_id, fresh, sha256
from azure.storage.blob import BlobBlock
from support import ask


@pytest.fixture
def job(project):
    job = Uploader(project)
    yield job
    job.runner.finish(job.task)


def test_a_zip_goes_there_and_back(job):
    data = os.urandom(3 * MEGABYTE)
    before = job.list()
    id = job.upload("dist", data)
    assert before == []
    (found,) = job.list()
    assert found == {
        "workflow_run_backend_id": str(job.run),
        "workflow_job_run_backend_id": str(job.job),
        "database_id": str(id),
        "name": "dist",
        "size": str(len(data)),
        "created_at": found["created_at"],
        "digest": sha256(data),
    }
    answer = job.download("dist")
    assert (answer.status_code, answer.content == data) == (200, True)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="dist.zip"'
    assert answer.headers["Content-Length"] == str(len(data)) and "Content-Encoding" not in answer.headers
    assert answer.headers["ETag"] == f'"{sha256(data)[7:]}"'


def test_blocks_in_any_order_at_once_and_again(job):
    """Rows 32, 33, 35."""
    name = fresh()
    parts = [os.urandom(MEGABYTE + n) for n in range(12)]
    client = job.blob(job.create(name))
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda n: client.stage_block(block_id(n), parts[n]), reversed(range(12))))
    client.stage_block(block_id(3), b"first try")
    client.stage_block(block_id(3), parts[3])
    client.stage_block(block_id(99), b"in no list")
    client.commit_block_list([BlobBlock(block_id(n)) for n in range(12)])
    data = b"".join(parts)
    assert job.finalize(name, data).status == 200
    assert job.download(name).content == data


def test_the_sdk_uploads_a_stream_by_itself(job):
    name, data = fresh(), os.urandom(20 * MEGABYTE + 7)
    job.blob(job.create(name)).upload_blob(data, max_concurrency=4, overwrite=True)
    assert job.finalize(name, data).status == 200
    assert job.download(name).content == data


def test_a_single_shot(job):
    """Row 38."""
    name, data = fresh(), b"small enough for one request"
    job.blob(job.create(name), max_single_put_size=MEGABYTE).upload_blob(data, overwrite=True)
    assert job.finalize(name, data).status == 200
    assert job.download(name).content == data


def test_an_empty_file(job):
    """Row 37: archive: false with nothing in it."""
    name = "empty.txt"
    client = job.blob(job.create(name, version=7, mime_type="text/plain"))
    client.commit_block_list([])
    assert job.finalize(name, b"").status == 200
    answer = job.download(name)
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")
    assert job.list(name_filter=name)[0]["digest"] == sha256(b"")


def test_two_that_exist_and_their_filters(job):
    """Row 44."""
    first, second = job.upload("one", b"1"), job.upload("two", b"2")
    assert [a["name"] for a in job.list()] == ["two", "one"], "newest first"
    assert [a["database_id"] for a in job.list(name_filter="one")] == [str(first)]
    assert [a["name"] for a in job.list(id_filter=str(second))] == ["two"]
    assert [a["name"] for a in job.list(id_filter=second, name_filter="two")] == ["two"]
    assert job.list(id_filter=second, name_filter="one") == []
    assert job.list(name_filter="on") == []


def test_what_range_requests_get(job):
    """Row 46."""
    data = os.urandom(100_000)
    job.upload("ranged", data)
    url = job.signed("ranged")
    etag = f'"{sha256(data)[7:]}"'
    part = requests.get(url, headers={"Range": "bytes=10-19"}, timeout=60)
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, data[10:20], "bytes 10-19/100000")
    assert requests.get(url, headers={"Range": "bytes=200000-"}, timeout=60).status_code == 416
    same = requests.get(url, headers={"Range": "bytes=10-19", "If-Range": etag}, timeout=60)
    assert (same.status_code, same.content) == (206, data[10:20])
    other = requests.get(url, headers={"Range": "bytes=10-19", "If-Range": '"other"'}, timeout=60)
    assert (other.status_code, other.content) == (200, data)
    head = requests.head(url, timeout=60)
    assert (head.status_code, head.headers["Content-Length"], head.headers["ETag"], head.content) == (
        200,
        "100000",
        etag,
        b"",
    )
    assert requests.get(url, headers={"If-None-Match": etag}, timeout=60).status_code == 304
    assert head.headers["Accept-Ranges"] == "bytes"


def test_names_of_files_that_are_not_archives(job):
    """Rows 47, 58."""
    name, data = "page é 100%;.html", b"<script>alert(1)</script>"
    job.upload(name, data, version=7, mime_type="text/html; charset=utf-8")
    answer = job.download(name)
    assert answer.content == data and answer.headers["Content-Type"] == "text/html"
    assert (
        answer.headers["Content-Disposition"]
        == "attachment; filename=\"page _ 100__.html\"; filename*=UTF-8''page%20%C3%A9%20100%25%3B.html"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_the_shapes_of_messages(job):
    """Rows 22 to 25."""
    run = str(job.run)
    for body in [
        {"workflowRunBackendId": run, "name": "camel", "version": 4},
        {
            "workflow_run_backend_id": run,
            "name": "snake",
            "version": 4,
            "expires_at": None,
            "mime_type": None,
            "news": {"a": [1]},
        },
        {
            "workflow_run_backend_id": run,
            "workflow_job_run_backend_id": "999999",
            "name": "other",
            "version": 7,
            "mime_type": "application/zip",
        },
    ]:
        answer = ask(
            job.stack,
            "POST",
            f"{SERVICE}/CreateArtifact",
            __import__("json").dumps(body).encode(),
            {"Content-Type": "application/json", **job.bearer},
        )
        assert answer.status == 200 and answer.json["ok"] is True, answer.text
        assert answer.json["signed_upload_url"].startswith(job.stack.url + "/_artifacts/uploads/")


def test_what_is_no_call(job):
    def refusal(method, path, body, type="application/json", headers=None):
        answer = ask(
            job.stack, method, path, body, {"Content-Type": type, **(job.bearer if headers is None else headers)}
        )
        assert answer.type == "application/json" and answer.json["msg"], answer.text
        return answer.status, answer.json["code"]

    assert refusal("POST", f"{SERVICE}/CreateArtifact", b"{}") == (403, "permission_denied")
    assert refusal("POST", f"{SERVICE}/CreateArtifact", b"{") == (400, "malformed")
    assert refusal("POST", f"{SERVICE}/CreateArtifact", b"\xff\xfe", "application/protobuf") == (400, "malformed")
    assert refusal("POST", f"{SERVICE}/Nothing", b"{}") == (404, "bad_route")
    assert refusal("GET", f"{SERVICE}/CreateArtifact", None) == (404, "bad_route")
    assert refusal("POST", "/twirp/other.Service/CreateArtifact", b"{}") == (404, "bad_route")
    assert refusal("POST", f"{SERVICE}/CreateArtifact", b"{}", "text/plain") == (404, "bad_route")
    for method in ("CreateArtifact", "FinalizeArtifact", "ListArtifacts", "GetSignedArtifactURL", "DeleteArtifact"):
        for wrong in ({}, {"Authorization": ""}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer nonsense"}):
            assert refusal("POST", f"{SERVICE}/{method}", b"{}", headers=wrong) == (401, "unauthenticated"), (
                method,
                wrong,
            )
