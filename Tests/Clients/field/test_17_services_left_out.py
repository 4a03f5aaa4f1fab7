"""shared/field/17: a job that asks for services is never green without them, unless the operator said so."""

WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    services:
      db: {image: 'postgres:15', ports: ['5432:5432']}
    steps: [{run: echo no database here}]
"""


def test_the_job_fails_and_says_why(project, embedded):
    embedded()
    project.push_workflow(WORKFLOW)
    run = project.wait_run(seconds=120)
    log = project.log(project.jobs(run)["a"])
    assert run["conclusion"] == "failure" and "starts no services: db" in log and "no database here" not in log, log


def test_the_operator_may_have_them_left_out(project, embedded):
    embedded("--leave-out-services")
    project.push_workflow(WORKFLOW)
    run = project.wait_run(seconds=120)
    log = project.log(project.jobs(run)["a"])
    assert run["conclusion"] == "success" and "::warning::services are not started on this runner: db" in log, log
