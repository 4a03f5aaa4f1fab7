"""schemathesis against our own document: no failure of the server, and no answer that the document does not know."""

import subprocess
import sys

import pytest
from conftest import private_stack
from support import Project, User, ask

# A whole pass is `make abuse`; here a few cases of each operation.
EXAMPLES = 3
# What ends the credentials that the pass is made with.
LEFT_OUT = ["delete_token", "post_user_password"]


@pytest.fixture(scope="module")
def open_stack():
    with private_stack("openapi", instances=1) as stack:
        yield stack


def test_every_answer_is_one_of_the_document(open_stack, tmp_path):
    stack = open_stack
    admin = User(stack, "root", admin=True)
    Project(stack, admin, tmp_path).push({"README": "hello\n"})
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{stack.port}/openapi.json"]
    command += ["--header", f"Authorization: token {admin.token}", "--max-examples", str(EXAMPLES), "--seed", "20"]
    command += ["--checks", "not_a_server_error,status_code_conformance,content_type_conformance"]
    command[-1] += ",response_schema_conformance"
    command += ["--phases", "examples,fuzzing", "--no-color", "--request-timeout", "60"]
    for name in LEFT_OUT:
        command += ["--exclude-operation-id", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert ask(stack, "GET", "/readyz").status == 200


def test_the_document_is_one_of_openapi_31_and_of_swagger_20(open_stack):
    new, old = (ask(open_stack, "GET", path).json for path in ["/openapi.json", "/swagger.v1.json"])
    assert new["openapi"] == "3.1.0" and old["swagger"] == "2.0" and old["basePath"] == "/api/v1"
    assert {path.removeprefix("/api/v1") for path in new["paths"]} == set(old["paths"])
