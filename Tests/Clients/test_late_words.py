"""Words that come late: about a job of an earlier attempt. Found by simulation."""
from support import ask

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


def post(project, path: str):
    return ask(project.stack, "POST", f"/api/v1/repos/{project.path}/actions{path}",
               headers={"Authorization": f"token {project.owner.token}"})


def test_a_job_of_an_earlier_attempt_can_be_cancelled_to_no_effect(project):
    runner = project.runner()
    project.push_workflow(ONE)
    runner.finish(runner.fetch())
    run = project.wait_run()
    old = project.jobs(run)["one"]
    assert post(project, f"/runs/{run['id']}/rerun").status == 201
    assert post(project, f"/jobs/{old['id']}/cancel").status == 204, "done already, as any job that is done"
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"
