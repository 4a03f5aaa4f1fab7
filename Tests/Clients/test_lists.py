"""Limits of what a list may hold: review.md H20 and H21."""

import json
import time

import pytest
import runner_pb as pb
from burst_support import varint
from support import ask, assert_connect_error, rpc

ONE = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: {a: x}
    steps: [{run: one}]
  two:
    needs: one
    runs-on: ubuntu-latest
    steps: [{run: two}]
"""


def counted(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


@pytest.fixture
def running(project):
    runner = project.runner()
    project.push_workflow(ONE)
    runner.task = runner.fetch()
    return runner


def report(runner, outputs: "list[bytes]", result=pb.Result.SUCCESS, steps=b""):
    state = b"\x08" + varint(runner.task.id) + b"\x10" + varint(int(result)) + steps
    return rpc(runner.stack, "UpdateTask", counted(1, state) + b"".join(outputs), headers=runner.headers)


def test_h21_300_000_outputs_are_cut_cheaply_and_the_result_is_kept(running, project):
    """46 s of one thread before."""
    outputs = [counted(2, counted(1, b"k%d" % n) + counted(2, b"v")) for n in range(300_000)]
    began = time.monotonic()
    answer = report(running, outputs)
    assert answer.status == 200
    sent = set(pb.UpdateTaskResponse.from_binary(answer.body).sent_outputs)
    assert 1000 <= len(sent) <= 10_000, "those looked at are told as received, so that nobody sends them for ever"
    stored = project.stack.sql(f"select count(*) from task_output where task_id = {running.task.id}")
    assert stored == "1000"
    assert project.jobs(project.run_of("ci.yml"))["one"]["conclusion"] == "success", f"{time.monotonic() - began:.1f} s"
    later = report(running, [counted(2, counted(1, b"zz") + counted(2, b"v"))])
    assert "zz" in pb.UpdateTaskResponse.from_binary(later.body).sent_outputs
    assert project.stack.sql(f"select count(*) from task_output where task_id = {running.task.id}") == "1000"


def test_h21_a_million_steps_are_cut(running, project):
    steps = counted(5, b"") * 1_000_000 + counted(5, b"\x08\x00\x10\x01")
    assert report(running, [], steps=steps).status == 200
    assert project.jobs(project.run_of("ci.yml"))["one"]["conclusion"] == "success"


@pytest.mark.parametrize("damage", [b"\x0a\x05\x08", b"\x0b", b"\x00\x00", b"\x0a\x02\x2a\x09", b"\x80" * 11])
def test_h21_what_is_no_protobuf_is_refused(running, damage):
    assert_connect_error(rpc(running.stack, "UpdateTask", damage, headers=running.headers), 400, "invalid_argument")


def test_h21_json_with_too_many_values_is_refused_before_it_is_decoded(running):
    body = '{"state":{"id":"%d","steps":[%s]}}' % (running.task.id, ",".join(["{}"] * 200_000))
    answer = rpc(running.stack, "UpdateTask", body.encode(), "application/json", running.headers)
    assert_connect_error(answer, 429, "resource_exhausted")
    text = json.dumps({"state": {"id": str(running.task.id)}, "outputs": {"a": "," * 200_000 + '\\",' * 9}})
    assert rpc(running.stack, "UpdateTask", text.encode(), "application/json", running.headers).status == 200


@pytest.mark.parametrize("field, status", [("labels", 400), ("capabilities", 400)])
def test_h21_a_runner_has_few_labels_and_capabilities(project, field, status):
    runner = project.runner()
    for values in (["x"] * 101, ["x" * 256], ["a\0b"]):
        message = {"labels": ["ubuntu-latest"], field: values}
        answer = rpc(project.stack, "Declare", json.dumps(message).encode(), "application/json", runner.headers)
        assert_connect_error(answer, status, "invalid_argument")
    good = {"labels": ["ubuntu-latest"], field: ["x" * 255] * 100}
    assert rpc(project.stack, "Declare", json.dumps(good).encode(), "application/json", runner.headers).status == 200
    # Calls of names and numbers are small; anybody may send these.
    assert rpc(project.stack, "Register", b"x" * (1 << 20) + b"y").status == 429


MANY = "?" + "&".join(f"a{n}=1" for n in range(200))


@pytest.mark.parametrize(
    "path",
    ["/api/v1/version" + "/a" * 100, "/api/v1/version" + MANY, "/healthz" + MANY],
    ids=["parts of a path", "parameters", "the poll lane"],
)
def test_h21_an_address_of_too_many_parts_is_refused(stack, path):
    answer = ask(stack, "GET", path)
    assert answer.status in (400, 422) and "more than" in answer.text


def test_h20_a_foreign_task_and_a_missing_one_are_told_the_same(running, project):
    """By ids nobody can find out which tasks there are."""
    stranger = project.runner()

    def told(task):
        state = b"\x08" + varint(task) + b"\x10\x01"
        update = rpc(project.stack, "UpdateTask", counted(1, state), headers=stranger.headers)
        said = pb.UpdateTaskResponse.from_binary(update.body)
        log = rpc(
            project.stack, "UpdateLog", b"\x08" + varint(task) + counted(3, counted(2, b"x")), headers=stranger.headers
        )
        return update.status, said.state.result, list(said.sent_outputs), log.status, log.body

    foreign, missing = told(running.task.id), told(2**40)
    assert foreign == missing and foreign[:2] == (200, pb.Result.CANCELLED) and foreign[3] == 404
    assert project.jobs(project.run_of("ci.yml"))["one"]["status"] == "in_progress", "and nothing was changed"
    assert project.stack.sql(f"select log_rows from task where id = {running.task.id}") == "0"
