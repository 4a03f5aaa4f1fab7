"""What a broken or hostile runner sends: a clear error of the protocol's shape each, and nothing changed."""

import json
import uuid

import pytest
import runner_pb as pb
from support import assert_connect_error, rpc

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


def update_log(runner, message) -> "pb.UpdateLogResponse":
    return rpc(runner.stack, "UpdateLog", json.dumps(message).encode(), "application/json", runner.headers)


@pytest.fixture
def running(project):
    runner = project.runner()
    project.push_workflow(ONE)
    runner.task = runner.fetch()
    yield runner
    runner.finish(runner.task)
    assert project.wait_run()["conclusion"] == "success", "what was refused did no harm"


@pytest.mark.parametrize("name", ["Declare", "FetchTask", "FetchSingleTask", "UpdateTask", "UpdateLog"])
def test_a_stolen_uuid_with_another_token(project, name):
    victim, thief = project.runner(), project.runner()
    stolen = {"x-runner-uuid": victim.uuid, "x-runner-token": thief.token}
    unknown = {"x-runner-uuid": str(uuid.uuid4()), "x-runner-token": thief.token}
    for headers in (stolen, unknown):
        assert_connect_error(
            rpc(project.stack, name, b"", headers=headers), 401, "unauthenticated", "unregistered runner"
        )


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "' or 1=1 --",
        "0" * 36,
        "g" * 8 + "-0000-0000-0000-000000000000",
        "é" * 18,
        "00000000-0000-0000-0000-000000000000" * 100,
    ],
)
def test_wrong_uuids(project, wrong):
    headers = {"x-runner-uuid": wrong.encode(), "x-runner-token": "0" * 40}
    assert_connect_error(
        rpc(project.stack, "FetchTask", b"", headers=headers), 401, "unauthenticated", "unregistered runner"
    )


@pytest.mark.parametrize("index", [-1, -(2**63)])
def test_negative_log_indexes(running, index):
    message = {"taskId": str(running.task.id), "index": str(index), "rows": [{"content": "x"}]}
    assert_connect_error(
        update_log(running, message), 400, "invalid_argument", f"log index {index} is out of range; rows count from 0"
    )


@pytest.mark.parametrize("index", [1, 10**6, 2**62, 2**63 - 1])
def test_a_huge_log_index_is_a_gap(running, index):
    answer = update_log(running, {"taskId": str(running.task.id), "index": str(index), "rows": []})
    assert answer.status == 200 and int(answer.json.get("ackIndex", 0)) == 0
    answer = update_log(
        running, {"taskId": str(running.task.id), "index": str(index), "rows": [{"content": "x"}], "noMore": True}
    )
    # The last row's number is beyond what a number can hold: told, not wrapped around.
    assert (answer.status == 200 and int(answer.json.get("ackIndex", 0)) == 0) or (
        index == 2**63 - 1 and answer.status == 400
    )


@pytest.mark.parametrize("task", [0, -1, 2**40, -(2**63), 2**63 - 1])
def test_task_ids_that_are_nobodys(running, task):
    assert_connect_error(update_log(running, {"taskId": str(task)}), 404, "not_found")
    answer = rpc(
        running.stack,
        "UpdateTask",
        json.dumps({"state": {"id": str(task), "result": 1}}).encode(),
        "application/json",
        running.headers,
    )
    assert answer.status == 200 and answer.json["state"]["result"] == "RESULT_CANCELLED", "so that the runner stops"


def test_json_of_both_name_styles(running):
    for message in ({"task_id": str(running.task.id), "no_more": False}, {"taskId": running.task.id, "noMore": False}):
        assert update_log(running, message).status == 200
    for state in (
        {"id": running.task.id, "result": "RESULT_UNSPECIFIED"},
        {"id": str(running.task.id), "result": 0, "stopped_at": None},
    ):
        answer = rpc(
            running.stack,
            "UpdateTask",
            json.dumps({"state": state, "unheard": {"of": []}}).encode(),
            "application/json",
            running.headers,
        )
        assert answer.status == 200 and answer.json["state"]["id"] == str(running.task.id)


@pytest.mark.parametrize(
    "message",
    [
        {"taskId": {}},
        {"taskId": "seven"},
        {"taskId": 1.5},
        {"index": True},
        {"rows": "x"},
        {"rows": [{"content": 5}]},
        {"rows": [{"time": "yesterday"}]},
        {"noMore": "maybe"},
        [],
        "x",
        7,
        {"taskId": "9" * 40},
    ],
    ids=str,
)
def test_json_of_wrong_types(running, message):
    assert_connect_error(update_log(running, message), 400, "invalid_argument")


@pytest.mark.parametrize(
    "body",
    [
        b"\x1a\xff\xff\xff\xff\x03",  # a row that claims 1 GiB
        b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # and one that claims all there is
        b"\x08" + b"\xff" * 11,
        b"\x07",
        b"\x1a\x05\x12\xff\x01ab",
    ],
    ids=["1 GiB", "2^63", "varint", "wire type", "nested"],
)
def test_protobuf_that_claims_more_than_it_brings(running, body):
    assert_connect_error(rpc(running.stack, "UpdateLog", body, headers=running.headers), 400, "invalid_argument")


def test_the_python_clients_broken_timestamp_is_taken(running):
    """runner.md 1.3: an offset and a Z, whenever its microsecond is 0."""
    row = {"content": "x", "time": "2026-01-01T00:00:00+00:00Z"}
    answer = update_log(running, {"task_id": str(running.task.id), "index": "0", "rows": [row]})
    assert answer.status == 200 and answer.json == {"ackIndex": "1"}
    running.finish(running.task, index=1)
