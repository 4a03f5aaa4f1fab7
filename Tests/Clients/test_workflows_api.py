"""Workflows (rest.md 5): listed, disabled and dispatched by gitea-api-client, and what reaches the runner."""

import asyncio
import json

import gitea_api_client as sdk
import pytest
from settings_support import with_client
from support import ask, context, git, wait_for

DISPATCHED = """\
name: By hand
run-name: level ${{ inputs.level }}
on:
  workflow_dispatch:
    inputs:
      level: {type: number, default: 1}
      flag: {type: boolean}
      pick: {type: choice, options: [one, "two words"], default: one}
      where: {type: environment}
      must: {required: true}
jobs:
  build:
    runs-on: ${{ inputs.level > 2 && 'big' || 'small' }}
    steps: [run: echo]
  after:
    needs: build
    if: inputs.flag && inputs.level == 3 && github.event.inputs.flag == 'true'
    runs-on: big
    steps: [run: echo]
  never:
    needs: build
    if: "!inputs.flag"
    runs-on: big
    steps: [run: echo]
"""


def of(project):
    return project.path.split("/")


def dispatch(client, project, file="hand.yml", details=True, **body):
    return sdk.RepositoryApi(client).actions_dispatch_workflow(
        *of(project), file, return_run_details=details, body=sdk.CreateActionWorkflowDispatch(**body)
    )


def test_files_of_the_default_branch_are_listed(stack, ann, project):
    async def body(client):
        api = sdk.RepositoryApi(client)
        empty = await api.actions_list_repository_workflows(*of(project))
        assert empty.total_count == 0 and empty.workflows == []
        files = {"hand.yml": DISPATCHED, "bad.yaml": "on: [", "plain.yml": "on: push\njobs: {}\n", "no.txt": "x"}
        project.push({f".gitea/workflows/{name}": text for name, text in files.items()})
        git(project.checkout, "checkout", "--quiet", "-b", "side")
        project.commit({".gitea/workflows/side.yml": DISPATCHED})
        git(project.checkout, "push", project.url(ann), "HEAD:refs/heads/side")
        listed = await api.actions_list_repository_workflows(*of(project))
        assert [(w.id, w.name, w.state) for w in listed.workflows] == [
            ("bad.yaml", "bad.yaml", "active"),
            ("hand.yml", "By hand", "active"),
            ("plain.yml", "plain.yml", "active"),
        ]
        one = await api.actions_get_workflow(*of(project), "hand.yml")
        assert one.path == ".gitea/workflows/hand.yml" and one.created_at == one.updated_at
        assert one.deleted_at.year == 1 and one.url.endswith(f"/repos/{project.path}/actions/workflows/hand.yml")
        assert ask(stack, "GET", one.url.removeprefix(stack.url)).status == 401, "a token is needed"
        with pytest.raises(sdk.exceptions.NotFoundException):
            await api.actions_get_workflow(*of(project), "side.yml")

    with_client(stack, ann.token, body)


def test_a_dispatch_reaches_the_runner(stack, ann, project):
    """Inputs by their types where the server evaluates, as texts in the event."""
    project.push({".gitea/workflows/hand.yml": DISPATCHED})
    runner = project.runner(["big"])

    async def body(client):
        return await dispatch(
            client, project, ref="main", inputs={"level": "3", "flag": "true", "must": "a\nb", "where": "prod"}
        )

    details = with_client(stack, ann.token, body)
    run = project.rest(f"/runs/{details.workflow_run_id}").json
    assert details.run_url.endswith(f"/actions/runs/{run['id']}") and details.html_url == run["html_url"]
    assert (run["event"], run["display_title"], run["status"]) == ("workflow_dispatch", "level 3", "queued")
    assert run["head_sha"] == git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    assert run["actor"]["login"] == ann.name
    task = runner.fetch()
    event = context(task)["event"]
    assert event["inputs"] == {"level": "3", "flag": "true", "pick": "one", "where": "prod", "must": "a\nb"}
    assert (event["ref"], event["workflow"]) == ("refs/heads/main", ".gitea/workflows/hand.yml")
    assert event["repository"]["full_name"] == project.path and event["sender"]["login"] == ann.name
    # act makes the context `inputs` of these two.
    assert json.loads(task.workflow_payload)["on"]["workflow_dispatch"]["inputs"]["flag"]["type"] == "boolean"
    runner.finish(task)
    runner.finish(runner.fetch())
    done = project.wait_run("hand.yml")
    jobs = {name: job["conclusion"] for name, job in project.jobs(done).items()}
    assert jobs == {"build": "success", "after": "success", "never": "skipped"}


def test_refs_and_what_is_refused(stack, ann, stranger, project):
    project.push({".gitea/workflows/hand.yml": DISPATCHED, ".gitea/workflows/push.yml": "on: push\njobs: {}\n"})
    for ref in ["refs/tags/v1", "refs/heads/x/y"]:
        git(project.checkout, "push", project.url(ann), f"HEAD:{ref}")

    async def body(client):
        inputs = {"must": "x"}
        for ref in ["main", "x/y", "v1", "refs/tags/v1", "refs/heads/main"]:
            assert (await dispatch(client, project, ref=ref, inputs=inputs)).workflow_run_id > 0, ref
        assert await dispatch(client, project, details=False, ref="main", inputs=inputs) is None
        refused = [
            (404, "hand.yml", {"ref": "nowhere", "inputs": inputs}),
            (404, "none.yml", {"ref": "main", "inputs": inputs}),
            (422, "push.yml", {"ref": "main"}),
            (422, "hand.yml", {"ref": "main"}),
            (422, "hand.yml", {"ref": "", "inputs": inputs}),
            (422, "hand.yml", {"ref": "main", "inputs": {"must": "x", "pick": "three"}}),
            (422, "hand.yml", {"ref": "main", "inputs": {"must": "x", "level": "high"}}),
            (422, "hand.yml", {"ref": "main", "inputs": {"must": "x" * 65_536}}),
        ]
        for status, file, sent in refused:
            with pytest.raises(sdk.ApiException) as failure:
                await dispatch(client, project, file, **sent)
            assert failure.value.status == status, (file, sent, failure.value.body)

    with_client(stack, ann.token, body)
    assert len([run for run in project.runs() if run["event"] == "workflow_dispatch"]) == 6

    async def stranger_dispatches(client):
        with pytest.raises(sdk.exceptions.ForbiddenException):
            await dispatch(client, project, ref="main", inputs={"must": "x"})

    with_client(stack, stranger.token, stranger_dispatches)


def test_numbers_booleans_and_forms(stack, ann, project):
    project.push({".gitea/workflows/hand.yml": DISPATCHED})
    path = f"/api/v1/repos/{project.path}/actions/workflows/hand.yml/dispatches?return_run_details=true"
    token = {"Authorization": f"token {ann.token}"}
    bodies = [
        ("application/json", json.dumps({"ref": "main", "inputs": {"must": "x", "level": 3, "flag": True}})),
        ("application/x-www-form-urlencoded", "ref=main&inputs[must]=x&inputs%5Blevel%5D=3&inputs[flag]=true"),
    ]
    for kind, text in bodies:
        answer = ask(stack, "POST", path, text, {**token, "Content-Type": kind})
        assert answer.status == 200, answer.text
        payload = stack.sql(f"select payload::jsonb->'inputs' from run where id = {answer.json['workflow_run_id']}")
        assert json.loads(payload)["level"] == "3" and json.loads(payload)["flag"] == "true"


def test_a_disabled_workflow_starts_nothing_by_any_event(stack, ann, project):
    both = "on: [push, workflow_dispatch]\njobs: {j: {runs-on: x, steps: [run: x]}}\n"
    project.push({".gitea/workflows/off.yml": both, ".gitea/workflows/on.yml": both})

    async def body(client):
        api = sdk.RepositoryApi(client)
        for _ in range(2):
            await api.actions_disable_workflow(*of(project), "off.yml")
        assert (await api.actions_get_workflow(*of(project), "off.yml")).state == "disabled_manually"
        with pytest.raises(sdk.exceptions.ForbiddenException):
            await dispatch(client, project, "off.yml", ref="main")
        with pytest.raises(sdk.exceptions.NotFoundException):
            await api.actions_disable_workflow(*of(project), "none.yml")

    with_client(stack, ann.token, body)
    runs = {run["id"] for run in project.runs()}
    project.push({"other": "x"})
    project.push({"other": "y"})

    def since():
        return [run["path"].split("@")[0] for run in project.runs() if run["id"] not in runs]

    wait_for(lambda: len(since()) == 2, "two runs of the other workflow")
    assert set(since()) == {"on.yml"}

    async def enable(client):
        await sdk.RepositoryApi(client).actions_enable_workflow(*of(project), "off.yml")
        assert (await dispatch(client, project, "off.yml", ref="main")).workflow_run_id

    with_client(stack, ann.token, enable)


def test_many_at_once_make_as_many_runs(stack, ann, project):
    project.push({".gitea/workflows/hand.yml": DISPATCHED})

    async def body(client):
        calls = [dispatch(client, project, ref="main", inputs={"must": str(n)}) for n in range(8)]
        return [answer.workflow_run_id for answer in await asyncio.gather(*calls)]

    assert len(set(with_client(stack, ann.token, body))) == 8


def test_runs_of_a_workflow(stack, ann, project):
    """Those of one file, with the filters of runs, in pages."""
    other = "on: workflow_dispatch\njobs: {j: {runs-on: x, steps: [run: x]}}\n"
    project.push({".gitea/workflows/hand.yml": DISPATCHED, ".gitea/workflows/other.yml": other})

    async def body(client):
        api = sdk.RepositoryApi(client)
        made = [
            (await dispatch(client, project, ref="main", inputs={"must": str(n)})).workflow_run_id for n in range(3)
        ]
        await dispatch(client, project, "other.yml", ref="main")
        listed = await api.actions_list_workflow_runs(*of(project), "hand.yml")
        assert [run.id for run in listed.workflow_runs] == made[::-1] and listed.total_count == 3
        page = await api.actions_list_workflow_runs(*of(project), "hand.yml", page=2, limit=2)
        assert [run.id for run in page.workflow_runs] == made[:1]
        none = await api.actions_list_workflow_runs(*of(project), "hand.yml", event="push")
        assert none.workflow_runs == []
        with pytest.raises(sdk.exceptions.NotFoundException):
            await api.actions_list_workflow_runs(*of(project), "none.yml")

    with_client(stack, ann.token, body)


def test_a_job_may_dispatch_with_its_own_token(stack, ann, project):
    """Nothing else that a job does starts anything (workflows.md 20.4)."""
    both = "on: [push, workflow_dispatch]\njobs: {j: {runs-on: x, steps: [run: x]}}\n"
    runner = project.runner(["x"])
    project.push({".gitea/workflows/ci.yml": both})
    task = runner.fetch()

    async def body(client):
        return await dispatch(client, project, "ci.yml", ref="main")

    details = with_client(stack, task.secrets["GITHUB_TOKEN"], body)
    assert project.rest(f"/runs/{details.workflow_run_id}").json["event"] == "workflow_dispatch"
    runner.finish(task)
