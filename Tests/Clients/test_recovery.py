"""What happens when a runner does not do what it should: runner.md 3.4, 4.2, 4.4, 7.3; checklist rows 26, 31 to 34.
On a stack of short clocks (conftest.SHORT_CLOCKS)."""

import time

import runner_pb as pb
from support import ScriptedRunner, ask, job_key, wait_for

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"
CHAIN = """\
on: push
jobs:
  first:
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
  after:
    runs-on: ubuntu-latest
    needs: first
    steps: [{run: 'true'}]
  cleanup:
    runs-on: ubuntu-latest
    needs: [first, after]
    if: always()
    steps: [{run: 'true'}]
"""


def the_job(project, name="one"):
    run = project.run_of("ci.yml")
    return project.jobs(run)[name] if run else None


def wait_job(project, status, name="one"):
    def there():
        job = the_job(project, name)
        return job if job and (job.get("conclusion") or job["status"]) == status else None

    return wait_for(there, f"job {name} {status}")


def post(project, path: str):
    return ask(
        project.stack,
        "POST",
        f"/api/v1/repos/{project.path}/actions{path}",
        headers={"Authorization": f"token {project.owner.token}"},
    )


def capable(project) -> ScriptedRunner:
    """A runner that declares `cancelling`: it ends a cancelled job itself."""
    runner = project.runner()
    runner.call(
        "Declare",
        pb.DeclareRequest(version="test", labels=["ubuntu-latest"], capabilities=["cancelling"]),
        pb.DeclareResponse,
    )
    return runner


def test_an_unheard_task_goes_back_and_its_late_report_is_told_cancelled(impatient):
    lost, other = impatient.runner(), impatient.runner()
    impatient.push_workflow(ONE)
    task = lost.fetch()
    again = other.fetch()  # back in the queue after unheard_after
    assert job_key(again) == "one" and again.id != task.id
    assert lost.state(task).state.result == pb.Result.CANCELLED
    assert lost.state(task, pb.Result.SUCCESS).state.result == pb.Result.CANCELLED, "it no longer owns the job"
    assert the_job(impatient)["status"] == "in_progress"
    other.finish(again)
    assert impatient.wait_run()["conclusion"] == "success"


def test_a_job_nobody_is_ever_heard_of_fails_with_words(impatient):
    runner = impatient.runner()
    impatient.push_workflow(ONE)
    for _ in range(3):
        runner.fetch()
    job = wait_job(impatient, "failure")
    assert "was not heard of within 2 seconds, 3 times" in job["problem"]
    assert impatient.wait_run()["conclusion"] == "failure"


def test_a_silent_runner_loses_its_task_and_dependents_are_resolved(impatient):
    runner = impatient.runner()
    impatient.push_workflow(CHAIN)
    task = runner.fetch()
    runner.state(task, steps=[pb.StepState(id=0, started_at=None)])
    runner.rows(task, 0, ["the last words"])
    job = wait_job(impatient, "failure", "first")
    assert "went silent for 5 seconds" in job["problem"]
    assert all(step["status"] == "completed" for step in job["steps"])
    # The stored status is failure, but a runner stops on nothing but cancelled (go-gitea/gitea#28150).
    assert runner.state(task).state.result == pb.Result.CANCELLED
    assert the_job(impatient, "after")["conclusion"] == "skipped"
    cleanup = runner.fetch()
    assert job_key(cleanup) == "cleanup"
    assert {need: result.result for need, result in cleanup.needs.items()} == {
        "first": pb.Result.FAILURE,
        "after": pb.Result.SKIPPED,
    }
    runner.finish(cleanup)
    assert impatient.wait_run()["conclusion"] == "failure"


def test_a_job_that_takes_too_long_is_ended_though_it_reports(impatient):
    runner = impatient.runner()
    impatient.push_workflow(ONE)
    task = runner.fetch()
    answer = wait_for(lambda: (result := runner.state(task).state.result) and result, "an end")
    assert answer == pb.Result.CANCELLED
    assert (
        "ran longer than 12 seconds, the limit of jobs without timeout-minutes"
        in wait_job(impatient, "failure")["problem"]
    )


def test_timeout_minutes_may_be_longer_than_the_limit(impatient):
    runner = impatient.runner()
    impatient.push_workflow(ONE.replace("    steps", "    timeout-minutes: 1\n    steps"))
    task = runner.fetch()
    deadline = time.monotonic() + 17
    while time.monotonic() < deadline:  # past overlong_after and a sweep
        assert runner.state(task).state.result == pb.Result.UNSPECIFIED
        time.sleep(1)
    runner.finish(task)
    assert impatient.wait_run()["conclusion"] == "success"


def test_h06_a_job_over_its_timeout_minutes_is_ended_by_the_server_when_its_runner_does_not(impatient):
    """And shared/field/12: a fraction of a minute is a time, not "no bound"."""
    runner = impatient.runner()
    impatient.push_workflow(ONE.replace("    steps", "    timeout-minutes: 0.05\n    steps"))
    task = runner.fetch()
    answer = wait_for(lambda: (result := runner.state(task).state.result) and result, "an end")
    assert answer == pb.Result.CANCELLED, "told to stop"
    assert runner.state(task, pb.Result.SUCCESS).state.result == pb.Result.CANCELLED
    problem = wait_job(impatient, "failure")["problem"]
    assert (
        "ran longer than its timeout-minutes (3 seconds)" in problem
        and "did not end it within another 3 seconds" in problem
    )
    assert impatient.wait_run()["conclusion"] == "failure"


def test_a_restarted_runner_loses_what_it_no_longer_knows(impatient):
    runner = impatient.runner()
    impatient.push_workflow(ONE)
    runner.state(runner.fetch())
    runner.call("Declare", pb.DeclareRequest(version="test", labels=["ubuntu-latest"]), pb.DeclareResponse)
    assert "started anew in the middle of this job" in wait_job(impatient, "failure")["problem"]


def test_declaring_does_not_end_a_task_that_reports(impatient):
    runner = impatient.runner()
    impatient.push_workflow(ONE)
    task = runner.fetch()
    deadline = time.monotonic() + 7
    while time.monotonic() < deadline:
        runner.call("Declare", pb.DeclareRequest(version="test", labels=["ubuntu-latest"]), pb.DeclareResponse)
        assert runner.state(task).state.result == pb.Result.UNSPECIFIED
        time.sleep(0.3)
    runner.finish(task)
    assert impatient.wait_run()["conclusion"] == "success"


def test_nobody_takes_it(impatient):
    impatient.push_workflow(ONE)
    job = wait_job(impatient, "cancelled")
    assert "nobody took this job within 20 seconds" in job["problem"]
    assert impatient.wait_run()["conclusion"] == "cancelled"


# --- Cancel ---


def test_cancel_with_a_plain_runner_is_final_at_once(impatient):
    runner = impatient.runner()
    impatient.push_workflow(CHAIN)
    task = runner.fetch()
    runner.state(task)
    run = impatient.run_of("ci.yml")
    assert post(impatient, f"/runs/{run['id']}/cancel").json["status"] != "completed", "its clean-up is left"
    ended = {name: job.get("conclusion") for name, job in impatient.jobs(run).items()}
    assert ended == {"first": "cancelled", "after": "cancelled", "cleanup": None}
    assert runner.state(task).state.result == pb.Result.CANCELLED
    assert runner.state(task, pb.Result.SUCCESS).state.result == pb.Result.CANCELLED
    cleanup = runner.fetch()
    assert job_key(cleanup) == "cleanup"
    # A second cancel ends the clean-up too.
    assert post(impatient, f"/runs/{run['id']}/cancel").json["conclusion"] == "cancelled"
    assert runner.state(cleanup).state.result == pb.Result.CANCELLED
    assert post(impatient, f"/runs/{run['id']}/cancel").status == 409


def test_cancel_with_a_runner_that_can_cancel(impatient):
    runner = capable(impatient)
    impatient.push_workflow(ONE)
    task = runner.fetch()
    runner.state(task)
    run = impatient.run_of("ci.yml")
    assert post(impatient, f"/runs/{run['id']}/cancel").json["status"] == "in_progress"
    assert runner.state(task).state.result == pb.Result.CANCELLED, "told, but not over"
    token = {"Authorization": f"token {dict(task.secrets)['GITHUB_TOKEN']}"}
    path = f"/api/v1/repos/{impatient.path}"
    assert ask(impatient.stack, "GET", path, headers=token).status == 200, "post steps still need the token"
    runner.state(task, pb.Result.SUCCESS)
    assert impatient.wait_run()["conclusion"] == "cancelled", "whatever it reports"
    assert ask(impatient.stack, "GET", path, headers=token).status == 401


def test_a_second_cancel_does_not_wait_for_the_runner(impatient):
    runner = capable(impatient)
    impatient.push_workflow(ONE)
    runner.state(runner.fetch())
    run = impatient.run_of("ci.yml")
    post(impatient, f"/runs/{run['id']}/cancel")
    assert post(impatient, f"/runs/{run['id']}/cancel").json["conclusion"] == "cancelled"


def test_force_cancel(impatient):
    runner = capable(impatient)
    impatient.push_workflow(ONE)
    runner.state(runner.fetch())
    run = impatient.run_of("ci.yml")
    assert post(impatient, f"/runs/{run['id']}/force-cancel").json["conclusion"] == "cancelled"


def test_a_cancelling_runner_that_went_silent_ends_as_cancelled(impatient):
    runner = capable(impatient)
    impatient.push_workflow(ONE)
    runner.state(runner.fetch())
    post(impatient, f"/runs/{impatient.run_of('ci.yml')['id']}/cancel")
    assert impatient.wait_run()["conclusion"] == "cancelled"


def test_cancel_of_one_job(impatient):
    runner = impatient.runner()
    impatient.push_workflow(CHAIN)
    wait_for(lambda: the_job(impatient, "first"), "the job")
    assert post(impatient, f"/jobs/{the_job(impatient, 'first')['id']}/cancel").status == 204
    assert the_job(impatient, "first")["conclusion"] == "cancelled"
    assert the_job(impatient, "after")["conclusion"] == "skipped"
    runner.finish(runner.fetch())
    assert impatient.wait_run()["conclusion"] == "cancelled"


def test_an_ephemeral_runner_that_never_got_its_answer_may_have_another_job(impatient):
    runner = impatient.runner(ephemeral=True)
    impatient.push_workflow(ONE)
    lost = runner.fetch()
    # Waited for patiently: an answer that came too late on a busy machine would be lost, too, and the third such loss
    # ends the job.
    task = wait_for(lambda: runner.look(30_000), "the job again")
    assert task.id != lost.id and job_key(task) == "one"
    runner.finish(task)
    assert impatient.wait_run()["conclusion"] == "success"


def test_verify_finds_nothing_after_all_this(impatient_stack):
    """Last in the file: what the tests above left behind."""
    said = impatient_stack.millrace("verify", "--json")
    import json

    assert json.loads(said)["holds"], said
