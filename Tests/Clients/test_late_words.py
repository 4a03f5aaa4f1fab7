"""Words that come late: about a task that was given back, about a job of an earlier attempt. Both were found by
simulation."""

import runner_pb as pb
from support import ask

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


def post(project, path: str):
    return ask(
        project.stack,
        "POST",
        f"/api/v1/repos/{project.path}/actions{path}",
        headers={"Authorization": f"token {project.owner.token}"},
    )


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


def test_late_words_about_a_task_given_back_do_not_count_as_a_second_job(impatient):
    """I9: an ephemeral runner that slept over its first task and was given another."""
    runner = impatient.runner(ephemeral=True)
    impatient.push_workflow(ONE)
    slept_over = runner.fetch()
    task = runner.fetch()  # back in the queue after unheard_after
    assert task.id != slept_over.id
    assert runner.state(task).state.result == pb.Result.UNSPECIFIED
    assert runner.state(slept_over).state.result == pb.Result.CANCELLED
    assert runner.rows(slept_over, 0, ["a row"]) == 1
    runner.rows(slept_over, 1, [])
    runner.rows(slept_over, 1, [], no_more=True)
    heard = f"select count(*) from task where runner_id = {runner.id} and heard_at is not null"
    assert impatient.stack.sql(heard) == "1"
    runner.finish(task)
    assert impatient.wait_run()["conclusion"] == "success"
