"""Runs, jobs and tasks by the generated Gitea client, whose models raise on a wrong type (rest.md 6 to 9, 12)."""

import asyncio
import io
import json
import zipfile

import gitea_api_client as gitea
import pytest
import runner_pb as pb
from support import ask, wait_for

ONE = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps: [{run: make}]
  two:
    needs: one
    runs-on: ubuntu-latest
    steps: [{run: make}]
"""


class Gitea:
    """The client's operations, one after the other: each call is `gitea.repository("get_workflow_run", …)`."""

    def __init__(self, stack, token: "str | None"):
        self.configuration = gitea.Configuration(host=f"{stack.url}/api/v1")
        if token:
            self.configuration.api_key["AuthorizationHeaderToken"] = f"token {token}"

    def call(self, api: str, operation: str, *arguments, **named):
        async def once():
            async with gitea.ApiClient(self.configuration) as client:
                return await getattr(getattr(gitea, api)(client), operation)(*arguments, **named)

        return asyncio.run(once())

    def repository(self, operation: str, *arguments, **named):
        return self.call("RepositoryApi", operation, *arguments, **named)

    def status(self, api: str, operation: str, *arguments, **named) -> int:
        """Of a call that is refused."""
        with pytest.raises(gitea.ApiException) as refused:
            self.call(api, operation, *arguments, **named)
        return refused.value.status


@pytest.fixture
def done(project):
    """A run whose second job failed."""
    runner = project.runner()
    project.push_workflow(ONE)
    for result in (pb.Result.SUCCESS, pb.Result.FAILURE):
        task = runner.fetch()
        step = pb.StepState(id=0, result=result)
        runner.state(task, steps=[step])
        runner.finish(task, ["hello"], result=result)
    project.scripted = runner
    project.api = Gitea(project.stack, project.owner.token)
    return project.wait_run()


def test_a_run_with_all_its_fields(project, done):
    place = (project.owner.name, project.name)
    run = project.api.repository("get_workflow_run", *place, done["id"])
    base = f"{project.stack.url}/api/v1/repos/{project.path}/actions/runs/{run.id}"
    assert run.url == base and run.html_url == f"{project.stack.url}/{project.path}/actions/runs/{run.id}"
    assert (run.status, run.conclusion, run.event, run.head_branch) == ("completed", "failure", "push", "main")
    assert (run.path, run.run_attempt, run.run_number) == ("ci.yml@refs/heads/main", 1, 1)
    assert run.actor.login == run.trigger_actor.login == project.owner.name
    assert run.repository.full_name == project.path and run.pull_requests == []
    assert run.completed_at >= run.started_at
    raw = project.rest(f"/runs/{run.id}").json
    assert raw["previous_attempt_url"] is None
    assert {f"{word}_url": raw[f"{word}_url"] for word in ("jobs", "logs", "artifacts", "cancel", "rerun")} == {
        f"{word}_url": f"{base}/{word}" for word in ("jobs", "logs", "artifacts", "cancel", "rerun")
    }
    assert raw["created_at"] <= raw["started_at"] <= raw["updated_at"] == raw["completed_at"]
    # The page that the address leads to shows the number.
    page = ask(project.stack, "GET", f"/{project.path}/actions/runs/{run.id}")
    assert page.status == 200 and "#1" in page.text
    attempt = project.api.repository("get_workflow_run_attempt", *place, run.id, 1)
    assert (attempt.id, attempt.run_attempt, attempt.status) == (run.id, 1, "completed")
    assert project.api.status("RepositoryApi", "get_workflow_run_attempt", *place, run.id, 2) == 404
    assert project.api.status("RepositoryApi", "get_workflow_run", *place, run.id + 10**6) == 404


def test_lists_of_runs_at_every_level(project, done, admin, organization):
    place = (project.owner.name, project.name)
    runs = project.api.repository(
        "get_workflow_runs", *place, head_sha=done["head_sha"], status="failure", branch="main"
    )
    assert runs.total_count == 1 and [run.id for run in runs.workflow_runs] == [done["id"]]
    assert project.api.repository("get_workflow_runs", *place, event="schedule").workflow_runs == []
    mine = project.api.call("UserApi", "get_user_workflow_runs", head_sha=done["head_sha"])
    assert [run.id for run in mine.workflow_runs] == [done["id"]]
    root = Gitea(project.stack, admin.token)
    everybody = root.call("AdminApi", "list_admin_workflow_runs", head_sha=done["head_sha"], actor=project.owner.name)
    assert [run.repository.full_name for run in everybody.workflow_runs] == [project.path]
    assert root.call("OrganizationApi", "get_org_workflow_runs", organization).workflow_runs == []
    assert root.call("OrganizationApi", "get_org_workflow_jobs", organization).jobs == []
    assert project.api.status("AdminApi", "list_admin_workflow_runs") == 403
    assert Gitea(project.stack, None).status("RepositoryApi", "get_workflow_runs", *place) == 401
    assert ask(project.stack, "GET", f"/api/v1/repos/{project.path}/actions/runs/{done['id']}").status == 200


def test_jobs_of_a_run_and_of_all_runs(project, done, admin):
    place = (project.owner.name, project.name)
    jobs = project.api.repository("list_workflow_run_jobs", *place, done["id"])
    assert [(job.name, job.conclusion) for job in jobs.jobs] == [("one", "success"), ("two", "failure")]
    one = project.api.repository("get_workflow_job", *place, str(jobs.jobs[0].id))
    assert (one.run_id, one.run_attempt, one.labels, one.head_sha) == (
        done["id"],
        1,
        ["ubuntu-latest"],
        done["head_sha"],
    )
    assert one.html_url == f"{project.stack.url}/{project.path}/actions/runs/{done['id']}/jobs/{one.id}"
    assert [(step.name, step.number, step.conclusion) for step in one.steps] == [("Run make", 0, "success")]
    assert one.runner_name and one.completed_at >= one.started_at
    newest = project.api.repository("list_workflow_jobs", *place, status="completed", sort="id", order="desc", limit=1)
    assert newest.total_count == 2 and [job.name for job in newest.jobs] == ["two"]
    assert project.api.call("UserApi", "get_user_workflow_jobs", status="failure").total_count >= 1
    assert Gitea(project.stack, admin.token).call("AdminApi", "list_admin_workflow_jobs").total_count >= 2
    attempt = project.api.repository("list_workflow_run_attempt_jobs", *place, done["id"], 1)
    assert [job.id for job in attempt.jobs] == [job.id for job in jobs.jobs]
    answer = project.rest("/jobs?limit=1")
    assert answer.headers["X-Total-Count"] == "2" and 'page=2>; rel="next", <' in answer.headers["Link"]


def test_tasks(project, done):
    tasks = project.api.repository("list_action_tasks", project.owner.name, project.name)
    assert tasks.total_count == 2
    assert [(task.name, task.status) for task in tasks.workflow_runs] == [("two", "failure"), ("one", "success")]
    task = tasks.workflow_runs[0]
    assert (task.head_branch, task.run_number, task.event, task.workflow_id) == ("main", 1, "push", "ci.yml")
    assert task.url == f"{project.stack.url}/{project.path}/actions/runs/{done['id']}"
    assert task.updated_at >= task.run_started_at


def test_reruns_and_deletion(project, done):
    place = (project.owner.name, project.name)
    jobs = project.jobs(done)
    project.api.repository("rerun_failed_workflow_run", *place, done["id"])
    again = project.api.repository("get_workflow_run", *place, done["id"])
    assert again.run_attempt == 2 and again.status == "queued"
    assert again.previous_attempt_url.endswith(f"/runs/{done['id']}/attempts/1")
    assert project.api.status("RepositoryApi", "rerun_workflow_run", *place, done["id"]) == 400
    assert project.api.status("RepositoryApi", "delete_action_run", *place, done["id"]) == 400
    project.scripted.finish(project.scripted.fetch(), ["again"])
    wait_for(lambda: project.run_of("ci.yml")["conclusion"] == "success", "the second attempt")
    assert project.api.status("RepositoryApi", "rerun_failed_workflow_run", *place, done["id"]) == 400
    assert project.api.status("RepositoryApi", "rerun_workflow_job", *place, done["id"], jobs["two"]["id"]) == 404
    latest = project.jobs(done)
    job = project.api.repository("rerun_workflow_job", *place, done["id"], latest["two"]["id"])
    assert job.run_attempt == 3 and job.id != latest["two"]["id"] and job.steps == []
    project.scripted.finish(project.scripted.fetch(), ["a third time"])
    wait_for(lambda: project.run_of("ci.yml")["status"] == "completed", "the third attempt")
    run = project.api.repository("rerun_workflow_run", *place, done["id"])
    assert run.run_attempt == 4
    headers = {"Authorization": f"token {project.owner.token}"}
    path = f"/api/v1/repos/{project.path}/actions/runs/{done['id']}"
    cancelled = ask(project.stack, "POST", path + "/cancel", headers=headers)
    assert cancelled.status == 200 and cancelled.json["conclusion"] == "cancelled"
    late = ask(project.stack, "POST", path + "/cancel", headers=headers)
    assert late.status == 409 and late.json["message"] == "run is already completed"
    never = ask(project.stack, "POST", path + "/approve", headers=headers)
    assert never.status == 409 and json.loads(never.body)["url"]
    project.api.repository("delete_action_run", *place, done["id"])
    assert project.api.status("RepositoryApi", "get_workflow_run", *place, done["id"]) == 404
    assert project.api.status("RepositoryApi", "get_workflow_job", *place, str(jobs["one"]["id"])) == 404
    assert project.runs() == [] and project.rest("/tasks").json["total_count"] == 0


def test_the_logs_of_a_run_as_a_zip(project, done):
    path = f"/api/v1/repos/{project.path}/actions/runs/{done['id']}/logs"
    headers = {"Authorization": f"token {project.owner.token}"}
    answer = ask(project.stack, "GET", path, headers=headers)
    assert answer.status == 200 and answer.type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    tasks = {task["name"]: task["id"] for task in project.rest("/tasks").json["workflow_runs"]}
    assert set(texts) == {f"ci-{name}-{tasks[name]}.log" for name in ("one", "two")}
    assert all(text.endswith(" hello\n") for text in texts.values())
    assert ask(project.stack, "GET", path).status == 401
    project.push_workflow(ONE.replace("ubuntu-latest", "nobody"))
    waiting = wait_for(lambda: (run := project.run_of("ci.yml"))["id"] != done["id"] and run, "the second run")
    assert project.rest(f"/runs/{waiting['id']}/logs").status == 404
    assert project.rest("/runs/999999/logs").status == 404
