"""schemathesis against our own document: no failure of the server, and no answer that the document does not know."""

import json
import subprocess
import sys

import pytest
from conftest import private_stack
from support import Project, User, ask

# Cases of each operation, beside those that its coverage phase makes of the schema.
EXAMPLES = 3
# What ends the credentials that the pass is made with, or what the others look at.
LEFT_OUT = ["delete_token", "post_user_password", "delete_admin_users_username", "delete_repos_owner_repo"]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"

WORKFLOW = """\
on:
  push:
  workflow_dispatch:
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: echo}]
"""


@pytest.fixture(scope="module")
def open_stack():
    with private_stack("openapi", instances=1) as stack:
        yield stack


@pytest.fixture(scope="module")
def things(open_stack, tmp_path_factory) -> "tuple[User, dict]":
    """An administrator, and what there is of each kind that a path may name."""
    stack = open_stack
    admin = User(stack, "root", admin=True)
    User(stack, "bob")
    project = Project(stack, admin, tmp_path_factory.mktemp("things"))
    project.push_workflow(WORKFLOW)
    runner = project.runner()
    runner.finish(runner.fetch(), ["hello"])
    run = project.wait_run()
    [job] = project.jobs(run).values()
    [listed] = project.rest("/runners").json["runners"]
    token = {"Authorization": f"token {admin.token}"}
    for path, body in [
        ("/orgs", {"username": "guild"}),
        (f"/repos/{project.path}/actions/variables/REGION", {"value": "eu"}),
    ]:
        assert ask(stack, "POST", f"/api/v1{path}", json.dumps(body), token).status == 201
    named = {"owner": "root", "repo": project.name, "org": "guild", "username": "bob", "collaborator": "bob"}
    named |= {"workflow": "ci.yml", "variablename": "REGION", "filepath": "README", "branch": "main", "ref": "main"}
    named |= {"run": run["id"], "job": job["id"], "attempt": 1, "runner": listed["id"], "id": 1, "sha": run["head_sha"]}
    return admin, named


def schemathesis(stack, user: User, named: dict, directory) -> None:
    lines = [f"{name} = {json.dumps(value)}" for name, value in named.items()]
    (directory / "schemathesis.toml").write_text("[parameters]\n" + "\n".join(lines) + "\n")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(directory / "schemathesis.toml"), "run"]
    command += [f"http://127.0.0.1:{stack.port}/openapi.json", "--header", f"Authorization: token {user.token}"]
    command += ["--max-examples", str(EXAMPLES), "--seed", "20", "--checks", CHECKS, "--no-color"]
    command += ["--phases", "examples,coverage,fuzzing", "--request-timeout", "60"]
    for name in LEFT_OUT:
        command += ["--exclude-operation-id", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500, cwd=directory)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert ask(stack, "GET", "/readyz").status == 200


def test_every_answer_about_what_there_is_is_one_of_the_document(open_stack, things, tmp_path):
    admin, named = things
    schemathesis(open_stack, admin, named, tmp_path)


def test_every_answer_about_anything_is_one_of_the_document(open_stack, things, tmp_path):
    schemathesis(open_stack, things[0], {}, tmp_path)


def test_the_document_is_one_of_openapi_31_and_of_swagger_20(open_stack):
    new, old = (ask(open_stack, "GET", path).json for path in ["/openapi.json", "/swagger.v1.json"])
    assert new["openapi"] == "3.1.0" and old["swagger"] == "2.0" and old["basePath"] == "/api/v1"
    assert {path.removeprefix("/api/v1") for path in new["paths"]} == set(old["paths"])
