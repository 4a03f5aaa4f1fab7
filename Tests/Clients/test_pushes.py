"""What becomes of a push: the inbox, its readers, budgets and limits (faults A4, A5, A12, A16, A20, A21, H5, H8 to H11,
H23)."""

import json
import os
import subprocess

import pytest
from conftest import private_stack
from support import Project, User, ask, context, git, wait_for

GREEN = "on: push\njobs: {a: {runs-on: x, steps: [run: 'true']}}\n"


@pytest.fixture(scope="module")
def narrow_stack():
    """One instance whose pool has one connection."""
    with private_stack("narrow", instances=1, settings={"database": {"pool": 1}}) as stack:
        yield stack


@pytest.fixture(scope="module")
def nan(narrow_stack) -> User:
    return User(narrow_stack, "nan")


def settled(project) -> bool:
    """No push of this repository is still to be read."""
    return (
        project.stack.sql(
            f"select count(*) from inbox i join repository r on r.id = i.repository_id where r.name = '{project.name}'"
            " and i.state in ('announced', 'confirmed')"
        )
        == "0"
    )


def run_millrace(stack, *arguments: str) -> subprocess.CompletedProcess:
    """Whatever its exit."""
    return subprocess.run(
        [str(stack.binary), *arguments, "--config", str(stack.config)],
        capture_output=True,
        text=True,
        **stack.as_user(),
    )


def test_a04_a_push_becomes_green_with_a_pool_of_one(narrow_stack, nan, tmp_path):
    project = Project(narrow_stack, nan, tmp_path)
    project.push_workflow(GREEN)
    runner = project.runner(labels=["x"])
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"


def test_a04_a_reader_that_was_killed_loses_no_push_and_makes_no_run_twice(narrow_stack, nan, tmp_path):
    """The lease of a dead reader ends; its try counts."""
    project = Project(narrow_stack, nan, tmp_path)
    project.push_workflow("on: {push: {branches: [side]}}\njobs: {a: {runs-on: x, steps: [run: 'true']}}\n")
    wait_for(lambda: settled(project), "the push to be read")
    sha = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    # As a reader leaves it that was killed after it took the push.
    narrow_stack.sql(
        "insert into inbox (repository_id, owner_id, ref, before, after, state, due_at, tries, taken_at, lease_until)"
        f" select id, owner_id, 'refs/heads/side', repeat('0', 40), '{sha}', 'confirmed', now(), 1, now(), now() +"
        f" interval '3 seconds' from repository where name = '{project.name}'"
    )
    wait_for(lambda: project.run_of("ci.yml"), "the run")
    assert settled(project) and len(project.runs()) == 1
    assert narrow_stack.sql("select tries from inbox where ref = 'refs/heads/side'") == "2"


def test_a05_a_git_that_complains_without_end_stops_no_reader(narrow_stack, nan, tmp_path):
    """64 KiB on stderr before a word on stdout: both were waiting for each other."""
    project = Project(narrow_stack, nan, tmp_path)
    project.push({"README.md": "one\n"})
    loud = narrow_stack.dir / "loud"
    loud.mkdir(exist_ok=True)
    real = subprocess.run(["which", "git"], capture_output=True, text=True).stdout.strip()
    (loud / "git").write_text(f"#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' 'x' >&2\nexec {real} \"$@\"\n")
    os.chmod(loud / "git", 0o755)
    os.chmod(loud, 0o755)
    narrow_stack.stop_one("millrace-1")
    narrow_stack.spawn(
        "millrace-1",
        [str(narrow_stack.binary), "serve", "--config", str(narrow_stack.config), "--instance", "1"],
        env={"PATH": f"{loud}:{os.environ['PATH']}"},
    )
    narrow_stack.wait_ready()
    try:
        project.push_workflow(GREEN)
        assert wait_for(lambda: project.run_of("ci.yml"), "the run")
    finally:
        narrow_stack.restart("millrace-1")
        narrow_stack.wait_ready()


def test_a16_of_two_services_the_judged_one_is_served(project, stranger):
    project.push({"README.md": "one\n"})
    for query in (
        "service=git-upload-pack&service=git-receive-pack",
        "service=git-upload-pack&%73ervice=git-receive-pack",
    ):
        answer = ask(project.stack, "GET", f"/{project.path}.git/info/refs?{query}")
        assert answer.status == 200 and b"service=git-upload-pack" in answer.body and b"receive-pack" not in answer.body
    assert ask(project.stack, "GET", f"/{project.path}.git/info/refs?service=git-receive-pack").status == 401


def job_url(project, token: str, path: "str | None" = None) -> str:
    return f"http://x:{token}@127.0.0.1:{project.stack.port}/{path or project.path}.git"


def token_of_a_running_job(project, permissions: str, label: str) -> str:
    top, job = (permissions, "") if not permissions.startswith("job:") else ("", permissions[4:])
    project.push_workflow(f"on: push\n{top}\njobs:\n  a:\n    runs-on: {label}\n    {job}\n    steps: [run: 'true']\n")
    return context(project.runner(labels=[label]).fetch())["token"]


def test_a21_a_jobs_token_reads_what_anybody_may_read(project, private_project, ann, tmp_path):
    token = token_of_a_running_job(project, "permissions: {}", "a21")
    other = Project(project.stack, ann, tmp_path / "..")
    other.push({"README.md": "public\n"})
    private_project.push({"README.md": "private\n"})
    git(tmp_path, "clone", "--quiet", job_url(project, token, other.path), "action")
    assert (tmp_path / "action/README.md").read_text() == "public\n"
    headers = {"Authorization": f"token {token}"}
    assert ask(project.stack, "GET", f"/api/v1/repos/{other.path}/actions/runs", headers=headers).status == 200
    assert (
        ask(project.stack, "GET", f"/api/v1/repos/{private_project.path}/actions/runs", headers=headers).status == 404
    )
    hidden = git(tmp_path, "clone", "--quiet", job_url(project, token, private_project.path), "hidden", check=False)
    assert hidden.returncode != 0
    pushed = git(tmp_path / "action", "push", job_url(project, token, other.path), "HEAD:refs/heads/x", check=False)
    assert pushed.returncode != 0


@pytest.mark.parametrize(
    "permissions, allowed",
    [
        ("permissions: {actions: read, contents: write}", False),
        ("permissions: {}", False),
        ("permissions: read-all", False),
        ("job:permissions: {contents: write}", False),
        ("permissions: {actions: write}", True),
        ("", True),
        ("permissions: {}\n#", False),
        ("job:permissions: write-all", True),
    ],
)
def test_h11_permissions_bound_what_a_jobs_token_does_with_runs(project, permissions, allowed):
    token = token_of_a_running_job(project, permissions, "h11")
    run = project.run_of("ci.yml")
    headers = {"Authorization": f"token {token}"}
    answer = ask(
        project.stack, "POST", f"/api/v1/repos/{project.path}/actions/runs/{run['id']}/cancel", headers=headers
    )
    if allowed:
        assert answer.status < 300, answer.text
    else:
        assert (
            answer.status == 403
            and "actions: write" in answer.json["message"]
            and "permissions" in answer.json["message"]
        )


def test_h09_nul_in_any_text_fails_its_file_at_its_place_and_the_others_run(project):
    """Each of these made the whole push vanish."""
    step = "runs-on: x, steps: [run: 'true']"
    bad = {
        "name.yml": 'name: "a\\0b"\non: push\njobs: {a: {%s}}\n' % step,
        "run-name.yml": 'run-name: "a\\0b"\non: push\njobs: {a: {%s}}\n' % step,
        "label.yml": 'on: push\njobs: {a: {runs-on: "a\\0b", steps: [run: x]}}\n',
        "script.yml": 'on: push\njobs: {a: {runs-on: x, steps: [run: "a\\x00b"]}}\n',
        "job-name.yml": 'on: push\njobs: {a: {name: "a\\0", %s}}\n' % step,
        "if.yml": "on: push\njobs: {a: {if: \"'\\0' == ''\", %s}}\n" % step,
        "key.yml": 'on: push\nenv: {"a\\0b": c}\njobs: {a: {%s}}\n' % step,
        "step-name.yml": 'on: push\njobs: {a: {runs-on: x, steps: [{name: "\\0", run: x}]}}\n',
        "needs.yml": 'on: push\njobs: {a: {needs: "\\0", %s}}\n' % step,
        "value.yml": 'on: push\njobs: {a: {name: "${{ fromJSON(\'\\"\\\\u0000\\"\') }}", %s}}\n' % step,
        "matrix.yml": (
            'on: push\njobs: {a: {strategy: {matrix: {v: "${{ fromJSON(\'[\\"\\\\u0000\\"]\') }}"}}, %s}}\n' % step
        ),
        "labels.yml": (
            "on: push\njobs: {a: {runs-on: [%s], steps: [run: x]}}\n" % ",".join(f"l{n}" for n in range(50_000))
        ),
        "long-labels.yml": (
            "on: push\njobs: {a: {runs-on: [%s], steps: [run: x]}}\n" % ",".join("l" * 250 + str(n) for n in range(20))
        ),
        "leg-labels.yml": (
            'on: push\njobs: {a: {runs-on: "${{ fromJSON(format(\'[{0}]\', \'\\"a\\",\\"b\\u0000\\"\')) }}", steps:'
            " [run: x]}}\n"
        ),
        "needs-many.yml": "on: push\njobs: {a: {needs: [%s], %s}}\n" % (",".join(f"n{n}" for n in range(300)), step),
        "steps-many.yml": "on: push\njobs: {a: {runs-on: x, steps: [%s]}}\n" % ",".join(["{run: x}"] * 1001),
        "script-long.yml": "on: push\njobs: {a: {runs-on: x, steps: [run: %s]}}\n" % ("x" * 300_000),
    }
    project.push(
        {f".gitea/workflows/{name}": text for name, text in bad.items()} | {".gitea/workflows/good.yml": GREEN}
    )
    wait_for(lambda: settled(project), "the push to be read")
    runs = {run["path"].split("@")[0]: run for run in project.runs()}
    assert set(runs) == set(bad) | {"good.yml"}
    for name in bad:
        run = runs[name]
        assert run["conclusion"] == "failure", (name, run)
        assert f".gitea/workflows/{name}:" in run["problem"] and not run["problem"].startswith(f"{name}:1:1"), run[
            "problem"
        ]
        assert ask(project.stack, "GET", f"/{project.path}/actions/runs/{run['id']}").status == 200
    assert runs["good.yml"]["status"] == "queued" and runs["good.yml"]["problem"] == ""
    nul = runs["name.yml"]["problem"]
    assert "NUL" in nul and ":1:9:" in nul, nul


def test_h09_what_postgresql_refuses_is_the_files_fault(project):
    """Whatever limit of PostgreSQL's we did not think of: here a check that the test adds itself."""
    project.stack.sql("alter table job add constraint test_refuses check (name <> 'refuse me')")
    try:
        project.push(
            {
                ".gitea/workflows/bad.yml": "on: push\njobs: {a: {name: refuse me, runs-on: x, steps: [run: x]}}\n",
                ".gitea/workflows/good.yml": GREEN,
            }
        )
        wait_for(lambda: settled(project), "the push to be read")
        runs = {run["path"].split("@")[0]: run for run in project.runs()}
        assert runs["bad.yml"]["conclusion"] == "failure" and "23514" in runs["bad.yml"]["problem"]
        assert runs["good.yml"]["status"] == "queued"
    finally:
        project.stack.sql("alter table job drop constraint test_refuses")


def costly(legs: int = 250, items: int = 250, keys: int = 60) -> str:
    include = "".join("          - {" + ", ".join(f"k{i}x{k}: {i}" for k in range(keys)) + "}\n" for i in range(items))
    return (
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [run: x]\n    strategy:\n      matrix:\n"
        f"        v: [{', '.join(map(str, range(legs)))}]\n        include:\n{include}"
    )


def test_h08_a_costly_file_fails_by_its_budget_and_the_others_run(project):
    """250 legs, 250 items of 60 keys: it took half an hour of everybody's only reader."""
    project.push({".gitea/workflows/costly.yml": costly(), ".gitea/workflows/good.yml": GREEN})
    wait_for(lambda: settled(project), "the push to be read")
    assert project.run_of("costly.yml")["conclusion"] == "failure"
    assert "planning-cost" in project.run_of("costly.yml")["problem"]
    assert project.run_of("good.yml")["status"] == "queued"


def test_h08_the_matrix_that_took_38_seconds_is_planned_or_refused_by_its_cost(project):
    """250 legs, 250 items of 8 keys: no limit of the matrix itself speaks."""
    project.push_workflow(costly(legs=250, items=250, keys=8))
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    assert run["problem"] == "" or "planning-cost" in run["problem"], run["problem"]


def pushed_at_once(first, other, refs: int = 1) -> None:
    """Both have `side`; what `first` pushed is due first, and neither owner was served before."""
    stack = first.stack
    for project in (first, other):
        wait_for(lambda: settled(project), "earlier pushes to be read")
    shas = {project.name: git(project.checkout, "rev-parse", "HEAD").stdout.strip() for project in (first, other)}
    values = ", ".join(f"('{name}', '{sha}')" for name, sha in shas.items())
    stack.sql(
        "with turns as (update inbox set taken_at = null where state not in ('announced', 'confirmed') returning id)"
        " insert into inbox (repository_id, owner_id, ref, before, after, state, due_at) select r.id, r.owner_id,"
        " 'refs/heads/' || case when n = 1 then 'side' else 'b' || n end, repeat('0', 40), v.sha, 'confirmed', now() -"
        f" case when r.name = '{first.name}' then interval '1 minute' else interval '0' end from (values {values}) v"
        " (name, sha) join repository r on r.name = v.name cross join generate_series(1, case when r.name ="
        f" '{first.name}' then {refs} else 1 end) n order by r.id, n"
    )


SIDE = "on: {push: {branches: [side]}}\njobs: {a: {runs-on: x, steps: [run: 'true']}}\n"


def test_h08_a_push_of_many_branches_holds_nobody_back(stack, project, stranger, tmp_path):
    """Its owner has two readers at most, and the other is next when one of the others looks for work."""
    project.push_workflow(SIDE)
    place = tmp_path / "other"
    place.mkdir()
    other = Project(stack, stranger, place)
    other.push_workflow(SIDE)
    pushed_at_once(project, other, refs=2300)
    wait_for(lambda: other.run_of("ci.yml"), "the other's run")
    before = int(
        stack.sql(
            f"select count(*) from inbox i join repository r on r.id = i.repository_id where r.name = '{project.name}'"
            " and i.taken_at < (select o.taken_at from inbox o join repository p on p.id = o.repository_id"
            f" where p.name = '{other.name}' and o.ref = 'refs/heads/side')"
        )
    )
    assert before <= 2, f"{before} of the many branches were taken first"
    stack.sql("update inbox set state = 'dropped', settled_at = now() where state in ('announced', 'confirmed')")


def test_h21_refs_of_a_push_and_their_names_have_limits(project):
    project.push({"README.md": "one\n"})
    refs = "".join(f"create refs/heads/b{n} HEAD\n" for n in range(5001))
    subprocess.run(["git", "update-ref", "--stdin"], cwd=project.checkout, input=refs, text=True, check=True)
    refused = git(
        project.checkout, "push", "--quiet", project.url(project.owner), "refs/heads/*:refs/heads/*", check=False
    )
    assert refused.returncode != 0 and "more than 5000 refs" in refused.stderr, refused.stderr
    long = "/".join(["r" * 200] * 6)
    refused = git(
        project.checkout, "push", "--quiet", project.url(project.owner), f"HEAD:refs/heads/{long}", check=False
    )
    assert refused.returncode != 0 and "1024" in refused.stderr, refused.stderr


def test_h23_a_quarantined_push_is_seen(narrow_stack, nan, tmp_path):
    project = Project(narrow_stack, nan, tmp_path)
    project.push({"README.md": "one\n"})
    wait_for(lambda: settled(project), "the push to be read")
    good = run_millrace(narrow_stack, "why", "push", project.path)
    assert good.returncode == 0 and "no workflow files" in good.stdout
    number = narrow_stack.sql(f"select id from repository where name = '{project.name}'")
    # git finds no such repository: nobody can read this push.
    directory = narrow_stack.repositories / f"{number}.git"
    project.commit({".gitea/workflows/ci.yml": GREEN})
    narrow_stack.stop_one("millrace-1")
    narrow_stack.sql(
        "insert into inbox (repository_id, owner_id, ref, before, after, state, due_at, tries) select id, owner_id,"
        " 'refs/heads/main', repeat('0', 40), repeat('1', 40), 'confirmed', now(), 4 from repository where id ="
        f" {number}"
    )
    directory.rename(directory.with_suffix(".away"))
    narrow_stack.start_one("millrace-1")
    try:
        wait_for(
            lambda: (
                narrow_stack.sql(f"select count(*) from inbox where state = 'quarantined' and repository_id = {number}")
                == "1"
            ),
            "the push to be put aside",
        )
    finally:
        directory.with_suffix(".away").rename(directory)
    page = ask(narrow_stack, "GET", f"/{project.path}/actions")
    assert "could not be read" in page.text and "refs/heads/main" in page.text
    said = run_millrace(narrow_stack, "why", "push", project.path)
    assert said.returncode == 1 and "put aside after 5 tries" in said.stdout
    verify = run_millrace(narrow_stack, "verify")
    assert verify.returncode == 1 and "was put aside" in verify.stdout
    metrics = ask(narrow_stack, "GET", "/metrics")
    assert metrics.status == 200 and metrics.type == "text/plain"
    assert (
        'millrace_put_aside_items{kind="push"} 1\n' in metrics.text
        and 'millrace_put_aside_items{kind="job"} 0\n' in metrics.text
    )
    narrow_stack.sql("update inbox set state = 'dropped' where state = 'quarantined'")
    assert run_millrace(narrow_stack, "verify").returncode == 0


def test_a12_inbox_rows_go_after_their_time(narrow_stack, nan, tmp_path):
    project = Project(narrow_stack, nan, tmp_path)
    project.push({"README.md": "one\n"})
    wait_for(lambda: settled(project), "the push to be read")
    narrow_stack.sql("update inbox set settled_at = now() - interval '15 days' where settled_at is not null")
    wait_for(
        lambda: narrow_stack.sql("select count(*) from inbox where settled_at < now() - interval '14 days'") == "0",
        "the sweep",
        120,
    )


def test_h19_no_other_user_of_the_host_reads_a_repository(private_project):
    private_project.push({"README.md": "mine\n"})
    stack = private_project.stack
    directory = (
        stack.repositories / f"{stack.sql(f'''select id from repository where name = '{private_project.name}' ''')}.git"
    )
    assert stack.repositories.stat().st_mode & 0o007 == 0
    for path in [directory, *directory.rglob("*")]:
        assert path.is_symlink() or path.stat().st_mode & 0o007 == 0, f"{path} is {oct(path.stat().st_mode)}"
    if os.getuid() == 0:
        seen = subprocess.run(
            ["cat", str(directory / "HEAD")],
            user="nobody",
            group="nogroup",
            extra_groups=[],
            capture_output=True,
            text=True,
        )
        assert seen.returncode != 0 and "denied" in seen.stderr


def test_h19_a_directory_that_was_open_is_closed_at_the_start(narrow_stack):
    os.chmod(narrow_stack.repositories, 0o755)
    narrow_stack.restart("millrace-1")
    narrow_stack.wait_ready()
    assert narrow_stack.repositories.stat().st_mode & 0o777 == 0o750


def test_a19_a_password_file_with_crlf(stack, tmp_path):
    file = stack.dir / "password-crlf"
    file.write_bytes(b"password-of-carol\r\nsomething else\r\n")
    os.chmod(file, 0o644)
    stack.millrace("admin", "user", "create", "--name", "carol", "--password-file", str(file))
    assert ask(stack, "GET", "/api/v1/version", login=("carol", "password-of-carol")).status == 200


def test_h08_others_are_read_while_a_costly_push_is_at_work(narrow_stack, nan, tmp_path):
    """One instance, both pushes due, the costly one first: the other starts after it and is done before it."""
    project = Project(narrow_stack, nan, tmp_path)
    # Read only on `side`; the budget bounds each file, and there are enough of them to keep a reader.
    file = costly(keys=16).replace("on: push", "on: {push: {branches: [side]}}")
    project.push({f".gitea/workflows/{n}.yml": file for n in range(100)})
    place = tmp_path / "other"
    place.mkdir()
    other = Project(narrow_stack, User(narrow_stack, "otto"), place)
    other.push_workflow(SIDE)
    pushed_at_once(project, other)
    wait_for(lambda: settled(project) and settled(other), "both to be read", 120)
    order = narrow_stack.sql(
        "select string_agg(r.name, ' ' order by i.taken_at) || ' / ' || string_agg(r.name, ' ' order by i.settled_at)"
        " from inbox i join repository r on r.id = i.repository_id where i.ref = 'refs/heads/side'"
        f" and r.name in ('{project.name}', '{other.name}')"
    )
    assert order == f"{project.name} {other.name} / {other.name} {project.name}"


def hand_made_commit(project, author: str, message: str) -> None:
    """Commits what is checked out, with words that no command line takes."""
    tree, parent = (git(project.checkout, "rev-parse", name).stdout.strip() for name in ("HEAD^{tree}", "HEAD"))
    text = (
        f"tree {tree}\nparent {parent}\nauthor {author} <{author}> 1700000000 +0000\ncommitter {author} <{author}>"
        f" 1700000000 +0000\n\n{message}"
    )
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        cwd=project.checkout,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    git(project.checkout, "reset", "--quiet", "--hard", made)


def test_h21_a_push_stores_no_more_than_its_events_may_have(project):
    """Each file's run stores the event; names and messages were counted unescaped, or not at all."""
    project.push({"README.md": "one\n"})
    wait_for(lambda: settled(project), "the first push to be read")
    project.commit({f".gitea/workflows/{n}.yml": GREEN for n in range(40)})
    for _ in range(8):
        hand_made_commit(project, "\x01" * 150_000, "first line\n" + "\x02" * 350_000)
    git(project.checkout, "push", "--quiet", project.url(project.owner), "HEAD:refs/heads/main")
    wait_for(lambda: settled(project), "the push to be read")
    of_project = f"from run u join repository r on r.id = u.repository_id where r.name = '{project.name}'"
    assert project.stack.sql(f"select count(*) {of_project} and u.status > 4") == "40"
    assert int(project.stack.sql(f"select sum(length(u.payload)) {of_project}")) <= 32 * 1024 * 1024
    event = json.loads(project.stack.sql(f"select u.payload {of_project} limit 1"))
    assert event["head_commit"]["message"].startswith("first line\n") and event["total_commits"] == 9
    assert 250 <= len(event["head_commit"]["author"]["name"]) <= 255


def test_h05_a_head_that_says_something_else_than_the_row_is_mended(narrow_stack, nan, tmp_path):
    """As a reader leaves it that was killed between the two."""
    project = Project(narrow_stack, nan, tmp_path)
    project.commit({"README.md": "one\n"})
    git(project.checkout, "push", "--quiet", project.url(nan), "HEAD:refs/heads/master")
    wait_for(lambda: settled(project), "the push to be read")
    row = f"from repository where name = '{project.name}'"
    assert narrow_stack.sql(f"select default_branch {row}") == "master"
    head = narrow_stack.repositories / f"{narrow_stack.sql(f'select id {row}')}.git/HEAD"
    head.write_text("ref: refs/heads/main\n")
    project.commit({"README.md": "two\n"})
    git(project.checkout, "push", "--quiet", project.url(nan), "HEAD:refs/heads/master", "HEAD:refs/heads/other")
    assert head.read_text() == "ref: refs/heads/master\n"
    # A default branch that is deleted while there is another makes no later one the default.
    git(narrow_stack.repositories, "--git-dir", str(head.parent), "update-ref", "-d", "refs/heads/master")
    git(project.checkout, "push", "--quiet", project.url(nan), "HEAD:refs/heads/late")
    wait_for(lambda: settled(project), "the push to be read")
    assert narrow_stack.sql(f"select default_branch {row}") == "master"
