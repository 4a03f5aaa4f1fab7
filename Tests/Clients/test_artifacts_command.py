"""`millrace artifacts`: list, get, put, rm against the real server, also over a network that fails; the zip made on the
fly."""

import hashlib
import http.client
import io
import json
import os
import random
import subprocess
import urllib.parse
import zipfile
from pathlib import Path

import pytest
from conftest import free_port
from faulty_network import FaultyNetwork
from support import Project, ask
from test_tokens import Job

PIPELINES = "/api/actions_pipeline/_apis/pipelines/workflows"
MEBIBYTE = 1 << 20


@pytest.fixture
def job(project):
    return Job(project)


@pytest.fixture
def network(stack):
    network = FaultyNetwork(stack)
    yield network
    network.close()


class Done:
    def __init__(self, code: int, out: str, err: str, peak_kibibytes: int):
        self.code, self.out, self.err, self.peak_kibibytes = code, out, err, peak_kibibytes

    @property
    def json(self):
        return json.loads(self.out)


def millrace(job, *arguments, at=None, cwd=None, token="owner", environment=None) -> Done:
    """Runs `millrace artifacts ARGUMENTS`; one that acts on a repository is told of it and of the server."""
    command = [str(job.stack.binary), "artifacts", *map(str, arguments)]
    if arguments[0] != "put":
        command += ["--url", at or job.stack.url]
    variables = {"PATH": os.environ["PATH"], "TMPDIR": str(cwd or "/tmp"), **(environment or {})}
    if token:
        variables["MILLRACE_TOKEN"] = job.project.owner.token if token == "owner" else token
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables, cwd=cwd
    )
    out, err = process.communicate(timeout=300)
    return Done(process.returncode, out, err, 0)


def put(job, file: Path, *arguments, at=None, **more) -> Done:
    environment = {"ACTIONS_RUNTIME_TOKEN": job.token, "ACTIONS_RESULTS_URL": at or job.stack.url}
    return millrace(job, "put", file, *arguments, token=None, environment=environment, **more)


def noise(bytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(bytes)


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def parts(folder: Path) -> "list[str]":
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


@pytest.fixture(scope="module")
def uploader(stack, ann, tmp_path_factory):
    return Job(Project(stack, ann, tmp_path_factory.mktemp("uploader")))


@pytest.fixture(scope="module")
def uploaded(uploader, tmp_path_factory):
    """An artifact of many pieces: its bytes and what `put` said."""
    data = noise(40 * MEBIBYTE + 12_345)
    file = tmp_path_factory.mktemp("uploaded") / "große datei.bin"
    file.write_bytes(data)
    done = put(uploader, file, "--json")
    assert done.code == 0, done.err
    assert done.json == {"id": done.json["id"], "name": "große datei.bin", "bytes": len(data), "digest": sha256(data)}
    return data, done.json


def test_there_and_back(uploader, uploaded, tmp_path):
    data, said = uploaded
    listed = millrace(uploader, "list", uploader.project.path, "--json").json["artifacts"]
    mine = next(a for a in listed if a["id"] == said["id"])
    assert (mine["name"], mine["size_in_bytes"], mine["digest"], mine["expired"]) == (
        "große datei.bin",
        len(data),
        sha256(data),
        False,
    )
    assert mine["workflow_run"]["id"] == uploader.run
    assert "große datei.bin" in millrace(uploader, "list", uploader.project.path, "--run", uploader.run).out
    assert millrace(uploader, "list", uploader.project.path, "--name", "no such", "--json").json == {"artifacts": []}
    done = millrace(uploader, "get", uploader.project.path, said["id"], "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json == {**said, "path": "./große datei.bin"}
    assert (tmp_path / "große datei.bin").read_bytes() == data and parts(tmp_path) == []


@pytest.mark.parametrize("bytes", [0, 1, 8 * MEBIBYTE, 16 * MEBIBYTE, 16 * MEBIBYTE + 1])
def test_sizes_at_the_edges_of_blocks_and_pieces(job, tmp_path, bytes):
    data = noise(bytes)
    (tmp_path / "in").write_bytes(data)
    done = put(job, tmp_path / "in", "--name", f"edge-{bytes}", "--json")
    assert (done.code, done.json["digest"] if done.code == 0 else done.err) == (0, sha256(data))
    got = millrace(job, "get", job.project.path, f"edge-{bytes}", "--output", tmp_path / "out")
    assert (got.code, got.out) == (0, f"{tmp_path}/out\n"), got.err
    assert (tmp_path / "out").read_bytes() == data


def test_a_file_that_is_there_is_not_replaced_unasked(uploader, uploaded, tmp_path):
    (tmp_path / "out").write_text("mine")
    done = millrace(uploader, "get", uploader.project.path, uploaded[1]["id"], "--output", tmp_path / "out")
    assert done.code == 2 and "--force" in done.err and (tmp_path / "out").read_text() == "mine"
    done = millrace(uploader, "get", uploader.project.path, uploaded[1]["id"], "--output", tmp_path / "out", "--force")
    assert done.code == 0 and (tmp_path / "out").read_bytes() == uploaded[0]


def part_name(said: dict) -> str:
    return f".artifact-{said['id']}-{said['digest'].removeprefix('sha256:')[:16]}.part"


def test_a_broken_download_goes_on_where_it_was(uploader, uploaded, network, tmp_path):
    data, said = uploaded
    (tmp_path / part_name(said)).write_bytes(data[:30_000_000])
    done = millrace(uploader, "get", uploader.project.path, said["id"], "--output", tmp_path / "out", at=network.url)
    assert done.code == 0, done.err
    assert (tmp_path / "out").read_bytes() == data and parts(tmp_path) == []
    assert network.ranges[0].startswith("bytes=30000000-")


@pytest.mark.parametrize(
    "left",
    [lambda data: b"x" + data[1:1_000_000], lambda data: b"x" + data[1:], lambda data: data + b"x"],
    ids=["damaged beginning", "damaged whole", "longer"],
)
def test_what_an_earlier_call_left_is_not_trusted(uploader, uploaded, tmp_path, left):
    data, said = uploaded
    (tmp_path / part_name(said)).write_bytes(left(data))
    done = millrace(uploader, "get", uploader.project.path, said["id"], "--output", tmp_path / "out")
    if done.code == 0:
        assert (tmp_path / "out").read_bytes() == data
    else:
        assert done.code == 1 and "nothing was kept" in done.err and not (tmp_path / "out").exists()
    assert parts(tmp_path) == []
    assert (
        millrace(uploader, "get", uploader.project.path, said["id"], "--output", tmp_path / "out", "--force").code == 0
    )
    assert (tmp_path / "out").read_bytes() == data


def test_a_download_over_a_bad_network(uploader, uploaded, network, tmp_path):
    data, said = uploaded
    network.faults = [
        ("GET", f"/artifacts/{said['id']}", "busy"),
        ("GET", "/zip", "lost"),
        ("GET", "/downloads/", "cut"),
        ("GET", "/downloads/", "busy"),
        ("GET", "/downloads/", "lost"),
        ("GET", "/downloads/", "cut"),
    ]
    done = millrace(uploader, "get", uploader.project.path, said["id"], "--output", tmp_path / "out", at=network.url)
    assert done.code == 0, done.err
    assert network.faults == [] and (tmp_path / "out").read_bytes() == data


def test_an_upload_over_a_bad_network(job, network, tmp_path):
    data = noise(20 * MEBIBYTE, seed=2)
    (tmp_path / "in").write_bytes(data)
    network.faults = [
        ("POST", "CreateArtifact", "lost"),
        ("PUT", "comp=block&", "busy"),
        ("PUT", "comp=block&", "lost"),
        ("PUT", "comp=blocklist", "lost"),
        ("POST", "FinalizeArtifact", "lost"),
        ("POST", "FinalizeArtifact", "busy"),
    ]
    done = put(job, tmp_path / "in", "--name", "over a bad network", "--json", at=network.url)
    assert done.code == 0, done.err
    assert network.faults == []
    listed = millrace(job, "list", job.project.path, "--name", "over a bad network", "--json").json["artifacts"]
    assert [(a["id"], a["digest"]) for a in listed] == [(done.json["id"], sha256(data))]


def test_a_second_of_a_name(job, tmp_path):
    (tmp_path / "in").write_text("one")
    first = put(job, tmp_path / "in", "--name", "twice", "--json").json
    again = put(job, tmp_path / "in", "--name", "twice")
    assert again.code == 1 and "twice" in again.err and "409" in again.err
    (tmp_path / "in").write_text("two")
    second = put(job, tmp_path / "in", "--name", "twice", "--overwrite", "--json").json
    assert second["id"] > first["id"] and second["digest"] == sha256(b"two")
    assert put(job, tmp_path / "in", "--name", "never before", "--overwrite").code == 0


def test_removing(job, tmp_path):
    (tmp_path / "in").write_text("one")
    said = put(job, tmp_path / "in", "--name", "to go", "--json").json
    assert millrace(job, "rm", job.project.path, "to go", token=None).code == 1
    assert millrace(job, "rm", job.project.path, "to go", "--json").json == {"id": said["id"], "name": "to go"}
    gone = millrace(job, "rm", job.project.path, "to go")
    assert gone.code == 1 and "to go" in gone.err
    assert millrace(job, "get", job.project.path, said["id"], cwd=tmp_path).code == 1


def test_wrong_usage_and_refusals_have_their_status(job, tmp_path):
    (tmp_path / "in").write_text("one")
    path = job.project.path
    for code, words, done in [
        (2, "owner/name", millrace(job, "list", "nowhere")),
        (2, "http", millrace(job, "list", path, at="ftp://x")),
        (1, "404", millrace(job, "list", "ann/nowhere")),
        (1, "no artifact", millrace(job, "get", path, "no such", cwd=tmp_path)),
        (1, "404", millrace(job, "get", path, 999_999, cwd=tmp_path)),
        (2, "ACTIONS_RUNTIME_TOKEN", millrace(job, "put", tmp_path / "in")),
        (2, "no file", put(job, tmp_path / "nothing")),
        (2, "directory", put(job, tmp_path)),
        (2, "--retention-days", put(job, tmp_path / "in", "--retention-days", 0)),
        (1, "HTTP 400", put(job, tmp_path / "in", "--name", "a/b")),
    ]:
        assert (done.code, words in done.err, done.out) == (code, True, ""), f"{code} {words}: {done.err}"


def test_a_server_that_is_not_there(job):
    done = millrace(job, "list", job.project.path, at=f"http://127.0.0.1:{free_port()}")
    assert done.code == 3 and "could not reach" in done.err


# --- The zip of a v3 artifact, made while it is sent ---


def upload_files(job, name: str, files: "dict[str, bytes]") -> int:
    headers = {"Authorization": f"Bearer {job.token}"}
    base = f"{PIPELINES}/{job.run}/artifacts"
    said = ask(
        job.stack,
        "POST",
        f"{base}?api-version=6.0-preview",
        json.dumps({"Type": "actions_storage", "Name": name}),
        {**headers, "Content-Type": "application/json"},
    )
    assert said.status == 200, said.text
    place = said.json["fileContainerResourceUrl"].removeprefix(job.stack.url)
    for path, data in files.items():
        mark = "&" if "?" in place else "?"
        item = urllib.parse.quote_plus(f"{name}/{path}")
        said = ask(
            job.stack,
            "PUT",
            f"{place}{mark}itemPath={item}",
            data,
            {
                **headers,
                "Content-Type": "application/octet-stream",
                "Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}",
            },
        )
        assert said.status == 200, said.text
    said = ask(
        job.stack,
        "PATCH",
        f"{base}?api-version=6.0-preview&artifactName={urllib.parse.quote_plus(name)}",
        json.dumps({"Size": 1}),
        {**headers, "Content-Type": "application/json"},
    )
    assert said.status == 200, said.text
    return next(a["id"] for a in millrace(job, "list", job.project.path, "--name", name, "--json").json["artifacts"])


FILES = {
    "a.txt": b"hello",
    "empty": b"",
    "dir/grüße 日本.txt": b"x" * 100_000,
    "noise.bin": noise(5 * MEBIBYTE, seed=3),
}


def test_many_files_come_as_one_zip(job, tmp_path):
    id = upload_files(job, "many files", FILES)
    done = millrace(job, "get", job.project.path, id, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    file = tmp_path / "many files.zip"
    assert done.json["digest"] == sha256(file.read_bytes())
    archive = zipfile.ZipFile(file)
    assert archive.testzip() is None
    assert {i.filename: archive.read(i) for i in archive.infolist()} == FILES
    assert parts(tmp_path) == []


def test_a_zip_that_breaks_off_does_not_look_whole(job, tmp_path):
    """A file of it was cut short on disk: found when the zip is half out, so only the connection can tell."""
    id = upload_files(job, "broken", FILES | {"zz-last.bin": noise(3 * MEBIBYTE, seed=4)})
    digest = hashlib.sha256(noise(3 * MEBIBYTE, seed=4)).hexdigest()
    (stored,) = (job.stack.storage / "blobs" / digest[:2]).glob(f"{digest}-*")
    os.truncate(stored, 3 * MEBIBYTE - 1)
    where = ask(
        job.stack,
        "GET",
        f"/api/v1/repos/{job.project.path}/actions/artifacts/{id}/zip",
        headers={"Authorization": f"token {job.project.owner.token}"},
    ).headers["Location"]
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(job.stack, "GET", where.removeprefix(job.stack.url))
    assert len(cut.value.partial) > MEBIBYTE
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(cut.value.partial))
    assert subprocess.run(["curl", "--silent", "--output", "/dev/null", where]).returncode != 0
    done = millrace(job, "get", job.project.path, id, cwd=tmp_path)
    assert done.code == 3 and not (tmp_path / "broken.zip").exists()
