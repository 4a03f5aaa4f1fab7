"""What artifacts cost: upload, finalize and download against nginx and the disk alone, and the memory they take."""

import base64
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import time
import urllib.parse
from pathlib import Path

from harness import ROOT, Bench, Figure, Rate, StackError, free_port, is_open, memory_mib, taking_turns
from polls import Service, register
from waiting import fill, prepare

MIB = 1 << 20
BLOCK_BYTES = 8 * MIB  # as Azure's SDK cuts them, five at once
AT_ONCE = 5
LARGE_BLOCKS = 63  # 504 MiB
SMALL_BYTES = 4096
SMALL_CLIENTS = 16
MEMORY_BLOCKS = 128  # 1 GiB
SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService/"
ACT_PATIENCE_SECONDS = 60


def run(bench: Bench) -> list[Figure]:
    rounds, blocks = (1, 16) if bench.quick else (3, LARGE_BLOCKS)
    with bench.stack(poll_hold="2s") as stack:
        prepare(stack)
        fill(stack, 1)
        job = Job(stack)
        payload = os.urandom(BLOCK_BYTES)
        with plain_nginx(stack) as plain:
            large = Large(stack, job, payload, blocks, plain)
            seen = taking_turns(
                rounds,
                {
                    name: timed(getattr(large, name))
                    for name in ("upload", "plain_upload", "dd", "finalize", "hashing", "download", "plain_download")
                },
            )
            figures = large.figures(seen) + small_downloads(bench, stack, job, plain)
            with contextlib.suppress(NoPeer):
                figures += peer(bench, large, seen, rounds)
    with bench.stack(poll_hold="2s") as stack:  # memory of one that has done nothing before
        prepare(stack)
        fill(stack, 1)
        figures += memory(stack, Job(stack), payload, blocks if bench.quick else MEMORY_BLOCKS)
    return figures


class NoPeer(Exception):
    """act's server could not be had; said on stderr."""


class Job:
    """A running job as its tools see the server."""

    def __init__(self, stack):
        self.port = stack.port
        (runner,) = register(stack, "ann/app", 1)
        context = Service(stack.port).call("FetchTask", {}, runner)["task"]["context"]
        self.token = context["gitea_runtime_token"]
        claims = self.token.split(".")[1]
        self.run = str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["RunID"])

    def call(self, method: str, message: dict) -> dict:
        return twirp(
            self.port,
            method,
            {"workflow_run_backend_id": self.run, "workflow_job_run_backend_id": "1", **message},
            self.token,
        )


def twirp(port: int, method: str, message: dict, token: str) -> dict:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=900)
    link.request(
        "POST",
        SERVICE + method,
        json.dumps(message),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    answer = link.getresponse()
    body = answer.read()
    link.close()
    if answer.status != 200:
        raise StackError(f"{method} was answered with {answer.status}: {body.decode(errors='replace')[:300]}")
    return json.loads(body)


class Large:
    """One artifact of many blocks, sent, finished and fetched again and again; and the same work done by others."""

    def __init__(self, stack, job: Job, payload: bytes, blocks: int, plain: int):
        self.stack, self.job, self.payload, self.blocks, self.plain = stack, job, payload, blocks, plain
        self.files = stack.storage / "bench"
        self.round = 0
        digest = hashlib.sha256()
        for n in range(blocks):
            digest.update(block(payload, n))
        self.digest = f"sha256:{digest.hexdigest()}"

    @property
    def bytes(self) -> int:
        return self.blocks * BLOCK_BYTES

    # Contestants; the order of a round is that of run().

    def upload(self) -> None:
        self.round += 1
        self.url = self.job.call("CreateArtifact", {"name": f"large-{self.round}", "version": 4})["signed_upload_url"]
        send(self.url, self.payload, self.blocks)

    def plain_upload(self) -> None:
        """nginx's DAV alone: the same bodies straight to the same disk."""
        put_all(self.plain, lambda n: f"/block-{n:03}", self.payload, self.blocks)

    def dd(self) -> None:
        target = self.files / "dd"
        subprocess.run(
            [
                "dd",
                f"if={self.files / 'whole'}" if (self.files / "whole").exists() else "if=/dev/zero",
                f"of={target}",
                "bs=8M",
                f"count={self.blocks}",
                "conv=fsync",
                "status=none",
            ],
            check=True,
        )
        target.unlink()

    def finalize(self) -> None:
        answer = self.job.call(
            "FinalizeArtifact", {"name": f"large-{self.round}", "size": str(self.bytes), "hash": self.digest}
        )
        if not answer["ok"]:
            raise StackError(f"FinalizeArtifact said {answer}")

    def hashing(self) -> None:
        """What has to be done for the digest alone, of blocks that are in memory just as well."""
        said = subprocess.run(
            f"cat {self.files}/block-* | sha256sum", shell=True, capture_output=True, text=True, check=True
        ).stdout
        if said.split()[0] != self.digest.removeprefix("sha256:"):
            raise StackError(f"plain nginx stored {said.split()[0]}, {self.digest} were sent")

    def download(self) -> None:
        url = self.job.call("GetSignedArtifactURL", {"name": f"large-{self.round}"})["signed_url"]
        fetch(url, self.bytes)

    def plain_download(self) -> None:
        whole = self.files / "whole"
        if not whole.exists():
            (blob,) = (self.stack.storage / "blobs").rglob(f"{self.digest[7:]}*")
            os.link(blob, whole)  # the very file
        fetch(f"http://127.0.0.1:{self.plain}/whole", self.bytes)

    def figures(self, seen: "dict[str, Rate]") -> "list[Figure]":
        mib = self.bytes / MIB

        def rate(name: str) -> float:
            return mib * seen[name].per_second

        durable = mib / (1 / seen["upload"].per_second + 1 / seen["finalize"].per_second)
        what = f"{mib:.0f} MiB in blocks of 8 MiB, {AT_ONCE} at once"
        return [
            Figure(
                what,
                rate("upload"),
                "MiB/s",
                rate("plain_upload"),
                note="nginx DAV PUT of the same bodies to the same disk",
            ),
            Figure(
                "the same and finalized, so durable",
                durable,
                "MiB/s",
                rate("dd"),
                note="dd conv=fsync of as many bytes",
            ),
            Figure(
                f"finalize of {mib:.0f} MiB",
                rate("finalize"),
                "MiB/s",
                rate("hashing"),
                note="cat of the blocks | sha256sum; both from memory",
            ),
            Figure(
                f"download of {mib:.0f} MiB",
                rate("download"),
                "MiB/s",
                rate("plain_download"),
                note="nginx serving the same file",
            ),
        ]


def timed(work):
    def once() -> Rate:
        began = time.monotonic()
        work()
        taken = time.monotonic() - began
        return Rate(1 / taken, taken * 1000, taken * 1000, 0, 0)

    return once


def block(payload: bytes, number: int) -> bytes:
    """No two alike, all as large."""
    return number.to_bytes(8, "big") + payload[8:]


def block_id(number: int) -> str:
    return base64.b64encode(f"{'b' * 36}{number:012}".encode()).decode()


def put_all(port: int, path, payload: bytes, blocks: int, at_once: int = AT_ONCE) -> None:
    """All blocks by PUT on kept connections; the client sends from memory, a piece of C at a time."""

    def some(first: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for n in range(first, blocks, at_once):
            link.request("PUT", path(n), block(payload, n))
            answer = link.getresponse()
            answer.read()
            if answer.status not in (201, 204):
                raise StackError(f"block {n} was answered with {answer.status}")
        link.close()

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        list(pool.map(some, range(at_once)))


def send(url: str, payload: bytes, blocks: int, at_once: int = AT_ONCE) -> None:
    parts = urllib.parse.urlsplit(url)
    base = f"{parts.path}?{parts.query}"

    assert parts.port, url
    put_all(
        parts.port,
        lambda n: f"{base}&comp=block&blockid={urllib.parse.quote(block_id(n), safe='')}",
        payload,
        blocks,
        at_once,
    )
    ids = "".join(f"<Latest>{block_id(n)}</Latest>" for n in range(blocks))
    link = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=120)
    link.request("PUT", f"{base}&comp=blocklist", f'<?xml version="1.0" encoding="utf-8"?><BlockList>{ids}</BlockList>')
    answer = link.getresponse()
    body = answer.read()
    if answer.status != 201:
        raise StackError(f"the block list was answered with {answer.status}: {body[:300]!r}")
    link.close()


def fetch(url: str, expected: int) -> None:
    parts = urllib.parse.urlsplit(url)
    link = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=120)
    link.request("GET", f"{parts.path}?{parts.query}")
    answer = link.getresponse()
    room = bytearray(MIB)
    got = 0
    while count := answer.readinto(room):
        got += count
    link.close()
    if answer.status != 200 or got != expected:
        raise StackError(
            f"the download {parts.path} of port {parts.port} was answered with {answer.status} and {got} bytes of"
            f" {expected}"
        )


@contextlib.contextmanager
def plain_nginx(stack):
    """The same program with the same buffers, and nothing behind it; its port."""
    port, home, files = free_port(), stack.dir / "plain", stack.storage / "bench"
    for path, user in ((home, stack.web), (files, stack.web)):
        path.mkdir()
        stack.own(path, 0o755, user)
    temporary = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in ["fastcgi", "proxy", "scgi", "uwsgi"])
    (home / "nginx.conf").write_text(
        f"worker_processes 2;\npid {home}/nginx.pid;\nerror_log {stack.logs}/plain.log warn;\nevents {{"
        f" worker_connections 1024; }}\nhttp {{\naccess_log {stack.logs}/access.log;\n{temporary}server {{ listen"
        f" 127.0.0.1:{port}; root {files};\nclient_body_temp_path {files}/tmp; client_body_buffer_size 256k;"
        " client_max_body_size 101m; dav_methods PUT; } }\n"
    )
    stack.own(stack.logs / "plain.log", 0o644, stack.web) if (stack.logs / "plain.log").exists() else None
    stack.spawn(
        "plain",
        ["nginx", "-p", str(home), "-e", f"{stack.logs}/plain.log", "-c", f"{home}/nginx.conf", "-g", "daemon off;"],
        user=stack.web,
    )
    try:
        stack.wait(lambda: is_open(port), 10, f"nginx did not listen on {port}", "plain")
        yield port
    finally:
        stack.stop_one("plain")


def small_downloads(bench, stack, job: Job, plain: int) -> "list[Figure]":
    url = job.call("CreateArtifact", {"name": "small", "version": 4})["signed_upload_url"]
    data = os.urandom(SMALL_BYTES)
    parts = urllib.parse.urlsplit(url)
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    link.request("PUT", f"{parts.path}?{parts.query}", data, {"x-ms-blob-type": "BlockBlob"})
    answer = link.getresponse()
    answer.read()
    if answer.status != 201:
        raise StackError(f"the small artifact was answered with {answer.status}")
    job.call("FinalizeArtifact", {"name": "small", "size": str(SMALL_BYTES)})
    (stack.storage / "bench/small").write_bytes(data)
    os.chmod(stack.storage / "bench/small", 0o644)
    signed = urllib.parse.urlsplit(job.call("GetSignedArtifactURL", {"name": "small"})["signed_url"])
    seconds = bench.seconds(3)
    seen = taking_turns(
        3,
        {
            "signed": lambda: bench.rate(stack.port, f"{signed.path}?{signed.query}", SMALL_CLIENTS, seconds),
            "plain": lambda: bench.rate(plain, "/small", SMALL_CLIENTS, seconds),
        },
    )
    return [
        Figure(
            f"downloads of {SMALL_BYTES} bytes, {SMALL_CLIENTS} clients",
            seen["signed"].per_second,
            "1/s",
            seen["plain"].per_second,
            note=f"nginx serving the same file; 99 % {seen['signed'].p99_ms:.1f} ms; {refusals(seen['signed'])}",
        )
    ]


def refusals(rate: Rate) -> str:
    if rate.refused or rate.lost:
        raise StackError(f"{rate.refused} downloads were refused, {rate.lost} lost")
    return "one signature and one select each"


def memory(stack, job: Job, payload: bytes, blocks: int) -> "list[Figure]":
    pid = stack.pid("millrace-1")
    idle = memory_mib(pid)
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the high water mark begins anew
    large = Large(stack, job, payload, blocks, 0)
    large.upload()
    large.finalize()
    large.download()
    peak = (
        next(
            int(line.split()[1])
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("VmHWM:")
        )
        / 1024
    )
    return [
        Figure(
            f"memory of an instance during upload, finalize and download of {large.bytes // MIB} MiB, above idle",
            peak - idle,
            "MiB",
            at_most=64,
            note=f"idle {idle:.0f} MiB, highest {peak:.0f}, afterwards {memory_mib(pid):.0f}",
        )
    ]


# --- act ---

WORKFLOW = "on: push\njobs:\n  wait:\n    runs-on: self-hosted\n    steps: [{run: sleep 600}]\n"


def peer(bench, large: Large, seen: "dict[str, Rate]", rounds: int) -> "list[Figure]":
    """The same by `act --artifact-server-path`, whose server lives as long as a job runs; here one that sleeps."""
    program = shutil.which("act") or str(ROOT / ".venv-test/bin/act")
    if not Path(program).exists():
        bench.say("no peer: there is no `act`; it comes with Tests/Clients/requirements.txt")
        raise NoPeer
    home, port = bench.directory / "act", free_port()
    (home / "project/.github/workflows").mkdir(parents=True)
    (home / "project/.github/workflows/ci.yml").write_text(WORKFLOW)
    git = ["git", "-C", str(home / "project"), "-c", "user.name=a", "-c", "user.email=a@example.invalid"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    with open(home / "log", "wb") as log:
        running = subprocess.Popen(
            [
                program,
                "push",
                "-P",
                "self-hosted=-self-hosted",
                "--artifact-server-path",
                str(home / "files"),
                "--artifact-server-addr",
                "127.0.0.1",
                "--artifact-server-port",
                str(port),
            ],
            cwd=home / "project",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(home)},
        )
    try:
        deadline = time.monotonic() + ACT_PATIENCE_SECONDS
        while not is_open(port):
            if running.poll() is not None or time.monotonic() > deadline:
                bench.say(f"no peer: act did not serve artifacts: {(home / 'log').read_text(errors='replace')[-300:]}")
                raise NoPeer
            time.sleep(0.1)
        return rates_of_act(large, seen, rounds, port)
    finally:
        running.terminate()
        running.wait(30)


def rates_of_act(large: Large, seen: "dict[str, Rate]", rounds: int, port: int) -> "list[Figure]":
    ids = {"workflow_run_backend_id": "1", "workflow_job_run_backend_id": "1"}
    turn = iter(range(rounds))
    name = ""

    def upload() -> None:
        nonlocal name
        name = f"large-{next(turn)}"
        url = twirp(port, "CreateArtifact", {**ids, "name": name, "version": 4}, "x")["signedUploadUrl"]
        # It appends what comes: of five at once a third was lost (88 992 376 bytes of 134 217 728 were there).
        send(url, large.payload, large.blocks, at_once=1)

    def finalize() -> None:
        twirp(port, "FinalizeArtifact", {**ids, "name": name, "size": str(large.bytes)}, "x")

    def download() -> None:
        fetch(twirp(port, "GetSignedArtifactURL", {**ids, "name": name}, "x")["signedUrl"], large.bytes)

    act = taking_turns(rounds, {"upload": timed(upload), "finalize": timed(finalize), "download": timed(download)})
    mib = large.bytes / MIB
    notes = {
        "upload": ", one block at a time: it loses bytes of more",
        "finalize": ": it has nothing to do, having appended what came",
        "download": "",
    }
    return [
        Figure(
            f"{step} of {mib:.0f} MiB",
            mib * seen[step].per_second,
            "MiB/s",
            mib * act[step].per_second,
            note=f"act's artifact server{notes[step]}",
        )
        for step in ("upload", "finalize", "download")
    ]
