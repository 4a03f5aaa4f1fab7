"""Pull requests by a push to refs/for/<branch> (docs/adr/0034): of who may write, and of strangers."""

import json
import os
import subprocess

from support import ask, context, git, wait_for

JOB = "jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [run: echo]\n"
FLOW = "on: pull_request\n" + JOB
TARGET = "on: pull_request_target\n" + JOB


def rest(stack, user, method, path, body=None):
    headers = {"Authorization": f"token {user.token}", "Content-Type": "application/json"}
    return ask(stack, method, path, json.dumps(body) if body is not None else None, headers)


def push(project, user, *arguments) -> "subprocess.CompletedProcess":
    """Whatever comes of it."""
    return subprocess.run(
        ["git", "-c", "protocol.version=2", "push", *arguments[1:], project.url(user), arguments[0]],
        cwd=project.checkout,
        capture_output=True,
        text=True,
    )


def pulls(project, state="all") -> list:
    answer = rest(project.stack, project.owner, "GET", f"/api/v1/repos/{project.path}/pulls?state={state}")
    assert answer.status == 200, answer.text
    return answer.json


def runs_of(project, event) -> list:
    return sorted((run for run in project.runs() if run["event"] == event), key=lambda run: run["id"])


def settled(project) -> bool:
    return (
        project.stack.sql(
            "select count(*) from inbox i join repository r on r.id = i.repository_id"
            f" where r.name = '{project.name}' and i.state in ('announced', 'confirmed')"
        )
        == "0"
    )


def begin(project, **files) -> str:
    project.push({".gitea/workflows/pr.yml": FLOW, ".gitea/workflows/target.yml": TARGET, "a": "1"} | files)
    wait_for(lambda: settled(project), "main is read")
    git(project.checkout, "checkout", "-q", "-b", "work")
    return git(project.checkout, "rev-parse", "HEAD").stdout.strip()


def test_of_who_may_write(stack, ann, project):
    base = begin(project)
    project.commit({"a": "2"}, "Mend a\n\nMore")
    done = push(project, ann, "HEAD:refs/for/main", "-o", "topic=mend", "-o", "description=Words")
    assert done.returncode == 0 and "pull request #1 made" in done.stderr, done.stderr
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    [pull] = pulls(project)
    assert (pull["number"], pull["state"], pull["title"], pull["body"]) == (1, "open", "Mend a", "Words")
    assert (pull["head"]["sha"], pull["base"]["ref"], pull["base"]["sha"]) == (head, "main", base)
    assert pull["user"]["login"] == ann.name and not pull["is_from_fork"]
    assert head in git(project.checkout, "ls-remote", project.url(ann), "refs/pull/1/head").stdout
    assert "refs/for" not in git(project.checkout, "ls-remote", project.url(ann)).stdout
    runner = project.runner()
    seen = {}
    for _ in range(2):
        task = runner.fetch()
        github = context(task)
        seen[github["event_name"]] = github
        runner.finish(task)
    own, of_base = seen["pull_request"], seen["pull_request_target"]
    assert (own["ref"], own["sha"], own["ref_name"]) == ("refs/pull/1/head", head, "1/head")
    assert (own["head_ref"], own["base_ref"]) == (f"{ann.name}/mend", "main")
    assert (of_base["ref"], of_base["sha"], of_base["base_ref"]) == ("refs/heads/main", base, "main")
    event = own["event"]
    assert (event["action"], event["number"], event["pull_request"]["title"]) == ("opened", 1, "Mend a")
    assert event["pull_request"]["head"]["repo"]["full_name"] == project.path
    assert event["pull_request"]["merge_base"] == base
    assert event["pull_request"]["base"]["ref"] == "main" and event["repository"]["full_name"] == project.path
    # The same again is nothing; another commit moves it.
    assert push(project, ann, "HEAD:refs/for/main", "-o", "topic=mend").returncode == 0
    project.commit({"a": "3"})
    done = push(project, ann, "HEAD:refs/for/main/mend")
    assert "pull request #1 updated" in done.stderr, done.stderr
    wait_for(lambda: len(runs_of(project, "pull_request")) == 2, "synchronize")
    task = next(task for task in (runner.fetch(), runner.fetch()) if context(task)["event_name"] == "pull_request")
    assert context(task)["event"]["action"] == "synchronize"
    # A push of the base that has its head merges it.
    git(project.checkout, "push", project.url(ann), "HEAD:refs/heads/main")
    wait_for(lambda: pulls(project)[0]["merged"], "merged")
    [pull] = pulls(project, "closed")
    assert pull["state"] == "closed" and pull["merged_at"] and pulls(project, "open") == []
    wait_for(lambda: settled(project), "all read")
    assert len(runs_of(project, "pull_request")) == 2, "closed is no default type"


def test_of_a_stranger(stack, ann, stranger, project):
    base = begin(project)
    rest(stack, ann, "PUT", f"/api/v1/repos/{project.path}/actions/secrets/KEY", {"data": "hidden-word"})
    project.commit({".gitea/workflows/pr.yml": FLOW + "    name: evil\n", "a": "2"}, "Propose")
    refs = ["refs/heads/main", "refs/heads/x", "refs/tags/x", "refs/pull/9/head", "refs/pull/9/merge", "refs/for/gone"]
    for ref in refs:
        refused = push(project, stranger, f"HEAD:{ref}")
        assert refused.returncode != 0, ref
    both = subprocess.run(
        ["git", "push", project.url(stranger), "HEAD:refs/for/main", "HEAD:refs/heads/x"],
        cwd=project.checkout,
        capture_output=True,
        text=True,
    )
    assert both.returncode != 0 and "refs/for/<branch>" in both.stderr and pulls(project) == []
    assert git(project.checkout, "ls-remote", project.url(ann)).stdout.split()[1::2] == ["HEAD", "refs/heads/main"]
    done = push(project, stranger, "HEAD:refs/for/main", "-o", "title=Let me in")
    assert done.returncode == 0, done.stderr
    [pull] = pulls(project)
    assert pull["is_from_fork"] and pull["title"] == "Let me in" and pull["user"]["login"] == stranger.name
    wait_for(lambda: len(runs_of(project, "pull_request")) == 1, "the run of the stranger")
    [run] = runs_of(project, "pull_request")
    assert run["status"] == "waiting", "for an approval"
    runner = project.runner()
    task = runner.fetch()
    assert context(task)["event_name"] == "pull_request_target" and context(task)["sha"] == base
    assert "KEY" in task.secrets, "the base's own code has them"
    runner.finish(task)
    assert runner.look() is None
    assert "which waits for an approval" in stack.millrace("why", "push", project.path)
    approve = f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/approve"
    assert rest(stack, stranger, "POST", approve).status == 403
    # Another head before anybody looked: what is approved is the run that was looked at.
    project.commit({"a": "3"})
    assert push(project, stranger, "HEAD:refs/for/main").returncode == 0
    wait_for(lambda: len(runs_of(project, "pull_request")) == 2, "the run of another head")
    assert rest(stack, ann, "POST", approve).status == 200
    tasks = [runner.fetch(), runner.fetch()]
    [task] = [task for task in tasks if context(task)["event_name"] == "pull_request"]
    github = context(task)
    assert github["sha"] == run["head_sha"] and "KEY" not in task.secrets
    assert "hidden-word" not in str(task.secrets)
    token = {"Authorization": f"token {github['token']}"}
    path = f"/api/v1/repos/{project.path}"
    assert ask(stack, "GET", path, headers=token).status == 200
    assert ask(stack, "POST", f"{path}/actions/runs/{run['id']}/cancel", headers=token).status == 403
    login = f"http://x:{github['token']}@127.0.0.1:{stack.port}/{project.path}.git"
    for ref in ["refs/heads/x", "refs/for/main"]:
        by_job = subprocess.run(
            ["git", "push", login, f"HEAD:{ref}"], cwd=project.checkout, capture_output=True, text=True
        )
        assert by_job.returncode != 0, ref
    assert runs_of(project, "pull_request")[1]["status"] == "waiting", "the next head waits for its own approval"
    for task in tasks:
        runner.finish(task)


def kept(project, object_id) -> bool:
    """Whether the server's repository has the object."""
    number = project.stack.sql(f"select id from repository where name = '{project.name}'")
    folder = project.stack.repositories / f"{number}.git"
    return subprocess.run(["git", "--git-dir", folder, "cat-file", "-e", object_id]).returncode == 0


def test_nothing_stays_of_what_a_stranger_may_not_propose(stack, ann, stranger, project):
    begin(project)
    project.commit({"a": "2"})
    assert push(project, stranger, "HEAD:refs/for/main/0").returncode == 0
    stack.sql(
        "insert into pull_request (repository_id, number, head_sha, base, base_sha, topic, title, body, author_id,"
        " is_from_fork) select repository_id, 1000 + n, head_sha, base, base_sha, n::text, '', '', author_id, true"
        f" from pull_request p join repository r on r.id = p.repository_id cross join generate_series(1, 99) n"
        f" where r.name = '{project.name}'"
    )
    project.commit({"a": "3"})
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    many = [f"HEAD:refs/for/main/{n}" for n in range(21)]
    for refs in [["HEAD:refs/for/main/new"], ["HEAD:refs/for/gone"], ["HEAD:refs/pull/9/head"], many]:
        refused = subprocess.run(
            ["git", "push", project.url(stranger), *refs], cwd=project.checkout, capture_output=True, text=True
        )
        assert refused.returncode != 0 and "pre-receive hook declined" in refused.stderr, refused.stderr
        assert not kept(project, head), refs
    assert push(project, stranger, "HEAD:refs/for/main/0").returncode == 0, "one that is open already"
    assert kept(project, head)


def test_a_stranger_pushes_so_much_at_once(stack, ann, stranger, project):
    begin(project)
    (project.checkout / "big").write_bytes(os.urandom(65 << 20))
    git(project.checkout, "config", "core.compression", "0")
    git(project.checkout, "config", "pack.window", "0")
    project.commit({"a": "2"})
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    refused = push(project, stranger, "HEAD:refs/for/main")
    # git's program ends before it has read all, which nginx tells as 502.
    assert refused.returncode != 0
    assert not kept(project, head) and pulls(project) == []
    assert push(project, ann, "HEAD:refs/for/main").returncode == 0, "who may write has no such limit"


def test_it_is_closed_and_reopened(stack, ann, stranger, project):
    flow = "on: {pull_request: {types: [closed, reopened, edited, opened]}}\n" + JOB
    begin(project, **{".gitea/workflows/pr.yml": flow})
    project.commit({"a": "2"})
    assert push(project, ann, "HEAD:refs/for/main").returncode == 0
    assert push(project, stranger, ":refs/pull/1/head").returncode != 0, "somebody else's"
    done = push(project, ann, ":refs/pull/1/head")
    assert done.returncode == 0, done.stderr
    assert pulls(project)[0]["state"] == "closed"
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    project.commit({"a": "2b"})
    assert push(project, ann, "HEAD:refs/pull/1/head").returncode != 0, "it is closed"
    git(project.checkout, "reset", "-q", "--hard", head)
    path = f"/api/v1/repos/{project.path}/pulls/1"
    assert rest(stack, stranger, "PATCH", path, {"state": "open"}).status == 403
    assert rest(stack, ann, "PATCH", path, {"state": "nonsense"}).status == 422
    assert rest(stack, ann, "PATCH", path, {"state": "open", "title": "Another"}).json["title"] == "Another"
    assert rest(stack, ann, "GET", path).json["state"] == "open"
    assert rest(stack, ann, "GET", path + "9").status == 404
    assert rest(stack, ann, "GET", f"/api/v1/repos/{project.path}/pulls?nonsense=1").status == 400
    wait_for(lambda: len(runs_of(project, "pull_request")) == 4, "one for each")
    runner = project.runner()
    actions = []
    while len(actions) < 3:
        task = runner.fetch()
        if context(task)["event_name"] == "pull_request":
            actions.append(context(task)["event"]["action"])
        runner.finish(task)
    assert sorted(actions) == ["closed", "edited", "reopened"], "the run of opened is cancelled by that of reopened"
    # Its author, or who may write, pushes to its own ref.
    project.commit({"a": "3"})
    assert push(project, stranger, "HEAD:refs/pull/1/head").returncode != 0
    assert push(project, ann, "HEAD:refs/pull/1/head").returncode == 0
    assert pulls(project)[0]["head"]["sha"] == git(project.checkout, "rev-parse", "HEAD").stdout.strip()


def test_filters(stack, ann, project):
    files = {
        ".gitea/workflows/base.yml": "on: {pull_request: {branches: [rel]}}\n" + JOB,
        ".gitea/workflows/paths.yml": "on: {pull_request: {paths: ['docs/**']}}\n" + JOB,
    }
    begin(project, **files)
    git(project.checkout, "push", project.url(ann), "HEAD:refs/heads/rel")
    project.commit({"docs/x": "1"})
    assert push(project, ann, "HEAD:refs/for/main/docs").returncode == 0
    # main goes on in docs: three dots tell what the request changes.
    git(project.checkout, "checkout", "-q", "main")
    project.push({"docs/y": "1"})
    git(project.checkout, "checkout", "-q", "-b", "src", "HEAD^")
    project.commit({"src/x": "1"})
    assert push(project, ann, "HEAD:refs/for/main/src").returncode == 0
    assert push(project, ann, "HEAD:refs/for/rel/src").returncode == 0
    assert push(project, ann, "HEAD:refs/for/rel/skipped", "-o", "title=No [skip ci]").returncode == 0
    wait_for(lambda: settled(project), "all read")
    found = sorted((run["path"].split("@")[0], run["head_sha"][:0]) for run in runs_of(project, "pull_request"))
    assert [file for file, _ in found] == ["base.yml", "paths.yml", "pr.yml", "pr.yml", "pr.yml"]
    assert len(runs_of(project, "pull_request_target")) == 4, "those know no skip strings"
    assert 'base branch "main" is filtered out' in stack.millrace("why", "push", project.path)


def test_nothing_to_merge(stack, ann, project):
    begin(project)
    refused = push(project, ann, "HEAD:refs/for/main")
    assert refused.returncode != 0 and "nothing to merge" in refused.stderr
    assert pulls(project) == []


def test_a_runner_checks_out_what_was_approved(stack, ann, stranger, project, embedded):
    flow = (
        "on: pull_request\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - uses: actions/checkout@v4\n"
        '      - run: echo "[$(cat a)] of [${{ github.head_ref }}] into [${{ github.base_ref }}]"\n'
        '      - run: echo "key [${{ secrets.KEY }}]"\n'
    )
    begin(project, **{".gitea/workflows/pr.yml": flow, ".gitea/workflows/target.yml": "on: create\n" + JOB})
    rest(stack, ann, "PUT", f"/api/v1/repos/{project.path}/actions/secrets/KEY", {"data": "hidden-word"})
    project.commit({"a": "proposed"})
    assert push(project, stranger, "HEAD:refs/for/main/topic").returncode == 0
    wait_for(lambda: len(runs_of(project, "pull_request")) == 1, "the run")
    name = embedded()
    [run] = runs_of(project, "pull_request")
    approve = f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/approve"
    assert rest(stack, ann, "POST", approve).status == 200
    run = project.wait_run("pr.yml", seconds=180)
    [job] = project.jobs(run).values()
    log = project.log(job)
    assert run["conclusion"] == "success", f"{log}\n{stack.tail(name, 40)}"
    assert f"[proposed] of [{stranger.name}/topic] into [main]" in log and "key []" in log


def test_pushes_at_once_make_one(stack, ann, project):
    begin(project)
    heads = []
    for n in range(6):
        project.commit({"b": str(n)})
        heads.append(git(project.checkout, "rev-parse", "HEAD").stdout.strip())
    pushes = [
        subprocess.Popen(
            ["git", "push", project.url(ann), f"{head}:refs/for/main/race"],
            cwd=project.checkout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for head in heads
    ]
    said = [push.communicate(timeout=120)[1] for push in pushes]
    assert [push.returncode for push in pushes] == [0] * 6, said
    [pull] = pulls(project)
    ref = git(project.checkout, "ls-remote", project.url(ann), "refs/pull/1/head").stdout.split()[0]
    assert ref == pull["head"]["sha"] and ref in heads
    wait_for(lambda: settled(project), "all read")
    found = runs_of(project, "pull_request")
    assert sorted(run["head_sha"] for run in found) == sorted(heads), "each head that it had was told once"
