"""Secrets (rest.md 3): what gitea-api-client says, what a runner is given, and what nobody is told."""

import base64
import json
import subprocess

import gitea_api_client as sdk
import pytest
from settings_support import organization_level, repository_level, user_level, with_client
from support import ask

WORKFLOW = """\
on: [push, workflow_dispatch]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: echo
"""


def test_a_secret_is_made_replaced_listed_and_removed(stack, ann, admin, project, organization):
    async def of_owner(client):
        await try_out([repository_level(client, *project.path.split("/")), user_level(client)])

    async def of_admin(client):
        await try_out([organization_level(client, organization)])

    async def try_out(levels):
        for level in levels:
            first = await level.put_secret("t_key", sdk.CreateOrUpdateSecretOption(data="one", description="d"))
            assert first.status_code == 201, level.path
            again = await level.put_secret("T_KEY", sdk.CreateOrUpdateSecretOption(data="two"))
            assert again.status_code == 204, level.path
            if level.list_secrets:
                listed = await level.list_secrets()
                [secret] = [s for s in listed.data if s.name == "T_KEY"]
                assert secret.description == "" and secret.created_at.year >= 2026
                assert int(listed.headers["x-total-count"]) >= 1
            assert (await level.delete_secret("t_Key")).status_code == 204
            with pytest.raises(sdk.exceptions.NotFoundException):
                await level.delete_secret("T_KEY")

    with_client(stack, ann.token, of_owner)
    with_client(stack, admin.token, of_admin)
    token = {"Authorization": f"token {ann.token}"}
    assert ask(stack, "GET", "/api/v1/user/actions/secrets", headers=token).status in (404, 405), "users have no list"


def test_bad_names_and_values_are_refused(stack, ann, project):
    async def body(client):
        level = repository_level(client, *project.path.split("/"))
        for name in ["GITHUB_X", "gitea_x", "CI", "1A", "A-B", "A" * 256]:
            with pytest.raises(sdk.exceptions.BadRequestException):
                await level.put_secret(name, sdk.CreateOrUpdateSecretOption(data="x"))
        with pytest.raises(sdk.exceptions.BadRequestException, match="data too long"):
            await level.put_secret("A", sdk.CreateOrUpdateSecretOption(data="x" * 65_537))
        for data in ["", "a\0"]:
            with pytest.raises(sdk.exceptions.UnprocessableEntityException):
                await level.put_secret("A", sdk.CreateOrUpdateSecretOption(data=data))
        assert (await level.put_secret("A", sdk.CreateOrUpdateSecretOption(data="x" * 65_536))).status_code == 201
        assert [s.name for s in (await level.list_secrets()).data] == ["A"]

    with_client(stack, ann.token, body)


def test_only_owners_look_after_them(stack, ann, stranger, project, private_project):
    async def body(client):
        with pytest.raises(sdk.exceptions.ForbiddenException):
            await repository_level(client, *project.path.split("/")).list_secrets()
        with pytest.raises(sdk.exceptions.NotFoundException):
            await repository_level(client, *private_project.path.split("/")).list_secrets()

    with_client(stack, stranger.token, body)
    assert ask(stack, "GET", f"/api/v1/repos/{project.path}/actions/secrets").status == 401
    assert ask(stack, "GET", f"/api/v1/repos/{private_project.path}/actions/secrets").status == 404


def test_a_job_gets_the_nearest_of_each_name(stack, ann, admin, project):
    """Repository over owner over instance, and nobody overrides the job's token."""

    async def plant(client):
        repository, user = repository_level(client, *project.path.split("/")), user_level(client)
        await repository.put_secret("near", sdk.CreateOrUpdateSecretOption(data="of the repository\r\n€"))
        await user.put_secret("near", sdk.CreateOrUpdateSecretOption(data="of the user"))
        await user.put_secret("middle", sdk.CreateOrUpdateSecretOption(data="of the user"))
        await user.put_secret("FORGEJO_TOKEN", sdk.CreateOrUpdateSecretOption(data="not the token"))

    with_client(stack, ann.token, plant)
    headers = {"Authorization": f"token {admin.token}", "Content-Type": "application/json"}
    for name in ["NEAR", "MIDDLE", "FAR"]:
        body = json.dumps({"data": "of the instance"})
        answer = ask(stack, "PUT", f"/api/v1/admin/actions/secrets/{name}", body, headers)
        assert answer.status in (201, 204), answer.text
    try:
        runner = project.runner()
        project.push_workflow(WORKFLOW)
        task = runner.fetch()
        assert task.secrets["NEAR"] == "of the repository\r\n€"
        assert task.secrets["MIDDLE"] == "of the user"
        assert task.secrets["FAR"] == "of the instance"
        token = task.secrets["GITHUB_TOKEN"]
        assert task.secrets["GITEA_TOKEN"] == token and task.secrets["FORGEJO_TOKEN"] == token and len(token) == 40
        assert "of the" not in task.context.to_json() and b"of the" not in task.workflow_payload
        runner.finish(task)
    finally:
        for name in ["NEAR", "MIDDLE", "FAR"]:
            ask(stack, "DELETE", f"/api/v1/admin/actions/secrets/{name}", headers=headers)
        for name in ["NEAR", "MIDDLE", "FORGEJO_TOKEN"]:
            ask(
                stack,
                "DELETE",
                f"/api/v1/user/actions/secrets/{name}",
                headers={"Authorization": f"token {ann.token}"},
            )


def test_a_real_runner_masks_and_uses_it(stack, ann, project, embedded):
    """The server stores rows as they come; masking is the runner's, and ours does it."""
    secret = "s3cr3t-" + base64.b32encode(b"canary").decode()

    async def plant(client):
        level = repository_level(client, *project.path.split("/"))
        await level.put_secret("DEPLOY_KEY", sdk.CreateOrUpdateSecretOption(data=secret))
        await level.create("REGION", sdk.CreateVariableOption(value="eu-1"))

    with_client(stack, ann.token, plant)
    embedded()
    run = 'echo "key ${{ secrets.DEPLOY_KEY }} length ${#KEY} in ${{ vars.REGION }}"'
    step = f"      - run: {json.dumps(run)}\n        env: {{KEY: '${{{{ secrets.deploy_key }}}}'}}\n"
    project.push_workflow(WORKFLOW.replace("      - run: echo\n", step))
    run = project.wait_run()
    assert run["conclusion"] == "success"
    log = project.log(project.jobs(run)["build"])
    assert f"length {len(secret)} in eu-1" in log
    assert secret not in log


def test_a_wrong_master_key_and_one_that_cannot_be_used(stack):
    """The words by which an operator finds out, from the command line."""

    def run(*arguments, key: str):
        environment = stack.as_user({"MILLRACE_SECRETS_MASTER_KEY_FILE": key})
        command = [str(stack.binary), *arguments, "--config", str(stack.config)]
        return subprocess.run(command, capture_output=True, text=True, **environment)

    wrong = stack.dir / "wrong-key"
    wrong.write_text("ab" * 32 + "\n")
    stack.own(wrong, 0o600)
    done = run("serve", "--instance", "9", key=str(wrong))
    assert done.returncode == 1 and "is not in" in done.stderr and "secrets.master_key_file" in done.stderr
    done = run("doctor", key=str(wrong))
    assert done.returncode == 1 and "problem  master key" in done.stdout, done.stdout
    done = run("serve", "--instance", "9", key="/nonexistent")
    assert done.returncode == 1 and "openssl rand -hex 32" in done.stderr
    stack.own(wrong, 0o644)
    done = run("serve", "--instance", "9", key=str(wrong))
    assert done.returncode == 1 and "chmod o=" in done.stderr
