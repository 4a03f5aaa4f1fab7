"""From push to green, with a runner in the tests' hands; then with parts taken away in mid-run."""

import threading
import time

import pytest
import runner_pb as pb
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from support import ask, context, job_key

PIPELINE = """\
name: pipeline
on: [push]
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      version: ${{ steps.v.outputs.version }}
    steps:
      - id: v
        run: echo version=1 >> $GITHUB_OUTPUT
  lint:
    runs-on: [ubuntu-latest]
    steps:
      - run: echo lint
  report:
    runs-on: ubuntu-latest
    needs: [build, lint]
    steps:
      - run: echo ${{ needs.build.outputs.version }}
"""
ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


@pytest.mark.parametrize("json_codec", [False, True], ids=["binary", "json"])
def test_pipeline(project, json_codec):
    runner = project.runner(json_codec=json_codec)
    project.push_workflow(PIPELINE)
    first, second = runner.fetch(), runner.fetch()
    assert {job_key(first), job_key(second)} == {"build", "lint"}
    by_key = {job_key(task): task for task in (first, second)}
    assert runner.look(1500) is None, "report was given out before what it needs"

    task = by_key["build"]
    facts = context(task)
    assert facts["repository"] == project.path and facts["ref"] == "refs/heads/main" and facts["event_name"] == "push"
    assert facts["actor"] == "ann" and facts["run_attempt"] == "1" and facts["event"]["after"] == facts["sha"]
    assert task.secrets["GITHUB_TOKEN"] and task.secrets["GITEA_TOKEN"] and facts["gitea_runtime_token"]
    assert task.workflow_payload.count(b"runs-on") == 1 and b"lint" not in task.workflow_payload

    assert runner.state(task).state.result == pb.Result.UNSPECIFIED
    runner.finish(task, ["compiling", "done"], outputs={"version": "1"})
    run = project.run_of("ci.yml")
    assert run["status"] == "in_progress"
    runner.finish(by_key["lint"], ["no findings"])

    report = runner.fetch()
    assert job_key(report) == "report"
    assert {key: need.result for key, need in report.needs.items()} == {
        "build": pb.Result.SUCCESS,
        "lint": pb.Result.SUCCESS,
    }
    assert dict(report.needs["build"].outputs) == {"version": "1"}
    runner.finish(report, ["version 1"])

    run = project.wait_run()
    assert (run["conclusion"], run["run_number"], run["event"]) == ("success", 1, "push")
    jobs = project.jobs(run)
    assert {name: job["conclusion"] for name, job in jobs.items()} == dict.fromkeys(
        ["build", "lint", "report"], "success"
    )
    assert project.log(jobs["build"]).splitlines() == [
        "2023-11-14T22:13:20.1200000Z compiling",
        "2023-11-14T22:13:20.1200000Z done",
    ]
    page = ask(project.stack, "GET", f"/{project.path}/actions/runs/{run['id']}")
    assert page.status == 200 and "report" in page.text
    assert ask(project.stack, "GET", f"/{project.path}/actions").status == 200


def test_a_failed_need_skips_its_dependent(project):
    runner = project.runner()
    project.push_workflow(PIPELINE)
    for task in (runner.fetch(), runner.fetch()):
        runner.finish(task, result=pb.Result.FAILURE if job_key(task) == "lint" else pb.Result.SUCCESS)
    run = project.wait_run()
    assert run["conclusion"] == "failure"
    assert project.jobs(run)["report"]["conclusion"] == "skipped"


def test_log_acks(project):
    """runner.md 5.1, row by row."""
    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    assert runner.rows(task, 0, []) == 0
    assert runner.rows(task, 0, ["a", "b", "c"]) == 3
    assert runner.rows(task, 5, ["gap"]) == 3, "a gap stores nothing"
    assert runner.rows(task, 5, ["gap"], no_more=True) == 3, "nor does it close the log"
    assert runner.rows(task, 0, ["a", "b"]) == 2, "a duplicate is never acked beyond what was sent"
    assert runner.rows(task, 1, ["b", "c", "d"]) == 4, "an overlap stores only what is new"
    assert runner.rows(task, 2, []) == 2, "an empty call is acked at its own index"
    assert runner.rows(task, 9, []) == 4
    job = project.jobs(project.run_of("ci.yml"))["one"]
    assert [line.split(" ", 1)[1] for line in project.log(job).splitlines()] == ["a", "b", "c", "d"]
    runner.state(task, pb.Result.SUCCESS)
    assert runner.rows(task, 4, ["e"], no_more=True) == 5, "last rows come after the last state"
    assert runner.rows(task, 5, [], no_more=True) == 5, "A always says no_more twice"
    assert runner.rows(task, 3, ["d", "e"], no_more=True) == 5
    assert [line.split(" ", 1)[1] for line in project.log(job).splitlines()] == ["a", "b", "c", "d", "e"]


def test_log_rows_as_they_come(project):
    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    lines = ["tab\there", "new\nline", "grüße ✓", "", "x" * 70_000]
    runner.finish(task, lines)
    stored = [
        line.split(" ", 1)[1]
        for line in project.log(project.jobs(project.wait_run())["one"]).removesuffix("\n").split("\n")
    ]
    assert stored == ["tab\there", "new\\nline", "grüße ✓", "", "x" * 65_536]


def test_a_log_row_that_is_no_utf8_is_repaired(project):
    from support import rpc

    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    row = b"\x12\x02\xff\xfe"  # content: two bytes that are not UTF-8
    body = bytes([0x08, task.id]) if task.id < 128 else b"\x08" + bytes([task.id & 127 | 128, task.id >> 7])
    answer = rpc(project.stack, "UpdateLog", body + b"\x1a" + bytes([len(row)]) + row, headers=runner.headers)
    assert answer.status == 200, "refused, it would be sent again until the runner gives its job up"
    assert runner.rows(task, 1, ["fine"]) == 2
    runner.finish(task, index=2)
    log = project.log(project.jobs(project.run_of("ci.yml"))["one"])
    assert [line.split(" ", 1)[1] for line in log.splitlines()] == ["\ufffd\ufffd", "fine"]


def test_foreign_and_unknown_tasks(project):
    owner, other = project.runner(), project.runner()
    project.push_workflow(ONE)
    task = owner.fetch()
    # Told the same, so that nobody learns which ids there are: a report is answered "cancelled", so that its sender
    # stops.
    assert other.state(task, pb.Result.FAILURE).state.result == pb.Result.CANCELLED
    for runner, rows_of in [(other, task), (owner, pb.Task(id=2**40))]:
        with pytest.raises(ConnectError) as refused:
            runner.rows(rows_of, 0, ["x"])
        assert refused.value.code == Code.NOT_FOUND
    assert owner.state(task).state.result == pb.Result.UNSPECIFIED
    owner.finish(task)
    assert project.wait_run()["conclusion"] == "success"


def test_final_is_final(project):
    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    runner.finish(task)
    runner.state(task, pb.Result.FAILURE)
    assert project.wait_run()["conclusion"] == "success"


def test_labels_decide(project):
    project.push_workflow(ONE.replace("ubuntu-latest", "[a, b]"))
    assert project.runner(["a"]).look(1500) is None
    assert project.runner(["A", "b"]).look(1500) is None
    runner = project.runner(["a", "b", "c"])
    runner.finish(runner.fetch())


def test_runners_of_a_repository_see_no_other(stack, ann, project, tmp_path):
    from support import Project

    (tmp_path / "other").mkdir()
    elsewhere = Project(stack, ann, tmp_path / "other").runner()
    project.push_workflow(ONE)
    runner = project.runner()
    task = runner.fetch()
    assert elsewhere.look(1500) is None
    runner.finish(task)


def test_a_parked_poll_wakes_at_once(project):
    runner = project.runner()
    runner.look(1500)
    got = []

    def poll():
        while not got:
            task = runner.look(30_000)
            if task:
                got.append(task)

    waiting = threading.Thread(target=poll)
    waiting.start()
    time.sleep(1)  # not for luck: the poll is to be parked, and it is right either way
    project.push_workflow(ONE)
    waiting.join(40)
    assert got
    runner.finish(got[0])


def test_each_job_goes_to_one_runner(project):
    jobs = "".join(f"  j{n}:\n    runs-on: ubuntu-latest\n    steps: [{{run: 'true'}}]\n" for n in range(12))
    project.push_workflow(f"on: push\njobs:\n{jobs}")
    runners, taken, lock = [project.runner() for _ in range(6)], [], threading.Lock()

    deadline = time.monotonic() + 90

    def work(runner):
        while len(taken) < 12 and time.monotonic() < deadline:
            task = runner.look(2000)
            if task:
                with lock:
                    taken.append(job_key(task))
                runner.finish(task, ["x"])

    threads = [threading.Thread(target=work, args=(runner,)) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert sorted(taken) == sorted(f"j{n}" for n in range(12))
    assert project.wait_run()["conclusion"] == "success"


def test_as_many_parked_polls_wake_as_jobs_became_runnable(project):
    """Notifications with the same text in one transaction are one notification to PostgreSQL."""
    runners, answers = [project.runner() for _ in range(4)], []

    def poll(runner):  # without a deadline of its own, so held for tasks.poll_hold
        while True:
            answer = ask(
                project.stack,
                "POST",
                "/api/actions/runner.v1.RunnerService/FetchTask",
                b"",
                {"Content-Type": "application/proto", **runner.headers},
            )
            message = pb.FetchTaskResponse.from_binary(answer.body)
            if message.has_field("task") or message.tasks_version != 0:  # 0: the look proved nothing, ask again
                break
        answers.append((runner, message))

    waiting = [threading.Thread(target=poll, args=(runner,)) for runner in runners]
    for thread in waiting:
        thread.start()
    time.sleep(1)  # the polls are to be parked; they are right either way
    project.push_workflow(
        "on: push\njobs:\n"
        + "".join(f"  j{n}:\n    runs-on: ubuntu-latest\n    steps: [{{run: 'true'}}]\n" for n in range(4))
    )
    for thread in waiting:
        thread.join(60)
    assert [answer.has_field("task") for _, answer in answers] == [True] * 4
    for runner, answer in answers:
        runner.finish(answer.task)


def test_a_broken_file_fails_alone(project):
    runner = project.runner()
    project.push(
        {
            ".gitea/workflows/good.yml": ONE,
            ".gitea/workflows/broken.yml": "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps: [\n",
        }
    )
    broken = project.wait_run("broken.yml")
    assert broken["conclusion"] == "failure"
    page = ask(project.stack, "GET", f"/{project.path}/actions/runs/{broken['id']}").text
    import re

    for text in (str(broken), page):
        assert re.search(r"broken\.yml:\d+:\d+", text), text
    runner.finish(runner.fetch())
    assert project.wait_run("good.yml")["conclusion"] == "success"


BOMB = "x-a: &a [z, z, z, z, z, z, z, z, z]\n" + "".join(
    f"x-{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(10)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB + ONE,
        "on: push\njobs: " + "[" * 5000 + "]" * 5000 + "\n",
        ONE + "# " + "x" * (8 * 1024 * 1024) + "\n",
        "on: push\njobs:\n" + "".join(f"  j{n}: {{runs-on: a, steps: [{{run: x}}]}}\n" for n in range(20_000)),
    ],
    ids=["aliases", "depth", "size", "jobs"],
)
def test_workflow_bomb(project, text):
    runner = project.runner()
    project.push({".gitea/workflows/bomb.yml": text, ".gitea/workflows/good.yml": ONE})
    runner.finish(runner.fetch())
    assert project.wait_run("good.yml")["conclusion"] == "success"
    assert project.wait_run("bomb.yml")["conclusion"] == "failure"
    assert all(project.stack.status().values()), "an instance fell over"


def test_user_text_is_escaped(project):
    runner = project.runner()
    evil = "<script>alert(1)</script>"
    project.push({".gitea/workflows/ci.yml": ONE.replace("echo one", "echo one\n        name: '" + evil + "'")}, evil)
    task = runner.fetch()
    runner.finish(task, [evil])
    run = project.wait_run()
    for path in (f"/{project.path}/actions", f"/{project.path}/actions/runs/{run['id']}"):
        assert evil not in ask(project.stack, "GET", path).text


# --- Parts taken away in mid-run (I11) ---


@pytest.mark.parametrize("victim", ["millrace-1", "millrace-2"])
def test_kill_9_of_an_instance_in_mid_run(whole_stack, project, victim):
    runner = project.runner()
    project.push_workflow(PIPELINE)
    tasks = {job_key(task): task for task in (runner.fetch(), runner.fetch())}
    assert runner.rows(tasks["build"], 0, ["before"]) == 1
    whole_stack.kill(victim)
    assert runner.rows(tasks["build"], 1, ["after"]) == 2, "what was acked is there"
    runner.finish(tasks["build"], ["end"], outputs={"version": "1"}, index=2)
    runner.finish(tasks["lint"])
    report = runner.fetch()
    assert dict(report.needs["build"].outputs) == {"version": "1"}
    whole_stack.start_one(victim)
    runner.finish(report)
    run = project.wait_run()
    assert run["conclusion"] == "success"
    assert [line.split(" ", 1)[1] for line in project.log(project.jobs(run)["build"]).splitlines()] == [
        "before",
        "after",
        "end",
    ]


def test_a_push_while_no_instance_runs_is_read_later(whole_stack, project):
    runner = project.runner()
    project.commit({".gitea/workflows/ci.yml": ONE})
    whole_stack.kill("millrace-1")
    whole_stack.kill("millrace-2")
    from support import git

    done = git(project.checkout, "push", project.url(project.owner), "HEAD:refs/heads/main", check=False)
    assert done.returncode != 0 and "503" in done.stderr, done.stderr
    answer = ask(
        whole_stack, "POST", "/api/actions/runner.v1.RunnerService/Declare", b"", {"Content-Type": "application/proto"}
    )
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    for name in ("millrace-1", "millrace-2"):
        whole_stack.start_one(name)
    git(project.checkout, "push", project.url(project.owner), "HEAD:refs/heads/main")
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"


def test_postgresql_restarted_in_mid_run(whole_stack, project):
    runner = project.runner()
    project.push_workflow(PIPELINE)
    tasks = {job_key(task): task for task in (runner.fetch(), runner.fetch())}
    runner.rows(tasks["build"], 0, ["before"])
    whole_stack.stop_one("postgres")
    answer = ask(whole_stack, "GET", "/readyz")
    assert answer.status == 503, "not ready without its database"
    with pytest.raises(ConnectError) as away:
        runner.call("UpdateLog", pb.UpdateLogRequest(task_id=tasks["build"].id), pb.UpdateLogResponse)
    assert away.value.code == Code.UNAVAILABLE, "never 401: a runner would stop for good"
    whole_stack.start_one("postgres")
    runner.finish(tasks["build"], ["after"], outputs={"version": "1"}, index=1)
    runner.finish(tasks["lint"])
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"


def test_sigterm_answers_held_polls(whole_stack, project):
    runner = project.runner()
    runner.look(1500)
    answers = []

    def poll():
        answers.append(
            ask(
                whole_stack,
                "POST",
                "/api/actions/runner.v1.RunnerService/FetchTask",
                b"",
                {"Content-Type": "application/proto", **runner.headers},
            )
        )

    waiting = [threading.Thread(target=poll) for _ in range(4)]
    for thread in waiting:
        thread.start()
    time.sleep(1)  # the polls are to be parked; they are right either way
    for name in ("millrace-1", "millrace-2"):
        whole_stack.stop_one(name)
    for thread in waiting:
        thread.join(30)
    assert [answer.status for answer in answers] == [200] * 4


def test_rest_refuses_what_is_not_there(project, private_project, stranger):
    assert project.rest("/runs/999999").status == 404
    assert project.rest("/jobs/999999/logs").status == 404
    answer = ask(
        project.stack,
        "GET",
        f"/api/v1/repos/{private_project.path}/actions/runs",
        headers={"Authorization": f"token {stranger.token}"},
    )
    assert answer.status == 404 and answer.type == "application/json"
