"""A job's payload is made at the claim, from the definition that planning stored (docs/adr/0019)."""

import json

from support import ask, context, job_key, wait_for

FILE = "on: push\njobs:\n  one: {runs-on: ubuntu-latest, steps: [{run: echo one}]}\n"


def pushed(project, file: str) -> dict:
    project.push_workflow(FILE, file)
    return wait_for(lambda: project.run_of(file), "the run")


def test_the_payload_comes_from_the_definition(project):
    run = pushed(project, "a.yml")
    project.stack.sql(f"update job set payload = 'not this' where run_id = {run['id']}")
    task = project.runner().fetch()
    assert json.loads(task.workflow_payload)["jobs"]["one"]["steps"] == [{"run": "echo one"}]


def test_a_job_that_an_older_server_planned_is_given_out_and_runs_again(project):
    run = pushed(project, "a.yml")
    project.stack.sql(f"update job set definition = null where run_id = {run['id']}")
    planned = project.stack.sql(f"select payload from job where run_id = {run['id']}")
    runner = project.runner()
    task = runner.fetch()
    assert task.workflow_payload.decode() == planned
    runner.finish(task)
    project.wait_run("a.yml")
    answer = ask(
        project.stack,
        "POST",
        f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/rerun",
        headers={"Authorization": f"token {project.owner.token}"},
    )
    assert answer.status == 201, answer.text
    assert runner.fetch().workflow_payload.decode() == planned


def test_a_rerun_keeps_the_definition(project):
    run = pushed(project, "a.yml")
    runner = project.runner()
    first = runner.fetch()
    runner.finish(first)
    project.wait_run("a.yml")
    ask(
        project.stack,
        "POST",
        f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/rerun",
        headers={"Authorization": f"token {project.owner.token}"},
    )
    again = runner.fetch()
    assert again.id != first.id and again.workflow_payload == first.workflow_payload
    assert (
        project.stack.sql(f"select count(distinct definition), count(*) from job where run_id = {run['id']}") == "1|2"
    )


def test_a_job_that_a_newer_server_planned_fails_with_the_reason_and_holds_up_no_other(project):
    bad = pushed(project, "bad.yml")
    project.stack.sql(f"""update job set definition = '{{"version":3}}' where run_id = {bad["id"]}""")
    pushed(project, "good.yml")
    task = project.runner().fetch()
    assert context(task)["workflow"] == "good.yml" and job_key(task) == "one"
    assert project.wait_run("bad.yml")["conclusion"] == "failure"
    problem = project.jobs(project.run_of("bad.yml"))["one"]["problem"]
    assert problem == (
        "this job cannot be prepared: the job's definition cannot be read: it has version 3 and this server reads "
        "1 and 2; a newer server planned the job"
    )
    # Another test asks `verify` about the whole instance.
    project.stack.sql(f"delete from run where id = {bad['id']}")
