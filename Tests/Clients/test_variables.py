"""Variables (rest.md 3): what gitea-api-client says, what a runner is given, and what planning sees of them."""

import asyncio

import gitea_api_client as sdk
import pytest
from settings_support import organization_level, repository_level, user_level, with_client


def test_a_variable_is_made_shown_renamed_and_removed(stack, ann, admin, project, organization):
    async def of_owner(client):
        await try_out([repository_level(client, *project.path.split("/")), user_level(client)])

    async def of_admin(client):
        await try_out([organization_level(client, organization)])

    async def try_out(levels):
        for level in levels:
            assert (
                await level.create("region", sdk.CreateVariableOption(value="a\r\nb", description="d"))
            ).status_code == 201
            with pytest.raises(sdk.exceptions.ConflictException):
                await level.create("REGION", sdk.CreateVariableOption(value="x"))
            shown = await level.get("Region")
            assert (shown.name, shown.data, shown.description) == ("REGION", "a\nb", "d")
            assert (shown.repo_id > 0) == (level.path.startswith("/repos")) and (shown.owner_id > 0) != (
                shown.repo_id > 0
            )
            await level.create("other", sdk.CreateVariableOption(value="x"))
            with pytest.raises(sdk.exceptions.ConflictException):
                await level.update("region", sdk.UpdateVariableOption(value="y", name="other"))
            assert (await level.update("region", sdk.UpdateVariableOption(value="y", name="zone"))).status_code == 204
            page = await level.list(page=2, limit=1)
            assert [v.name for v in page.data] == ["ZONE"] and page.headers["x-total-count"] == "2"
            assert 'rel="first"' in page.headers["link"]
            for name in ["zone", "other"]:
                assert (await level.delete(name)).status_code == 204
                with pytest.raises(sdk.exceptions.NotFoundException):
                    await level.get(name)
            with pytest.raises(sdk.exceptions.NotFoundException):
                await level.update("zone", sdk.UpdateVariableOption(value="y"))

    with_client(stack, ann.token, of_owner)
    with_client(stack, admin.token, of_admin)


def test_two_who_make_it_at_once(stack, ann, project):
    async def body(client):
        level = repository_level(client, *project.path.split("/"))
        calls = [level.create("ONCE", sdk.CreateVariableOption(value=str(n))) for n in range(8)]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = with_client(stack, ann.token, body)
    made = [a for a in answers if not isinstance(a, Exception)]
    assert len(made) == 1 and all(a.status in (201, 409) for a in answers if isinstance(a, sdk.ApiException))


def test_planning_and_the_runner_see_them(stack, ann, project):
    async def plant(client):
        level = repository_level(client, *project.path.split("/"))
        for name, value in [("LABEL", "big"), ("LIST", '["p","q"]'), ("GO", "yes"), ("TEXT", "a\nb")]:
            await level.create(name, sdk.CreateVariableOption(value=value))

    with_client(stack, ann.token, plant)
    runner = project.runner(["big"])
    project.push_workflow("""\
run-name: to ${{ vars.GO }}
on: push
jobs:
  build:
    name: ${{ vars.label }} ${{ matrix.v }}
    runs-on: ${{ vars.LABEL }}
    strategy: {matrix: {v: "${{ fromJSON(vars.LIST) }}"}}
    steps: [run: echo]
  after:
    needs: build
    if: vars.GO == 'yes'
    runs-on: big
    steps: [run: echo]
  never:
    needs: build
    if: vars.GO == 'no'
    runs-on: big
    steps: [run: echo]
""")
    for _ in range(3):
        task = runner.fetch()
        assert dict(task.vars) == {"LABEL": "big", "LIST": '["p","q"]', "GO": "yes", "TEXT": "a\nb"}
        runner.finish(task)
    run = project.wait_run()
    assert run["display_title"] == "to yes"
    jobs = project.jobs(run)
    assert {name: job["conclusion"] for name, job in jobs.items()} == {
        "big p": "success",
        "big q": "success",
        "after": "success",
        "never": "skipped",
    }
