"""The job state machine as users see it: conditions, reruns, outputs, why, events; runner.md checklist 29, 31, 35 to
39."""

import json
import threading

import pytest
import runner_pb as pb
from support import StackError, ask, context, job_key, wait_for

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


def call(project, method: str, path: str, user=None):
    token = (user or project.owner).token
    return ask(
        project.stack,
        method,
        f"/api/v1/repos/{project.path}/actions{path}",
        headers={"Authorization": f"token {token}"},
    )


def conclusions(project, run) -> dict:
    return {name: job.get("conclusion") for name, job in project.jobs(run).items()}


def job(name: str, *lines: str) -> str:
    return (
        f"  {name}:\n    runs-on: ubuntu-latest\n"
        + "".join(f"    {line}\n" for line in lines)
        + "    steps: [{run: 'true'}]\n"
    )


# --- Conditions, decided by the server (rows 38, 39; workflows.md 10) ---


def test_conditions(project):
    project.push_workflow(
        "on: push\njobs:\n"
        + job("a")
        + job("skipped", "needs: a")
        + job("chain", "needs: skipped")
        + job("always", "needs: chain", "if: always()")
        + job("failure", "needs: chain", "if: ${{ failure() }}")
        + job("success", "needs: chain", "if: success()")
        + job("result", "needs: a", "if: always() && needs.a.result == 'failure'")
        + job("other", "needs: a", "if: always() && needs.a.result == 'success'")
        + job("ref", "if: github.ref == 'refs/heads/main' && github.event_name == 'push'")
        + job("noref", "if: startsWith(github.ref, 'refs/tags/')")
    )
    runner, seen = project.runner(), []
    for _ in range(5):
        task = runner.fetch()
        seen.append(job_key(task))
        runner.finish(task, result=pb.Result.FAILURE if job_key(task) == "a" else pb.Result.SUCCESS)
    run = project.wait_run()
    assert sorted(seen) == ["a", "always", "failure", "ref", "result"]
    assert conclusions(project, run) == {
        "a": "failure",
        "skipped": "skipped",
        "chain": "skipped",
        "always": "success",
        "failure": "success",
        "success": "skipped",
        "result": "success",
        "other": "skipped",
        "ref": "success",
        "noref": "skipped",
    }
    assert run["conclusion"] == "failure"


def test_a_condition_on_an_output(project):
    project.push_workflow(
        "on: push\njobs:\n"
        + job("a", "outputs: {go: x}")
        + job("yes", "needs: a", "if: needs.a.outputs.go == 'yes'")
        + job("no", "needs: a", "if: needs.a.outputs.go == 'no'")
    )
    runner = project.runner()
    runner.finish(runner.fetch(), outputs={"go": "yes"})
    task = runner.fetch()
    assert job_key(task) == "yes"
    runner.finish(task)
    assert conclusions(project, project.wait_run()) == {"a": "success", "yes": "success", "no": "skipped"}


def test_a_condition_that_cannot_be_evaluated_fails_the_job(project):
    project.push_workflow(
        "on: push\njobs:\n" + job("a") + job("b", "needs: a", "if: fromJSON(needs.a.outputs.nothing)")
    )
    runner = project.runner()
    runner.finish(runner.fetch())
    run = project.wait_run()
    assert conclusions(project, run) == {"a": "success", "b": "failure"}
    assert project.jobs(run)["b"]["problem"].startswith('"if" of job "b" cannot be evaluated: ')


def test_a_wrong_condition_is_told_at_the_push(project):
    project.push_workflow("on: push\njobs:\n" + job("a", "if: succes()"))
    run = project.wait_run()
    assert run["conclusion"] == "failure" and "ci.yml:5:" in run["problem"] and "succes" in run["problem"]


def test_names_and_labels_are_evaluated(project):
    project.push_workflow(
        "on: push\nrun-name: Build ${{ github.run_number }}\njobs:\n  a:\n    name: On ${{ github.ref_name }}\n   "
        " runs-on: ${{ github.ref_name == 'main' && 'ubuntu-latest' || 'x' }}\n    steps: [{run: 'true'}]\n"
    )
    runner = project.runner()
    runner.finish(runner.fetch())
    run = project.wait_run()
    assert run["display_title"] == f"Build {run['run_number']}"
    assert list(project.jobs(run)) == ["On main"]


# --- Two ends at once (row 35) ---


def test_two_jobs_that_end_at_once(project):
    rounds = 25
    runners = [project.runner() for _ in range(2)]
    for n in range(rounds):
        project.push_workflow("on: push\njobs:\n" + job("a") + job("b") + job("c", "needs: [a, b]"), f"w{n}.yml")
        tasks = [runner.fetch() for runner in runners]
        threads = [threading.Thread(target=runner.finish, args=(task,)) for runner, task in zip(runners, tasks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        last = runners[n % 2].fetch()
        assert job_key(last) == "c"
        runners[n % 2].finish(last)
        assert project.wait_run(f"w{n}.yml")["conclusion"] == "success"


# --- Reports (rows 29, 31, 36, 37) ---


def test_running_answers_no_result(project):
    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    for steps in ([], [], [pb.StepState(id=0)], [pb.StepState(id=0)], [pb.StepState(id=7, result=pb.Result.FAILURE)]):
        assert runner.state(task, steps=steps).state.result == pb.Result.UNSPECIFIED
    runner.finish(task)


def test_outputs_have_limits_and_refused_ones_are_listed(project):
    runner = project.runner()
    project.push_workflow("on: push\njobs:\n" + job("a", "outputs: {k: x}") + job("b", "needs: a"))
    task = runner.fetch()
    long, huge = "k" * 256, "x" * (1024 * 1024 + 1)
    sent = runner.state(task, outputs={"k": "1", long: "v", "huge": huge, "long" * 1000: "w"}).sent_outputs
    assert sorted(sent) == sorted(["k", long, "huge", "long" * 1000])
    sent = runner.state(task, outputs={"k": "2", "edge": "y" * (1024 * 1024)}).sent_outputs
    assert sorted(sent) == ["edge", "huge", "k"]
    runner.finish(task)
    after = runner.fetch()
    assert dict(after.needs["a"].outputs) == {"k": "1", "edge": "y" * (1024 * 1024)}
    runner.finish(after)


def test_late_outputs_reach_the_dependent(project):
    """runner.md 4.6: result first, then no_more, then the outputs."""
    runner = project.runner()
    project.push_workflow("on: push\njobs:\n" + job("a", "outputs: {k: x}") + job("b", "needs: a"))
    task = runner.fetch()
    runner.state(task, pb.Result.SUCCESS)
    assert project.jobs(project.run_of("ci.yml"))["a"]["conclusion"] == "success"
    assert project.jobs(project.run_of("ci.yml"))["b"]["status"] == "pending", "held for late outputs"
    runner.rows(task, 0, ["x"], no_more=True)
    runner.state(task, pb.Result.SUCCESS, outputs={"k": "late"})
    after = runner.fetch()
    assert dict(after.needs["a"].outputs) == {"k": "late"}
    runner.finish(after)


def test_a_rerun_goes_on_waiting_for_late_outputs(project):
    """The job is carried over while its outputs are awaited: its dependents in the new attempt await them too."""
    runner = project.runner()
    project.push_workflow("on: push\njobs:\n" + job("a", "outputs: {k: x}") + job("b", "needs: a"))
    task = runner.fetch()
    runner.state(task, pb.Result.SUCCESS)
    run = project.run_of("ci.yml")
    assert call(project, "POST", f"/runs/{run['id']}/cancel").status == 200
    assert call(project, "POST", f"/runs/{run['id']}/rerun-failed-jobs").status == 201
    assert project.jobs(run)["b"]["status"] == "pending"
    runner.state(task, pb.Result.SUCCESS, outputs={"k": "late"})
    after = runner.fetch()
    assert dict(after.needs["a"].outputs) == {"k": "late"}
    runner.finish(after)
    assert project.wait_run()["conclusion"] == "success"


# --- Reruns ---

PIPELINE = "on: push\njobs:\n" + job("build", "outputs: {v: x}") + job("lint") + job("report", "needs: [build, lint]")


def run_pipeline(project, runner, lint=pb.Result.SUCCESS):
    for task in (runner.fetch(), runner.fetch()):
        key = job_key(task)
        runner.finish(
            task,
            [f"log of {key}"],
            outputs={"v": "1"} if key == "build" else None,
            result=lint if key == "lint" else pb.Result.SUCCESS,
        )


def test_rerun_of_failed_jobs_carries_the_others_over(project, stranger):
    runner = project.runner()
    project.push_workflow(PIPELINE)
    run_pipeline(project, runner, lint=pb.Result.FAILURE)
    run = project.wait_run()
    first = project.jobs(run)
    assert conclusions(project, run) == {"build": "success", "lint": "failure", "report": "skipped"}
    assert call(project, "POST", f"/runs/{run['id']}/rerun-failed-jobs", stranger).status == 403
    assert call(project, "POST", f"/runs/{run['id']}/rerun-failed-jobs").status == 201
    task = runner.fetch()
    assert job_key(task) == "lint" and context(task)["run_attempt"] == "2"
    assert call(project, "POST", f"/runs/{run['id']}/rerun").status == 400, "not done"
    runner.finish(task, ["second try"])
    report = runner.fetch()
    assert dict(report.needs["build"].outputs) == {"v": "1"}, "carried over"
    runner.finish(report)
    again = project.wait_run()
    assert (again["id"], again["run_attempt"], again["conclusion"]) == (run["id"], 2, "success")
    assert again["previous_attempt_url"].endswith("/attempts/1")
    second = project.jobs(again)
    assert all(first[name]["id"] != second[name]["id"] for name in first), "new rows and ids"
    assert "log of build" in project.log(second["build"]) and "second try" in project.log(second["lint"])
    assert "log of lint" in project.log(first["lint"]), "old ids keep answering"
    old = call(project, "GET", f"/runs/{run['id']}/attempts/1").json
    assert (old["run_attempt"], old["conclusion"]) == (1, "failure")
    jobs = call(project, "GET", f"/runs/{run['id']}/attempts/1/jobs").json["jobs"]
    assert {each["name"]: each["id"] for each in jobs} == {name: each["id"] for name, each in first.items()}
    assert call(project, "GET", f"/runs/{run['id']}/attempts/3").status == 404
    assert call(project, "POST", f"/runs/{run['id']}/rerun-failed-jobs").json["message"] == "no job of this run failed"


def test_rerun_of_one_job_takes_its_dependents_along(project):
    runner = project.runner()
    project.push_workflow(PIPELINE)
    run_pipeline(project, runner)
    runner.finish(runner.fetch())
    run = project.wait_run()
    jobs = project.jobs(run)
    answer = call(project, "POST", f"/runs/{run['id']}/jobs/{jobs['build']['id']}/rerun")
    assert answer.status == 201 and answer.json["name"] == "build" and answer.json["id"] != jobs["build"]["id"]
    assert call(project, "POST", f"/runs/{run['id']}/jobs/999999/rerun").status == 404
    for expected in ("build", "report"):
        task = runner.fetch()
        assert job_key(task) == expected
        runner.finish(task, outputs={"v": "2"} if expected == "build" else None)
    assert project.wait_run()["run_attempt"] == 2
    stale = call(project, "POST", f"/runs/{run['id']}/jobs/{jobs['build']['id']}/rerun")
    assert stale.status == 404 and "latest attempt" in stale.json["message"]


def test_rerun_of_all(project):
    runner = project.runner()
    project.push_workflow(ONE)
    runner.finish(runner.fetch(), result=pb.Result.FAILURE)
    run = project.wait_run()
    answer = call(project, "POST", f"/runs/{run['id']}/rerun")
    assert (answer.status, answer.json["run_attempt"], answer.json["status"]) == (201, 2, "queued")
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"


def test_two_reruns_at_once_make_one_attempt(project):
    runner = project.runner()
    project.push_workflow(ONE)
    runner.finish(runner.fetch())
    run, answers = project.wait_run(), []

    def rerun():
        answers.append(call(project, "POST", f"/runs/{run['id']}/rerun").status)

    threads = [threading.Thread(target=rerun) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Who saw it done and came too late is told of the race.
    assert sorted(answers)[0] == 201 and set(sorted(answers)[1:]) <= {400, 409}, answers
    runner.finish(runner.fetch())
    assert project.wait_run()["run_attempt"] == 2


def test_a_broken_file_cannot_be_rerun(project):
    project.push_workflow("on: push\njobs: []\n")
    run = project.wait_run()
    answer = call(project, "POST", f"/runs/{run['id']}/rerun")
    assert answer.status == 400 and "push a sound file" in answer.json["message"]


# --- Why ---


def why(project, name: str) -> dict:
    found = wait_for(lambda: (run := project.run_of("ci.yml")) and project.jobs(run).get(name), "the job")
    return {
        **call(project, "GET", f"/jobs/{found['id']}/why").json,
        "id": found["id"],
        "run": project.run_of("ci.yml")["id"],
    }


def test_why_a_job_waits_in_the_api_the_command_and_the_page(project):
    runner = project.runner(["linux"])
    project.push_workflow(
        "on: push\njobs:\n  a:\n    runs-on: [linux, gpu]\n    steps: [{run: 'true'}]\n" + job("b", "needs: a")
    )
    answer = why(project, "a")
    assert answer["kind"] == "labels" and 'lacks "gpu"' in answer["message"]
    assert project.stack.millrace("why", "job", project.path, str(answer["id"])).strip() == answer["message"]
    assert json.loads(project.stack.millrace("why", "job", project.path, str(answer["id"]), "--json")) == {
        "kind": "labels",
        "message": answer["message"],
    }
    import html

    page = ask(project.stack, "GET", f"/{project.path}/actions/runs/{answer['run']}").text
    assert answer["message"] in html.unescape(page)
    assert why(project, "b") | {"id": 0} == {
        "kind": "needs",
        "message": 'waiting for "a" to end',
        "id": 0,
        "run": answer["run"],
    }
    said = project.stack.millrace("why", "runner", str(runner.id)).strip()
    assert said.startswith("a job waits for the labels ") and 'lacks "gpu"' in said or "wait for the labels" in said
    with pytest.raises(StackError, match="has no job 999999"):
        project.stack.millrace("why", "job", project.path, "999999")


# --- Events ---


def test_every_move_has_an_event_and_verify_sees_what_does_not(project):
    runner = project.runner()
    project.push_workflow(ONE)
    runner.finish(runner.fetch())
    run = project.wait_run()
    kinds = project.stack.sql(
        f"select string_agg(kind || coalesce('=' || status, ''), ' ' order by id) from event where run_id = {run['id']}"
    )
    assert (
        kinds == "run_planned run_status=7 job_status=7 job_status=5 run_status=5 run_status=6 job_status=6 "
        "job_status=1 run_status=1"
    )
    assert json.loads(project.stack.millrace("verify", "--json"))["holds"]
    # A run's row that disagrees with its jobs and its events is found, and only it.
    project.stack.sql(f"update run set status = 2 where id = {run['id']}")
    with pytest.raises(
        StackError,
        match=(
            f"ended with 1.*run {run['id']} is failure, its jobs make it success"
            f"|run {run['id']} is 2, its latest attempt is 1"
        ),
    ):
        project.stack.millrace("verify")
    project.stack.sql(f"update run set status = 1 where id = {run['id']}")
    # An acked row that is not there is found too.
    project.stack.sql("update task set log_rows = log_rows + 1 where id = (select max(id) from task)")
    with pytest.raises(StackError, match="rows acked"):
        project.stack.millrace("verify")
    project.stack.sql("update task set log_rows = log_rows - 1 where id = (select max(id) from task)")
    assert json.loads(project.stack.millrace("verify", "--json"))["holds"]


def test_a_rerun_before_the_late_outputs_came_holds_nobody_up(project):
    """The wait of the attempt before ends; the sweep that ends waits goes on to those of others (found by
    simulation)."""
    runner = project.runner()
    project.push_workflow("on: push\njobs:\n" + job("a", "outputs: {k: x}"), "held.yml")
    held = runner.fetch()
    runner.state(held, pb.Result.SUCCESS)
    run = project.wait_run("held.yml")
    assert call(project, "POST", f"/runs/{run['id']}/rerun").status == 201
    runner.finish(runner.fetch(), outputs={"k": "2"})
    project.push_workflow("on: push\njobs:\n" + job("a", "outputs: {k: x}") + job("b", "needs: a"))
    task = runner.fetch()
    runner.state(task, pb.Result.SUCCESS)  # and never a word more: the wait ends after ten seconds
    after = runner.fetch()
    assert job_key(after) == "b"
    runner.finish(after)
    wait_for(
        lambda: (
            project.stack.sql(f"select count(*) from job where run_id = {run['id']} and settle_due_at is not null")
            == "0"
        ),
        "the end of the wait",
    )


def test_a09_a_condition_sees_outputs_that_it_does_not_name(project):
    """Empty ones before, since only a text with "output" in it was thought to ask."""
    runner = project.runner()
    project.push_workflow(
        "on: push\njobs:\n"
        + job("a", "outputs: {state: x}")
        + job("yes", "needs: a", "if: contains(toJSON(needs), 'ready')")
        + job("no", "needs: a", "if: contains(toJSON(needs), 'never')")
    )
    runner.finish(runner.fetch(), outputs={"state": "ready"})
    task = runner.fetch()
    assert job_key(task) == "yes"
    runner.finish(task)
    jobs = project.jobs(project.wait_run())
    assert {name: one["conclusion"] for name, one in jobs.items()} == {
        "a": "success",
        "yes": "success",
        "no": "skipped",
    }
