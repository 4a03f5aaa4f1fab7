"""The commands that ask a server by REST, as a person runs them."""

import json
import os
import subprocess

import pytest
from support import wait_for

WORKFLOW = """\
on:
  push:
  workflow_dispatch:
    inputs:
      level: {default: "1"}
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: echo}]
"""


class Shell:
    def __init__(self, stack, home):
        self.program, self.url = stack.binary, f"http://127.0.0.1:{stack.port}"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def run(self, *arguments: str, given: str = "", status: int = 0) -> str:
        done = subprocess.run(
            [str(self.program), *arguments],
            input=given,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def json(self, *arguments: str, given: str = ""):
        return json.loads(self.run(*arguments, "--json", given=given))


@pytest.fixture
def shell(stack, ann, tmp_path):
    shell = Shell(stack, tmp_path)
    shell.run("login", shell.url, given=ann.token + "\n")
    return shell


def test_a_login_is_kept_for_its_owner_alone(stack, ann, tmp_path):
    shell = Shell(stack, tmp_path)
    assert "no server is named" in shell.run("runs", "list", "a/b", status=2)
    assert f"as {ann.name}" in shell.run("login", shell.url, "--user", ann.name, given=ann.password + "\n")
    path = tmp_path / ".config/millrace/logins.json"
    assert path.stat().st_mode & 0o777 == 0o600
    token = json.loads(path.read_text())["servers"][shell.url]["token"]
    assert token not in (ann.token, ann.password) and len(token) == 40
    assert "could not log in" in shell.run("login", shell.url, given="0" * 40, status=1)
    assert json.loads(path.read_text())["servers"][shell.url]["token"] == token
    shell.run("login", shell.url, "--forget")
    assert json.loads(path.read_text())["servers"] == {}
    assert "could not reach" in shell.run("login", "http://127.0.0.1:1", given=ann.token, status=3)


def test_a_run_from_its_start_to_its_deletion(shell, project):
    project.push_workflow(WORKFLOW)
    runner = project.runner()
    task = runner.fetch()
    [run] = shell.json("runs", "list", project.path)
    [job] = shell.json("jobs", "list", project.path, "--run", str(run["id"]))
    assert shell.json("runs", "show", project.path, str(run["id"]))["head_sha"] == run["head_sha"]
    assert shell.run("runs", "list", project.path).splitlines()[0].split()[:3] == ["ID", "NUMBER", "STATUS"]
    assert "build" in shell.run("runs", "show", project.path, str(run["id"]))
    assert shell.run("jobs", "why", project.path, str(job["id"])).startswith("why")
    following = subprocess.Popen(
        [str(shell.program), "logs", project.path, str(job["id"]), "--follow"],
        env=shell.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    runner.finish(task, ["hello", "wörld"])
    said, _ = following.communicate(timeout=60)
    assert following.returncode == 0
    assert [line.split(" ", 1)[1] for line in said.splitlines()] == ["hello", "wörld"]
    assert shell.run("logs", project.path, str(job["id"])) == said
    again = shell.json("rerun", project.path, str(run["id"]))
    assert again["run_attempt"] == 2
    assert "not done" in shell.run("rerun", project.path, str(run["id"]), status=1)
    assert shell.json("cancel", project.path, str(run["id"]))["conclusion"] == "cancelled"
    assert "already completed" in shell.run("cancel", project.path, str(run["id"]), status=1)
    shell.run("runs", "rm", project.path, str(run["id"]))
    assert shell.json("runs", "list", project.path) == []


def test_a_log_of_many_rows_is_printed_whole(shell, project):
    project.push_workflow(WORKFLOW)
    runner = project.runner()
    task = runner.fetch()
    rows = [f"{number} {'x' * 500}" for number in range(12_000)]
    for first in range(0, len(rows), 2000):
        runner.rows(task, first, rows[first : first + 2000])
    runner.finish(task, index=len(rows))
    [job] = shell.json("jobs", "list", project.path)
    said = shell.run("logs", project.path, str(job["id"]))
    assert [line.split(" ", 1)[1] for line in said.splitlines()] == rows


def test_workflows_are_started_and_disabled(shell, project):
    project.push_workflow(WORKFLOW)
    wait_for(lambda: project.run_of("ci.yml"), "the run of the push")
    made = shell.json("dispatch", project.path, "ci.yml", "-f", "level=3")
    found = shell.json("runs", "list", project.path, "--event", "workflow_dispatch")
    assert [run["id"] for run in found] == [made["workflow_run_id"]]
    shell.run("workflows", "disable", project.path, "ci.yml")
    assert [w["state"] for w in shell.json("workflows", "list", project.path)] == ["disabled_manually"]
    assert "HTTP 403" in shell.run("dispatch", project.path, "ci.yml", status=1)
    shell.run("workflows", "enable", project.path, "ci.yml")
    assert "NAME=VALUE" in shell.run("dispatch", project.path, "ci.yml", "-f", "level", status=2)


def test_secrets_variables_and_tokens(shell, project):
    level = ["--repo", project.path]
    shell.run("secrets", "set", "KEY", *level, given="s3cret\n")
    assert [secret["name"] for secret in shell.json("secrets", "list", *level)] == ["KEY"]
    assert "s3cret" not in shell.run("secrets", "list", *level)
    shell.run("secrets", "rm", "KEY", *level)
    assert "HTTP 404" in shell.run("secrets", "rm", "KEY", *level, status=1)
    for value in ["eu-1", "eu-2"]:
        shell.run("variables", "set", "REGION", value, *level)
        assert shell.run("variables", "show", "region", *level) == value + "\n"
    shell.run("variables", "rm", "REGION", *level)
    assert shell.json("variables", "list", *level) == []
    assert "name one of" in shell.run("variables", "list", status=2)
    token = shell.run("tokens", "create", f"for {project.name}", "--scope", "read:user").strip()
    assert len(token) == 40
    assert token[-8:] in shell.run("tokens", "list")
    shell.run("tokens", "rm", f"for {project.name}")


def test_runners_of_a_repository(shell, project):
    runner = project.runner()
    level = ["--repo", project.path]
    assert len(shell.run("runners", "token", *level).strip()) == 40
    [found] = shell.json("runners", "list", *level)
    shell.run("runners", "disable", str(found["id"]), *level)
    assert shell.json("runners", "list", *level)[0]["disabled"] is True
    assert "disabled" in shell.run("runners", "why", str(found["id"]), *level)
    shell.run("runners", "enable", str(found["id"]), *level)
    shell.run("runners", "rm", str(found["id"]), *level)
    assert shell.json("runners", "list", *level) == [] and runner


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_completions_of_shells(stack, kind):
    done = subprocess.run(
        [str(stack.binary), "--generate-completion-script", kind], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "variables" in done.stdout
