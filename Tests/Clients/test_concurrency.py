"""Concurrency groups, max-parallel, fail-fast and clean-up as runners and people see them: workflows.md 9, 12, 20.2."""

import contextlib
import json
import random
import threading
import time

import runner_pb as pb
from conftest import private_stack
from support import EmbeddedRunner, Project, ScriptedRunner, User, ask, job_key, wait_for

MATRIX = """\
on: push
jobs:
  leg:
    runs-on: ubuntu-latest
    strategy: {matrix: {n: [1, 2, 3]}, STRATEGY}
    steps: [{run: 'true'}]
  after:
    runs-on: ubuntu-latest
    needs: leg
    if: failure() && needs.leg.result == 'failure'
    steps: [{run: 'true'}]
"""
CLEAN_UP = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
  always:
    runs-on: ubuntu-latest
    needs: build
    if: always()
    steps: [{run: 'true'}]
  cancelled:
    runs-on: ubuntu-latest
    needs: build
    if: cancelled()
    steps: [{run: 'true'}]
  not:
    runs-on: ubuntu-latest
    needs: build
    if: ${{ !cancelled() }}
    steps: [{run: 'true'}]
  plain:
    runs-on: ubuntu-latest
    needs: build
    steps: [{run: 'true'}]
"""
GROUP = """\
on: push
concurrency: GROUP
jobs:
  one:
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
"""
JOB_GROUP = """\
on: push
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: {where: x}
    steps: [{run: 'true'}]
  deploy:
    runs-on: ubuntu-latest
    needs: first
    concurrency: {group: "to-${{ needs.first.outputs.where }}", cancel-in-progress: false}
    steps: [{run: 'true'}]
"""


def states(project: Project, run: "dict | None" = None) -> "dict[str, str]":
    run = run or project.run_of("ci.yml")
    assert run
    return {name: job.get("conclusion") or job["status"] for name, job in project.jobs(run).items()}


def why(project: Project, job: dict) -> str:
    answer = project.rest(f"/jobs/{job['id']}/why")
    assert answer.status == 200, answer.text
    return answer.json["message"]


def numbered(project: Project, number: int) -> dict:
    def there():
        return next((run for run in project.runs() if run["run_number"] == number), None)

    return wait_for(there, f"run #{number}")


def test_max_parallel_holds_legs_back_until_one_ends(project):
    runner = project.runner()
    project.push_workflow(MATRIX.replace("STRATEGY", "max-parallel: 2"))
    first, second = runner.fetch(), runner.fetch()
    shown = states(project)
    assert shown["leg (1)"] == shown["leg (2)"] == "in_progress" and shown["leg (3)"] == shown["after"]
    third = project.jobs(project.run_of("ci.yml"))["leg (3)"]
    assert 'max-parallel" of its matrix is 2, and 2 legs are at work: "leg (1)", "leg (2)"' in why(project, third)
    runner.finish(first)
    runner.finish(runner.fetch())
    runner.finish(second)
    assert project.wait_run()["conclusion"] == "success"


def test_fail_fast_cancels_the_other_legs_and_the_run_is_a_failure(project):
    runner = project.runner()
    project.push_workflow(MATRIX.replace("STRATEGY", "fail-fast: true"))
    tasks = [runner.fetch() for _ in range(2)]
    runner.finish(tasks[0], result=pb.Result.FAILURE)
    assert runner.state(tasks[1]).state.result == pb.Result.CANCELLED
    runner.finish(tasks[1], result=pb.Result.CANCELLED)
    after = runner.fetch()
    assert job_key(after) == "after"
    assert after.needs["leg"].result == pb.Result.FAILURE
    runner.finish(after)
    run = project.wait_run()
    assert run["conclusion"] == "failure"
    jobs = project.jobs(run)
    assert sorted(jobs[f"leg ({n})"]["conclusion"] for n in (1, 2, 3)) == ["cancelled", "cancelled", "failure"]
    given = [job for job in jobs.values() if job["conclusion"] == "cancelled"]
    assert all("another leg of the same matrix, failed" in job["problem"] for job in given)


def test_legs_go_on_without_fail_fast(project):
    runner = project.runner()
    project.push_workflow(MATRIX.replace("STRATEGY", "fail-fast: false"))
    runner.finish(runner.fetch(), result=pb.Result.FAILURE)
    for _ in range(2):
        runner.finish(runner.fetch())
    runner.finish(runner.fetch())
    assert states(project, project.wait_run())["after"] == "success"


def test_a_cancelled_run_still_cleans_up(project):
    runner = project.runner()
    project.push_workflow(CLEAN_UP)
    task = runner.fetch()
    run = project.run_of("ci.yml")
    headers = {"Authorization": f"token {project.owner.token}"}
    path = f"/api/v1/repos/{project.path}/actions/runs/{run['id']}"
    assert ask(project.stack, "POST", f"{path}/cancel", headers=headers).status < 300
    runner.finish(task, result=pb.Result.CANCELLED)
    tasks = {job_key(task): task for task in (runner.fetch(), runner.fetch())}
    assert set(tasks) == {"always", "cancelled"}
    runner.finish(tasks["always"])
    assert states(project, run)["not"] == states(project, run)["plain"] == "cancelled"
    # A forced cancel ends these too.
    assert ask(project.stack, "POST", f"{path}/force-cancel", headers=headers).status < 300
    assert states(project, project.wait_run()) == {
        "build": "cancelled",
        "always": "success",
        "cancelled": "cancelled",
        "not": "cancelled",
        "plain": "cancelled",
    }


def test_one_run_of_a_group_works_one_waits_and_who_is_passed_says_by_whom(project):
    runner = project.runner()
    text = GROUP.replace("GROUP", "deploy-${{ github.ref }}")
    project.push_workflow(text)
    first = runner.fetch()
    for n in (2, 3):
        project.push_workflow(f"# {n}\n" + (text if n == 2 else text.replace("deploy", "Deploy")))
        numbered(project, n)
    passed = numbered(project, 2)
    wait_for(lambda: numbered(project, 2)["status"] == "completed", "the end of the second run")
    words = 'superseded by run #3 in concurrency group "deploy-refs/heads/main"'
    assert numbered(project, 2)["conclusion"] == "cancelled" and numbered(project, 2)["problem"] == words
    assert project.jobs(passed)["one"]["problem"] == words
    waiting = project.jobs(numbered(project, 3))["one"]
    assert "and waits for run #1, which holds it, to end" in why(project, waiting)
    runner.finish(first)
    runner.finish(runner.fetch())
    wait_for(lambda: numbered(project, 3)["conclusion"] == "success", "the third run")


def test_cancel_in_progress_ends_the_run_that_holds_the_group(project):
    runner = project.runner()
    text = GROUP.replace("GROUP", "{group: g, cancel-in-progress: \"${{ github.ref == 'refs/heads/main' }}\"}")
    project.push_workflow(text)
    first = runner.fetch()
    project.push_workflow("# 2\n" + text)
    wait_for(lambda: runner.state(first).state.result == pb.Result.CANCELLED, "the cancel of the first")
    runner.finish(first, result=pb.Result.CANCELLED)
    runner.finish(runner.fetch())
    wait_for(lambda: numbered(project, 2)["conclusion"] == "success", "the second run")
    assert numbered(project, 1)["conclusion"] == "cancelled"


def test_a_group_of_jobs_is_named_by_outputs_and_holds_one_job_at_a_time(project):
    runner = project.runner()
    project.push_workflow(JOB_GROUP)
    runner.finish(runner.fetch(), outputs={"where": "prod"})
    first = runner.fetch()
    assert job_key(first) == "deploy"
    project.push_workflow("# 2\n" + JOB_GROUP)
    runner.finish(runner.fetch(), outputs={"where": "PROD"})
    second = numbered(project, 2)
    deploy = project.jobs(second)["deploy"]
    wait_for(lambda: 'waits for job "deploy" of run #1' in why(project, deploy), "the reason")
    project.push_workflow("# 3\n" + JOB_GROUP)
    runner.finish(runner.fetch(), outputs={"where": "elsewhere"})
    runner.finish(runner.fetch())
    wait_for(lambda: numbered(project, 3)["conclusion"] == "success", "a run of another group")
    runner.finish(first)
    runner.finish(runner.fetch())
    wait_for(lambda: numbered(project, 2)["conclusion"] == "success", "the second run")


def test_a_job_of_its_own_runs_group_fails_and_says_why(project):
    text = GROUP.replace("GROUP", "g").replace("    steps", "    concurrency: G\n    steps")
    project.push_workflow(text)
    run = project.wait_run()
    assert run["conclusion"] == "failure"
    assert "is that of its own run" in project.jobs(run)["one"]["problem"]


# Both levels in one name space: the job's group is a run's of the other workflow.
BUSY = """\
on: push
concurrency: NAME
jobs:
  one:
    runs-on: ubuntu-latest
    steps: [{run: 'sleep 0.3'}]
"""
BUSY_JOBS = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    concurrency: SHARED
    steps: [{run: 'sleep 0.3'}]
  legs:
    runs-on: ubuntu-latest
    concurrency: "legs-${{ matrix.n }}"
    strategy: {matrix: {n: [1, 2]}, max-parallel: 1}
    steps: [{run: 'true'}]
"""
# At most one holds a group, and once its moves are made at most one waits for it.
HOLDERS = """
    select group_id, count(*) from (
           select group_id from run where group_turn is not null and status > 4 and held_attempt = latest_attempt
            union all select group_id from job where group_id is not null and status > 4 and group_held) h
     group by group_id having count(*) > 1
"""
WAITING = """
    select group_id, count(*) from (
           select group_id from run where group_turn is not null and status > 4
                  and held_attempt is distinct from latest_attempt and cancelled_attempt is distinct from latest_attempt
            union all select group_id from job where group_id is not null and status = 7 and not group_held) w
     group by group_id having count(*) > 1
"""


def test_instances_that_are_killed_leave_one_at_work_one_waiting_and_nothing_stuck(tmp_path):
    dice = random.Random(3)
    with private_stack("groups", instances=2) as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        runners = [EmbeddedRunner(stack, project) for _ in range(2)]
        stop, found = threading.Event(), []

        def watch():
            while not stop.is_set():
                found.extend(stack.sql(HOLDERS).split())
                time.sleep(0.1)

        watcher = threading.Thread(target=watch)
        try:
            for runner in runners:
                runner.start()
            watcher.start()
            for n in range(8):
                files = {
                    ".gitea/workflows/a.yml": BUSY.replace("NAME", "shared"),
                    ".gitea/workflows/b.yml": BUSY_JOBS,
                    "n": str(n),
                }
                with contextlib.suppress(Exception):
                    project.push(files, f"Push {n}")
                time.sleep(dice.uniform(0, 2))
                # Both at once now and then: then nobody hears what was told.
                victims = dice.choice([["millrace-1"], ["millrace-2"], ["millrace-1", "millrace-2"]])
                for victim in victims:
                    stack.kill(victim)
                for victim in victims:
                    stack.start_one(victim)

            def ended():
                return (
                    stack.sql("select count(*) from run where status > 4") == "0"
                    and stack.sql("select count(*) from inbox where state in ('announced', 'confirmed')") == "0"
                )

            wait_for(ended, "the end of all runs", 180)
        finally:
            stop.set()
            watcher.join(10)
            for runner in runners:
                runner.stop()
        assert found == []
        assert stack.sql(WAITING) == ""
        assert int(stack.sql("select count(*) from job where group_held")) > 4
        problems = stack.sql("select distinct problem from job where status in (2, 3) and problem <> ''").splitlines()
        assert all("superseded by" in words or "was not heard of" in words for words in problems), problems
        assert json.loads(stack.millrace("verify", "--json"))["holds"]


def test_the_one_that_waits_starts_though_all_who_were_told_died(tmp_path):
    """The end of the holder commits, and every instance is killed at once: the next one's sweep lets the other in."""
    with private_stack("wake", instances=2) as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        runner: ScriptedRunner = project.runner()
        project.push_workflow(GROUP.replace("GROUP", "g"))
        for n in range(2, 6):
            held = runner.fetch()
            project.push_workflow(f"# {n}\n" + GROUP.replace("GROUP", "g"))
            numbered(project, n)
            runner.state(held, pb.Result.SUCCESS)
            for name in ("millrace-1", "millrace-2"):
                stack.kill(name)
            for name in ("millrace-1", "millrace-2"):
                stack.start_one(name)
            stack.wait_ready()
            runner.rows(held, 0, [], no_more=True)
            wait_for(
                lambda n=n: stack.sql(f"select held_attempt is not null from run where number = {n}") == "t",
                f"run #{n} in its group",
                30,
            )
        runner.finish(runner.fetch())
