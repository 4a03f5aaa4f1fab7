"""How the body of an upload gets to the disk (docs/adr/0013): nginx asks before it reads, stores, and tells
Millrace."""

import contextlib
import http.client
import json
import os
import re
import socket
import stat
import time
import xml.etree.ElementTree as XML

import pytest
from conftest import private_stack
from support import Answer, Project, User, ask, numbers, wait_for
from test_tokens import Job

SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService"
MEGABYTE = 1 << 20
# Above client_max_body_size of uploads; the limits themselves are compared by TidyTests.
TOO_LARGE = 102 * MEGABYTE


class Lane(Job):
    """A running job that uploads, and what lies on the disk meanwhile."""

    def twirp(self, method: str, message: dict) -> Answer:
        message = {"workflow_run_backend_id": str(self.run), "workflow_job_run_backend_id": str(self.job), **message}
        return ask(
            self.stack,
            "POST",
            f"{SERVICE}/{method}",
            json.dumps(message).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )

    def address(self) -> str:
        """The signed address of a new upload, without the origin."""
        answer = self.twirp("CreateArtifact", {"name": f"lane{next(numbers)}", "version": 4})
        assert answer.status == 200, answer.text
        return answer.json["signed_upload_url"].removeprefix(self.stack.url)

    def chunks(self) -> str:
        """Where v3 chunks go to."""
        base = f"/api/actions_pipeline/_apis/pipelines/workflows/{self.run}/artifacts"
        answer = ask(self.stack, "POST", base, b'{"Type":"actions_storage","Name":"v3"}', self.bearer)
        assert answer.status == 200, answer.text
        return answer.json["fileContainerResourceUrl"].removeprefix(self.stack.url)

    @property
    def bearer(self) -> dict:
        return {"Authorization": f"Bearer {self.token}"}

    def put(self, address: str, body=b"", headers=None) -> Answer:
        return ask(self.stack, "PUT", address, body, headers)

    def spooled(self) -> list:
        return spooled(self.stack)

    def staged(self, address: str) -> list:
        upload = re.match(r"/_artifacts/uploads/(\d+)", address)[1]
        return sorted((self.stack.storage / "staging" / upload).glob("*"))


def spooled(stack) -> list:
    """Bodies of uploads that nginx holds, whole or in part."""
    return [path for path in (stack.storage / "spool").rglob("*") if path.is_file()]


def forged(address: str) -> str:
    """Another bit of the signature."""
    return re.sub(r"(sig=)(.)", lambda m: m[1] + ("A" if m[2] != "A" else "B"), address)


def block(address: str) -> str:
    return f"{address}&comp=block&blockid=b25l"


def azure_code(answer: Answer) -> str:
    assert answer.type == "application/xml" and answer.headers.get_all("Content-Type") == ["application/xml"], (
        answer.text
    )
    code = XML.fromstring(answer.body).findtext("Code")
    assert answer.headers["x-ms-error-code"] == code
    return code


@contextlib.contextmanager
def raw(port: int, head: str, headers: "dict | None" = None, body: bytes = b""):
    """A request of which only so much is sent; its connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        lines = [
            f"{head} HTTP/1.1",
            "Host: localhost",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        link.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        yield link


def answer_of(link) -> Answer:
    """The final answer; http.client skips 100 by itself."""
    response = http.client.HTTPResponse(link, method="PUT")
    response.begin()
    return Answer(response)


@pytest.fixture(scope="session")
def lane_project(stack, ann, tmp_path_factory) -> Project:
    return Project(stack, ann, tmp_path_factory.mktemp("lane"))


@pytest.fixture(scope="session")
def lane(lane_project):
    job = Lane(lane_project)
    yield job
    job.runner.finish(job.task)


# --- Refused before it is read ---

BODY = os.urandom(MEGABYTE) * 50


def as_chunks():
    for at in range(0, len(BODY), MEGABYTE):
        yield BODY[at : at + MEGABYTE]


@pytest.mark.parametrize(
    "body, headers",
    [
        (BODY, {}),
        (as_chunks, {}),
        (BODY, {"Expect": "100-continue"}),
        (b"x", {}),
        (b"", {}),
    ],
    ids=["50 MiB", "chunked", "expect", "a byte", "nothing"],
)
def test_a_refused_body_leaves_nothing(lane, body, headers):
    body = body() if callable(body) else body
    answer = lane.put(block(forged(lane.address())), body, headers)
    assert (answer.status, azure_code(answer)) == (403, "AuthenticationFailed")
    assert lane.spooled() == []


@pytest.mark.parametrize("headers", [{}, {"Expect": "100-continue"}], ids=["", "expect"])
def test_a_refusal_comes_before_the_body(lane, headers):
    with raw(lane.stack.port, f"PUT {forged(lane.address())}", {"Content-Length": 50 * MEGABYTE, **headers}) as link:
        answer = answer_of(link)
    assert (answer.status, azure_code(answer)) == (403, "AuthenticationFailed")
    assert lane.spooled() == []


def test_a_refused_chunk_of_v3_leaves_nothing(lane):
    address = f"{lane.chunks()}?itemPath=v3/file"
    chunk = {"Content-Range": "bytes 0-7/8"}
    for status, authorization, more in [
        (401, {}, {}),
        (401, {"Authorization": "Bearer nonsense"}, {}),
        (400, lane.bearer, {"Content-Range": "bytes 0-8/9"}),
        (400, lane.bearer, {"Content-Range": "all"}),
    ]:
        answer = lane.put(address, b"12345678", {**chunk, **authorization, **more})
        assert (answer.status, answer.type) == (status, "application/json"), answer.text
        assert answer.json["message"] and lane.spooled() == []
    answer = lane.put(address, b"12345678", {**chunk, **lane.bearer})
    assert answer.status == 200 and answer.json == {"message": "success"} and lane.spooled() == []


def test_a_refusal_that_quotes_much_arrives_whole(lane):
    """It comes as a header of the check's answer, which nginx reads into one buffer."""
    answer = lane.put(f"{lane.address()}&comp={'%26' * 2000}", b"x")
    assert (answer.status, azure_code(answer)) == (400, "InvalidQueryParameterValue")
    assert "&amp;" * 2000 in answer.text


def test_a_body_that_is_too_large_is_refused_by_nginx(lane):
    def announced(method, address, length, **headers):
        with raw(lane.stack.port, f"{method} {address}", {"Content-Length": length, **headers}) as link:
            return answer_of(link)

    answer = announced("PUT", block(lane.address()), TOO_LARGE)
    assert (answer.status, azure_code(answer)) == (413, "RequestBodyTooLarge")
    answer = announced("PUT", f"{lane.chunks()}?itemPath=v3/file", TOO_LARGE)
    assert (answer.status, answer.type) == (413, "application/json") and answer.json["message"]
    for method in ("CreateArtifact", "FinalizeArtifact"):
        answer = announced("POST", f"{SERVICE}/{method}", 2 * MEGABYTE)
        # Final for the toolkit, where 429 and 413 would be repeated.
        assert (answer.status, answer.type, answer.json["code"]) == (400, "application/json", "invalid_argument")
    with raw(lane.stack.port, f"PUT {block(lane.address())}", {"Transfer-Encoding": "chunked"}) as link:
        piece = b"100000\r\n" + bytes(MEGABYTE) + b"\r\n"
        with contextlib.suppress(ConnectionError):  # refused while it is being sent
            for _ in range(TOO_LARGE // MEGABYTE):
                link.sendall(piece)
        answer = answer_of(link)
    assert (answer.status, azure_code(answer)) == (413, "RequestBodyTooLarge")
    wait_for(lambda: lane.spooled() == [], "the part that had come to be gone")


def test_other_methods_on_an_upload_address(lane):
    address, chunks = lane.address(), lane.chunks()
    for method in ("GET", "HEAD", "POST", "DELETE"):
        assert ask(lane.stack, method, address).status == 403
        assert ask(lane.stack, method, chunks, headers=lane.bearer).status == 405


# --- Stored ---


def test_a_body_is_stored_for_millrace_and_for_nobody_else(lane):
    address = block(lane.address())
    # A body's own time, and what a client might think that the inner server hears of it.
    answer = lane.put(
        address,
        BODY,
        {
            "Date": "Tue, 15 Nov 2033 08:12:31 GMT",
            "Content-Range": "bytes 0-1/2",
            "MILLRACE_SPOOLED": "0" * 32,
            "Millrace-Spooled": "0" * 32,
            "X-Accel-Redirect": "/_blob/",
            "X-Millrace-Content-Range": "bytes 5-6/7",
        },
    )
    assert (answer.status, answer.body) == (201, b""), answer.text
    assert lane.spooled() == []
    [file] = lane.staged(address)
    assert file.read_bytes() == BODY
    facts = file.stat()
    assert stat.S_IMODE(facts.st_mode) == 0o660 and facts.st_mtime < time.time() + 60
    user, web = lane.stack.user, lane.stack.web
    if user:
        assert (facts.st_uid, facts.st_gid) == (web.pw_uid, user.pw_gid) and web.pw_uid != user.pw_uid
    for path in (lane.stack.storage / "spool", lane.stack.storage / "spool/tmp", lane.stack.storage, file.parent):
        assert path.stat().st_mode & stat.S_IRWXO == 0, f"{path} is open to everybody"


def test_a_body_without_a_length(lane):
    whole = lane.address()
    assert lane.put(whole, iter([b"all ", b"of it"])).status == 201
    [file] = lane.staged(whole)
    assert file.read_bytes() == b"all of it"
    with raw(lane.stack.port, f"PUT {whole}", {"Connection": "close"}) as link:
        assert answer_of(link).status == 411
    assert lane.put(whole, b"", {"Content-Length": "0"}).status == 201
    assert [path.read_bytes() for path in lane.staged(whole)] == [b""]


def test_a_client_that_breaks_off_leaves_nothing(lane):
    address = block(lane.address())
    with raw(lane.stack.port, f"PUT {address}", {"Content-Length": len(BODY)}, BODY[: 5 * MEGABYTE]):
        wait_for(lambda: sum(path.stat().st_size for path in lane.spooled()) > MEGABYTE, "a part of the body on disk")
    wait_for(lambda: lane.spooled() == [], "the part to be gone")
    assert lane.staged(address) == []


# --- The inner server ---


def direct(job: Lane, method: str, path: str, body=b"x", **headers) -> Answer:
    link = http.client.HTTPConnection("127.0.0.1", job.stack.spool_port, timeout=60)
    with contextlib.closing(link):
        link.request(method, path, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()})
        return Answer(link.getresponse())


def test_nobody_is_trusted_for_knowing_the_inner_port(lane):
    name, good = "0123456789abcdef" * 2, block(lane.address())
    for asked in (
        {},
        {"X_Millrace_Original_Uri": ""},
        {"X_Millrace_Original_Uri": forged(good)},
        {"X_Millrace_Original_Uri": "/"},
        {"X_Millrace_Original_Uri": good.replace("uploads", "downloads")},
    ):
        answer = direct(lane, "PUT", f"/{name}", **asked)
        assert 400 <= answer.status <= 503 and answer.status != 500, answer.text
        assert len(answer.headers.get_all("Content-Type", [])) < 2
        assert "X-Accel-Redirect" not in answer.headers or answer.headers["X-Accel-Redirect"] == "@millrace_not_stored"
        assert lane.spooled() == []
    for path in (
        "/",
        "/x",
        "/tmp/x",
        f"/{name}/",
        f"/{name}0",
        f"/{name[:-1]}",
        f"/{name.upper()}",
        f"/tmp/{name}",
        f"/%2e%2e/{name}",
        f"/..%2f{name}",
        f"//{name}/x",
        "/_check/upload",
        "/../blobs/x",
    ):
        assert direct(lane, "PUT", path, X_Millrace_Original_Uri=good).status in (400, 404), path
    assert lane.spooled() == []
    # What is stored past Millrace is nobody's: it cannot be fetched or removed here, nor claimed by a later request.
    assert direct(lane, "PUT", f"/{name}", b"stray", X_Millrace_Original_Uri=good).status == 201
    [stray] = lane.spooled()
    try:
        for method in ("GET", "HEAD", "DELETE", "MOVE", "COPY", "MKCOL", "POST", "PROPFIND"):
            assert direct(lane, method, f"/{name}", None, Destination="/" + "f" * 32).status == 405, method
        assert lane.put(good, b"mine", {"Millrace-Spooled": name, "X-Request-Id": name}).status == 201
        assert [path.read_bytes() for path in lane.staged(good)] == [b"mine"]
        assert stray.read_bytes() == b"stray" and lane.spooled() == [stray]
    finally:
        stray.unlink()


def test_internal_addresses_are_not_for_clients(lane):
    for path in ("/_check/upload", "/_blob/", "/_blob/ab/x", "/_blob_gzip/ab/x", "/_log/1/1-1.log", "/_auth/git"):
        for method in ("GET", "PUT", "POST"):
            answer = ask(
                lane.stack,
                method,
                path,
                b"x" if method != "GET" else None,
                {"X-Millrace-Original-Uri": lane.address(), "MILLRACE_ORIGINAL_URI": lane.address()},
            )
            assert answer.status in (404, 405), f"{method} {path}: {answer.status}"
    forged_address = forged(lane.address())
    answer = lane.put(forged_address, b"x", {"X-Millrace-Original-Uri": lane.address()})
    assert (answer.status, azure_code(answer)) == (403, "AuthenticationFailed"), "nginx says what is asked about"


def test_another_spelling_of_an_address_goes_the_same_way(lane):
    """nginx chooses the location by the decoded path, Millrace reads the path as it was sent."""
    address = block(lane.address())
    for other in (
        address.replace("/_artifacts", "/%5Fartifacts"),
        address.replace("/_artifacts", "//_artifacts"),
        address.replace("/_artifacts", "/x/../_artifacts"),
        address.replace("/uploads", "/./uploads"),
    ):
        answer = lane.put(other, b"x")
        assert answer.status in (201, 400, 403, 404) and lane.spooled() == [], f"{other}: {answer.status}"
    for other in (
        f"{SERVICE}/Finalize%41rtifact",
        f"/{SERVICE}/FinalizeArtifact",
        f"/x/..{SERVICE}/FinalizeArtifact",
        f"/api/actions_pipeline/_apis/pipelines/workflows//{lane.run}/artifacts",
    ):
        answer = ask(lane.stack, "POST", other, b"{}", {"Content-Type": "application/json", **lane.bearer})
        assert answer.status in (400, 403, 404), f"{other}: {answer.status} {answer.text}"


# --- Downloads ---


def test_a_download_goes_on_where_it_broke_off(lane):
    name, content = f"lane{next(numbers)}", os.urandom(3 * MEGABYTE)
    address = lane.twirp("CreateArtifact", {"name": name, "version": 4}).json["signed_upload_url"]
    address = address.removeprefix(lane.stack.url)
    assert lane.put(address, content).status == 201
    finalized = lane.twirp("FinalizeArtifact", {"name": name, "size": str(len(content))})
    assert finalized.status == 200, finalized.text
    address = lane.twirp("GetSignedArtifactURL", {"name": name}).json["signed_url"].removeprefix(lane.stack.url)

    def get(method="GET", **headers):
        return ask(
            lane.stack, method, address, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )

    whole = get()
    assert (whole.status, whole.body, whole.type) == (200, content, "application/zip")
    assert whole.headers["Accept-Ranges"] == "bytes" and whole.headers["Content-Length"] == str(len(content))
    assert (
        whole.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in whole.headers["Content-Security-Policy"]
    )
    assert (
        whole.headers["Repr-Digest"].startswith("sha-256=:")
        and "Content-Encoding" not in get(Accept_Encoding="gzip").headers
    )
    etag = whole.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{64}"', etag) and whole.headers.get_all("ETag") == [etag]
    head = get("HEAD")
    assert (head.status, head.body, head.headers["Content-Length"], head.headers["ETag"]) == (
        200,
        b"",
        str(len(content)),
        etag,
    )
    part = get(Range="bytes=1000000-")
    assert (part.status, part.body) == (206, content[1_000_000:])
    assert part.headers["Content-Range"] == f"bytes 1000000-{len(content) - 1}/{len(content)}"
    assert get(Range=f"bytes={len(content)}-").status == 416
    assert get(Range="bytes=5-9", If_Range=etag).body == content[5:10]
    assert get(Range="bytes=5-9", If_Range='"another"').body == content
    assert get(If_None_Match=etag).status == 304 and get(If_None_Match='"another"').status == 200
    blob = next(lane.stack.storage.glob(f"blobs/{etag[1:3]}/{etag[1:-1]}-*"))
    assert blob.stat().st_mode & stat.S_IRWXO == 0


# --- When something dies ---


@pytest.fixture
def forgetful(tmp_path):
    """Its garbage is collected after two seconds."""
    with private_stack("lane", instances=2, settings={"artifacts": {"garbage_after": "2s"}}) as stack:
        yield Lane(Project(stack, User(stack, "ann"), tmp_path))


def test_a_killed_nginx_leaves_a_part_that_is_swept(forgetful):
    address = block(forgetful.address())
    with raw(forgetful.stack.port, f"PUT {address}", {"Content-Length": len(BODY)}, BODY[: 5 * MEGABYTE]):
        wait_for(forgetful.spooled, "a part of the body on disk")
        forgetful.stack.kill("nginx")
    [left] = forgetful.spooled()
    assert left.parent.name == "tmp" and stat.S_IMODE(left.stat().st_mode) & stat.S_IRWXO == 0
    forgetful.stack.start_one("nginx")
    forgetful.stack.wait_ready()
    assert forgetful.put(address, b"again").status == 201
    assert [path.read_bytes() for path in forgetful.staged(address)] == [b"again"]
    wait_for(lambda: forgetful.spooled() == [], "the part to be swept")


def test_a_body_that_millrace_was_not_told_of_is_swept(forgetful):
    """Also when its client says that it is of the future."""
    asked = {"X_Millrace_Original_Uri": block(forgetful.address()), "Date": "Tue, 15 Nov 2033 08:12:31 GMT"}
    assert direct(forgetful, "PUT", "/" + "0123456789abcdef" * 2, **asked).status == 201
    wait_for(lambda: forgetful.spooled() == [], "the body to be swept")


def test_without_an_instance_clients_are_told_to_try_again(forgetful):
    stack, upload, chunks = forgetful.stack, forgetful.address(), forgetful.chunks()
    for name in ("millrace-1", "millrace-2"):
        stack.kill(name)
    for address, body in ((block(upload), b"x"), (block(upload), BODY)):
        answer = forgetful.put(address, body)
        assert (answer.status, azure_code(answer)) == (503, "ServerBusy"), "502 and 504 would be final"
    answer = forgetful.put(f"{chunks}?itemPath=v3/file", b"x", {"Content-Range": "bytes 0-0/1", **forgetful.bearer})
    assert (answer.status, answer.type) == (503, "application/json") and answer.json["message"]
    for method in ("CreateArtifact", "FinalizeArtifact"):
        answer = forgetful.twirp(method, {"name": "x"})
        assert (answer.status, answer.type, answer.json["code"]) == (503, "application/json", "unavailable")
    assert ask(stack, "GET", "/_artifacts/downloads/1").status == 503
    assert forgetful.spooled() == []
    stack.start_one("millrace-2")
    assert forgetful.put(block(upload), b"x").status == 201, "the other instance's clients find the one that came back"


def test_a_spool_that_cannot_be_written_is_told_as_passing(forgetful):
    spool, address = forgetful.stack.storage / "spool", block(forgetful.address())
    if os.geteuid() != 0:
        pytest.skip("needs two users: whoever owns the spool may always write to it")
    spool.chmod(0o2750)
    try:
        answer = forgetful.put(address, b"x")
        assert (answer.status, azure_code(answer)) == (503, "ServerBusy")
        assert forgetful.spooled() == []
    finally:
        spool.chmod(0o2770)
    assert forgetful.put(address, b"x").status == 201
