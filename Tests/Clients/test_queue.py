"""The queue's own settings: fair shares between owners, and looks that are not taken (runner.md checklist 16)."""

import threading
import time

import pytest
import runner_pb as pb
from conftest import private_stack
from support import Project, ScriptedRunner, User, context, rpc, wait_for

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


def jobs(count: int) -> str:
    return "on: push\njobs:\n" + "".join(
        f"  j{n}:\n    runs-on: ubuntu-latest\n    steps: [{{run: 'true'}}]\n" for n in range(count)
    )


@pytest.fixture(scope="module")
def fair_stack():
    with private_stack("fair", instances=2, settings={"tasks": {"fair_spacing": "60s"}}) as stack:
        yield stack


def queued(project, count: int):
    wait_for(lambda: (run := project.run_of("ci.yml")) and len(project.jobs(run)) == count, "the jobs")


def order(runner, count: int) -> "list[str]":
    taken = []
    for _ in range(count):
        task = runner.fetch()
        taken.append(context(task)["repository_owner"])
        runner.finish(task)
    return taken


def test_one_owners_many_jobs_do_not_stand_before_anothers_first(fair_stack, tmp_path):
    projects = {}
    for name in ("many", "few"):
        (tmp_path / name).mkdir()
        projects[name] = Project(fair_stack, User(fair_stack, name), tmp_path / name)
    projects["many"].push_workflow(jobs(5))
    queued(projects["many"], 5)
    projects["few"].push_workflow(jobs(2))
    queued(projects["few"], 2)
    runner = ScriptedRunner(fair_stack, fair_stack.millrace("admin", "runner", "token").strip(), ["ubuntu-latest"])
    assert order(runner, 7) == ["many", "few", "many", "few", "many", "many", "many"]
    # Twice the weight: two jobs of its own for each of the other's.
    fair_stack.sql("update account set queue_weight = 2 where name = 'many'")
    projects["many"].push_workflow(jobs(4))
    wait_for(lambda: projects["many"].run_of("ci.yml")["run_number"] == 2, "the second run")
    projects["few"].push_workflow(jobs(2))
    wait_for(lambda: projects["few"].run_of("ci.yml")["run_number"] == 2, "the second run")
    assert order(runner, 6) == ["many", "few", "many", "many", "few", "many"]


def test_without_spacing_it_is_plain_oldest_first(stack, ann, stranger, tmp_path):
    label = "plain-queue"
    projects = []
    for owner, count in ((ann, 3), (stranger, 1)):
        (tmp_path / owner.name).mkdir()
        project = Project(stack, owner, tmp_path / owner.name)
        project.push_workflow(jobs(count).replace("ubuntu-latest", label))
        queued(project, count)
        projects.append(project)
    runner = ScriptedRunner(stack, stack.millrace("admin", "runner", "token").strip(), [label])
    assert order(runner, 4) == ["ann", "ann", "ann", "stranger"]


def test_a_look_that_was_not_taken_proves_nothing(tmp_path):
    """Version 0, so that the client asks again rather than believe that nothing is there (go-gitea/gitea#33492)."""
    with private_stack("throttled", instances=1, settings={"tasks": {"looks_max": "0"}}) as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        runner = project.runner()
        project.push_workflow(ONE)
        queued(project, 1)
        answer = rpc(stack, "FetchTask", pb.FetchTaskRequest(tasks_version=1).to_binary(), headers=runner.headers)
        message = pb.FetchTaskResponse.from_binary(answer.body)
        assert answer.status == 200 and not message.has_field("task") and message.tasks_version == 0


def test_sixty_runners_share_a_hundred_jobs_on_three_instances(tmp_path):
    """runner.md checklist 17."""
    matrix = ", ".join(str(n) for n in range(100))
    with private_stack("sixty", instances=3) as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        project.push_workflow(
            "on: push\njobs:\n  leg:\n    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n        n:"
            f" [{matrix}]\n    steps: [{{run: 'true'}}]\n"
        )
        token = project.registration_token()
        runners, taken, lock = (
            [ScriptedRunner(stack, token, ["ubuntu-latest"]) for _ in range(60)],
            [],
            threading.Lock(),
        )
        deadline = time.monotonic() + 120

        def work(runner):
            while len(taken) < 100 and time.monotonic() < deadline:
                task = runner.look(5000)
                if task:
                    with lock:
                        taken.append(task.id)
                    runner.finish(task, ["x"])

        threads = [threading.Thread(target=work, args=(runner,)) for runner in runners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(150)
        assert len(taken) == len(set(taken)) == 100
        assert project.wait_run(seconds=120)["conclusion"] == "success"
        assert stack.sql("select count(*) from task") == "100", "no job was given out twice"
        stack.millrace("verify")
