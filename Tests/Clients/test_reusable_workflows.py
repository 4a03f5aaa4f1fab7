"""Reusable workflows are expanded on the server: their jobs are jobs of the caller's run (workflows.md 13)."""

import json
import re

from support import Project, ask, pb, wait_for

from millrace_stack import StackError

JSON = {"Content-Type": "application/json"}

CALLEE = """\
on:
  workflow_call:
    inputs:
      env: {type: string, required: true}
      dry: {type: boolean, default: false}
    secrets: {TOKEN: {required: true}}
    outputs: {url: {value: "${{ jobs.build.outputs.u }}/${{ inputs.env }}"}}
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: {u: "${{ steps.s.outputs.u }}"}
    steps: [{id: s, run: "echo ${{ inputs.env }} ${{ secrets.TOKEN }}", if: "!inputs.dry"}]
  after: {runs-on: ubuntu-latest, needs: build, steps: [{run: echo after}]}
"""
CALLER = """\
on: push
jobs:
  first: {runs-on: ubuntu-latest, outputs: {e: "${{ steps.a.outputs.e }}"}, steps: [{id: a, run: echo}]}
  call:
    needs: first
    uses: ./.gitea/workflows/callee.yml
    with: {env: "${{ needs.first.outputs.e }}"}
    secrets: {TOKEN: "${{ secrets.DEPLOY }}"}
  last: {runs-on: ubuntu-latest, needs: call, steps: [{run: "echo ${{ needs.call.outputs.url }}"}]}
"""


def names(project, run: dict) -> list[str]:
    answer = ask(
        project.stack, "GET", f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/jobs", headers=auth(project)
    )
    assert answer.status == 200, answer.text
    return [f"{job['name']} {job['status']} {job.get('conclusion')}" for job in json.loads(answer.text)["jobs"]]


def auth(project) -> dict[str, str]:
    return {"Authorization": f"token {project.owner.token}"}


def put_secret(project, name: str, value: str) -> None:
    path = f"/api/v1/repos/{project.path}/actions/secrets/{name}"
    answer = ask(project.stack, "PUT", path, json.dumps({"data": value}), auth(project) | JSON)
    assert answer.status in (201, 204), answer.text


def test_the_jobs_of_the_callee_run_with_its_inputs_and_secrets_and_their_outputs_come_back(project):
    put_secret(project, "DEPLOY", "deploy-value")
    put_secret(project, "OTHER", "other-value")
    project.push({".gitea/workflows/ci.yml": CALLER, ".gitea/workflows/callee.yml": CALLEE})
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    assert not project.run_of("callee.yml")
    runner = project.runner()

    first = runner.fetch()
    runner.finish(first, outputs={"e": "pr'od"})

    build = wait_for(runner.fetch, "the callee's first job")
    payload = json.loads(build.workflow_payload)
    assert list(payload["jobs"]) == ["build"] and payload["jobs"]["build"]["name"] == "call / build"
    step = payload["jobs"]["build"]["steps"][0]
    assert step["run"] == "echo ${{ 'pr''od' }} ${{ secrets.TOKEN }}" and step["if"] == "!false"
    assert build.secrets["TOKEN"] == "deploy-value"
    assert not {"DEPLOY", "OTHER"} & set(build.secrets)
    assert not build.needs
    caller = project.jobs(run)["call"]
    why = project.stack.millrace("why", "job", project.path, str(caller["id"]))
    assert 'it called a workflow and waits for "call / build", "call / after" to end' in why
    runner.finish(build, outputs={"u": "http"})

    after = wait_for(runner.fetch, "the callee's second job")
    assert dict(after.needs["build"].outputs) == {"u": "http"}
    runner.finish(after)

    last = wait_for(runner.fetch, "the job behind the call")
    assert dict(last.needs["call"].outputs) == {"url": "http/pr'od"}
    assert last.secrets["OTHER"] == "other-value"
    runner.finish(last)
    assert project.wait_run("ci.yml")["conclusion"] == "success"
    assert names(project, run) == [
        "first completed success",
        "call completed success",
        "last completed success",
        "call / build completed success",
        "call / after completed success",
    ]


def test_a_failed_job_of_the_callee_fails_the_call_and_runs_again_alone_with_what_needs_it(project):
    callee = CALLEE.replace("secrets: {TOKEN: {required: true}}", "secrets: {TOKEN: {}}")
    caller = CALLER.replace("if: x", "").replace('    secrets: {TOKEN: "${{ secrets.DEPLOY }}"}\n', "")
    project.push({".gitea/workflows/ci.yml": caller, ".gitea/workflows/callee.yml": callee})
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    runner = project.runner()
    runner.finish(runner.fetch(), outputs={"e": "x"})
    runner.finish(wait_for(runner.fetch, "build"), outputs={"u": "one"})
    runner.finish(wait_for(runner.fetch, "after"), result=pb.Result.FAILURE)
    assert project.wait_run("ci.yml")["conclusion"] == "failure"
    assert names(project, run) == [
        "first completed success",
        "call completed failure",
        "last completed skipped",
        "call / build completed success",
        "call / after completed failure",
    ]
    path = f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/rerun-failed-jobs"
    assert ask(project.stack, "POST", path, headers=auth(project)).status == 201
    again = wait_for(runner.fetch, "the failed job again")
    assert json.loads(again.workflow_payload)["jobs"]["after"]["name"] == "call / after"
    assert dict(again.needs["build"].outputs) == {"u": "one"}
    runner.finish(again)
    last = wait_for(runner.fetch, "the job behind the call")
    assert dict(last.needs["call"].outputs) == {"url": "one/x"}
    runner.finish(last)
    assert project.wait_run("ci.yml")["conclusion"] == "success"
    assert project.stack.sql(f"select count(*) from job where run_id = {run['id']}") == "10"


def test_a_cancel_ends_what_was_called(project):
    job = "runs-on: ubuntu-latest, steps: [run: x]"
    callee = f"on: workflow_call\njobs: {{a: {{{job}}}, b: {{{job}, needs: a}}}}\n"
    caller = "on: push\njobs: {c: {uses: ./.gitea/workflows/callee.yml}}\n"
    project.push({".gitea/workflows/ci.yml": caller, ".gitea/workflows/callee.yml": callee})
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    wait_for(lambda: len(names(project, run)) == 3, "the callee's jobs")
    path = f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/cancel"
    assert ask(project.stack, "POST", path, headers=auth(project)).status < 300
    assert project.wait_run("ci.yml")["conclusion"] == "cancelled"
    assert [name.split(" ", 1)[1].rsplit(" ", 1)[1] for name in names(project, run)] == ["cancelled"] * 3


def test_a_callee_of_another_repository_is_read_by_its_ref_and_a_private_one_of_others_is_not(
    project, stranger, tmp_path
):
    other_project = Project(project.stack, stranger, tmp_path)
    callee = "on: workflow_call\njobs: {a: {runs-on: ubuntu-latest, steps: [run: echo theirs]}}\n"
    other_project.push({".gitea/workflows/shared.yml": callee})
    uses = f"{other_project.path}/.gitea/workflows/shared.yml@main"
    project.push_workflow(f"on: push\njobs: {{c: {{uses: '{uses}'}}}}\n", "ci.yml")
    task = wait_for(project.runner().fetch, "the job of the other repository's workflow")
    assert json.loads(task.workflow_payload)["jobs"]["a"]["steps"] == [{"run": "echo theirs"}]
    change = ask(
        project.stack,
        "PATCH",
        f"/api/v1/repos/{other_project.path}",
        json.dumps({"private": True}),
        auth(other_project) | JSON,
    )
    assert change.status == 200, change.text
    project.push_workflow(f"on: push\njobs: {{c: {{uses: '{uses}'}}}}\n", "second.yml")
    run = project.wait_run("second.yml")
    assert run["conclusion"] == "failure"
    problem = project.stack.sql(f"select problem from run where id = {run['id']}")
    assert "is in no repository of this server that" in problem and "theirs" not in problem


def test_what_was_called_breaks_no_invariant(project):
    """Behind the others: `verify` looks at all their runs. Other tests of the stack damage artifacts on purpose."""
    try:
        said = project.stack.millrace("verify", "--json")
    except StackError as error:
        said = str(error)
    broken = set(re.findall(r'"name":"(\w+)","holds":false', said))
    assert '"holds":' in said and broken <= {"i6_artifact_is_whole"}
