"""What any request may bring, whatever its route."""

import json

import pytest
from conftest import private_stack
from support import Project, StackError, User, ask, assert_connect_error, pb, rpc, wait_for


def test_a_nul_in_a_message_is_the_callers_mistake(stack, project):
    message = pb.RegisterRequest(name="a\0b", token=project.registration_token(), version="1", labels=["x"])
    assert_connect_error(rpc(stack, "Register", message.to_binary()), 400, "invalid_argument")


def test_a_password_that_could_never_be_proven_is_refused(stack):
    with pytest.raises(StackError, match="8 to 1024 bytes"):
        stack.millrace("admin", "user", "create", "--name", "long", "--password", "x" * 1025)


# --- A20 ---


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("PUT", "/api/v1/version", "GET, HEAD"),
        ("DELETE", "/api/v1/repos/{}/actions/runs", "GET, HEAD"),
        ("GET", "/api/v1/repos/{}/actions/runs/1/cancel", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
        ("POST", "/{}/actions", "GET, HEAD"),
    ],
)
def test_a20_a_wrong_method_is_told_what_the_path_takes(stack, project, method, path, allowed):
    answer = ask(stack, method, path.format(project.path))
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    if path.startswith("/api/"):
        assert answer.type == "application/json" and f"does not take {method}" in answer.json["message"]
    else:
        assert answer.type == "text/plain" and f"does not take {method}" in answer.text


def test_a20_what_clients_are_given_begins_with_the_address_they_use(tmp_path):
    with private_stack("addresses", instances=1) as stack:
        other = f"http://localhost:{stack.port}"
        stack.settings = {"server": {"addresses": other}}
        stack.start()
        project = Project(stack, User(stack, "ann"), tmp_path)
        project.push_workflow("on: push\njobs: {one: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n")
        runner = project.runner()
        runner.open(type("Other", (), {"url": other})(), False)
        runner.headers = {"x-runner-uuid": runner.uuid, "x-runner-token": runner.token}
        task = runner.fetch()
        context = json.loads(task.context.to_json())
        assert context["server_url"].startswith(other) and context["api_url"].startswith(other), context
        for base in (stack.url, other):
            host = base.removeprefix("http://")
            run = wait_for(
                lambda host=host: ask(
                    stack,
                    "GET",
                    f"/api/v1/repos/{project.path}/actions/runs",
                    headers={"Host": host, "Authorization": f"token {project.owner.token}"},
                ).json["workflow_runs"],
                "a run",
            )[0]
            assert run["url"].startswith(base + "/") and run["html_url"].startswith(base + "/")
        runner.finish(task)
