"""What starts runs beside a plain push: refs made and removed, dispatches, chains of workflow_run; what starts none."""

import json

import pytest
from conftest import private_stack
from support import Project, User, ask, context, git, wait_for

JOB = "jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [run: echo]\n"


def rest(stack, user, method, path, body=None):
    headers = {"Authorization": f"token {user.token}", "Content-Type": "application/json"}
    return ask(stack, method, path, json.dumps(body) if body is not None else None, headers)


def events(project) -> "list[tuple[str, str]]":
    """Event and file of each run, oldest first."""
    runs = sorted(project.runs(), key=lambda run: run["id"])
    return [(run["event"], run["path"].split("@")[0]) for run in runs]


def settled(stack, project) -> bool:
    """Nothing of the repository waits to be read."""
    return (
        stack.sql(
            "select count(*) from inbox i join repository r on r.id = i.repository_id"
            f" where r.name = '{project.name}' and i.state in ('announced', 'confirmed')"
        )
        == "0"
    )


def why(stack, project) -> str:
    return stack.millrace("why", "push", project.path)


def push(project, ref="refs/heads/main", *options) -> None:
    git(project.checkout, "push", *options, project.url(project.owner), f"HEAD:{ref}")


def test_refs_that_are_made_and_go(stack, ann, project):
    project.push({".gitea/workflows/refs.yml": "on: [create, delete]\n" + JOB})
    wait_for(lambda: events(project) == [("create", "refs.yml")], "main was made")
    push(project, "refs/tags/v1")
    push(project, "refs/heads/side")
    wait_for(lambda: len(events(project)) == 3, "a tag and a branch")
    project.push({"a": "b"})
    git(project.checkout, "push", project.url(ann), ":refs/heads/side", ":refs/tags/v1")
    wait_for(lambda: len(events(project)) == 5, "both gone")
    wait_for(lambda: settled(stack, project), "all read")
    assert [event for event, _ in events(project)] == ["create"] * 3 + ["delete"] * 2, "a push to main makes nothing"
    runner, seen = project.runner(), []
    for _ in range(5):
        task = runner.fetch()
        github = context(task)
        seen.append((github["event_name"], github["event"]["ref"], github["event"]["ref_type"], github["ref"]))
        assert github["event"]["repository"]["full_name"] == project.path
        assert github["event"]["sender"]["login"] == ann.name
        runner.finish(task)
    assert set(seen) == {
        ("create", "main", "branch", "refs/heads/main"),
        ("create", "v1", "tag", "refs/tags/v1"),
        ("create", "side", "branch", "refs/heads/side"),
        ("delete", "side", "branch", "refs/heads/main"),
        ("delete", "v1", "tag", "refs/heads/main"),
    }


def test_pushes_that_start_nothing(stack, ann, project):
    project.push({".gitea/workflows/ci.yml": "on: push\n" + JOB, ".gitea/workflows/bad.yml": "on: ["})
    wait_for(lambda: len(events(project)) == 2, "a run of each, one of them failed")
    project.commit({"a": "1"})
    push(project, "refs/heads/main", "-o", "ci.skip")
    wait_for(lambda: "push option ci.skip: starts nothing" in why(stack, project), "skipped by option")
    project.commit({"a": "2"}, "Say it\n\n[skip ci]")
    push(project)
    wait_for(lambda: 'commit message contains "[skip ci]"' in why(stack, project), "skipped by message")
    assert len(events(project)) == 2, "also the file that cannot be read is silent"
    path = f"/api/v1/repos/{project.path}"
    assert rest(stack, ann, "PATCH", path, {"has_actions": False}).json["has_actions"] is False
    project.push({"a": "3"})
    wait_for(lambda: "workflows are switched off here" in why(stack, project), "switched off")
    assert rest(stack, ann, "POST", f"{path}/dispatches", {"event_type": "x"}).status == 204
    assert rest(stack, ann, "PATCH", path, {"has_actions": True}).status == 200
    project.push({"a": "4"})
    wait_for(lambda: len(events(project)) == 4, "on again")


def test_paths_say_which_filter_was_not_met(stack, ann, project):
    flow = "on: {push: {paths: ['docs/**']}}\n" + JOB
    project.push({".gitea/workflows/docs.yml": flow, "docs/a": "1", "src/a": "1"})
    wait_for(lambda: len(events(project)) == 1, "all files of the first push count as changed")
    project.push({"src/a": "2"})
    wait_for(lambda: 'changed paths are filtered out: "src/a"' in why(stack, project), "src is not docs")
    # A rename counts by both names.
    git(project.checkout, "mv", "docs/a", "src/b")
    project.commit({})
    push(project)
    wait_for(lambda: len(events(project)) == 2, "a file left docs")
    # A new branch is compared with where it left the default branch.
    git(project.checkout, "checkout", "-q", "-b", "side")
    project.commit({"src/a": "3"})
    push(project, "refs/heads/side")
    wait_for(lambda: settled(stack, project), "side is read")
    assert len(events(project)) == 2
    project.commit({"docs/c": "1"})
    push(project, "refs/heads/other")
    wait_for(lambda: len(events(project)) == 3, "docs/c is new beside main")
    # Forced to where it came from: the way back changes docs.
    git(project.checkout, "reset", "-q", "--hard", "HEAD^")
    push(project, "refs/heads/other", "--force")
    wait_for(lambda: len(events(project)) == 4, "docs/c went")
    push(project, "refs/tags/v1")
    wait_for(lambda: settled(stack, project), "a tag")
    assert len(events(project)) == 5, "paths are not asked for tags"


def test_more_than_a_thousand_commits_pass_the_filter(stack, ann, project):
    project.push({".gitea/workflows/docs.yml": "on: {push: {paths: ['docs/**']}}\n" + JOB})
    wait_for(lambda: settled(stack, project), "the first push")
    before = len(events(project))
    text = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    lines = "".join(
        f"commit refs/heads/main\ncommitter A <a@b> {1_700_000_000 + n} +0000\ndata 1\nx\n"
        + (f"from {text}\n" if n == 0 else "")
        + f"M 644 inline n\ndata {len(str(n))}\n{n}\n\n"
        for n in range(1001)
    )
    git(project.checkout, "fast-import", "--quiet", "--force", input=lines)
    git(project.checkout, "push", project.url(ann), "refs/heads/main")
    wait_for(lambda: len(events(project)) == before + 1, "1001 commits")


def test_repository_dispatch(stack, ann, stranger, project):
    flow = "on: {repository_dispatch: {types: [deploy]}}\n" + JOB
    project.push({".gitea/workflows/d.yml": flow})
    wait_for(lambda: settled(stack, project), "the push")
    payload = {"env": "test", "Env": 2, "deep": {"n": [1, 2.5, None, True, "é"]}, "big": 9007199254740993}
    for mount in ["/api/v1", "/api/v3"]:
        path = f"{mount}/repos/{project.path}/dispatches"
        answer = rest(stack, ann, "POST", path, {"event_type": "deploy", "client_payload": payload})
        assert (answer.status, answer.body) == (204, b"")
        assert rest(stack, ann, "POST", path, {"event_type": "other"}).status == 204
        for wrong in [
            {},
            {"event_type": ""},
            {"event_type": "x" * 101},
            {"event_type": 7},
            {"event_type": "x", "client_payload": []},
            {"event_type": "x", "client_payload": {str(n): n for n in range(11)}},
            {"event_type": "x", "client_payload": {"x": "y" * 65536}},
            {"event_type": "x", "client_payload": {"x": "\0"}},
        ]:
            assert rest(stack, ann, "POST", path, wrong).status == 422, wrong
        assert rest(stack, stranger, "POST", path, {"event_type": "deploy"}).status == 403
    runner = project.runner()
    for _ in range(2):
        task = runner.fetch()
        event = context(task)["event"]
        assert event["action"] == "deploy" and event["branch"] == "main"
        sent = event["client_payload"]
        assert sent["env"] == "test" and sent["Env"] == 2 and sent["deep"]["n"][1:] == [2.5, None, True, "é"]
        runner.finish(task)
    wait_for(lambda: settled(stack, project), "all read")
    assert events(project) == [("repository_dispatch", "d.yml")] * 2


def test_a_workflow_run_starts_another(stack, ann, project):
    listener = "on: {{workflow_run: {{workflows: {}, types: [{}]{}}}}}\n" + JOB
    project.push(
        {
            ".gitea/workflows/ci.yml": "name: CI\non: push\n" + JOB,
            ".gitea/workflows/asked.yml": listener.format("CI", "requested", ""),
            ".gitea/workflows/begun.yml": listener.format("[C*]", "in_progress", ""),
            ".gitea/workflows/done.yml": listener.format("CI", "completed", ", branches: [main]"),
            ".gitea/workflows/never.yml": listener.format("Other", "completed", ""),
            ".gitea/workflows/side.yml": listener.format("CI", "completed", ", branches: [side]"),
        }
    )
    wait_for(lambda: ("workflow_run", "asked.yml") in events(project), "requested")
    assert ("workflow_run", "begun.yml") not in events(project)
    runner = project.runner()
    seen = {}
    for _ in range(4):
        task = runner.fetch()
        github = context(task)
        if github["event_name"] == "workflow_run":
            seen[github["event"]["action"]] = github
        runner.finish(task)
    assert set(seen) == {"requested", "in_progress", "completed"}
    done = seen["completed"]
    assert done["ref"] == "refs/heads/main" and done["event"]["repository"]["full_name"] == project.path
    run = done["event"]["workflow_run"]
    assert (run["name"], run["conclusion"], run["status"], run["head_branch"], run["event"]) == (
        "CI",
        "success",
        "completed",
        "main",
        "push",
    )
    assert run["html_url"] == f"{stack.url}/{project.path}/actions/runs/{int(run['id'])}"
    assert done["event"]["workflow"]["path"] == ".gitea/workflows/ci.yml"
    wait_for(lambda: settled(stack, project), "all read")
    assert sorted(events(project)) == [
        ("push", "ci.yml"),
        ("workflow_run", "asked.yml"),
        ("workflow_run", "begun.yml"),
        ("workflow_run", "done.yml"),
    ]
    stack.millrace("verify")


def test_a_chain_of_runs_ends(stack, ann, project):
    both = "on: {push: , workflow_run: {workflows: [Loop], types: completed}}\n"
    project.push({".gitea/workflows/loop.yml": "name: Loop\n" + both + JOB})
    runner = project.runner()
    for _ in range(6):
        runner.finish(runner.fetch())
    wait_for(lambda: "is 5 levels deep" in why(stack, project), "the end of the chain")
    assert len(events(project)) == 6
    # Nobody is told where nobody listens.
    project.push({".gitea/workflows/loop.yml": "name: Loop\non: push\n" + JOB})
    wait_for(lambda: len(events(project)) == 7, "the push")
    wait_for(
        lambda: (
            stack.sql(
                "select done = asked and not hears_runs from schedule_set s join repository r on r.id = s.repository_id"
                f" where r.name = '{project.name}'"
            )
            == "t"
        ),
        "the files are read",
    )
    told = (
        "select count(*) from inbox i join repository r on r.id = i.repository_id"
        f" where kind = 'workflow_run' and r.name = '{project.name}'"
    )
    before = stack.sql(told)
    runner.finish(runner.fetch())
    project.wait_run("loop.yml")
    assert stack.sql(told) == before


def test_each_run_is_told_once_whoever_dies(tmp_path):
    """Three events of each run, whichever instance was killed while it made them."""
    with private_stack("chains", instances=2) as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        listener = "on: {workflow_run: {workflows: CI, types: [requested, in_progress, completed]}}\n"
        job = JOB.replace("ubuntu-latest", "nobody")
        project.push(
            {".gitea/workflows/ci.yml": "name: CI\non: push\n" + JOB, ".gitea/workflows/l.yml": listener + job}
        )
        runner = project.runner()
        for turn in range(6):
            if turn:
                project.push({"a": str(turn)})
            victim = stack.instance_names[turn % 2]
            task = runner.fetch()
            stack.kill(victim)
            runner.finish(task)
            stack.start_one(victim)
        told = "select count(*) from run where event = 'workflow_run'"
        wait_for(lambda: int(stack.sql(told)) == 18, "three of each of six runs", 120)
        wait_for(lambda: settled(stack, project), "all read")
        each = (
            "select count(*), count(distinct (payload::jsonb -> 'workflow_run' ->> 'id', payload::jsonb ->> 'action'))"
            " from run where event = 'workflow_run'"
        )
        assert stack.sql(each) == "18|18"
        stack.millrace("verify")


@pytest.fixture(scope="module")
def own_rules():
    settings = {"workflows": {"directories": "ci/flows, .github/workflows", "skip_strings": "NOPE"}}
    with private_stack("rules", instances=1, settings=settings) as stack:
        yield stack


def test_other_directories_and_skip_strings(own_rules, tmp_path):
    stack, ann = own_rules, User(own_rules, "ann")
    project = Project(stack, ann, tmp_path)
    project.push({".gitea/workflows/a.yml": "on: push\n" + JOB, ".github/workflows/b.yml": "on: push\n" + JOB})
    wait_for(lambda: events(project) == [("push", "b.yml")], "the first that there is")
    project.push({"ci/flows/x/c.yml": "on: push\n" + JOB}, "Say [skip ci]")
    wait_for(lambda: events(project)[1:] == [("push", "x/c.yml")], "another skip string")
    listed = rest(stack, ann, "GET", f"/api/v1/repos/{project.path}/actions/workflows").json["workflows"]
    assert [(flow["id"], flow["path"]) for flow in listed] == [("x/c.yml", "ci/flows/x/c.yml")]
    project.push({"a": "b"}, "A NOPE b")
    wait_for(lambda: 'commit message contains "NOPE"' in why(stack, project), "skipped")


def test_release_by_the_inbox(stack, ann, project):
    project.push({".gitea/workflows/r.yml": "on: {release: {types: [published]}}\n" + JOB})
    push(project, "refs/tags/v1")
    wait_for(lambda: settled(stack, project), "the pushes")
    for action in ["created", "published"]:
        event = json.dumps({"action": action, "release": {"tag_name": "v1"}})
        stack.sql(
            "insert into inbox (repository_id, owner_id, pusher_id, kind, event, state, due_at)"
            f" select id, owner_id, owner_id, 'release', '{event}',"
            f" 'confirmed', now() from repository where name = '{project.name}'"
        )
    wait_for(lambda: events(project) == [("release", "r.yml")], "the release")
    task = project.runner().fetch()
    github = context(task)
    assert github["ref"] == "refs/tags/v1" and github["event"]["release"]["tag_name"] == "v1"
