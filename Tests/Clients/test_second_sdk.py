"""A second generated client, of an older Gitea: py-gitea-opensuse-org 1.25."""

import asyncio

import py_gitea_opensuse_org as sdk
import pytest
from support import ask

WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: echo}]
"""


class Blocking:
    """The calls of an API, each run to its end."""

    def __init__(self, kind, user, stack, loop):
        self.kind, self.loop = kind, loop
        key = {"AuthorizationHeaderToken": f"token {user if isinstance(user, str) else user.token}"}
        self.configuration = sdk.Configuration(host=f"http://127.0.0.1:{stack.port}/api/v1", api_key=key)

    def __getattr__(self, name: str):
        async def call(*arguments, **named):
            async with sdk.ApiClient(self.configuration) as client:
                return await getattr(self.kind(client), name)(*arguments, **named)

        return lambda *arguments, **named: self.loop.run_until_complete(call(*arguments, **named))


@pytest.fixture
def api(stack):
    loop = asyncio.new_event_loop()
    yield lambda kind, user: Blocking(kind, user, stack, loop)
    loop.close()


def test_registration_tokens_are_shown_at_all_levels_where_it_asks(stack, api, admin, ann, project):
    owner, name = project.path.split("/")
    token = {"Authorization": f"token {ann.token}"}
    for path, show in [
        (f"/repos/{project.path}", lambda: api(sdk.RepositoryApi, ann).repo_get_runner_registration_token(owner, name)),
        ("/user", api(sdk.UserApi, ann).user_get_runner_registration_token),
    ]:
        show()
        said = ask(stack, "GET", f"/api/v1{path}/actions/runners/registration-token", headers=token).json
        assert len(said["token"]) == 40
        again = ask(stack, "POST", f"/api/v1{path}/actions/runners/registration-token", headers=token).json
        assert again == said, "asking does not make a new one"
    api(sdk.AdminApi, admin).admin_get_runner_registration_token()


def test_a_run_its_tasks_and_its_artifacts(api, ann, project):
    owner, name = project.path.split("/")
    repository = api(sdk.RepositoryApi, ann)
    project.push_workflow(WORKFLOW)
    runner = project.runner()
    runner.finish(runner.fetch(), ["hello"])
    project.wait_run()
    tasks = repository.list_action_tasks(owner, name)
    assert tasks.total_count == 1
    [task] = tasks.workflow_runs
    assert (task.name, task.event, task.status, task.workflow_id) == ("build", "push", "success", "ci.yml")
    assert repository.get_artifacts(owner, name).total_count == 0
    # It reads no models of runners, their statuses alone.
    [listed] = project.rest("/runners").json["runners"]
    repository.get_repo_runner(owner, name, str(listed["id"]))
    repository.delete_repo_runner(owner, name, str(listed["id"]))
    with pytest.raises(sdk.exceptions.NotFoundException):
        repository.get_repo_runner(owner, name, str(listed["id"]))


def test_secrets_variables_and_workflows(api, ann, project):
    owner, name = project.path.split("/")
    repository = api(sdk.RepositoryApi, ann)
    project.push_workflow(WORKFLOW)
    repository.update_repo_secret(owner, name, "KEY", body=sdk.CreateOrUpdateSecretOption(data="value"))
    assert [secret.name for secret in repository.repo_list_actions_secrets(owner, name)] == ["KEY"]
    repository.create_repo_variable(owner, name, "REGION", body=sdk.CreateVariableOption(value="eu-1"))
    assert repository.get_repo_variable(owner, name, "region").data == "eu-1"
    with pytest.raises(sdk.exceptions.ConflictException):
        repository.create_repo_variable(owner, name, "REGION", body=sdk.CreateVariableOption(value="eu-2"))
    repository.delete_repo_secret(owner, name, "KEY")
    [workflow] = repository.actions_list_repository_workflows(owner, name).workflows
    assert (workflow.id, workflow.state) == ("ci.yml", "active")
    repository.actions_disable_workflow(owner, name, "ci.yml")
    assert repository.actions_get_workflow(owner, name, "ci.yml").state == "disabled_manually"
    repository.actions_enable_workflow(owner, name, "ci.yml")


def test_who_calls_and_what_there_is(api, ann):
    users = api(sdk.UserApi, ann)
    me = users.user_get_current()
    assert (me.login, me.email) == (ann.name, me.email) and me.id > 0
    settings = api(sdk.SettingsApi, ann).get_general_api_settings()
    assert settings.max_response_items == 50
    with pytest.raises(sdk.exceptions.UnauthorizedException):
        api(sdk.UserApi, "0" * 40).user_get_current()
