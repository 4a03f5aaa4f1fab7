"""Who is given what, through two instances: runner.md 2.5, 2.6, 3 and its checklist rows 11 to 29, 53."""

import socket
import subprocess
import threading
import time
import uuid

import pytest
import runner_pb as pb
from support import Project, ScriptedRunner, ask, assert_connect_error, context, job_key, rpc, wait_for

from millrace_stack import postgres_programs

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


def jobs(count: int, label: str = "ubuntu-latest") -> str:
    return "on: push\njobs:\n" + "".join(
        f"  j{n}:\n    runs-on: {label}\n    steps: [{{run: 'true'}}]\n" for n in range(count)
    )


def fetch_raw(runner, headers=None, body=b"", name="FetchTask", type="application/proto"):
    return rpc(runner.stack, name, body, type, {**runner.headers, "Connect-Timeout-Ms": "5000", **(headers or {})})


def task_of(answer, message=pb.FetchTaskResponse):
    assert answer.status == 200, answer.text
    parsed = message.from_binary(answer.body)
    return parsed.task if parsed.has_field("task") else None


# --- Scopes (rows 13, 18) ---


def test_scopes(stack, ann, stranger, tmp_path):
    """3 runner scopes × 2 owners × 2 repositories: who sees whose job. Labels of its own keep other tests' runners
    out."""
    label = f"scope-{uuid.uuid4().hex[:8]}"
    places = {}
    for owner in (ann, stranger):
        for n in (1, 2):
            directory = tmp_path / f"{owner.name}{n}"
            directory.mkdir()
            places[owner.name, n] = Project(stack, owner, directory)
    tokens = {
        "everything": stack.millrace("admin", "runner", "token").strip(),
        "owner": stack.millrace("admin", "runner", "token", "--owner", "ann").strip(),
        "repository": places["ann", 1].registration_token(),
    }
    runners = {scope: ScriptedRunner(stack, token, [label]) for scope, token in tokens.items()}
    sees = {"everything": set(places), "owner": {("ann", 1), ("ann", 2)}, "repository": {("ann", 1)}}
    for place, project in places.items():
        for scope, runner in runners.items():
            project.push_workflow(jobs(1, label), f"{scope}.yml")
            wait_for(lambda: project.run_of(f"{scope}.yml"), "the run")
            task = runner.look(2500) if place not in sees[scope] else runner.fetch()
            assert (task is not None) == (place in sees[scope]), (scope, place)
            if task is None:  # the one that may take everything clears it away
                task = runners["everything"].fetch()
            (runner if place in sees[scope] else runners["everything"]).finish(task)


def test_a_repository_runner_takes_one_job_after_the_other(project):
    runner = project.runner()
    for n in range(3):
        project.push_workflow(ONE, f"n{n}.yml")
        runner.finish(runner.fetch())


# --- Versions (rows 14 to 16) ---


def test_a_client_that_believes_versions_gets_both_jobs(project):
    """The client model of runner.md 2.5, which skips looks by tasks_version."""
    runner, cached, got = project.runner(), 0, []
    project.push_workflow(jobs(2))
    deadline = time.monotonic() + 60
    while len(got) < 2 and time.monotonic() < deadline:
        answer = pb.FetchTaskResponse.from_binary(
            fetch_raw(runner, body=pb.FetchTaskRequest(tasks_version=cached).to_binary()).body
        )
        if answer.tasks_version > cached:
            cached = answer.tasks_version
        if answer.has_field("task"):
            got.append(answer.task)
            if cached == answer.tasks_version:
                cached = 0
    assert sorted(map(job_key, got)) == ["j0", "j1"]
    for task in got:
        runner.finish(task)


# --- Capacity and handles (rows 24, 25) ---


def test_task_capacity(project):
    runner = project.runner()
    project.push_workflow(jobs(2))
    wait_for(
        lambda: len(project.jobs(project.run_of("ci.yml") or {"id": 0}) if project.run_of("ci.yml") else {}) == 2,
        "jobs",
    )
    answer = pb.FetchTaskResponse.from_binary(
        fetch_raw(runner, body=pb.FetchTaskRequest(task_capacity=3).to_binary()).body
    )
    tasks = [answer.task, *answer.additional_tasks]
    assert sorted(map(job_key, tasks)) == ["j0", "j1"] and len(answer.additional_tasks) == 1
    for task in tasks:
        runner.finish(task)


@pytest.mark.parametrize("capacity", [None, 0, 1, -5])
def test_no_capacity_is_one_task(project, capacity):
    runner = project.runner()
    project.push_workflow(jobs(2))
    request = pb.FetchTaskRequest() if capacity is None else pb.FetchTaskRequest(task_capacity=capacity)
    answers = []

    def some():
        answer = pb.FetchTaskResponse.from_binary(fetch_raw(runner, body=request.to_binary()).body)
        if answer.has_field("task"):
            answers.append(answer)
        return answers

    first = wait_for(some, "a task")[0]
    assert not first.additional_tasks
    runner.finish(first.task)
    runner.finish(runner.fetch())


def test_fetch_single_task(project):
    runner, other = project.runner(), project.runner(["elsewhere"])
    project.push_workflow(jobs(3))
    found = wait_for(lambda: (run := project.run_of("ci.yml")) and project.jobs(run), "jobs")
    handle = found["j1"]["handle"]

    def single(runner, handle=None):
        body = pb.FetchSingleTaskRequest(handle=handle) if handle is not None else pb.FetchSingleTaskRequest()
        return task_of(fetch_raw(runner, body=body.to_binary(), name="FetchSingleTask"), pb.FetchSingleTaskResponse)

    assert single(other, handle) is None, "labels are asked for too"
    assert single(runner, str(uuid.uuid4())) is None
    assert single(runner, "no handle at all") is None
    task = single(runner, handle)
    assert job_key(task) == "j1"
    assert single(runner, handle) is None, "it no longer waits"
    rest = [single(runner), single(runner, "")]
    assert sorted(map(job_key, rest)) == ["j0", "j2"]
    for each in (task, *rest):
        runner.finish(each)
    assert_connect_error(
        fetch_raw(runner, body=pb.FetchSingleTaskRequest(handle="x" * 65).to_binary(), name="FetchSingleTask"),
        400,
        "invalid_argument",
    )


# --- Request keys (rows 21 to 23) ---


def test_a_request_key_brings_the_same_task_with_a_new_token(project):
    runner = project.runner()
    project.push_workflow(ONE)
    key = {"x-runner-request-key": str(uuid.uuid4())}
    first = wait_for(lambda: task_of(fetch_raw(runner, key)), "a task")
    again = task_of(fetch_raw(runner, key))
    assert again.id == first.id
    tokens = [context(task)["token"] for task in (first, again)]
    assert tokens[0] != tokens[1]
    status = [
        ask(project.stack, "GET", f"/api/v1/repos/{project.path}", headers={"Authorization": f"token {token}"}).status
        for token in tokens
    ]
    assert status == [401, 200], "the token of the lost answer is refused"
    project.push_workflow(ONE, "second.yml")
    wait_for(lambda: project.run_of("second.yml"), "the second run")
    other = wait_for(lambda: task_of(fetch_raw(runner, {"x-runner-request-key": str(uuid.uuid4())})), "the next task")
    assert other.id != first.id
    # Reported on: it reached somebody, and the key brings nothing any more.
    runner.state(again)
    assert task_of(fetch_raw(runner, key)) is None
    runner.finish(again)
    runner.finish(other)


def test_another_runners_key_brings_nothing(project):
    runner, thief = project.runner(), project.runner()
    project.push_workflow(ONE)
    key = {"x-runner-request-key": str(uuid.uuid4())}
    task = wait_for(lambda: task_of(fetch_raw(runner, key)), "a task")
    assert task_of(fetch_raw(thief, key)) is None
    runner.finish(task)


def test_one_key_asked_twice_at_once_is_one_assignment(project):
    runner = project.runner()
    for n in range(4):
        project.push_workflow(jobs(2), f"k{n}.yml")
        run = wait_for(lambda: project.run_of(f"k{n}.yml"), "the run")
        key, answers = {"x-runner-request-key": str(uuid.uuid4())}, []

        def fetch():
            answers.append(fetch_raw(runner, key))

        threads = [threading.Thread(target=fetch) for _ in range(4)]  # nginx spreads them over both instances
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status for answer in answers} <= {200, 503}
        ids = {task_of(answer).id for answer in answers if answer.status == 200}
        assert len(ids) == 1
        states = sorted(job["status"] for job in project.jobs(run).values())
        assert states == ["in_progress", "queued"]
        last = task_of(fetch_raw(runner, key))
        assert {last.id} == ids
        runner.finish(last)
        runner.finish(runner.fetch())


def test_an_overlong_request_key(project):
    assert_connect_error(fetch_raw(project.runner(), {"x-runner-request-key": "k" * 65}), 400, "invalid_argument")


# --- Runners that may not (rows 12, 27, 28) ---


def test_an_ephemeral_runner_has_one_job_in_its_life(project):
    scripted = project.runner(ephemeral=True)
    assert scripted.ephemeral
    headers = scripted.headers
    project.push_workflow(jobs(2))
    task = scripted.fetch()
    assert scripted.look(2500) is None, "none while its one job runs"
    scripted.rows(task, 0, ["a"])
    scripted.state(task, pb.Result.SUCCESS)
    assert_connect_error(
        rpc(project.stack, "Declare", b"", headers=headers), 401, "unauthenticated", "unregistered runner"
    )
    assert_connect_error(fetch_raw(scripted), 401, "unauthenticated", "unregistered runner")
    assert scripted.rows(task, 1, ["b"]) == 2, "last rows come after the last state (go-gitea/gitea#36632)"
    assert scripted.rows(task, 2, [], no_more=True) == 2

    def gone():
        answer = rpc(project.stack, "UpdateLog", pb.UpdateLogRequest(task_id=task.id).to_binary(), headers=headers)
        return answer.status == 401

    wait_for(gone, "the runner's removal after its last word")
    job = project.jobs(project.run_of("ci.yml"))[job_key(task)]
    assert [line.split(" ", 1)[1] for line in project.log(job).splitlines()] == ["a", "b"]
    other = project.runner()
    other.finish(other.fetch())


def test_two_requests_of_an_ephemeral_runner_at_once(project):
    for n in range(5):
        headers = project.runner(ephemeral=True).headers
        project.push_workflow(jobs(2), f"e{n}.yml")
        wait_for(lambda: project.run_of(f"e{n}.yml"), "the run")
        answers = []

        def fetch():
            answers.append(rpc(project.stack, "FetchTask", b"", headers={**headers, "Connect-Timeout-Ms": "2500"}))

        threads = [threading.Thread(target=fetch) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(task_of(answer) is not None for answer in answers) == 1
        cleaner = project.runner()
        cleaner.finish(cleaner.fetch())


def test_two_instances_never_give_an_unbuildable_job_the_queue(project):
    """go-gitea/gitea#37586: one job whose message cannot be made must not stop the others."""
    runner = project.runner()
    project.push_workflow(ONE, "bad.yml")
    bad = wait_for(lambda: project.run_of("bad.yml"), "the run")
    project.stack.sql(f"update run set payload = '[1' where id = {bad['id']}")
    project.push_workflow(ONE, "good.yml")
    wait_for(lambda: project.run_of("good.yml"), "the second run")
    task = runner.fetch()
    assert context(task)["workflow"] == "good.yml"
    runner.finish(task)
    assert project.wait_run("bad.yml")["conclusion"] == "failure"
    job = project.jobs(project.run_of("bad.yml"))["one"]
    assert job["problem"].startswith("this job cannot be prepared: ")
    # Another test asks `verify` about the whole instance.
    project.stack.sql(f"delete from run where id = {bad['id']}")


# --- Undelivered answers (row 20) ---


def test_a_client_that_left_during_its_claim_gives_the_job_back_at_once(project):
    """The claim is held up by a lock until the client is gone: what it then assigns reaches nobody, and is released."""
    runner = project.runner()
    project.push_workflow(ONE)
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    job = project.jobs(run)["one"]["id"]
    stack = project.stack
    holder = subprocess.Popen(
        [
            str(postgres_programs() / "psql"),
            "-h",
            str(stack.database_sockets),
            "-U",
            "millrace",
            "-d",
            "millrace",
            "-XAtq",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    gone = lambda: (stack.logs / "access.log").read_text().count(" 499 ")  # noqa: E731
    before = gone()
    try:
        holder.stdin.write("begin; lock table task in access exclusive mode; select 'locked';\n")
        holder.stdin.flush()
        assert holder.stdout.readline().strip() == "locked"
        lines = [
            "POST /api/actions/runner.v1.RunnerService/FetchTask HTTP/1.1",
            "Host: x",
            "Content-Type: application/proto",
            "Content-Length: 0",
            *(f"{key}: {value}" for key, value in runner.headers.items()),
        ]
        with socket.create_connection(("127.0.0.1", stack.port)) as link:
            link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            waiting = (
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into %'"
            )
            wait_for(lambda: stack.sql(waiting) != "0", "the claim that waits")
        # nginx closed its connection to the lane before it wrote this line.
        wait_for(lambda: gone() > before, "nginx's word that the client left")
    finally:
        holder.communicate("rollback;\n")
    events = f"select string_agg(status::text, ' ' order by id) from event where job_id = {job} and kind = 'job_status'"
    wait_for(lambda: stack.sql(events) == "7 5 6 5", "the claim and its release")
    assert stack.sql(f"select status, returns, task_id is null from job where id = {job}") == "5|0|t", (
        "not counted as unheard"
    )
    runner.finish(runner.fetch())


def test_a_client_that_left_before_its_answer_costs_nothing(project):
    """Parked, then gone: the job must be there for the next one at once, not after a sweep."""
    runner = project.runner()
    runner.look(1500)
    lines = [
        "POST /api/actions/runner.v1.RunnerService/FetchTask HTTP/1.1",
        "Host: x",
        "Content-Type: application/proto",
        "Content-Length: 0",
        *(f"{k}: {v}" for k, v in runner.headers.items()),
    ]
    leavers = []
    for _ in range(8):
        link = socket.create_connection(("127.0.0.1", project.stack.port))
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        leavers.append(link)
    time.sleep(1)  # they are to be parked; it is right either way
    for link in leavers:
        link.close()
    project.push_workflow(jobs(3))
    tasks = [runner.fetch(20) for _ in range(3)]
    for task in tasks:
        runner.finish(task)


def test_h04_a_poll_is_held_as_long_as_its_client_waits(project):
    """Forgejo's newest runner gives 30 s; every poll was answered after 3.5 s, and a job pushed later met none."""
    runner = project.runner()
    found = []
    poll = threading.Thread(target=lambda: found.append(runner.look(timeout_ms=30_000)))
    poll.start()
    time.sleep(5)  # longer than any poll was held before
    project.push_workflow(ONE)
    poll.join(40)
    assert found and found[0] is not None, "the one call that was under way brings the job"
