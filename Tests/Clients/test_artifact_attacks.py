"""What artifacts must withstand: forged tokens and addresses, hostile names, lists and sums. artifacts.md 7 and 8."""

import base64
import json
import re
import time
import urllib.parse

import jwt
import pytest
import requests
from artifact_support import (
    PIPELINES,
    TWO_JOBS,
    Uploader,
    azure_refusal,
    blobs_of,
    block,
    block_list,
    fresh,
    staged,
    stored,
    twirp_refusal,
)
from cryptography.hazmat.primitives.asymmetric import rsa
from support import Project, ask, server_key
from test_tokens import part

METHODS = ("CreateArtifact", "FinalizeArtifact", "ListArtifacts", "GetSignedArtifactURL", "DeleteArtifact")
FORBIDDEN = (403, "AuthenticationFailed")


@pytest.fixture
def job(project):
    job = Uploader(project)
    yield job
    job.end()


@pytest.fixture
def other(project, stack, tmp_path):
    """A job of another repository of the same owner."""
    folder = tmp_path / "other"
    folder.mkdir()
    job = Uploader(Project(stack, project.owner, folder))
    yield job
    job.end()


# --- Tokens ---


def test_tokens_that_are_forged_or_too_old(job):
    """Row 2. The key is the server's own for those that only their time makes wrong."""
    key = server_key(job.stack, "runtime_token")
    header, claims, signature = job.token.split(".")
    old = {**job.claims, "nbf": int(time.time()) - 7200, "exp": int(time.time()) - 3600}
    tokens = {
        "unsigned": f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "RS256": jwt.encode(job.claims, rsa.generate_private_key(65537, 2048), algorithm="RS256"),
        "RS256 in the header alone": f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{claims}.{signature}",
        "another key": jwt.encode(job.claims, "k" * 32, algorithm="HS256"),
        "expired": jwt.encode(old, key, algorithm="HS256"),
        "of the future": jwt.encode({**job.claims, "nbf": int(time.time()) + 3600}, key, algorithm="HS256"),
        "no such task": jwt.encode({**job.claims, "TaskID": 2**40}, key, algorithm="HS256"),
    }
    job.token = jwt.encode(job.claims, key, algorithm="HS256")
    assert job.twirp("ListArtifacts", {}).status == 200, "it is the key, so the others fail for what their names say"
    base = f"{PIPELINES}/{job.run}/artifacts"
    mark = "0" * 32
    for what, token in tokens.items():
        bearer = {"Authorization": f"Bearer {token}"}
        for method in METHODS:
            assert twirp_refusal(job.twirp(method, {"name": "x"}, bearer)) == (401, "unauthenticated"), (what, method)
        for method, path, body in [
            ("POST", base, b'{"Name":"x"}'),
            ("PATCH", f"{base}?artifactName=x", b"{}"),
            ("GET", base, None),
            ("GET", f"{base}/{mark}/download_url?itemPath=x", None),
            ("GET", f"{base}/1/download?path=x", None),
            ("PUT", f"{base}/{mark}/upload?itemPath=x%2Fy", b"z"),
        ]:
            answer = ask(job.stack, method, path, body, {**bearer, "Content-Range": "bytes 0-0/1"})
            assert answer.status == 401 and answer.type == "application/json", (what, method, path)


def test_what_a_job_leaves_when_it_ends(project):
    """Row 2: its token and its upload addresses are over at once; a download address is a link that stays (artifacts.md
    7 #4)."""
    job = Uploader(project)
    job.upload("done", b"the bytes")
    place = job.announce("v3")
    url, download = job.create("begun"), job.signed("done")
    assert job.put(url, block(0), b"in time").status == 201
    job.end()
    assert azure_refusal(job.put(url, block(1), b"late")) == (404, "BlobNotFound")
    assert azure_refusal(job.put(url, "&comp=blocklist", block_list(0))) == (404, "BlobNotFound")
    assert azure_refusal(job.put(url, "", b"whole", {"x-ms-blob-type": "BlockBlob"})) == (404, "BlobNotFound")
    assert len(staged(job.stack, url)) == 1, "what came late was not kept"
    for method in METHODS:
        assert twirp_refusal(job.twirp(method, {"name": "done"})) == (401, "unauthenticated")
    assert job.chunk(place, "v3/late", b"x").status == job.pipelines("GET").status == job.finish("v3").status == 401
    assert job.pipelines("GET", token=job.context["token"]).status == 401
    answer = requests.get(download, timeout=60)
    assert (answer.status_code, answer.content) == (200, b"the bytes")
    assert stored(job.stack, "spool") == []


def test_a_run_of_another_s(job, other):
    """Row 4: named in the body or in the path, it is as unknown as one that never was."""
    job.upload("secret", b"mine")
    made_up = str(other.run + 10**6)
    for method in METHODS:
        refusals = []
        for run in (str(job.run), made_up):
            answer = other.twirp(method, {"workflow_run_backend_id": run, "name": "secret", "version": 4, "size": "4"})
            assert twirp_refusal(answer) == (403, "permission_denied"), method
            refusals.append(answer.json["msg"].replace(run, "N"))
        assert len(set(refusals)) == 1, method
    for method, rest, body in [("GET", "", None), ("POST", "", b'{"Name":"x"}'), ("PATCH", "?artifactName=x", b"{}")]:
        answers = [other.pipelines(method, rest, body, run=run) for run in (str(job.run), made_up)]
        assert [answer.status for answer in answers] == [404, 404]
        assert answers[0].text.replace(str(job.run), "N") == answers[1].text.replace(made_up, "N")
    assert other.list() == [] and other.list(id_filter=str(job.list()[0]["database_id"])) == []
    assert twirp_refusal(other.twirp("GetSignedArtifactURL", {"name": "secret"})) == (404, "not_found")
    assert twirp_refusal(other.twirp("DeleteArtifact", {"name": "secret"})) == (404, "not_found")
    assert twirp_refusal(other.finalize("secret", b"mine")) == (404, "not_found")
    assert job.download("secret").content == b"mine"


def test_a_file_of_another_s_by_v3(job, other):
    job.upload_files("secret", {"f": b"mine"})
    (url,) = job.files("secret").values()
    path = url.removeprefix(job.stack.url)
    assert ask(job.stack, "GET", path, headers=job.bearer).body == b"mine"
    assert ask(job.stack, "GET", path, headers=other.bearer).status == 404
    assert ask(job.stack, "GET", path.replace(f"/{job.run}/", f"/{other.run}/"), headers=other.bearer).status == 404


def test_the_job_in_a_body_is_not_trusted_and_not_refused(project):
    """Row 25: an artifact is its run's; it belongs to the job of the token, whatever the body says."""
    first = Uploader(project, TWO_JOBS)
    second = first.beside()
    id = first.upload("shared", b"1", workflow_job_run_backend_id=str(second.job))
    assert project.stack.sql(
        f"select t.job_id from artifact a join task t on t.id = a.task_id where a.id = {id}"
    ) == str(first.job)
    (found,) = second.list()
    assert found["workflow_job_run_backend_id"] == str(first.job)
    answer = second.twirp("GetSignedArtifactURL", {"name": "shared", "workflow_job_run_backend_id": str(first.job)})
    assert answer.status == 200 and second.download("shared").content == b"1"
    first.create("begun")
    assert twirp_refusal(second.finalize("begun", b"", workflow_job_run_backend_id=str(first.job))) == (
        404,
        "not_found",
    )
    first.end()
    second.end()


# --- Addresses ---


def parts_of(url: str) -> "tuple[str, dict[str, str]]":
    path, _, query = url.partition("?")
    return path, dict(pair.split("=", 1) for pair in query.split("&"))


def address(path: str, fields: "dict[str, str]") -> str:
    return path + "?" + "&".join(f"{name}={value}" for name, value in fields.items())


class Addresses:
    """One of each kind, and what a server says to it."""

    def __init__(self, job):
        self.job = job
        job.upload(name := fresh(), b"bytes")
        self.upload, self.download = job.create(fresh()), job.signed(name)

    def refused(self, url: str) -> bool:
        if "/downloads/" in url:
            answer = ask(self.job.stack, "GET", url.removeprefix(self.job.stack.url))
        else:
            answer = self.job.put(url, block(0), b"x")
            assert answer.status == 201 or azure_refusal(answer), url
        return answer.status == 403


@pytest.mark.parametrize("kind", ["upload", "download"])
def test_each_bit_of_an_address_counts(job, kind):
    """Row 28."""
    addresses = Addresses(job)
    url = getattr(addresses, kind)
    assert not addresses.refused(url)
    path, fields = parts_of(url)
    assert set(fields) == {"se", "si", "sig"} and not re.search(r"[=+%]", "".join(fields.values())), (
        "as #36805 needs it"
    )
    signature = base64.urlsafe_b64decode(fields["sig"] + "=")
    for bit in range(8 * len(signature)):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        changed = {**fields, "sig": base64.urlsafe_b64encode(flipped).rstrip(b"=").decode()}
        assert addresses.refused(address(path, changed)), f"bit {bit}"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(fields["sig"][-1])
    spellings = [fields["sig"][:-1] + alphabet[last ^ low] for low in (1, 2, 3)]
    for sig in [
        *spellings,
        fields["sig"] + "=",
        fields["sig"] + "%3D",
        fields["sig"][:-1],
        fields["sig"].lower(),
        "",
        "A" * 43,
        urllib.parse.quote(base64.b64encode(signature).decode()),
    ]:
        assert addresses.refused(address(path, {**fields, "sig": sig})), sig
    number = path.rsplit("/", 1)[1]
    for id in (
        str(int(number) + 1),
        str(int(number) - 1),
        f"0{number}",
        f"+{number}",
        f"-{number}",
        "0",
        "",
        "x",
        str(2**64 + int(number)),
        f"%20{number}",
    ):
        answer = ask(
            job.stack,
            "PUT" if kind == "upload" else "GET",
            address(path[: -len(number)] + id, fields).removeprefix(job.stack.url),
            b"",
        )
        # Without a number the path may be one of a page, which asks for a log-in.
        assert answer.status == 403 or (id == "" and answer.status in (401, 404)), id


@pytest.mark.parametrize("kind", ["upload", "download"])
def test_each_parameter_of_an_address_counts(job, kind):
    addresses = Addresses(job)
    url = getattr(addresses, kind)
    path, fields = parts_of(url)
    for name in fields:
        assert addresses.refused(address(path, {k: v for k, v in fields.items() if k != name})), f"without {name}"
        assert addresses.refused(address(path, {**fields, name: ""})), f"empty {name}"
    later = int(fields["se"])
    for se in (
        later + 1,
        later - 1,
        later + 10**6,
        0,
        -1,
        f"0{later}",
        f"+{later}",
        f"{later}.0",
        f"%20{later}",
        later + 2**64,
        "1e10",
        int(time.time()) - 1,
    ):
        assert addresses.refused(address(path, {**fields, "se": se})), se
    for si in (int(fields["si"]) + 1, 0, -1, f"0{fields['si']}", int(fields["si"]) + 2**64, "x"):
        assert addresses.refused(address(path, {**fields, "si": si})), si


def test_how_long_an_address_is_good(job):
    """Row 28, expiry: ten minutes at least to fetch (artifacts.md 3.5). That it is refused afterwards is
    SignedURLsTests'."""
    addresses = Addresses(job)
    now = int(time.time())
    assert 600 <= int(parts_of(addresses.download)[1]["se"]) - now <= 3601
    assert 0 < int(parts_of(addresses.upload)[1]["se"]) - now <= 6 * 3600 + 1


def test_an_upload_address_does_not_fetch_and_the_reverse(job):
    """Row 29: neither by the other method nor by the other path."""
    addresses = Addresses(job)
    stack, origin = job.stack, len(job.stack.url)
    upload, download = addresses.upload[origin:], addresses.download[origin:]
    for method in ("GET", "HEAD", "POST", "DELETE"):
        assert ask(stack, method, upload, b"" if method == "POST" else None).status in (403, 404, 405), method
    assert ask(stack, "GET", upload).status == 403
    for more in ("", block(0), "&comp=blocklist"):
        assert ask(stack, "PUT", download + more, b"x").status == 403
    # One number for both, so that nothing but the purpose differs.
    number = re.search(r"/downloads/(\d+)", download)[1]
    as_upload = download.replace("/downloads/", "/uploads/")
    assert azure_refusal(job.put(as_upload, block(0), b"x")) == FORBIDDEN, number
    assert ask(stack, "GET", upload.replace("/uploads/", "/downloads/")).status == 403


def test_parameters_of_two_addresses_do_not_mix(job):
    """Row 31: every mix of the parts of two addresses but the two themselves."""
    first, second = job.create("a"), job.create("b")
    while parts_of(first)[1]["se"] == parts_of(second)[1]["se"]:
        second = job.create("b")
    (path1, fields1), (path2, fields2) = parts_of(first), parts_of(second)
    for mask in range(1, 7):
        path = path2 if mask & 1 else path1
        mixed = {
            "se": (fields2 if mask & 2 else fields1)["se"],
            "si": fields1["si"],
            "sig": (fields2 if mask & 4 else fields1)["sig"],
        }
        assert azure_refusal(job.put(address(path, mixed), block(0), b"x")) == FORBIDDEN, mask
    assert job.put(second, block(0), b"x").status == job.put(first, block(0), b"x").status == 201


def test_digits_do_not_move_between_fields(job):
    """Row 30 (GHSA-hg5r-vq93-9fv6): there a name and a number had one signature when a digit moved from one to the
    other."""
    first, second = job.create("report"), job.create("report3")
    assert parts_of(first)[1]["sig"] != parts_of(second)[1]["sig"]
    assert "report" not in first and "report" not in second, "no name is in an address, so none is looked up by it"
    for url in (first, second):
        path, fields = parts_of(url)
        base, number = path.rsplit("/", 1)
        for moved in [
            (f"{base}/{number}{fields['se'][0]}", {**fields, "se": fields["se"][1:]}),
            (f"{base}/{number[:-1] or '0'}", {**fields, "se": number[-1] + fields["se"]}),
            (path, {**fields, "se": fields["se"][:-1], "si": fields["se"][-1] + fields["si"]}),
            (path, {**fields, "se": fields["se"] + fields["si"][0], "si": fields["si"][1:] or "0"}),
        ]:
            assert azure_refusal(job.put(address(*moved), block(0), b"x")) == FORBIDDEN, moved


# --- Names ---


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        'a"b',
        "a:b",
        "a<b",
        "a>b",
        "a|b",
        "a*b",
        "a?b",
        "a\rb",
        "a\nb",
        "a\0b",
        "a\x7fb",
        "x" * 256,
    ],
)
def test_names_that_are_refused(job, name):
    assert twirp_refusal(job.twirp("CreateArtifact", {"name": name, "version": 4})) == (400, "invalid_argument")
    assert job.stack.sql(f"select count(*) from artifact where run_id = {job.run}") == "0"


@pytest.mark.parametrize(
    "name",
    ["x" * 255, " a ", "ü日本", "..a", "a..", "'; drop table artifact; --", "%2e%2e%2f", "a&b=c#d", "$(id)", "-rf"],
)
def test_names_that_only_look_dangerous(job, name):
    job.upload(name, b"x")
    assert job.list(name_filter=name)[0]["name"] == name
    assert job.download(name).content == b"x"
    assert blobs_of(job.stack, b"x"), "where it lies has nothing of the name"


def test_media_types_are_checked(job):
    for type in ("no slash", "a/b/c", "/x", "x/", "text/html\r\nX-Evil: 1", "text/\u00fc", "x/" + "y" * 300):
        answer = job.twirp("CreateArtifact", {"name": fresh(), "version": 7, "mime_type": type})
        if answer.status == 200:
            # Not refused: then nothing of it reaches a header.
            assert json.loads(answer.body)["ok"] is True
            kept = job.stack.sql(f"select mime_type from artifact where run_id = {job.run} order by id desc limit 1")
            assert re.fullmatch(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", kept), (type, kept)
        else:
            assert twirp_refusal(answer) == (400, "invalid_argument"), type
