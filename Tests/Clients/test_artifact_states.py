"""What becomes of an artifact: names that are taken, deletion, reruns, two instances, and who sees it. artifacts.md 3
to 6."""

import asyncio
import concurrent.futures
import hashlib
import json
import os

import artifact_pb as messages
import gitea_api_client as sdk
import pytest
import requests
import runner_pb as pb
from artifact_support import (
    MEGABYTE,
    SERVICE,
    TWO_JOBS,
    Uploader,
    azure_refusal,
    blobs_of,
    block,
    block_list,
    fresh,
    sha256,
    staged,
    twirp_refusal,
)
from conftest import private_stack
from protobuf.wkt import Int64Value, StringValue
from support import Project, User, ask, wait_for

from millrace_stack import fastcgi_ask


@pytest.fixture
def job(project):
    job = Uploader(project)
    yield job
    job.end()


def api(job, method: str, path: str, user="owner"):
    """The REST API below the repository's actions, as somebody or nobody."""
    user = job.project.owner if user == "owner" else user
    headers = {"Authorization": f"token {user.token}"} if user else {}
    return ask(job.stack, method, f"/api/v1/repos/{job.project.path}/actions{path}", headers=headers)


# --- Names that are taken ---


def test_a_name_that_is_finished_is_taken(project):
    """Row 26: by whichever job of the run; a v3 artifact of the same name is another one."""
    first = Uploader(project, TWO_JOBS)
    second = first.beside()
    first.upload("dist", b"first")
    for job in (first, second):
        answer = job.twirp("CreateArtifact", {"name": "dist", "version": 4})
        assert twirp_refusal(answer) == (409, "already_exists")
        assert answer.json["msg"] == "an artifact with this name already exists on the workflow run"
    assert second.download("dist").content == b"first"
    first.upload_files("dist", {"f": b"v3"})
    assert [a["name"] for a in first.list()] == ["dist"] and list(first.listed()) == ["dist"]
    assert first.fetch_files("dist") == {"f": b"v3"} and first.download("dist").content == b"first"
    first.end()
    second.end()


def test_a_name_is_free_from_the_moment_of_expiry(job):
    """Not from the next sweep on: a list does not show it any more, so `overwrite: true` would not delete it first."""
    old = job.upload("dist", b"old")
    job.upload_files("dist", {"f": b"old"})
    job.stack.sql(f"update artifact set expires_at = now() where run_id = {job.run}")
    assert job.list() == [] and job.listed() == {}
    assert twirp_refusal(job.twirp("DeleteArtifact", {"name": "dist"})) == (404, "not_found")
    new = job.upload("dist", b"new")
    job.upload_files("dist", {"g": b"new"})
    assert job.download("dist").content == b"new" and job.fetch_files("dist") == {"g": b"new"}
    assert (
        api(job, "GET", f"/artifacts/{old}").json["expired"] is True
        and api(job, "GET", f"/artifacts/{new}").json["expired"] is False
    )


def test_creating_again_gives_up_what_was_begun(job):
    """Row 27: an upload that was cut off, by the same job."""
    old = job.create("dist")
    assert job.put(old, block(0), b"old bytes").status == 201
    new = job.create("dist")
    assert staged(job.stack, old) == [], "its bytes go at once"
    assert azure_refusal(job.put(old, block(1), b"x")) == (404, "BlobNotFound")
    assert azure_refusal(job.put(old, "&comp=blocklist", block_list(0))) == (404, "BlobNotFound")
    assert job.put(new, "&comp=blocklist", block_list(0)).status == 400, "a block of the first is none of the second"
    assert job.put(new, block(0), b"new").status == job.put(new, "&comp=blocklist", block_list(0)).status == 201
    assert job.finalize("dist", b"new").status == 200
    assert len(job.list()) == 1 and job.download("dist").content == b"new"


def test_what_another_job_has_begun(project):
    """Refused while that job lives; taken over when it is over (artifacts.md 3.2)."""
    first = Uploader(project, TWO_JOBS)
    second = first.beside()
    old = first.create("dist")
    assert first.put(old, block(0), b"first").status == 201
    answer = second.twirp("CreateArtifact", {"name": "dist", "version": 4})
    assert twirp_refusal(answer)[0] == 409 and "pending" in answer.json["msg"]
    assert first.put(old, block(1), b"goes on").status == 201, "the refused one has harmed nothing"
    first.end()
    second.upload("dist", b"second")
    assert staged(project.stack, old) == []
    assert second.download("dist").content == b"second" and len(second.list()) == 1
    second.end()


@pytest.fixture(scope="module")
def replacing(tmp_path_factory):
    """artifacts.same_name: replace."""
    with private_stack("replace", instances=1, settings={"artifacts": {"same_name": "replace"}}) as stack:
        yield Project(stack, User(stack, "ann"), tmp_path_factory.mktemp("replace"))


def test_a_name_may_be_replaced(replacing):
    """The old one is whole and visible until the new one is; then it is gone, both in one moment."""
    job = Uploader(replacing)
    old = job.upload("dist", b"old")
    address = job.signed("dist")
    url = job.create("dist")
    assert job.put(url, block(0), b"newer").status == 201
    assert [(a["database_id"], a["size"]) for a in job.list()] == [(str(old), "3")] and job.download(
        "dist"
    ).content == b"old"
    assert job.put(url, "&comp=blocklist", block_list(0)).status == 201
    assert job.finalize("dist", b"other").status == 400 and job.download("dist").content == b"old", (
        "a failed one replaces nothing"
    )
    answer = job.finalize("dist", b"newer")
    assert answer.status == 200, answer.text
    new = int(answer.json["artifact_id"])
    assert new > old and [a["database_id"] for a in job.list()] == [str(new)]
    assert job.download("dist").content == b"newer"
    assert requests.get(address, timeout=60).status_code == 404, "an address is that of one artifact, not of a name"
    assert job.finalize("dist", b"newer").json == answer.json
    assert [a["id"] for a in api(job, "GET", f"/runs/{job.run}/artifacts").json["artifacts"]] == [new]
    wait_for(lambda: blobs_of(replacing.stack, b"old") == [], "the replaced bytes gone")
    job.end()


# --- Deletion ---


def test_deletion(job):
    """Row 49: out of every list at once; the address that was good is not."""
    id = job.upload("dist", b"bytes")
    address = job.signed("dist")
    answer = job.twirp("DeleteArtifact", {"name": "dist"})
    assert (answer.status, answer.json) == (200, {"ok": True, "artifact_id": str(id)})
    assert job.list() == []
    assert twirp_refusal(job.twirp("GetSignedArtifactURL", {"name": "dist"})) == (404, "not_found")
    assert twirp_refusal(job.twirp("DeleteArtifact", {"name": "dist"})) == (404, "not_found")
    assert requests.get(address, timeout=60).status_code == 404
    assert api(job, "GET", f"/artifacts/{id}").status == api(job, "GET", f"/artifacts/{id}/zip").status == 404
    assert api(job, "GET", "/artifacts").json == {"total_count": 0, "artifacts": []}
    assert api(job, "DELETE", f"/artifacts/{id}").status == 404
    assert twirp_refusal(job.finalize("dist", b"bytes")) == (404, "not_found")
    assert job.upload("dist", b"again") > id


def test_overwrite_twice(job):
    """Row 50: as `overwrite: true` does it, List, Delete, Create."""
    ids = []
    for data in (b"one", b"two", b"three"):
        if job.list(name_filter="dist"):
            assert job.twirp("DeleteArtifact", {"name": "dist"}).status == 200
        ids.append(job.upload("dist", data))
        assert [a["database_id"] for a in job.list()] == [str(ids[-1])] and job.download("dist").content == data
    assert len(set(ids)) == 3


def test_bytes_are_shared_within_an_owner_and_not_beyond(job, stack, stranger, tmp_path):
    """One file for equal bytes of one owner, until the last artifact that has them goes; another owner has a file of
    its own."""
    data = os.urandom(70_000)
    first, second = job.upload("first", data), job.upload("second", data)
    job.upload_files("third", {"of/v3": data})
    assert len(blobs_of(stack, data)) == 1
    theirs = Uploader(Project(stack, stranger, tmp_path))
    theirs.upload("theirs", data)
    assert len(blobs_of(stack, data)) == 2

    def names(artifact) -> str:
        return stack.sql(f"select count(*) from artifact_file where artifact_id = {artifact}")

    assert api(job, "DELETE", f"/artifacts/{first}").status == 204
    wait_for(lambda: names(first) == "0", "the deleted artifact's files let go")
    assert job.download("second").content == data and job.fetch_files("third") == {"of/v3": data}
    assert api(job, "DELETE", f"/artifacts/{second}").status == 204
    (third,) = [a["id"] for a in api(job, "GET", "/artifacts?name=third").json["artifacts"]]
    assert api(job, "DELETE", f"/artifacts/{third}").status == 204
    wait_for(lambda: len(blobs_of(stack, data)) == 1, "the owner's file gone")
    assert theirs.download("theirs").content == data
    digest = hashlib.sha256(data).hexdigest()
    wait_for(
        lambda: stack.sql(f"select count(*) from blob where encode(digest, 'hex') = '{digest}'") == "1", "and its row"
    )
    theirs.end()


def test_bytes_that_rotted_are_told_by_their_digest(job, stack):
    """Row 48: the v8 client compares what came with what the list says."""
    data = os.urandom(10_000)
    job.upload("dist", data)
    (path,) = blobs_of(stack, data)
    with open(path, "r+b") as file:
        file.seek(5000)
        file.write(bytes([data[5000] ^ 1]))
    (listed,) = job.list()
    assert listed["digest"] == sha256(data) != sha256(job.download("dist").content)


# --- Reruns ---


def test_a_rerun_finds_what_was_made_before(project):
    """Row 57: artifacts of jobs that passed; the newest attempt's of each name."""
    first = Uploader(project, TWO_JOBS)
    second = first.beside()
    kept = first.upload("kept", b"of the first attempt")
    old = second.upload("retried", b"old")
    address = second.signed("retried")
    first.end()
    second.end(result=pb.Result.FAILURE)
    assert api(first, "POST", f"/runs/{first.run}/rerun-failed-jobs").status == 201
    again = second
    again.take()
    assert again.run == first.run
    assert {a["name"]: a["database_id"] for a in again.list()} == {"kept": str(kept), "retried": str(old)}
    assert again.download("kept").content == b"of the first attempt"
    assert again.download("retried").content == b"old", "until the new attempt has one"
    new = again.upload("retried", b"new")
    assert [a["database_id"] for a in again.list(name_filter="retried")] == [str(new)]
    assert again.download("retried").content == b"new"
    assert requests.get(address, timeout=60).content == b"old", "an address is that of one artifact"
    answer = again.twirp("DeleteArtifact", {"name": "retried"})
    assert (answer.status, answer.json["artifact_id"]) == (200, str(new))
    assert [a["name"] for a in again.list()] == ["kept"], "the old one does not come back"
    again.end()


# --- Two instances ---


def test_blocks_to_one_instance_and_the_list_to_the_other(whole_stack, job):
    """Row 56: one of two runs at any time, each step asks the other one."""
    one, two = "millrace-1", "millrace-2"
    url = job.create("dist")
    whole_stack.stop_one(one)
    assert job.put(url, block(0), b"by two, ").status == 201
    whole_stack.start_one(one)
    whole_stack.stop_one(two)
    assert job.put(url, block(1), b"by one").status == 201
    whole_stack.start_one(two)
    whole_stack.stop_one(one)
    assert job.put(url, "&comp=blocklist", block_list(0, 1)).status == 201
    whole_stack.start_one(one)
    whole_stack.stop_one(two)
    assert job.finalize("dist", b"by two, by one").status == 200
    whole_stack.start_one(two)
    whole_stack.stop_one(one)
    assert job.download("dist").content == b"by two, by one"


def finalize_on(job, instance: int, name: str, data: bytes) -> "tuple[int, dict]":
    body = {"workflow_run_backend_id": str(job.run), "name": name, "size": str(len(data)), "hash": sha256(data)}
    status, _, answer = fastcgi_ask(
        str(job.stack.sockets / f"poll-{instance}.sock"),
        f"{SERVICE}/FinalizeArtifact",
        "POST",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", **job.bearer},
        timeout=60,
    )
    return status, json.loads(answer)


def test_two_finish_at_once(stack, job):
    """Row 42: on two instances, through their own sockets."""
    name, data = fresh(), os.urandom(MEGABYTE) * 90
    assert job.put(job.create(name), "", data, {"x-ms-blob-type": "BlockBlob"}).status == 201
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: finalize_on(job, 1 + n % 2, name, data), range(4)))
    assert [status for status, _ in answers] == [200] * 4 and len({said["artifact_id"] for _, said in answers}) == 1, (
        answers
    )
    assert stack.sql(f"select assembly, status from artifact where id = {answers[0][1]['artifact_id']}") == "1|2", (
        "one merged, once"
    )
    assert len(blobs_of(stack, data)) == 1
    assert job.list(name_filter=name)[0]["digest"] == sha256(data)


def test_one_that_died_while_finishing_is_followed(stack, job):
    """Its turn ends when it gives no sign of life; until then nobody else begins."""
    name = fresh()
    assert job.put(job.create(name), "", b"data", {"x-ms-blob-type": "BlockBlob"}).status == 201
    stack.sql(
        "update artifact set assembly = assembly + 1, assembly_until = now() + interval '2 seconds' "
        f"where run_id = {job.run} and name = '{name}'"
    )
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: finalize_on(job, 1, name, b"data"))
        assert job.list() == []
        status, said = waiting.result()
    assert status == 200 and job.download(name).content == b"data"
    assert stack.sql(f"select assembly from artifact where id = {said['artifact_id']}") == "2"


# --- Protobuf ---


def test_the_five_methods_in_protobuf(job):
    """What twirp's own clients send; bytes of a client that nobody here wrote."""
    run = {"workflow_run_backend_id": str(job.run), "workflow_job_run_backend_id": str(job.job)}
    data, name = b"by protobuf", "dist"

    def call(method: str, message, answers):
        answer = ask(
            job.stack,
            "POST",
            f"{SERVICE}/{method}",
            message.to_binary(),
            {"Content-Type": "application/protobuf", **job.bearer},
        )
        assert (answer.status, answer.type) == (200, "application/protobuf"), answer.text
        return answers.from_binary(answer.body)

    created = call(
        "CreateArtifact",
        messages.CreateArtifactRequest(**run, name=name, version=7, mime_type=StringValue(value="text/plain")),
        messages.CreateArtifactResponse,
    )
    assert created.ok
    assert job.put(created.signed_upload_url, "", data, {"x-ms-blob-type": "BlockBlob"}).status == 201
    finished = call(
        "FinalizeArtifact",
        messages.FinalizeArtifactRequest(**run, name=name, size=len(data), hash=StringValue(value=sha256(data))),
        messages.FinalizeArtifactResponse,
    )
    assert finished.ok
    listed = call(
        "ListArtifacts",
        messages.ListArtifactsRequest(
            **run, name_filter=StringValue(value=name), id_filter=Int64Value(value=finished.artifact_id)
        ),
        messages.ListArtifactsResponse,
    )
    (found,) = listed.artifacts
    assert (found.database_id, found.name, found.size, found.digest.value) == (
        finished.artifact_id,
        name,
        len(data),
        sha256(data),
    )
    assert found.created_at.seconds > 1_700_000_000
    signed = call(
        "GetSignedArtifactURL",
        messages.GetSignedArtifactURLRequest(**run, name=name),
        messages.GetSignedArtifactURLResponse,
    )
    answer = requests.get(signed.signed_url, timeout=60)
    assert answer.content == data and answer.headers["Content-Type"] == "text/plain"
    deleted = call("DeleteArtifact", messages.DeleteArtifactRequest(**run, name=name), messages.DeleteArtifactResponse)
    assert deleted.ok and deleted.artifact_id == finished.artifact_id and job.list() == []


# --- For people and their tools ---


def test_rest_as_the_sdk_reads_it(job, project):
    """Row 45, rest.md 10: Gitea's SDK, and the digest that it does not know."""
    ids = [job.upload(f"artifact-{n}", b"x" * n) for n in range(5)]
    other = Uploader(project)
    other.upload("artifact-0", b"of another run")
    owner, repo = project.path.split("/")

    async def everything():
        configuration = sdk.Configuration(
            host=f"{job.stack.url}/api/v1", api_key={"AuthorizationHeaderToken": f"token {project.owner.token}"}
        )
        async with sdk.ApiClient(configuration) as link:
            client = sdk.RepositoryApi(link)
            page = await client.get_artifacts(owner, repo)
            assert page.total_count == 6 and len(page.artifacts) == 6
            page = await client.get_artifacts_of_run(owner, repo, job.run)
            assert [a.id for a in page.artifacts] == ids and page.total_count == 5
            named = (await client.get_artifacts(owner, repo, name="artifact-0")).artifacts
            assert [a.workflow_run.id for a in named] == [job.run, other.run]
            one = await client.get_artifact(owner, repo, str(ids[3]))
            assert (one.id, one.name, one.size_in_bytes, one.expired) == (ids[3], "artifact-3", 3, False)
            assert 89 <= (one.expires_at - one.created_at).days <= 90
            await client.delete_artifact(owner, repo, str(ids[2]))
            with pytest.raises(sdk.exceptions.NotFoundException):
                await client.get_artifact(owner, repo, str(ids[2]))

    asyncio.run(everything())
    raw = api(job, "GET", f"/runs/{job.run}/artifacts?per_page=100&name=artifact-3").json["artifacts"]
    assert [a["digest"] for a in raw] == [sha256(b"xxx")] and api(job, "GET", f"/artifacts/{ids[3]}").json == raw[0]
    answer = requests.get(
        f"{job.stack.url}/api/v1/repos/{project.path}/actions/artifacts/{ids[3]}/zip",
        headers={"Authorization": f"token {project.owner.token}"},
        allow_redirects=False,
        timeout=60,
    )
    assert answer.status_code == 302 and requests.get(answer.headers["Location"], timeout=60).content == b"xxx"
    assert [a["name"] for a in job.list()] == [f"artifact-{n}" for n in (4, 3, 1, 0)]
    other.end()


def test_pages_as_the_toolkit_counts_them(job):
    """per_page=100&page=n until total_count is reached: a shorter page than asked for would lose artifacts."""
    job.upload("first", b"x")
    job.stack.sql(
        "insert into artifact (repository_id, owner_id, run_id, attempt, protocol, name, file_name, mime_type, status,"
        " expires_at, uploaded_at) select repository_id, owner_id, run_id, attempt, 4, 'made-' || n, 'f',"
        " 'application/zip', 2, expires_at, uploaded_at from artifact, generate_series(1, 149) n where run_id ="
        f" {job.run}"
    )
    pages = [api(job, "GET", f"/runs/{job.run}/artifacts?per_page=100&page={page}").json for page in (1, 2, 3)]
    assert [len(page["artifacts"]) for page in pages] == [100, 50, 0] and {page["total_count"] for page in pages} == {
        150
    }
    assert len({a["id"] for page in pages for a in page["artifacts"]}) == 150
    assert len(job.list()) == 150
    # They have no files, which `verify` would rightly find.
    job.stack.sql(f"delete from artifact where run_id = {job.run} and name like 'made-%'")


def test_who_sees_artifacts(job, private_project, stranger):
    """Public: everybody reads, who may write deletes. Private: nobody else learns that they are there."""
    id = job.upload("dist", b"bytes")
    for user in (None, stranger, "owner"):
        assert api(job, "GET", f"/artifacts/{id}", user).status == 200
        assert api(job, "GET", f"/artifacts/{id}/zip", user).status == 302
    assert [api(job, "DELETE", f"/artifacts/{id}", user).status for user in (None, stranger)] == [401, 403]
    assert job.download("dist").content == b"bytes"
    secret = Uploader(private_project)
    hidden = secret.upload("dist", b"secret")
    page = f"/{private_project.path}/actions/runs/{secret.run}/artifacts/{hidden}"
    for user in (None, stranger):
        for method, path in [
            ("GET", "/artifacts"),
            ("GET", f"/runs/{secret.run}/artifacts"),
            ("GET", f"/artifacts/{hidden}"),
            ("GET", f"/artifacts/{hidden}/zip"),
            ("DELETE", f"/artifacts/{hidden}"),
            ("GET", "/artifacts/999999"),
        ]:
            assert api(secret, method, path, user).status == 404, (user, method, path)
        assert api(job, "GET", f"/artifacts/{hidden}", user).status == 404, "below a repository that one may read"
        nowhere = page.replace(private_project.name, "nowhere")
        seen = [ask(job.stack, "GET", path, login=user and user.login).status for path in (page, nowhere)]
        assert seen == ([404, 404] if user else [401, 401]), "a browser is asked who it is, wherever it is not told"
    assert api(job, "GET", f"/artifacts/{hidden}/zip").status == 404, "below another repository of the owner"
    assert secret.download("dist").content == b"secret", "a signed address needs nothing else"
    assert api(secret, "DELETE", f"/artifacts/{hidden}").status == 204 and secret.list() == []
    secret.end()


def test_pages_of_artifacts(job, stranger):
    """The address that upload-artifact prints (artifacts.md 4), and the list on the run's page."""
    data = os.urandom(2048)
    id = job.upload("dist & more", data)
    other = job.upload("other", b"x")
    run = job.run
    base = f"/{job.project.path}/actions/runs"
    answer = ask(job.stack, "GET", f"{base}/{job.run}/artifacts/{id}")
    assert (answer.status, answer.body) == (200, data)
    assert (
        answer.headers["Content-Disposition"]
        == "attachment; filename=\"dist _ more.zip\"; filename*=UTF-8''dist%20%26%20more.zip"
    )
    assert ask(job.stack, "GET", f"{base}/{int(job.run) + 10**6}/artifacts/{id}").status == 404
    assert ask(job.stack, "GET", f"{base}/{job.run}/artifacts/{id + 10**6}").status == 404
    page = ask(job.stack, "GET", f"{base}/{run}").text
    assert (
        f'<a href="{base}/{job.run}/artifacts/{id}">dist &amp; more</a>' in page
        and "2.0 KiB" in page
        and sha256(data) in page
    )
    assert f"/artifacts/{other}" in page
