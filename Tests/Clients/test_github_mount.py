"""`/api/v3`, the mount in the shape of GitHub's API, by PyGithub (rest.md 13)."""

import base64

import github
import pytest
import runner_pb as pb
from github import Auth, Github
from nacl import public
from support import ask, wait_for

ONE = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps: [{run: make}, {run: make test}]
  two:
    needs: one
    runs-on: ubuntu-latest
    steps: [{run: make}]
"""


@pytest.fixture
def hub(project):
    return Github(auth=Auth.Token(project.owner.token), base_url=f"{project.stack.url}/api/v3", per_page=2, retry=None)


@pytest.fixture
def done(project):
    """A run whose second job failed."""
    project.scripted = runner = project.runner()
    project.push_workflow(ONE)
    for result in (pb.Result.SUCCESS, pb.Result.FAILURE):
        task = runner.fetch()
        runner.state(task, steps=[pb.StepState(id=0, result=result)])
        runner.finish(task, ["hello"], result=result)
    return project.wait_run()


def test_a_repository_and_who_calls(project, hub):
    repository = hub.get_repo(project.path)
    assert (repository.full_name, repository.private, repository.default_branch) == (project.path, False, "main")
    assert repository.owner.login == project.owner.name
    assert hub.get_user().login == project.owner.name
    assert hub.get_rate_limit().rate.limit == 5000
    with pytest.raises(github.UnknownObjectException) as missing:
        hub.get_repo(f"{project.owner.name}/nothing")
    assert missing.value.data["message"] == "not found" and missing.value.data["documentation_url"]


def test_runs_and_jobs(project, hub, done):
    repository = hub.get_repo(project.path)
    (run,) = repository.get_workflow_runs(branch="main", event="push", status="failure")
    assert (run.id, run.run_number, run.conclusion, run.path) == (done["id"], 1, "failure", ".gitea/workflows/ci.yml")
    assert isinstance(run.workflow_id, int) and run.actor.login == run.triggering_actor.login == project.owner.name
    assert run.html_url == done["html_url"] and run.created_at <= run.updated_at
    assert repository.get_workflow_runs(status="success").totalCount == 0
    assert repository.get_workflow_run(run.id).head_sha == done["head_sha"]
    one, two = run.jobs()
    assert [(step.name, step.number) for step in one.steps] == [("Run make", 1), ("Run make test", 2)]
    assert (one.conclusion, two.conclusion) == ("success", "failure")
    log = ask(project.stack, "GET", one.url.removeprefix(project.stack.url) + "/logs", headers=token(project))
    assert log.status == 302
    text = ask(project.stack, "GET", log.headers["Location"].removeprefix(project.stack.url), headers=token(project))
    assert text.text.endswith("hello\n")

    assert run.rerun_failed_jobs()
    again = repository.get_workflow_run(run.id)
    assert (again.run_attempt, again.status, again.conclusion) == (2, "queued", None)
    waiting = again.jobs()[1]
    assert waiting.started_at is None and waiting.completed_at is None and waiting.conclusion is None
    running = ask(project.stack, "DELETE", again.url.removeprefix(project.stack.url), headers=token(project))
    assert running.status == 409 and running.json["message"] == "this workflow run is not done"
    assert not again.delete()
    assert again.cancel() and not again.cancel()
    assert repository.get_workflow_run(run.id).conclusion == "cancelled"
    assert again.rerun()
    project.scripted.finish(project.scripted.fetch())
    project.scripted.finish(project.scripted.fetch())
    wait_for(lambda: project.run_of("ci.yml")["conclusion"] == "success", "the third attempt")
    assert run.delete()
    assert repository.get_workflow_runs().totalCount == 0


def token(project) -> "dict[str, str]":
    return {"Authorization": f"token {project.owner.token}"}


def test_pages_by_per_page(project, hub):
    runner = project.runner(["other"])
    for number in range(5):
        project.push({".gitea/workflows/ci.yml": ONE, "n": str(number)})
    wait_for(lambda: len(project.runs()) == 5, "five runs")
    runs = hub.get_repo(project.path).get_workflow_runs()
    assert runs.totalCount == 5 and [run.run_number for run in runs] == [5, 4, 3, 2, 1]
    raw = ask(project.stack, "GET", f"/api/v3/repos/{project.path}/actions/runs?per_page=2", headers=token(project))
    assert raw.headers["X-GitHub-Request-Id"] and raw.headers["X-RateLimit-Limit"]
    assert len(raw.json["workflow_runs"]) == 2 and 'rel="next", <' in raw.headers["Link"]
    assert (
        ask(project.stack, "GET", f"/api/v3/repos/{project.path}/actions/runs?created=x", headers=token(project)).status
        == 400
    )
    found = hub.get_repo(project.path).get_self_hosted_runners()
    assert [(one.id, one.status, one.busy) for one in found] == [(runner.id, "online", False)]


def test_registration_tokens(project):
    path = f"/api/v3/repos/{project.path}/actions/runners/registration-token"
    answer = ask(project.stack, "POST", path, headers=token(project))
    assert answer.status == 201 and answer.json["token"] == project.registration_token() and answer.json["expires_at"]


def test_variables(project, hub):
    repository = hub.get_repo(project.path)
    assert repository.create_variable("REGION", "eu-1").value == "eu-1"
    with pytest.raises(github.GithubException) as taken:
        repository.create_variable("region", "eu-2")
    assert taken.value.status == 409
    variable = repository.get_variable("REGION")
    assert variable.edit("eu-2")
    assert [(one.name, one.value) for one in repository.get_variables()] == [("REGION", "eu-2")]
    variable.delete()
    assert list(repository.get_variables()) == []


def test_secrets_come_in_sealed_boxes(project, hub):
    repository = hub.get_repo(project.path)
    key = repository.get_public_key("actions")
    assert len(public.PublicKey(base64.b64decode(key.key)).encode()) == 32
    value = "the value of a secret ä " * 40
    repository.create_secret("DEPLOY_KEY", value)
    assert [secret.name for secret in repository.get_secrets()] == ["DEPLOY_KEY"]
    project.push_workflow("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n")
    task = project.runner().fetch()
    assert dict(task.secrets)["DEPLOY_KEY"] == value
    path = f"/api/v3/repos/{project.path}/actions/secrets/OTHER"
    for body in (
        '{"encrypted_value": "eA==", "key_id": "1"}',
        f'{{"encrypted_value": "eA==", "key_id": "{key.key_id}"}}',
        "{}",
    ):
        assert ask(project.stack, "PUT", path, body, token(project)).status == 422
    assert repository.delete_secret("DEPLOY_KEY")
    assert list(repository.get_secrets()) == []


def test_workflows_have_numbers(project, hub):
    dispatched = ONE.replace("on: push", "on: {workflow_dispatch: {inputs: {level: {default: '1'}}}}")
    project.push({".gitea/workflows/ci.yml": dispatched, ".gitea/workflows/cd.yml": "on: push\njobs: {}\n"})
    repository = hub.get_repo(project.path)
    found = wait_for(lambda: list(repository.get_workflows()), "the workflows")
    assert [workflow.path for workflow in found] == [".gitea/workflows/cd.yml", ".gitea/workflows/ci.yml"]
    workflow = repository.get_workflow(found[1].id)
    assert (workflow.id, workflow.state) == (repository.get_workflow("ci.yml").id, "active")
    assert workflow.create_dispatch("main", {"level": "3"})
    (run,) = workflow.get_runs()
    assert (run.event, run.workflow_id) == ("workflow_dispatch", workflow.id)
    assert workflow.disable() and repository.get_workflow("ci.yml").state == "disabled_manually"
    assert not workflow.create_dispatch("main")
    assert run.cancel()
    again = ask(
        project.stack, "POST", f"/api/v1/repos/{project.path}/actions/runs/{run.id}/rerun", headers=token(project)
    )
    assert again.status == 400 and "is disabled" in again.json["message"]
    assert workflow.enable()
    with pytest.raises(github.UnknownObjectException):
        repository.get_workflow(5)
