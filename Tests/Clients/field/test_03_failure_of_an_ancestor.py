"""shared/field/03: what the server has decided about a job's `if`, the payload cannot contradict."""

import json

import pytest
from support import job_key

JOB = "    runs-on: ubuntu-latest\n    steps: [{run: echo it ran}]\n"


def test_failure_behind_a_skipped_job_runs(project, embedded):
    embedded()
    project.push_workflow(
        "on: push\njobs:\n  root:\n    runs-on: ubuntu-latest\n    steps: [{run: exit 1}]\n"
        f"  mid:\n    needs: root\n{JOB}  after:\n    needs: mid\n    if: failure()\n{JOB}"
    )
    run = project.wait_run(seconds=90)
    jobs = project.jobs(run)
    assert {name: job["conclusion"] for name, job in jobs.items()} == {
        "root": "failure",
        "mid": "skipped",
        "after": "success",
    }
    assert run["conclusion"] == "failure" and "it ran" in project.log(jobs["after"])


@pytest.mark.parametrize("condition", ["NaN != NaN", "case(true, 'x', 'y') == 'x'"])
def test_conditions_that_only_the_server_understands_run(project, embedded, condition):
    embedded()
    project.push_workflow(f"on: push\njobs:\n  a:\n{JOB}  b:\n    needs: a\n    if: ${{{{ {condition} }}}}\n{JOB}")
    run = project.wait_run(seconds=90)
    jobs = project.jobs(run)
    assert jobs["b"]["conclusion"] == "success" and "it ran" in project.log(jobs["b"]), jobs["b"]


def test_a_job_without_a_condition_has_none_and_others_have_one_that_a_cancel_can_make_false(project):
    runner = project.runner()
    project.push_workflow(f"on: push\njobs:\n  a:\n{JOB}  b:\n    if: github.ref != 'x'\n{JOB}")
    found = {}
    for _ in range(2):
        task = runner.fetch()
        found[job_key(task)] = next(iter(json.loads(task.workflow_payload)["jobs"].values())).get("if")
        runner.finish(task)
    assert found == {"a": None, "b": "${{ !cancelled() }}"}
