"""Clients that read or send so slowly that they never end, of every kind at once: everybody else is served."""

import base64
import collections
import os
import random
import resource
import socket
import time

import pytest
from artifact_support import Uploader
from conftest import private_stack
from log_support import Job
from support import Project, User, ask, git, wait_for

# Of each kind. 40 is 200 readers and 240 senders; MILLRACE_SLOW_PEERS=200 is the target that is measured by hand.
PEERS = int(os.environ.get("MILLRACE_SLOW_PEERS", "40"))
# The machine is loaded and each kind is told to begin at once: what is asserted is that answers come, not when.
ANSWER_SECONDS = 30
MEGABYTE = 1 << 20


def request(method: str, path: str, headers=(), body: bytes = b"", length: "int | None" = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
    if body or length is not None:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Peers:
    """Connections that take one byte now and then, or give one."""

    def __init__(self, stack):
        self.stack = stack
        self.links: dict[str, list[socket.socket]] = {}
        self.got: dict[socket.socket, bytes] = {}

    def open(self) -> socket.socket:
        link = socket.socket()
        # Or the kernel would read for us what we do not.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(30)
        link.connect(("127.0.0.1", self.stack.port))
        return link

    def read_slowly(self, kind: str, ask: bytes, count: int) -> None:
        for _ in range(count):
            link = self.open()
            link.sendall(ask)
            self.links.setdefault(kind, []).append(link)

    def send_slowly(self, kind: str, head: bytes) -> None:
        for _ in range(PEERS):
            link = self.open()
            link.sendall(head)
            self.links.setdefault(kind, []).append(link)

    def trickle(self) -> None:
        """A little in either direction: nginx ends whoever takes nothing for send_timeout."""
        for kind, links in self.links.items():
            for link in links:
                try:
                    link.settimeout(0)
                    if kind.startswith("send"):
                        link.send(b"x")
                    else:
                        self.got[link] = self.got.get(link, b"") + link.recv(1024)
                except OSError:
                    pass

    def begun(self, kind: str) -> int:
        """How many of the readers were sent the head of a 200, or, when there are very many, were told that their
        address has enough of them (429: 256 anonymous transfers)."""
        heads = [self.got.get(link, b"")[9:12] for link in self.links[kind]]
        return heads.count(b"200") + (heads.count(b"429") if PEERS > 40 else 0)

    def ask_again(self, kind: str, ask: bytes) -> None:
        """Those that were told to come again do: an instance makes a few large answers at once (503)."""
        for index, link in enumerate(self.links[kind]):
            if self.got.get(link, b"")[9:12] == b"503":
                link.close()
                self.links[kind][index] = again = self.open()
                again.sendall(ask)

    def close(self) -> None:
        for links in self.links.values():
            for link in links:
                link.close()


@pytest.fixture(scope="module")
def stack():
    with private_stack("slow", instances=2, settings={"logs": {"seal_grace": "1s"}}) as stack:
        yield stack


def big_log(project: Project, megabytes: int) -> Job:
    """A job whose log is that large and of lines that do not compress."""
    job, source, index = Job(project), random.Random(5), 0
    while index < megabytes * 32:
        lines = [source.randbytes(16 * 1024).hex() for _ in range(128)]
        assert job.rows(index, lines) == index + len(lines)
        index += len(lines)
    job.length = index
    return job


def test_h12_slow_readers_and_senders_of_every_kind_leave_everybody_else_served(stack, tmp_path_factory):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 16 * PEERS + 1024)), hard))
    ann = User(stack, "ann")
    source = random.Random(3)
    project = Project(stack, ann, tmp_path_factory.mktemp("logs"))
    # More than nginx kept in a file before (16m), so that each reader held a thread.
    growing = big_log(project, 24)
    sealed = big_log(Project(stack, ann, tmp_path_factory.mktemp("sealed")), 4)
    sealed.rows(sealed.length, [], no_more=True)
    sealed.end()
    sealed.wait_sealed()
    uploader = Uploader(Project(stack, ann, tmp_path_factory.mktemp("zip")))
    uploader.upload_files("many", {"a": source.randbytes(6 * MEGABYTE), "b": b"b"})
    artifact = uploader.project.rest("/artifacts").json["artifacts"][0]["id"]
    address = uploader.project.rest(f"/artifacts/{artifact}/zip").headers["Location"].removeprefix(stack.url)
    (project.checkout / "large").write_bytes(source.randbytes(6 * MEGABYTE))
    project.push({"README": "large"})
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()

    want = f"want {head} ofs-delta\n".encode()
    clone = b"%04x%s0000" % (len(want) + 4, want) + b"0009done\n"
    fetch = ("Content-Type: application/x-git-upload-pack-request", "Accept: application/x-git-upload-pack-result")
    runner = [f"{name}: {value}" for name, value in growing.runner.headers.items()]
    place = uploader.announce("slow")
    peers = Peers(stack)
    try:
        service = "/api/actions/runner.v1.RunnerService"
        typed = "Content-Type: application/proto"
        peers.send_slowly("send rows", request("POST", f"{service}/UpdateLog", [typed, *runner], length=100_000))
        peers.send_slowly("send a poll", request("POST", f"{service}/FetchTask", [typed, *runner], length=1_000))
        peers.send_slowly(
            "send twirp",
            request(
                "POST",
                "/twirp/github.actions.results.api.v1.ArtifactService/CreateArtifact",
                ["Content-Type: application/json"],
                length=10_000,
            ),
        )
        peers.send_slowly(
            "send a push",
            request(
                "POST",
                f"/{project.path}.git/git-receive-pack",
                ["Content-Type: application/x-git-receive-pack-request", f"Authorization: Basic {basic(ann.login)}"],
                length=10_000_000,
            ),
        )
        peers.send_slowly(
            "send a chunk",
            request(
                "PUT",
                f"{place}?itemPath=slow%2Fa",
                [f"Authorization: Bearer {uploader.token}", "Content-Range: bytes 0-999999/1000000"],
                length=1_000_000,
            ),
        )
        peers.send_slowly("send a head", f"GET {growing.rest} HTTP/1.1\r\nHost: x\r\nX-Slow: ".encode())

        def version() -> float:
            began = time.monotonic()
            answer = ask(stack, "GET", "/api/v1/version", timeout=ANSWER_SECONDS)
            assert answer.status == 200, answer.text
            return time.monotonic() - began

        times = []
        run = project.run_of("ci.yml")["id"]
        reader = [f"Authorization: token {project.owner.token}"]
        # A few at a time: what all of them ask for at once is work for this machine, slow readers or not.
        for kind, asked in {
            "clone": request("POST", f"/{project.path}.git/git-upload-pack", fetch, clone),
            "page": request("GET", f"/{project.path}/actions/runs/{run}"),
            "rest": request("GET", growing.rest + "?lines=10000&from=0", reader),
            "sealed log": request("GET", sealed.rest, reader),
            "zip": request("GET", address),
            "open log": request("GET", growing.rest, reader),
        }.items():
            begun = 0
            while begun < PEERS:
                peers.read_slowly(kind, asked, min(8, PEERS - begun))
                begun += min(8, PEERS - begun)
                # Places for zips are few, and whoever finds none is told so.
                least = 1 if kind == "zip" else begun

                def reached(kind=kind, least=least, asked=asked):
                    peers.trickle()
                    if kind != "zip":
                        peers.ask_again(kind, asked)
                    times.append((version(), kind))
                    return peers.begun(kind) >= least

                try:
                    wait_for(reached, f"slow readers of a {kind} are being answered", 240)
                except AssertionError:
                    said = collections.Counter(peers.got.get(link, b"")[:60] for link in peers.links[kind])
                    pytest.fail(f"{kind}: {said}")
        for _ in range(5):
            peers.trickle()
            times.append((version(), "all"))
        times.sort()
        print(
            f"{PEERS} slow peers of each of {len(peers.links)} kinds: /api/v1/version {times[len(times) // 2][0]:.3f} s"
            f" in the middle, {times[-1][0]:.3f} s ({times[-1][1]}) at most of {len(times)}"
        )
        # Everybody else still has what the slow ones are after.
        wait_for(
            lambda: len(ask(stack, "GET", growing.rest, headers=growing.token, timeout=120).body) > 24 * MEGABYTE,
            "the whole open log",
            120,
        )
        assert ask(stack, "GET", sealed.rest, headers=sealed.token, timeout=120).status == 200
        assert ask(stack, "GET", f"/{project.path}/actions", timeout=60).status == 200
        git(tmp_path_factory.mktemp("clone"), "clone", "--quiet", project.url(), "fresh")
        growing.end()
        growing.rows(growing.length, [], no_more=True)
        wait_for(lambda: uploader.runner.look() is None, "a runner that asks is answered")
    finally:
        peers.close()
    assert ask(stack, "GET", "/readyz").status == 200


def basic(login: "tuple[str, str]") -> str:
    return base64.b64encode(":".join(login).encode()).decode()
