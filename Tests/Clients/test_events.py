"""Rows of the inbox that are no push (docs/adr/0019). Nothing writes them yet: they are put there by SQL."""

import json

from support import context, git, wait_for
from test_pushes import run_millrace


def put(project, kind: str, payload: dict, tries: int = 0) -> None:
    text = json.dumps(payload).replace("'", "''")
    project.stack.sql(
        "insert into inbox (repository_id, owner_id, pusher_id, kind, event, tries, state, due_at) "
        f"select r.id, r.owner_id, r.owner_id, '{kind}', '{text}', {tries}, 'confirmed', now() from repository r "
        f"join account a on a.id = r.owner_id where a.name || '/' || r.name = '{project.path}'"
    )


def outcome(project) -> "str | None":
    found = project.stack.sql(
        "select i.state || ' ' || i.outcome || i.problem from inbox i join repository r on r.id = i.repository_id "
        f"where i.kind <> 'push' and r.name = '{project.name}' order by i.id desc limit 1"
    )
    return found if not found.startswith(("announced", "confirmed")) else None


def test_a_dispatch_runs_the_workflow_at_the_ref_that_it_names(project):
    on = "on:\n  workflow_dispatch: {inputs: {deep: {type: boolean}}}\n  push: {branches: [main]}\n"
    project.push_workflow(on + 'jobs: {j: {runs-on: x, name: "deep ${{ inputs.deep }}", steps: [run: x]}}\n')
    runner = project.runner(labels=["x"])
    first = runner.fetch()
    git(project.checkout, "push", "--quiet", project.url(project.owner), "HEAD:refs/heads/side")
    payload = {"workflow": "ci.yml", "ref": "side", "inputs": {"deep": "true"}}
    put(project, "workflow_dispatch", payload)
    task = runner.fetch()
    sent = context(task)
    assert task.id != first.id and (sent["event_name"], sent["ref"], sent["event"]) == (
        "workflow_dispatch",
        "refs/heads/side",
        payload,
    )
    assert json.loads(task.workflow_payload)["jobs"]["j"]["name"] == "deep true"
    assert outcome(project) == "read .gitea/workflows/ci.yml: run #2"


def test_an_event_without_its_facts_is_put_aside_and_said(project):
    project.push_workflow("on: [push, pull_request]\njobs: {j: {runs-on: x, steps: [run: x]}}\n")
    wait_for(lambda: project.runs(), "the push's run")
    put(project, "pull_request", {"action": "opened"}, tries=4)
    assert wait_for(lambda: outcome(project), "the row's end") == (
        'quarantined payload of event "pull_request" has no "pull_request.number"'
    )
    assert len(project.runs()) == 1
    done = run_millrace(project.stack, "why", "push", project.path)
    assert done.returncode == 1 and done.stdout.startswith("pull_request ")
    assert 'put aside after 5 tries: payload of event "pull_request"' in done.stdout
    # Another test asks `verify` about the whole instance.
    project.stack.sql("delete from inbox where state = 'quarantined' and kind = 'pull_request'")
