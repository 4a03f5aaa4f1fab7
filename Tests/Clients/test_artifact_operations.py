"""What operators do about artifacts: scrub, doctor, limits by command line, a front server with another name."""

import contextlib
import json
import os
import subprocess

import pytest
import requests
from artifact_support import SERVICE, Uploader, fresh, sha256
from conftest import free_port, private_stack
from support import Project, StackError, User, wait_for


@pytest.fixture
def job(project):
    job = Uploader(project)
    yield job
    job.runner.finish(job.task)


def millrace(stack, *arguments: str) -> subprocess.CompletedProcess:
    """Whatever its exit code is."""
    return subprocess.run(
        [str(stack.binary), *arguments, "--config", str(stack.config)],
        capture_output=True,
        text=True,
        **stack.as_user(),
    )


def blob_of(stack, data: bytes):
    digest = sha256(data).removeprefix("sha256:")
    return sorted((stack.storage / "blobs" / digest[:2]).glob(f"{digest}-*"), key=lambda p: int(p.name.split("-")[1]))


# --- scrub ---


def test_damaged_bytes_are_found_and_never_served(stack, job):
    kept, changed, lost = (os.urandom(10_000) for _ in range(3))
    ids = {name: job.upload(name, data) for name, data in {"kept": kept, "changed": changed, "lost": lost}.items()}
    urls = {name: job.signed(name) for name in ids}
    (file,), (gone,) = blob_of(stack, changed), blob_of(stack, lost)
    file.write_bytes(changed[:5000] + b"!" + changed[5001:])
    gone.unlink()
    done = millrace(stack, "scrub", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["blobs"] >= 3
    damaged = {finding["digest"]: finding for finding in report["damaged"]}
    assert damaged[sha256(changed)]["what"] == "has other bytes" and damaged[sha256(lost)]["what"] == "is missing"
    assert damaged[sha256(changed)]["artifacts"] == [f'{job.project.path} artifact {ids["changed"]} "changed"']
    assert sha256(kept) not in damaged
    for name in ("changed", "lost"):
        answer = requests.get(urls[name], timeout=60)
        assert answer.status_code == 410 and "damaged" in answer.text, name
    assert requests.get(urls["kept"], timeout=60).content == kept
    words = millrace(stack, "scrub").stdout
    assert f'artifact {ids["lost"]} "lost"' in words and " damaged" in words
    verified = millrace(stack, "verify")
    assert verified.returncode == 1 and "BROKEN  i6_artifact_is_whole" in verified.stdout
    # The same bytes again are new bytes: what is damaged is not shared.
    job.upload("again", changed)
    assert job.download("again").content == changed and len(blob_of(stack, changed)) == 2
    # A backup that is put back is served again.
    gone.write_bytes(lost)
    gone.chmod(0o640)
    if stack.user:
        os.chown(gone, stack.user.pw_uid, stack.user.pw_gid)
    millrace(stack, "scrub")
    assert requests.get(urls["lost"], timeout=60).content == lost
    for name in ("changed", "again", "lost", "kept"):
        assert job.twirp("DeleteArtifact", {"name": name}).status == 200


def test_what_was_read_lately_is_passed_over(stack, job):
    job.upload(fresh(), b"once")
    first = json.loads(millrace(stack, "scrub", "--json").stdout)
    again = json.loads(millrace(stack, "scrub", "--json", "--not-since", "1h").stdout)
    assert first["blobs"] >= 1 and again["blobs"] == 0
    assert millrace(stack, "scrub", "--not-since", "soon").returncode == 2


# --- limits ---


def test_limits_of_a_repository_and_of_an_owner(stack, job):
    shown = stack.millrace(
        "admin",
        "repo",
        "artifacts",
        "--repo",
        job.project.path,
        "--quota",
        "1KiB",
        "--retention",
        "2d",
        "--keep-last",
        "7",
    )
    assert shown == "quota: 1024 bytes\nretention: 172800 s\nkeep-last: 7\n"
    job.upload("small", b"x" * 1024)
    kept = float(
        stack.sql(
            f"select extract(epoch from expires_at - created_at) from artifact where run_id = {job.run} and name ="
            " 'small'"
        )
    )
    assert abs(kept - 2 * 86_400) < 5
    refused = job.twirp("CreateArtifact", {"name": "more", "version": 4})
    assert refused.status == 403 and "insufficient usage" in refused.json["msg"], refused.text
    assert stack.millrace("admin", "repo", "artifacts", "--repo", job.project.path, "--quota", "default").startswith(
        "quota: default\nretention: 172800 s"
    )
    job.upload("more", b"y" * 2000)
    stack.millrace("admin", "user", "artifacts", "--name", "ann", "--quota", "1KiB")
    refused = job.twirp("CreateArtifact", {"name": "owner", "version": 4})
    assert refused.status == 403 and "insufficient usage" in refused.json["msg"], refused.text
    stack.millrace("admin", "user", "artifacts", "--name", "ann", "--quota", "default")
    job.create("owner")
    for wrong in ("10GB", "1.5GiB", "lots"):
        done = millrace(stack, "admin", "repo", "artifacts", "--repo", job.project.path, "--quota", wrong)
        assert done.returncode == 2 and wrong in done.stderr


def test_a_bad_setting_is_told_with_its_line():
    with pytest.raises(StackError, match='artifacts.repository_quota" is "10GB"; it must be a size such as'):
        with private_stack("bad", instances=1, settings={"artifacts": {"repository_quota": "10GB"}}):
            pass


# --- doctor, and a front server ---


@contextlib.contextmanager
def front_server(directory, port: int, behind: int, body_max: str):
    """A proxy between runners and Millrace, as companies have them."""
    directory.mkdir(exist_ok=True)
    conf = directory / "nginx.conf"
    # Or its worker could not reach the folder that pytest made for us.
    user = "user root;" if os.geteuid() == 0 else ""
    conf.write_text(f"""
{user} pid {directory}/pid; error_log {directory}/error.log; daemon off; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port}; client_max_body_size {body_max};
        location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_set_header Host $http_host; }}
    }}
}}
""")
    process = subprocess.Popen(["nginx", "-e", f"{directory}/error.log", "-p", str(directory), "-c", str(conf)])
    try:

        def answers():
            with contextlib.suppress(requests.ConnectionError):
                return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200

        wait_for(answers, "the front server")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def fronted(tmp_path_factory):
    """A stack whose runners come by another name than public_url, through a proxy that takes 2 MB."""
    port = free_port()
    with private_stack("fronted", instances=1, settings={"server": {"addresses": f"http://127.0.0.1:{port}"}}) as stack:
        with front_server(tmp_path_factory.mktemp("front"), port, stack.port, "2m") as address:
            yield stack, address


def test_addresses_begin_with_the_one_that_the_client_used(fronted, tmp_path):
    stack, front = fronted
    job = Uploader(Project(stack, User(stack, "fay"), tmp_path))
    body = {"workflow_run_backend_id": str(job.run), "name": "a", "version": 4}

    def create(base, name, **headers):
        answer = requests.post(
            base + f"{SERVICE}/CreateArtifact",
            json={**body, "name": name},
            headers={**job.bearer, **headers},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["signed_upload_url"]

    url = create(front, "by-front")
    assert url.startswith(front + "/_artifacts/uploads/")
    assert create(stack.url, "by-itself").startswith(stack.url + "/_artifacts/uploads/")
    assert create(stack.url, "by-a-lie", Host="evil.example").startswith(stack.url + "/_artifacts/uploads/")
    job.blob(url, max_single_put_size=1 << 20).upload_blob(b"through the front", overwrite=True)
    assert job.finalize("by-front", b"through the front").status == 200
    v3 = requests.post(
        f"{front}/api/actions_pipeline/_apis/pipelines/workflows/{job.run}/artifacts",
        json={"Name": "three"},
        headers=job.bearer,
        timeout=60,
    )
    assert v3.json()["fileContainerResourceUrl"].startswith(front + "/")
    job.runner.finish(job.task)


def test_the_doctor_finds_what_is_in_the_way(fronted):
    stack, front = fronted
    done = millrace(stack, "doctor")
    assert done.returncode == 1, done.stdout
    lines = done.stdout.splitlines()
    through_front = lines[next(n for n, line in enumerate(lines) if front in line) :]
    assert any(line.startswith("ok") and "upload of 1.0 MiB" in line for line in through_front), done.stdout
    assert any(
        line.startswith("problem") and "upload of 8.0 MiB: a proxy between refuses it (413)" in line
        for line in through_front
    )
    before = lines[: len(lines) - len(through_front)]
    assert all(line.startswith("ok") for line in before) and any(
        "upload of 100.0 MiB: arrives" in line for line in before
    )
    # From a runner's side, without a configuration.
    probes = stack.millrace("doctor", "--print-probes").split()
    own = [probe for probe in probes if probe.startswith(stack.url)]
    assert len(own) == 3 and len(probes) == 6
    there = subprocess.run(
        [str(stack.binary), "doctor", "--json", "--probe", *own], capture_output=True, text=True, **stack.as_user()
    )
    assert there.returncode == 0 and json.loads(there.stdout)["well"] is True, there.stdout + there.stderr
    forged = subprocess.run(
        [str(stack.binary), "doctor", "--probe", own[0][:-1] + ("A" if own[0][-1] != "A" else "B")],
        capture_output=True,
        text=True,
        **stack.as_user(),
    )
    assert forged.returncode == 1 and "wrong or too old (403)" in forged.stdout
    assert [p for p in (stack.storage / "spool").rglob("*") if p.is_file()] == []


def test_the_doctor_looks_at_the_storage(fronted):
    stack, _ = fronted
    spool = stack.storage / "spool"
    spool.chmod(0o770)
    try:
        words = millrace(stack, "doctor").stdout
        assert f"problem  {spool}: has no set-group-ID bit" in words and f"chmod g+s {spool}" in words
    finally:
        spool.chmod(0o2770)
    stack.stop_one("nginx")
    try:
        done = millrace(stack, "doctor")
        assert done.returncode == 1 and f"{stack.url}: does not answer from here" in done.stdout
    finally:
        stack.start_one("nginx")
        stack.wait_ready()
