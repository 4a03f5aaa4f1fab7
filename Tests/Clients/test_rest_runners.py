"""Runners, registration tokens and queues by the generated Gitea client (rest.md 4)."""

import json

import gitea_api_client as gitea
import pytest
from support import ask, wait_for
from test_rest_runs import ONE, Gitea


def test_runners_of_a_repository(project):
    place = (project.owner.name, project.name)
    api = Gitea(project.stack, project.owner.token)
    scripted = project.runner(["linux", "ubuntu:docker://node:22"])
    listed = api.repository("get_repo_runners", *place)
    (runner,) = listed.runners
    assert (listed.total_count, runner.id, runner.status, runner.busy, runner.disabled) == (
        1,
        scripted.id,
        "online",
        False,
        False,
    )
    assert [(label.id, label.name, label.type) for label in runner.labels] == [
        (0, "linux", "custom"),
        (1, "ubuntu", "custom"),
    ]
    edit = gitea.EditActionRunnerOption(disabled=True)
    assert api.repository("update_repo_runner", *place, str(runner.id), body=edit).disabled
    assert api.repository("get_repo_runners", *place, disabled=False).runners == []
    assert [one.id for one in api.repository("get_repo_runners", *place, disabled=True).runners] == [runner.id]
    assert api.repository("get_repo_runner", *place, str(runner.id)).disabled
    headers = {"Authorization": f"token {project.owner.token}"}
    base = f"/api/v1/repos/{project.path}/actions/runners"
    assert ask(project.stack, "GET", base + "?disabled=maybe", headers=headers).status == 400
    assert ask(project.stack, "PATCH", f"{base}/{runner.id}", "{}", headers).status == 422
    answer = ask(project.stack, "GET", base + "?limit=1", headers=headers)
    assert answer.headers["X-Total-Count"] == "1" and answer.headers["Link"] is None
    api.repository("delete_repo_runner", *place, str(runner.id))
    assert api.status("RepositoryApi", "get_repo_runner", *place, str(runner.id)) == 404


def test_levels_are_apart(project, stack, admin, organization):
    place = (project.owner.name, project.name)
    api, root = Gitea(stack, project.owner.token), Gitea(stack, admin.token)
    scripted = project.runner()
    assert scripted.id not in [one.id for one in api.call("UserApi", "get_user_runners").runners]
    assert api.status("UserApi", "get_user_runner", str(scripted.id)) == 404
    assert root.call("AdminApi", "get_admin_runner", str(scripted.id)).id == scripted.id
    theirs = root.call("OrganizationApi", "get_org_runners", organization).runners
    assert scripted.id not in [one.id for one in theirs]
    assert root.call("AdminApi", "get_admin_runners").total_count >= 1
    assert api.status("AdminApi", "get_admin_runners") == 403
    assert root.call("RepositoryApi", "get_repo_runners", *place).total_count == 1


def test_a_registration_token_needs_a_scope_that_writes(project, stack, admin):
    login = f"/api/v1/users/{admin.name}/tokens"
    reading = ask(
        stack,
        "POST",
        login,
        json.dumps({"name": project.name, "scopes": ["read:repository", "read:admin"]}),
        login=admin.login,
    ).json["sha1"]
    for path in (
        f"/api/v1/repos/{project.path}/actions/runners/registration-token",
        "/api/v1/admin/actions/runners/registration-token",
        "/api/v1/admin/runners/registration-token",
    ):
        assert ask(stack, "GET", path, headers={"Authorization": f"token {reading}"}).status == 403, path
        first = ask(stack, "GET", path, headers={"Authorization": f"token {admin.token}"})
        assert first.status == 200 and first.json["token"]
    again = ask(
        stack,
        "POST",
        "/api/v1/admin/actions/runners/registration-token",
        headers={"Authorization": f"token {admin.token}"},
    )
    assert again.status == 200 and again.json == first.json


@pytest.mark.parametrize("level", ["repos/{path}", "user", "admin"])
def test_the_queue_by_labels(project, admin, level):
    project.push_workflow(ONE.replace("ubuntu-latest", f"[{project.name}, gpu]"))
    wait_for(lambda: project.run_of("ci.yml"), "the run")
    user = admin if level == "admin" else project.owner
    path = f"/api/v1/{level.format(path=project.path)}/actions/queue"
    headers = {"Authorization": f"token {user.token}"}

    def mine() -> "list[dict]":
        answer = ask(project.stack, "GET", path, headers=headers)
        assert answer.status == 200, answer.text
        return [one for one in answer.json["queue"] if project.name in one["labels"]]

    (queue,) = mine()
    assert (sorted(queue["labels"]), queue["waiting"], queue["is_whole"]) == (sorted([project.name, "gpu"]), 1, True)
    assert queue["runners"] == {"free": 0, "busy": 0, "offline": 0, "disabled": 0} and queue["oldest_seconds"] >= 0
    job = project.jobs(project.run_of("ci.yml"))["one"]
    assert queue["reason"] == project.rest(f"/jobs/{job['id']}/why").json
    runner = project.runner([project.name, "gpu"])
    assert mine()[0]["runners"]["free"] == 1
    runner.fetch()
    assert mine() == []
