"""Calls that are nearly right: runner RPCs, Twirp, REST and pages, by protobuf and JSON, through nginx."""

import http.client
import json
import re
import socket
from pathlib import Path

import pytest
import runner_pb as pb
from abuse_support import TEXTS, abused, abused_stack, abuser, generator, job, mutated, until_over  # noqa: F401
from artifact_support import PIPELINES
from artifact_support import SERVICE as TWIRP
from protobuf.wkt import Timestamp
from support import SERVICE, ask

# "Cannot be had right now" is an answer to what asks for too much; a fault is not.
MAY_BE = {501, 503}
ROUTES = Path(__file__).parent.parent / "ServerTests/routes.txt"


def send(stack, method: str, path: str, body: bytes = b"", headers=None) -> "int | None":
    """The status; nil when nginx gave up on what was sent."""
    try:
        return ask(stack, method, path, body, headers, timeout=60).status
    except (http.client.HTTPException, ValueError, ConnectionError):
        return None


def assert_no_fault(status: "int | None", *what) -> None:
    assert status is None or status < 500 or status in MAY_BE, (status, *what)


def messages(job) -> "dict[str, object]":
    task = job.task
    stamp = Timestamp(seconds=1_700_000_000, nanos=5)
    return {
        "Register": pb.RegisterRequest(
            name="a", token="t" * 40, version="1", labels=["x", "y"], capabilities=["cancelling"]
        ),
        "Declare": pb.DeclareRequest(version="1", labels=["ubuntu-latest", "b"], capabilities=["cancelling"]),
        "UpdateTask": pb.UpdateTaskRequest(
            state=pb.TaskState(
                id=task.id, started_at=stamp, steps=[pb.StepState(id=0, log_index=0, log_length=1, started_at=stamp)]
            ),
            outputs={"key": "value", "other": "x" * 100},
        ),
        "UpdateLog": pb.UpdateLogRequest(
            task_id=task.id, index=1, rows=[pb.LogRow(time=stamp, content=f"line {n}") for n in range(5)]
        ),
        "FetchSingleTask": pb.FetchSingleTaskRequest(tasks_version=1, handle="0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b"),
    }


@pytest.mark.parametrize("codec", ["proto", "json"])
def test_mutated_rpcs(abused, job, codec):
    random = generator(f"rpcs {codec}")
    calls = list(messages(job).items())
    for _ in until_over():
        name, message = random.choice(calls)
        body = message.to_binary() if codec == "proto" else message.to_json().encode()
        headers = {"Content-Type": f"application/{codec}", **job.runner.headers}
        if random.random() < 0.2:
            headers[
                random.choice(
                    ["Content-Encoding", "Connect-Timeout-Ms", "Connect-Protocol-Version", "x-runner-request-key"]
                )
            ] = random.choice(["gzip", "br", "-1", "99999999999999999999", "a" * 300, "\x01"])
        body = mutated(body, random)
        assert_no_fault(
            send(abused, "POST", f"/api/actions/{SERVICE}/{name}", body, headers), name, headers, body[:500]
        )


@pytest.mark.parametrize("codec", ["protobuf", "json"])
def test_mutated_twirp(abused, job, codec):
    random = generator(f"twirp {codec}")
    ids = {"workflow_run_backend_id": str(job.run), "workflow_job_run_backend_id": str(job.job)}
    bodies = {
        "CreateArtifact": {**ids, "name": "more", "version": 4, "expires_at": "2030-01-01T00:00:00Z"},
        "FinalizeArtifact": {**ids, "name": "more", "size": "5", "hash": "sha256:" + "0" * 64},
        "ListArtifacts": {**ids, "name_filter": "dist", "id_filter": "1"},
        "GetSignedArtifactURL": {**ids, "name": "dist"},
        "DeleteArtifact": {**ids, "name": "nothing"},
    }
    for _ in until_over():
        name, message = random.choice(list(bodies.items()))
        if random.random() < 0.5:
            message = {**message, random.choice(list(message)): random.choice(TEXTS)}
        # As protobuf: strings of fields 1 to 4, which is what these messages begin with.
        body = (
            json.dumps(message).encode()
            if codec == "json"
            else b"".join(
                bytes([number << 3 | 2, min(len(text), 127)]) + text[:127]
                for number, text in enumerate([str(value).encode() for value in message.values()], 1)
            )
        )
        body = mutated(body, random)
        status = send(abused, "POST", f"{TWIRP}/{name}", body, {"Content-Type": f"application/{codec}", **job.bearer})
        assert_no_fault(status, name, body[:500])


def routes() -> "list[tuple[str, str]]":
    """As the sources declare them, so that a new one is tried too."""
    found = []
    for line in ROUTES.read_text().splitlines():
        if line.startswith("#"):
            continue
        method, path = line.split(" | ")[0].split()
        found.append(("POST" if method == "*" else method, path))
    return found


def test_mutated_addresses(abused, job):
    """Every declared route with odd values in its path, odd queries and bodies, by everybody from nobody to an
    administrator."""
    random = generator("addresses")
    known = routes()
    assert len(known) > 30, "the routes could not be read from the sources"
    sound = {
        "owner": job.project.owner.name,
        "repo": job.project.name,
        "run": str(job.run),
        "job": str(job.job),
        "number": "1",
        "runner": "1",
        "artifact": "1",
        "org": "nobody",
        "step": "0",
    }
    callers = [
        {},
        {"Authorization": f"token {job.project.owner.token}"},
        job.bearer,
        {"Authorization": "Basic ///"},
        {"Authorization": f"token {'0' * 40}"},
    ]
    for _ in until_over():
        method, path = random.choice(known)

        def value(match) -> str:
            text = sound.get(match[1], "1") if random.random() < 0.6 else random.choice(TEXTS)[:2000]
            return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))

        path = re.sub(r"\{(\w+)\}", value, path)
        if random.random() < 0.6:
            names = [
                "page",
                "limit",
                "status",
                "event",
                "branch",
                "actor",
                "head_sha",
                "from",
                "lines",
                "tail",
                "service",
                "path",
                "itemPath",
                "name",
            ]
            pairs = [(random.choice(names), random.choice(TEXTS)[:500]) for _ in range(random.choice([1, 2, 40]))]
            path += "?" + "&".join(
                f"{key}=" + "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
                for key, text in pairs
            )
        body = (
            mutated(b'{"name":"a","ids":[1,2],"labels":["x"]}', random) if method in ("POST", "PUT", "PATCH") else b""
        )
        # Nothing that lasts is done to the job itself: it goes on being used.
        if any(word in path for word in ("cancel", "rerun")) or method == "DELETE":
            path = path.replace(str(job.run), "999999").replace(str(job.job), "999999")
        assert_no_fault(
            send(abused, method, path, body, {"Content-Type": "application/json", **random.choice(callers)}),
            method,
            path,
            body,
        )


def test_mutated_uploads(abused, job):
    random = generator("uploads")
    url = job.create("mutated").removeprefix(abused.url)
    for _ in until_over():
        query = random.choice(
            ["&comp=block&blockid=QUFB", "&comp=blocklist", "&comp=appendblock", "", "&comp=block&blockid=", "&comp=x"]
        )
        headers = {
            "Content-Range": random.choice(["bytes 0-4/5", "bytes 5-4/5", f"bytes 0-{2**63}/{2**64}", "bytes */*"]),
            "x-ms-blob-type": random.choice(["BlockBlob", "AppendBlob", "?"]),
        }
        assert_no_fault(
            send(
                abused,
                "PUT",
                (
                    mutated((url + query).encode(), random)
                    .decode("latin-1")
                    .replace(" ", "")
                    .replace("\r", "")
                    .replace("\n", "")[:8000]
                    if random.random() < 0.3
                    else url + query
                ),
                mutated(b"<BlockList><Latest>QUFB</Latest></BlockList>", random),
                headers,
            ),
            query,
        )
        place = f"{PIPELINES}/{job.run}/artifacts/x/upload?itemPath=" + random.choice(
            ["x%2Ff", "x%2F..%2Ff", "%00", "x"]
        )
        assert_no_fault(
            send(abused, "PUT", place, mutated(b"12345", random), {**headers, **job.bearer}), place, headers
        )


def test_broken_http(abused):
    """What is no request at all, on connections that stay."""
    random = generator("http")
    sound = (
        b"POST /api/actions/runner.v1.RunnerService/UpdateLog HTTP/1.1\r\nHost: x\r\nContent-Type:"
        b" application/proto\r\nContent-Length: 4\r\n\r\nabcd"
    )
    links = []
    for _ in until_over():
        try:
            link = socket.create_connection(("127.0.0.1", abused.port), timeout=5)
            link.sendall(mutated(sound, random))
            links.append(link)
        except OSError:
            pass
        while len(links) > 100:
            links.pop(0).close()
    for link in links:
        link.close()
