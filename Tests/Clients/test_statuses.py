"""Statuses of commits: those that jobs tell and those that programs tell, driven by gitea-api-client."""

import gitea_api_client as sdk
import pytest
import runner_pb as pb
from gitea_support import Gitea, refused
from support import ask, git

TWO = """\
name: Checks
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: echo build
  test:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: echo test
"""


@pytest.fixture
def api(stack, ann):
    return Gitea(stack, ann)


def states(api, place, ref):
    combined = api.repository("repo_get_combined_status_by_ref", *place, ref)
    assert combined.total_count == len(combined.statuses)
    return combined.state, {status.context: status.status for status in combined.statuses}


def test_each_job_tells_of_its_commit(stack, ann, api, project):
    place = project.path.split("/")
    runner = project.runner()
    project.push_workflow(TWO)
    first = runner.fetch()
    build, test = "Checks / build (push)", "Checks / test (push)"
    assert states(api, place, "main") == ("pending", {build: "pending", test: "pending"})
    runner.finish(first)
    second = runner.fetch()
    assert states(api, place, "main") == ("pending", {build: "success", test: "pending"})
    runner.finish(second, result=pb.Result.FAILURE)
    assert states(api, place, "main") == ("failure", {build: "success", test: "failure"})
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    listed = api.repository("repo_list_statuses", *place, head, sort="oldest")
    assert [status.context for status in listed] == [build, test]
    run = project.run_of("ci.yml")
    jobs = project.jobs(run)
    assert listed[1].target_url == f"{stack.url}/{project.path}/actions/runs/{run['id']}/jobs/{jobs['test']['id']}"
    assert ask(stack, "GET", listed[1].target_url.removeprefix(stack.url)).status == 200
    assert listed[0].description.startswith("Successful in ") and listed[1].description.startswith("Failing after ")

    # A rerun replaces what the attempt before said.
    headers = {"Authorization": f"token {ann.token}"}
    path = f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/rerun-failed-jobs"
    assert ask(stack, "POST", path, headers=headers).status == 201
    assert states(api, place, head) == ("pending", {build: "success", test: "pending"})
    runner.finish(runner.fetch())
    assert states(api, place, head) == ("success", {build: "success", test: "success"})


def test_programs_tell_of_commits(stack, ann, api, stranger, project):
    place = project.path.split("/")
    project.push({"a": "1"})
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    assert states(api, place, "main") == ("pending", {})

    def tell(state, context="", **more):
        return api.repository(
            "repo_create_status", *place, head, body=sdk.CreateStatusOption(state=state, context=context, **more)
        )

    told = tell("pending", "lint", target_url="https://lint.example/1", description="Began")
    assert (told.status, told.context, told.creator.login, told.description) == ("pending", "lint", "ann", "Began")
    assert tell("success").context == "default"
    assert states(api, place, head) == ("pending", {"lint": "pending", "default": "success"})
    tell("success", "lint")
    assert states(api, place, "main") == ("success", {"lint": "success", "default": "success"})
    page = api.repository("repo_list_statuses_by_ref", *place, "main", limit=2, raw=True)
    assert len(page.data) == 2 and page.headers["x-total-count"] == "3" and 'rel="next"' in page.headers["link"]
    assert len(api.repository("repo_list_statuses", *place, head, state="pending")) == 1
    refused(400, api.repository, "repo_list_statuses", *place, head, state="nothing")
    refused(400, api.repository, "repo_list_statuses", *place, head, sort="nothing")
    refused(404, api.repository, "repo_list_statuses", *place, "f" * 40)
    headers = {"Authorization": f"token {ann.token}", "Content-Type": "application/json"}
    for bad in [
        "",
        "{}",
        '{"state": "nothing"}',
        '{"state": ""}',
        '{"state": 1}',
        '{"state": "success", "context": []}',
    ]:
        assert ask(stack, "POST", f"/api/v1/repos/{project.path}/statuses/{head}", bad, headers).status == 422, bad
    refused(422, tell, "success", target_url="javascript:alert(1)")
    refused(422, tell, "success", "x" * 256)
    refused(422, tell, "success", "nul\0")
    body = sdk.CreateStatusOption(state="success")
    refused(404, api.repository, "repo_create_status", *place, "f" * 40, body=body)
    refused(403, Gitea(stack, stranger).repository, "repo_create_status", *place, head, body=body)
    refused(401, Gitea(stack).repository, "repo_create_status", *place, head, body=body)


def test_a_strangers_private_repository_says_nothing(stack, stranger, private_project):
    private_project.push({"a": "1"})
    theirs = Gitea(stack, stranger)
    place = private_project.path.split("/")
    refused(404, theirs.repository, "repo_get_combined_status_by_ref", *place, "main")
    refused(404, theirs.repository, "repo_list_statuses", *place, "main")
    refused(404, theirs.repository, "repo_create_status", *place, "main", body=sdk.CreateStatusOption(state="success"))
