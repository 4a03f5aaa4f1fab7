"""review.md A1: no number that a client sends may end an instance, whatever field, path or query it stands in.

Every integer of every message (by the .proto files, so that a new field is tried too), each at its ends, as protobuf
and as JSON, with the rest of the message sound, so that it reaches the code behind the reader.
"""

import itertools
import json
import re
from pathlib import Path

import pytest
from artifact_support import SERVICE as TWIRP
from burst_support import varint
from log_support import ONE
from support import ask, context, rpc

PROTO = Path(__file__).resolve().parents[2] / "Sources/RunnerProto"
LONG = [-(2**63), -(2**63) + 1, -9_223_372_036_854, -1, 0, 1, 253_402_300_799, 253_402_300_800, 2**62, 2**63 - 1]
SHORT = [-(2**31), -1, 0, 1, 2**31 - 1]
TIMES = [
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "10000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "292277026596-12-04T15:30:08Z",
]
WELL_KNOWN = """message Timestamp { int64 seconds = 1; int32 nanos = 2; } message StringValue { string value = 1; }
message Int64Value { int64 value = 1; } message Struct { }"""
INTEGERS = {"int64": LONG, "int32": SHORT}


def schema() -> "dict[str, list[tuple]]":
    """Message name → fields (type, name, number, repeated); enums are integers on the wire."""
    messages, enums = {}, set()
    for text in [WELL_KNOWN] + [path.read_text() for path in PROTO.glob("*.proto")]:
        text = re.sub(r"//.*", "", text)
        enums |= set(re.findall(r"enum (\w+)", text))
        # Innermost first: what is read is cut out.
        while match := re.search(r"message (\w+)\s*\{([^{}]*)\}", text):
            fields = [
                re.match(r"\s*(repeated |optional )?([\w.<>, ]+?) (\w+) = (\d+)", part) for part in match[2].split(";")
            ]
            messages[match[1]] = [
                (field[2].split(".")[-1], field[3], int(field[4]), field[1] == "repeated ") for field in fields if field
            ]
            text = text[: match.start()] + text[match.end() :]
    return {
        name: [("enum" if kind in enums else kind, *rest) for kind, *rest in fields]
        for name, fields in messages.items()
    }


SCHEMA = schema()


def leaves(message: str, path=()):
    """Every integer of the message and of those in it."""
    for kind, name, _, _ in SCHEMA[message]:
        if kind in INTEGERS or kind == "enum":
            yield (*path, name), kind
        elif kind in SCHEMA:
            yield from leaves(kind, (*path, name))


def encode(message: str, value: dict) -> bytes:
    out = bytearray()
    for kind, name, number, repeated in SCHEMA[message]:
        if name not in value:
            continue
        for item in value[name] if repeated else [value[name]]:
            if kind in INTEGERS or kind in ("enum", "bool"):
                out += varint(number << 3) + varint(int(item) % 2**64)
            else:
                bytes_ = encode(kind, item) if kind in SCHEMA else item.encode()
                out += varint(number << 3 | 2) + varint(len(bytes_)) + bytes_
    return bytes(out)


def with_leaf(message: str, base: dict, path, value) -> dict:
    """A copy of the base with one leaf set."""
    kind, name, _, repeated = next(field for field in SCHEMA[message] if field[1] == path[0])
    if len(path) == 1:
        return {**base, name: value}
    inner = (base.get(name) or [{}])[0] if repeated else base.get(name, {})
    changed = with_leaf(kind, inner, path[1:], value)
    return {**base, name: [changed] if repeated else changed}


def as_json(value):
    """Times have a text in JSON, wrappers are their value."""
    if isinstance(value, dict):
        if set(value) <= {"value"} and value:
            return as_json(value["value"])
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def place(stack, ann, tmp_path_factory):
    from support import Project

    return Project(stack, ann, tmp_path_factory.mktemp("extremes"))


class Target:
    """A running job with everything that calls name."""

    def __init__(self, project):
        self.project, self.stack = project, project.stack
        self.runner = project.runner()
        project.push_workflow(ONE)
        self.task = self.runner.fetch()
        said = context(self.task)
        self.runtime = {"Authorization": "Bearer " + said["gitea_runtime_token"]}
        self.run = said["run_id"]
        self.job = str(project.jobs(project.run_of("ci.yml"))["one"]["id"])
        self.pids = self.instances()

    def instances(self):
        return [self.stack.pid(f"millrace-{n}") for n in (1, 2)]

    def assert_alive(self, what):
        """The same processes, and both answer."""
        assert self.instances() == self.pids, what
        for _ in range(4):  # nginx takes them in turn
            answer = ask(self.stack, "GET", "/healthz")
            assert answer.status == 200, what

    def bases(self) -> "list[tuple]":
        """(message, sound value, how it is sent)."""
        task = self.task.id
        state = {"id": task, "steps": [{"id": 0}]}
        of_run = {"workflow_run_backend_id": self.run, "workflow_job_run_backend_id": self.job, "name": "extreme"}
        runner = self.runner.headers

        def connect(name):
            def send(body, type):
                # Answered at once: the deadline is over before a poll is held.
                return rpc(self.stack, name, body, f"application/{type}", {**runner, "Connect-Timeout-Ms": "1000"})

            return send

        def twirp(name):
            def send(body, type):
                type = "protobuf" if type == "proto" else type
                return ask(
                    self.stack, "POST", f"{TWIRP}/{name}", body, {"Content-Type": f"application/{type}", **self.runtime}
                )

            return send

        return [
            ("FetchTaskRequest", {}, connect("FetchTask")),
            ("FetchSingleTaskRequest", {"handle": "x"}, connect("FetchSingleTask")),
            ("UpdateTaskRequest", {"state": state}, connect("UpdateTask")),
            ("UpdateLogRequest", {"task_id": task, "rows": [{"content": "x"}]}, connect("UpdateLog")),
            ("CreateArtifactRequest", {**of_run, "version": 4}, twirp("CreateArtifact")),
            ("FinalizeArtifactRequest", of_run, twirp("FinalizeArtifact")),
            ("ListArtifactsRequest", of_run, twirp("ListArtifacts")),
            ("GetSignedArtifactURLRequest", of_run, twirp("GetSignedArtifactURL")),
            ("DeleteArtifactRequest", of_run, twirp("DeleteArtifact")),
        ]


@pytest.fixture(scope="module")
def target(place):
    return Target(place)


# Answers without an instance behind them: nginx's own, when it lost the one it asked.
def assert_answered(answer, what):
    assert answer.status not in (500, 502, 504), (what, answer.text)
    assert b"no instance of Millrace" not in answer.body and b"could not answer" not in answer.body, (what, answer.text)


def test_a01_the_schema_is_read(target):
    assert {message for message, _, _ in target.bases()} <= set(SCHEMA)
    found = {".".join(path) for message, _, _ in target.bases() for path, _ in leaves(message)}
    assert {
        "tasks_version",
        "state.steps.log_index",
        "state.stopped_at.nanos",
        "rows.time.seconds",
        "expires_at.seconds",
        "size",
        "version",
        "id_filter.value",
    } <= found


def test_a01_every_integer_of_every_message_at_its_ends(target):
    for message, base, send in target.bases():
        for path, kind in leaves(message):
            for number in INTEGERS.get(kind, [-(2**31), -1, 7, 99, 2**31 - 1]):
                # A terminal result would end the job that the others need.
                value = with_leaf(message, base, path, number)
                what = (message, path, number)
                assert_answered(send(encode(message, value), "proto"), what)
                if path[-1] not in ("seconds", "nanos"):
                    body = json.dumps(as_json(value)).encode()
                    assert_answered(send(body, "json"), (*what, "json"))
        target.assert_alive(message)


def test_a01_times_beyond_the_calendar_in_json(target):
    for message, base, send in target.bases():
        times = {path[:-1] for path, _ in leaves(message) if path[-1] in ("seconds", "nanos")}
        for path, text in itertools.product(times, TIMES):
            body = json.dumps(as_json(with_leaf(message, base, path, text))).encode()
            assert_answered(send(body, "json"), (message, path, text))
    target.assert_alive("times")


def test_a01_a_step_at_the_ends_of_its_numbers_does_not_break_the_page(target):
    step = {
        "id": 0,
        "log_index": 2**63 - 1,
        "log_length": 2**63 - 1,
        "started_at": {"seconds": -(2**63), "nanos": -(2**31)},
        "stopped_at": {"seconds": 2**63 - 1, "nanos": 2**31 - 1},
        "result": 1,
    }
    value = {"state": {"id": target.task.id, "steps": [step]}}
    assert (
        rpc(target.stack, "UpdateTask", encode("UpdateTaskRequest", value), headers=target.runner.headers).status == 200
    )
    token = {"Authorization": f"token {target.project.owner.token}"}
    for path in (
        f"/{target.project.path}/actions/jobs/{target.job}/view",
        f"/api/v1/repos/{target.project.path}/actions/jobs/{target.job}",
    ):
        answer = ask(target.stack, "GET", path, headers=token)
        assert answer.status == 200, answer.text
    target.assert_alive("the page")


def test_a01_every_number_of_a_path_query_or_header_at_its_ends(target):
    repo, pipeline = f"/api/v1/repos/{target.project.path}", "/api/actions_pipeline/_apis/pipelines/workflows"
    page = f"/{target.project.path}/actions"
    token = {"Authorization": f"token {target.project.owner.token}"}
    hash_ = "0" * 32
    asked = [
        ("GET", template, token)
        for template in [
            f"{repo}/actions/runs/%s",
            f"{repo}/actions/runs/%s/jobs",
            f"{repo}/actions/runs/{target.run}/attempts/%s",
            f"{repo}/actions/runs/%s/attempts/%s/jobs",
            f"{repo}/actions/jobs/%s",
            f"{repo}/actions/jobs/%s/why",
            f"{repo}/actions/jobs/%s/logs",
            f"{repo}/actions/runs?page=%s",
            f"{repo}/actions/runs?limit=%s&page=%s",
            f"{repo}/actions/runs/{target.run}/jobs?limit=%s&page=%s",
            f"{repo}/actions/runners/%s",
            f"{repo}/actions/runners?page=%s&limit=%s",
            f"{repo}/actions/artifacts/%s",
            f"{repo}/actions/artifacts?page=%s&limit=%s",
            f"{repo}/actions/runs/%s/artifacts",
            f"{repo}/actions/artifacts/%s/zip",
            f"{page}/runs/%s",
            f"{page}/jobs/%s/view",
            f"{page}/runs/%s/jobs/%s",
            f"{page}/runs/{target.run}/jobs/{target.job}?from=%s",
            f"{page}/runs/{target.run}/jobs/{target.job}?step=%s",
            f"{page}/runs/{target.run}/jobs/{target.job}/search?q=a&from=%s",
            f"/_live/events?poll=1&log={target.job}@%s",
            "/_live/events?poll=1&log=%s@%s&run=%s&runs=%s",
            f"{page}/jobs/%s/summary",
            f"{page}/runs/{target.run}/artifacts/%s",
            f"{page}/jobs/{target.job}/log?from=%s",
            f"{page}/jobs/{target.job}/log?lines=%s",
            f"{page}/jobs/{target.job}/log?tail=%s",
            f"{page}/jobs/{target.job}/log?from=%s&lines=%s",
            f"{page}?page=%s",
            f"/_live/{target.project.path}/jobs/%s?from=0",
            "/_artifacts/downloads/%s?se=%s&si=%s&sig=x",
            "/_artifacts/artifacts/%s?se=%s&si=%s&sig=x",
        ]
    ]
    asked += [
        ("POST", template, token)
        for template in [
            f"{repo}/actions/runs/%s/cancel",
            f"{repo}/actions/runs/%s/rerun",
            f"{repo}/actions/runs/%s/jobs/%s/rerun",
            f"{repo}/actions/jobs/%s/cancel",
        ]
    ]
    asked += [
        (method, template, target.runtime)
        for method, template in [
            ("PUT", f"{pipeline}/%s/jobs/{target.job}/steps/0/summary"),
            ("PUT", f"{pipeline}/{target.run}/jobs/%s/steps/%s/summary"),
            ("PUT", f"{pipeline}/%s/summary"),
            ("GET", f"{pipeline}/%s/artifacts"),
            ("PATCH", f"{pipeline}/%s/artifacts?artifactName=x"),
            ("GET", f"{pipeline}/{target.run}/artifacts/%s/download?path=x"),
            ("PUT", f"{pipeline}/{target.run}/artifacts/{hash_}/upload?itemPath=x/y&retentionDays=%s"),
            ("PUT", "/_artifacts/uploads/%s?se=%s&si=%s&sig=x"),
            ("PUT", "/_artifacts/uploads/probe/%s?se=%s&si=%s&sig=x"),
        ]
    ]
    for method, template, headers in asked:
        for number in [*LONG, 2**64, 10**40]:
            path = template.replace("%s", str(number))
            type = {"Content-Type": "text/markdown"} if method == "PUT" else {}
            answer = ask(target.stack, method, path, b"x" if method == "PUT" else None, {**headers, **type})
            # A live reader of a row that never comes is answered when the hold is over.
            assert_answered(answer, (method, path))
    for number in [*LONG, 2**64]:
        headers = {**target.runtime, "Content-Range": f"bytes {number}-{number}/{number}"}
        assert_answered(
            ask(target.stack, "PUT", f"{pipeline}/{target.run}/artifacts/{hash_}/upload?itemPath=x/y", b"x", headers),
            number,
        )
        body = json.dumps({"Type": "actions_storage", "Name": "x", "RetentionDays": number}).encode()
        assert_answered(ask(target.stack, "POST", f"{pipeline}/{target.run}/artifacts", body, target.runtime), number)
        for value in (str(number), "9999999999", "0"):
            assert_answered(
                (
                    rpc(target.stack, "FetchTask", headers={**target.runner.headers, "Connect-Timeout-Ms": value})
                    if value != "9999999999"
                    else ask(target.stack, "GET", "/healthz")
                ),
                value,
            )
    target.assert_alive("paths and queries")
