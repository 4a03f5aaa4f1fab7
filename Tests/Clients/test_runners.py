"""Looking after runners: rest.md 4, runner.md 2.3, 3.2, checklist rows 11, 28, 53."""

import asyncio
import json
import uuid

import gitea_api_client as sdk
import pytest
import runner_pb as pb
from support import Project, ScriptedRunner, User, ask, assert_connect_error, numbers, rpc, wait_for

from millrace_stack import StackError

ONE = "on: push\njobs:\n  one:\n    runs-on: LABEL\n    steps:\n      - run: echo one\n"


def api(stack, user: "User | None", method: str, path: str, body=None):
    headers = {"Authorization": f"token {user.token}"} if user else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return ask(stack, method, f"/api/v1{path}", body if body is None else json.dumps(body), headers)


def label() -> str:
    """One that no other test's runner has."""
    return f"own-{uuid.uuid4().hex[:8]}"


def at(stack, level: str, user: User, *labels: str) -> ScriptedRunner:
    """A runner registered at a level of the API."""
    token = api(stack, user, "POST", f"{level}/actions/runners/registration-token").json["token"]
    return ScriptedRunner(stack, token, list(labels) or [label()])


# --- REST ---


def test_lists_by_level(stack, project, ann, admin, organization, tmp_path):
    (tmp_path / "other").mkdir()
    other = Project(stack, ann, tmp_path / "other")
    users = {
        f"/repos/{project.path}": ann,
        f"/repos/{other.path}": ann,
        "/user": ann,
        f"/orgs/{organization}": admin,
        "/admin": admin,
    }
    runners = {level: at(stack, level, user) for level, user in users.items()}
    for level, user in users.items():
        answer = api(stack, user, "GET", f"{level}/actions/runners?limit=50")
        assert answer.status == 200 and answer.headers["X-Total-Count"] == str(answer.json["total_count"])
        listed = {runner["id"] for runner in answer.json["runners"]}
        if level == "/admin":
            assert {runner.id for runner in runners.values()} <= listed
        else:
            # An earlier test may have left some of its own at these levels, but none of another level.
            assert listed & {runner.id for runner in runners.values()} == {runners[level].id}, level
        for place, runner in runners.items():
            found = api(stack, user, "GET", f"{level}/actions/runners/{runner.id}")
            assert found.status == (200 if place == level or level == "/admin" else 404), (level, place)
    for text in ("0", "-1", "x", str(2**63), "9999999"):
        assert api(stack, admin, "GET", f"/admin/actions/runners/{text}").status == 404


def test_a_runner_as_the_api_shows_it(stack, project, ann):
    runner = project.runner(["linux", "gpu"])
    path = f"/repos/{project.path}/actions/runners/{runner.id}"
    assert api(stack, ann, "GET", path).json == {
        "id": runner.id,
        "name": runner.declared.runner.name,
        "status": "online",
        "busy": False,
        "disabled": False,
        "ephemeral": False,
        "labels": [{"id": 0, "name": "linux", "type": "custom"}, {"id": 1, "name": "gpu", "type": "custom"}],
    }
    project.push_workflow(ONE.replace("LABEL", "gpu"))
    task = runner.fetch()
    assert api(stack, ann, "GET", path).json["busy"] is True
    runner.finish(task)
    assert api(stack, ann, "GET", path).json["busy"] is False
    stack.sql(f"update runner set last_online = now() - interval '61 seconds' where id = {runner.id}")
    assert api(stack, ann, "GET", path).json["status"] == "offline"


def test_pages_and_the_disabled_filter(stack, project, ann):
    runners = [project.runner() for _ in range(5)]
    path = f"/repos/{project.path}/actions/runners"
    ids = [runner.id for runner in runners]

    def listed(query):
        answer = api(stack, ann, "GET", path + query)
        return answer.json["total_count"], [runner["id"] for runner in answer.json["runners"]]

    def last_seen_first():
        # Again and again: what both instances heard of the registrations may still be written down after this.
        for index, runner in enumerate(runners):
            stack.sql(f"update runner set last_online = now() - interval '{index} minutes' where id = {runner.id}")
        return listed("") == (5, ids)

    wait_for(last_seen_first, "runners in the order in which they were last seen")
    assert listed("?limit=2&page=2") == (5, ids[2:4])
    assert listed("?limit=2&page=9") == (5, [])
    assert api(stack, ann, "PATCH", f"{path}/{ids[1]}", {"disabled": True}).json["disabled"] is True
    assert listed("?disabled=true") == (1, [ids[1]])
    assert listed("?disabled=false") == (4, [ids[0], *ids[2:]])


def test_who_may_look_after_runners(stack, project, ann, stranger, admin):
    runner = project.runner()
    level = f"/repos/{project.path}/actions/runners"
    for path in (level, f"{level}/{runner.id}", f"{level}/{runner.id}/why"):
        table = {None: 401, stranger: 403, ann: 200, admin: 200}
        assert {user: api(stack, user, "GET", path).status for user in table} == table, path
    for method, body in (("PATCH", {"disabled": True}), ("DELETE", None)):
        assert api(stack, None, method, f"{level}/{runner.id}", body).status == 401
        assert api(stack, stranger, method, f"{level}/{runner.id}", body).status == 403
        # Of the right to the level, but not the level of this runner.
        assert api(stack, ann, method, f"/user/actions/runners/{runner.id}", body).status == 404
        assert api(stack, ann, method, f"/admin/actions/runners/{runner.id}", body).status == 403
    assert api(stack, ann, "GET", f"{level}/{runner.id}").json["disabled"] is False


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"disabled": 1}', '{"disabled": "true"}', '{"disabled": null}', "{"])
def test_an_edit_must_say_disabled(stack, project, ann, body):
    runner = project.runner()
    answer = ask(
        stack,
        "PATCH",
        f"/api/v1/repos/{project.path}/actions/runners/{runner.id}",
        body,
        {"Authorization": f"token {ann.token}", "Content-Type": "application/json"},
    )
    assert answer.status == 422 and answer.json["message"].startswith("[Disabled]: Required")


def test_a_disabled_runner_is_given_nothing_until_it_is_enabled(stack, project, ann):
    runner, other = project.runner(["a"]), project.runner(["a"])
    path = f"/repos/{project.path}/actions/runners/"
    project.push_workflow(ONE.replace("LABEL", "a"))
    task = runner.fetch()
    for each in (runner, other):
        assert api(stack, ann, "PATCH", path + str(each.id), {"disabled": True}).status == 200

    def is_refused():
        answer = rpc(stack, "FetchTask", b"", headers={**runner.headers, "Connect-Timeout-Ms": "1000"})
        parsed = pb.FetchTaskResponse.from_binary(answer.body)
        return answer.status == 200 and not parsed.has_field("task") and parsed.tasks_version == 0

    for _ in range(4):  # both instances have dropped what they knew
        wait_for(is_refused, "a disabled runner is told that nothing was proven")
    assert runner.state(task).state.result == pb.Result.UNSPECIFIED, "its running job goes on"
    runner.finish(task)
    project.push_workflow(ONE.replace("LABEL", "a"), "next.yml")
    run = wait_for(lambda: project.run_of("next.yml"), "the next run")
    for _ in range(4):
        assert runner.look(1500) is None and other.look(1500) is None
    assert list(project.jobs(run).values())[0]["status"] == "queued"
    assert api(stack, ann, "PATCH", path + str(other.id), {"disabled": False}).json["disabled"] is False
    other.finish(other.fetch())
    assert project.wait_run("next.yml")["conclusion"] == "success"
    kinds = stack.sql(
        "select string_agg(detail, ' ' order by id) from event where kind = 'runner_changed' "
        f"and runner_id = {other.id} and actor_id = (select id from account where name = 'ann')"
    )
    assert kinds == "disabled enabled"


def test_a_refused_runner_proves_nothing_about_others(stack, project):
    """Its instance has not heard yet that it is disabled; the look that fails must not count as "nothing waits"."""
    refused, other = project.runner(["a"]), project.runner(["a"])
    for _ in range(4):  # so that both instances know it
        assert refused.look(1100) is None
    stack.sql(f"update runner set disabled = true where id = {refused.id}")
    project.push_workflow(ONE.replace("LABEL", "a"))
    wait_for(lambda: project.run_of("ci.yml"), "the run")
    for _ in range(4):
        assert refused.look(1100) is None
    task = other.look()
    assert task, "its first poll"
    other.finish(task)


def test_a_removed_runner_loses_its_job_and_its_name(stack, project, ann):
    runner = project.runner()
    project.push_workflow(ONE.replace("LABEL", "ubuntu-latest"))
    task = runner.fetch()
    runner.state(task)
    path = f"/repos/{project.path}/actions/runners/{runner.id}"
    assert api(stack, ann, "DELETE", path).status == 204
    assert api(stack, ann, "GET", path).status == api(stack, ann, "DELETE", path).status == 404

    def is_unknown():
        answer = rpc(
            stack,
            "UpdateTask",
            pb.UpdateTaskRequest(state=pb.TaskState(id=task.id)).to_binary(),
            headers=runner.headers,
        )
        if answer.status == 403:
            return False  # an instance that has not heard yet knows at least that the task is not this runner's
        assert_connect_error(answer, 401, "unauthenticated", "unregistered runner")
        return True

    for _ in range(4):
        wait_for(is_unknown, "the removed runner is unknown to both instances")
    run = project.wait_run()
    assert run["conclusion"] == "failure"
    assert "was removed in the middle of this job" in project.jobs(run)["one"]["problem"]


def test_gitea_sdk_looks_after_runners(stack, project, ann):
    """Gitea's own generated client, strict about types."""
    runner = project.runner(["linux"])
    owner, name = project.path.split("/")

    async def everything():
        configuration = sdk.Configuration(
            host=f"{stack.url}/api/v1", api_key={"AuthorizationHeaderToken": f"token {ann.token}"}
        )
        async with sdk.ApiClient(configuration) as client:
            repositories = sdk.RepositoryApi(client)
            await repositories.repo_create_runner_registration_token(owner, name)
            listed = await repositories.get_repo_runners(owner, name)
            assert (listed.total_count, [one.id for one in listed.runners]) == (1, [runner.id])
            assert [(one.id, one.name, one.type) for one in listed.runners[0].labels] == [(0, "linux", "custom")]
            edited = await repositories.update_repo_runner(
                owner, name, str(runner.id), sdk.EditActionRunnerOption(disabled=True)
            )
            assert edited.disabled is True and edited.status == "online"
            assert (await repositories.get_repo_runner(owner, name, str(runner.id))).disabled is True
            assert (await repositories.get_repo_runners(owner, name, disabled=False)).runners == []
            await repositories.delete_repo_runner(owner, name, str(runner.id))
            with pytest.raises(sdk.exceptions.NotFoundException):
                await repositories.get_repo_runner(owner, name, str(runner.id))
            users = await sdk.UserApi(client).get_user_runners()
            assert users.total_count == len(users.runners)
            with pytest.raises(sdk.exceptions.ForbiddenException):
                await sdk.AdminApi(client).get_admin_runners()

    asyncio.run(everything())


# --- Being heard (row 53) ---


def test_polls_are_written_down_at_most_every_ten_seconds(stack, project):
    """Through both instances, which hear the runner in turns. By the database's own clock, so a slow machine does no
    harm."""
    runner = project.runner()
    times, versions, polls = [], set(), 0
    while len(times) < 3 or polls < 100:
        runner.look(1100)  # held for a tenth of a second
        polls += 1
        at, version = stack.sql(
            f"select extract(epoch from last_online), xmin from runner where id = {runner.id}"
        ).split("|")
        versions.add(version)
        if not times or times[-1] != float(at):
            times.append(float(at))
        assert polls < 1000, "calls are not written down at all"
    assert all(later - earlier >= 10 for earlier, later in zip(times, times[1:])), times
    assert len(versions) == len(times), "the row is written for nothing else"


# --- Why, in the API, on the page and on the command line ---


def test_why_a_runner_is_idle(stack, project, ann, admin):
    runner = project.runner(["linux"])
    path = f"/repos/{project.path}/actions/runners/{runner.id}/why"
    project.push_workflow(ONE.replace("LABEL", "windows"))
    reason = wait_for(lambda: (told := api(stack, ann, "GET", path).json)["kind"] == "labels" and told, "the reason")
    assert reason["message"] == 'a job waits for the labels "windows"; this runner lacks "windows"'
    assert api(stack, admin, "GET", f"/admin/actions/runners/{runner.id}/why").json == reason
    for page, user in ((f"/{project.path}/settings/runners", ann), ("/-/runners", admin)):
        answer = ask(stack, "GET", page, login=user.login)
        assert answer.status == 200 and reason["message"].replace('"', "&quot;") in answer.text
    assert reason["message"] in stack.millrace("admin", "runner", "list", "--repo", project.path)
    assert reason["message"] in stack.millrace("why", "runner", str(runner.id))


def test_pages_of_runners(stack, project, ann, stranger, admin):
    project.push_workflow(ONE.replace("LABEL", "a"))
    runner = project.runner(["a", "<b>"])
    task = runner.fetch()
    page = f"/{project.path}/settings/runners"
    text = ask(stack, "GET", page, login=ann.login).text
    run = project.run_of("ci.yml")["id"]
    assert f'href="/{project.path}/actions/runs/{run}/jobs/' in text and runner.declared.runner.name in text
    assert '<span class="tag">&lt;b&gt;</span>' in text and "<b>" not in text
    assert 'class="online"' in text
    runner.finish(task)
    answer = ask(stack, "GET", page)
    assert answer.status == 401 and "WWW-Authenticate" not in answer.headers, "the page of the log-in asks, not the browser"
    statuses = {ask(stack, "GET", page, login=user.login).status: user for user in (stranger, ann, admin)}
    assert statuses == {403: stranger, 200: admin}
    assert [ask(stack, "GET", "/-/runners", login=user and user.login).status for user in (None, ann, admin)] == [
        401,
        403,
        200,
    ]


# --- Offline registration ---


def secret_file(stack, text: str) -> str:
    path = stack.dir / f"tmp/runner-secret{next(numbers)}"
    path.write_text(text + "\n")
    stack.own(path, 0o600)
    return str(path)


def create(stack, secret: str, name: str, labels: str, *place: str) -> str:
    return stack.millrace(
        "admin",
        "runner",
        "create",
        "--secret-file",
        secret_file(stack, secret),
        "--name",
        name,
        "--labels",
        labels,
        *place,
    ).strip()


def test_a_runner_with_a_secret_of_ones_own(stack, project):
    secret = uuid.uuid4().hex + "01234567"
    made = create(stack, secret, "preset", "linux:host,gpu", "--repo", project.path)
    assert made == str(uuid.UUID(bytes=secret[:16].encode()))
    project.push_workflow(ONE.replace("LABEL", "gpu"))
    runner = ScriptedRunner.known(stack, made, secret)
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"
    # Again: the same runner, with what is new.
    assert create(stack, secret, "renamed", "linux", "--repo", project.path) == made
    rows = stack.sql(f"select name, labels, is_preset from runner where uuid = '{made}'")
    assert rows == "renamed|{linux}|t"
    with pytest.raises(StackError, match="has this secret and belongs to other repositories"):
        create(stack, secret, "elsewhere", "linux")
    with pytest.raises(StackError, match="has the UUID .* and another secret"):
        create(stack, secret[:16] + "f" * 24, "other", "linux", "--repo", project.path)
    with pytest.raises(StackError, match="the secret must be 40 hexadecimal digits"):
        create(stack, secret[:-1], "short", "linux")
    wrong = {**runner.headers, "x-runner-token": secret[:-1] + "f"}
    assert_connect_error(rpc(stack, "FetchTask", b"", headers=wrong), 401, "unauthenticated", "unregistered runner")


def test_the_command_line_looks_after_runners(stack, project, ann):
    runner = project.runner(["linux"])
    path = f"/repos/{project.path}/actions/runners/{runner.id}"
    stack.millrace("admin", "runner", "disable", str(runner.id))
    assert api(stack, ann, "GET", path).json["disabled"] is True
    listed = stack.millrace("admin", "runner", "list", "--repo", project.path).strip().split("\t")
    assert listed == [
        str(runner.id),
        runner.declared.runner.name,
        "online, disabled",
        project.path,
        "linux",
        "it is disabled; enable it",
    ]
    stack.millrace("admin", "runner", "enable", str(runner.id))
    objects = stack.millrace("admin", "runner", "list", "--json", "--repo", project.path).splitlines()
    assert [json.loads(line) for line in objects] == [api(stack, ann, "GET", path).json]
    stack.millrace("admin", "runner", "remove", str(runner.id))
    assert api(stack, ann, "GET", path).status == 404
    for command in ("enable", "disable", "remove"):
        with pytest.raises(StackError, match=f"there is no runner {runner.id}"):
            stack.millrace("admin", "runner", command, str(runner.id))
