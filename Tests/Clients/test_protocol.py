"""Connect on the wire, through nginx: runner.md 1.2 to 1.5, 2.2, 2.3 and its checklist rows 1 to 10."""

import base64
import gzip
import http.client
import json

import ping_pb
import pytest
import runner_pb as pb
from connectrpc.client import ConnectClientSync
from connectrpc.code import Code
from connectrpc.codec import proto_binary_codec, proto_json_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from support import SERVICE, ask, assert_connect_error, rpc

PING = MethodInfo(
    name="Ping",
    service_name="ping.v1.PingService",
    input=ping_pb.PingRequest,
    output=ping_pb.PingResponse,
    idempotency_level=IdempotencyLevel.UNKNOWN,
    stream_type=StreamType.UNARY,
)


def ping(stack, body, type="application/json", headers=None):
    return rpc(stack, "Ping", body, type, headers, service="ping.v1.PingService")


@pytest.mark.parametrize("codec", [proto_binary_codec(), proto_json_codec()], ids=["binary", "json"])
@pytest.mark.parametrize("data", ["x", "", "grüße", "y" * 5000], ids=["short", "empty", "utf-8", "compressed answer"])
def test_ping_by_the_connect_client(stack, codec, data):
    client = ConnectClientSync(f"{stack.url}/api/actions", codec=codec)  # this client gzips its requests
    assert client.execute_unary(request=ping_pb.PingRequest(data=data), method=PING).data == f"Hello, {data}!"


def test_health(stack):
    assert [ask(stack, "GET", path).status for path in ("/healthz", "/readyz")] == [200, 200]
    assert ask(stack, "GET", "/api/v1/version").json["version"]


def test_binary_answer_has_the_request_type(stack):
    answer = ping(stack, bytes.fromhex("0a0178"), "application/proto")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/proto")
    assert ping_pb.PingResponse.from_binary(answer.body).data == "Hello, x!"


@pytest.mark.parametrize("type", ["application/json; charset=utf-8", "Application/JSON"])
def test_media_type_is_compared_alone(stack, type):
    assert ping(stack, b'{"data":"x"}', type).json == {"data": "Hello, x!"}


def test_json_ignores_unknown_fields_and_null(stack):
    assert ping(stack, b'{"data":null,"unheard":[1,{}]}').json == {"data": "Hello, !"}


def test_empty_body_is_the_empty_message_in_binary_and_an_error_in_json(stack):
    assert ping(stack, b"", "application/proto").status == 200
    assert_connect_error(ping(stack, b""), 400, "invalid_argument")


@pytest.mark.parametrize("body", [b"", bytes.fromhex("0807")], ids=["empty", "version 7"])
def test_fetch_with_a_body_of_any_length_reaches_authentication(stack, body):
    answer = rpc(stack, "FetchTask", body, headers={"x-runner-uuid": "u", "x-runner-token": "t"})
    assert_connect_error(answer, 401, "unauthenticated", "unregistered runner")


def test_empty_fetch_is_answered_in_time(stack, project):
    runner = project.runner()
    answer = rpc(stack, "FetchTask", b"", headers={**runner.headers, "Connect-Timeout-Ms": "1500"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/proto")
    assert not pb.FetchTaskResponse.from_binary(answer.body).has_field("task")


@pytest.mark.parametrize("name", ["Declare", "FetchTask", "UpdateTask", "UpdateLog"])
def test_wrong_and_missing_credentials_look_alike(stack, project, name):
    runner = project.runner()
    for headers in [
        {},
        {"x-runner-uuid": runner.uuid},
        {**runner.headers, "x-runner-token": "0" * 40},
        {**runner.headers, "x-runner-uuid": "no such"},
        {"x-runner-uuid": "", "x-runner-token": ""},
    ]:
        for type, body in [("application/proto", b""), ("application/json", b"{}")]:
            assert_connect_error(rpc(stack, name, body, type, headers), 401, "unauthenticated", "unregistered runner")


@pytest.mark.parametrize(
    "path", ["runner.v1.RunnerService/Unheard", "no.such.Service/Ping", "runner.v1.RunnerService/"]
)
def test_unknown_path(stack, path):
    answer = ask(stack, "POST", f"/api/actions/{path}", b"", {"Content-Type": "application/proto"})
    assert answer.status == 404


@pytest.mark.parametrize("name", ["Register", "FetchTask"])
@pytest.mark.parametrize("type", ["application/grpc", "application/grpc-web+proto", "text/plain", ""])
def test_wrong_content_type(stack, name, type):
    answer = rpc(stack, name, b"", type)
    assert answer.status == 415
    assert {part.strip() for part in answer.headers["Accept-Post"].split(",")} >= {
        "application/proto",
        "application/json",
    }


@pytest.mark.parametrize("name", ["Register", "FetchTask"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods(stack, name, method):
    answer = ask(stack, method, f"/api/actions/{SERVICE}/{name}")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("body", [b"\x0a\x05ab", b"\x0a", b"\xff\xff\xff"], ids=["short field", "no length", "no tag"])
def test_truncated_protobuf(stack, body):
    assert_connect_error(rpc(stack, "Register", body), 400, "invalid_argument")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"data":1}', b"\xff"])
def test_broken_json(stack, body):
    assert_connect_error(ping(stack, body), 400, "invalid_argument")


def test_gzip_request(stack):
    answer = ping(stack, gzip.compress(b'{"data":"x"}'), headers={"Content-Encoding": "gzip"})
    assert answer.json == {"data": "Hello, x!"}
    assert_connect_error(ping(stack, b"not gzip", headers={"Content-Encoding": "gzip"}), 400, "invalid_argument")


def test_gzip_answer_from_1024_bytes_on(stack):
    for length, encoding in [(2000, "gzip"), (100, None)]:
        answer = ping(stack, json.dumps({"data": "z" * length}), headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == encoding
        body = gzip.decompress(answer.body) if encoding else answer.body
        assert len(json.loads(body)["data"]) == length + len("Hello, !")


def test_gzip_bomb(stack):
    bomb = gzip.compress(bytes(80 * 1024 * 1024))
    assert_connect_error(
        ping(stack, bomb, "application/proto", {"Content-Encoding": "gzip"}), 429, "resource_exhausted"
    )


def test_unknown_encoding(stack):
    answer = ping(stack, b"x", headers={"Content-Encoding": "br"})
    assert_connect_error(answer, 501, "unimplemented")
    assert "gzip" in answer.json["message"]


@pytest.mark.parametrize(
    "header",
    [
        {"Connect-Timeout-Ms": "soon"},
        {"Connect-Timeout-Ms": "12345678901"},
        {"Connect-Timeout-Ms": "-1"},
        {"Connect-Protocol-Version": "2"},
    ],
)
def test_connect_headers_that_make_no_sense(stack, header):
    assert_connect_error(ping(stack, b"{}", headers=header), 400, "invalid_argument")


def test_connect_protocol_version_1_is_taken_and_not_required(stack):
    assert ping(stack, b"{}", headers={"Connect-Protocol-Version": "1"}).status == 200
    assert ping(stack, b"{}").status == 200


@pytest.mark.parametrize(
    "name, length", [("UpdateLog", (1 << 30) + 1), ("UpdateTask", 64 * 1024 * 1024 + 1), ("FetchTask", 64 * 1024 + 1)]
)
def test_body_over_the_limit_is_refused_in_connect_shape(stack, name, length):
    link = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    link.putrequest("POST", f"/api/actions/{SERVICE}/{name}")
    link.putheader("Content-Type", "application/proto")
    link.putheader("Content-Length", str(length))
    link.endheaders()  # refused by its length: not a byte of the body need be sent
    answer = link.getresponse()
    body = json.loads(answer.read())
    assert (answer.status, answer.headers["Content-Type"]) == (429, "application/json")
    assert body["code"] == "resource_exhausted"


@pytest.mark.parametrize(
    "message, words",
    [
        ({"name": "r", "token": "unheard"}, "runner registration token not found"),
        ({"name": "r"}, "missing runner token, name"),
        ({"token": "t"}, "missing runner token, name"),
        ({}, "missing runner token, name"),
    ],
)
def test_register_refusals_make_no_runner(stack, message, words):
    before = stack.sql("select count(*) from runner")
    assert_connect_error(
        rpc(stack, "Register", json.dumps(message), "application/json"), 400, "invalid_argument", words
    )
    assert_connect_error(
        rpc(stack, "Register", pb.RegisterRequest(**message).to_binary()), 400, "invalid_argument", words
    )
    assert stack.sql("select count(*) from runner") == before


def test_register_shows_the_token_once(project):
    runner = project.runner()
    assert len(runner.token) == 40 and len(runner.uuid) == 36
    assert runner.declared.runner.token == ""
    assert runner.declared.runner.uuid == runner.uuid
    assert list(runner.declared.runner.labels) == ["ubuntu-latest"]


def test_register_by_curl_in_json(stack, project):
    message = {"name": "snake", "token": project.registration_token(), "agent_labels": ["a"], "ephemeral": True}
    runner = rpc(stack, "Register", json.dumps(message), "application/json").json["runner"]
    assert runner["ephemeral"] is True and runner["labels"] == ["a"] and isinstance(runner["id"], str)


def test_connect_client_reads_our_errors(stack):
    from support import ScriptedRunner

    with pytest.raises(ConnectError) as refused:
        ScriptedRunner(stack, "unheard", ["a"])
    assert (refused.value.code, refused.value.message) == (Code.INVALID_ARGUMENT, "runner registration token not found")


def test_credentials_are_not_in_the_logs(stack, project):
    runner = project.runner()
    told = "".join(path.read_text(errors="replace") for path in stack.logs.iterdir())
    for secret in (
        runner.token,
        project.owner.password,
        project.owner.token,
        base64.b64encode(":".join(project.owner.login).encode()).decode(),
    ):
        assert secret not in told
