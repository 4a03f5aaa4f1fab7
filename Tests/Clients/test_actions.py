"""Actions from where the operator wants them: a table of replacements, copies that `millrace actions mirror` keeps."""

import subprocess

import pytest
from conftest import private_stack
from support import EmbeddedRunner, Project, User, ask, git, wait_for

ACTION = """\
name: Greet
runs:
  using: composite
  steps:
    - {shell: bash, run: echo "%s"}
"""
WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: far/greet@v1
      - uses: Far/Greet/deep@v1
      - run: echo end
"""


@pytest.fixture(scope="module")
def instance():
    from millrace_stack import free_port

    port = free_port()
    replace = {"far/greet": f"http://127.0.0.1:{port}/mirrors/greet", "far/unused@v1": "a/b@c"}
    with private_stack(
        "replace", port=port, settings={"actions": {"default_url": "http://127.0.0.1:9", "replace": replace}}
    ) as stack:
        User(stack, "root", admin=True)
        yield stack


@pytest.fixture(scope="module")
def source(instance, tmp_path_factory):
    """A server's far/greet, whose copy is mirrors/greet: a branch, a tag and an action below it."""
    far = User(instance, "far")
    url = instance.millrace("admin", "repo", "create", "--owner", "far", "--name", "greet").strip()
    directory = tmp_path_factory.mktemp("greet")
    git(directory, "init", "--quiet", "--initial-branch=trunk")
    git(directory, "remote", "add", "origin", url.replace("://", f"://far:{far.password}@"))
    (directory / "action.yml").write_text(ACTION % "hello from afar")
    (directory / "deep").mkdir()
    (directory / "deep/action.yml").write_text(ACTION % "hello from the deep")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "-m", "Greet")
    git(directory, "tag", "v1")
    git(directory, "push", "--quiet", "origin", "trunk", "v1")
    wait_for(
        lambda: ask(instance, "GET", "/api/v1/repos/far/greet").json["default_branch"] == "trunk", "the default branch"
    )
    return directory


def mirror(stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    processes = stack.programs.processes
    command = [str(processes.binary), "actions", "mirror", *arguments, "--config", str(processes.config)]
    return subprocess.run(command, capture_output=True, text=True, **processes.as_user())


def test_a_mirror_is_made_kept_read_only_and_brought_up_to_date(instance, source, tmp_path):
    done = mirror(instance, "--from", instance.url, "--owner", "mirrors", "far/greet")
    assert done.returncode == 0 and "far/greet: copied from" in done.stdout, done.stderr
    found = ask(instance, "GET", "/api/v1/repos/mirrors/greet").json
    assert found["archived"] and found["default_branch"] == "trunk" and "Mirror of" in found["description"]
    url = f"http://127.0.0.1:{instance.port}/mirrors/greet.git"
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", url, str(clone))
    assert (clone / "deep/action.yml").exists() and git(clone, "tag").stdout.split() == ["v1"]
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "x")
    pushed = git(clone, "push", url.replace("://", "://root:password-of-root@"), "HEAD:trunk", check=False)
    assert pushed.returncode != 0 and "archived" in pushed.stderr
    # A moved tag, a branch that is gone, a new commit: it follows.
    git(source, "push", "--quiet", "origin", "trunk:old")
    assert mirror(instance, "--from", instance.url, "--owner", "mirrors", "far/greet").returncode == 0
    assert "refs/heads/old" in git(tmp_path, "ls-remote", url).stdout
    git(source, "commit", "--quiet", "--allow-empty", "-m", "New")
    git(source, "tag", "--force", "v1")
    git(source, "push", "--quiet", "--force", "origin", "trunk", "v1", ":old")
    done = mirror(instance, "--from", instance.url, "--owner", "mirrors", "far/greet")
    assert done.returncode == 0 and "brought up to date" in done.stdout, done.stderr
    heads = git(tmp_path, "ls-remote", url).stdout
    assert heads.count(git(source, "rev-parse", "trunk").stdout.strip()) == 3 and "old" not in heads


def test_a_failed_fetch_leaves_what_was_there(instance, source, tmp_path):
    assert mirror(instance, "--from", instance.url, "--owner", "mirrors", "far/greet").returncode == 0
    url = f"http://127.0.0.1:{instance.port}/mirrors/greet.git"
    before = git(tmp_path, "ls-remote", url).stdout
    names = ["far/greet", "far/other", "nonsense"]
    done = mirror(instance, "--from", "http://127.0.0.1:9", "--owner", "mirrors", *names)
    assert done.returncode == 1 and done.stderr.count("could not read") == 2, done.stderr
    assert "no owner/repository" in done.stderr
    assert git(tmp_path, "ls-remote", url).stdout == before
    assert ask(instance, "GET", "/api/v1/repos/mirrors/other").status == 404
    # What is somebody's own is not overwritten.
    done = mirror(instance, "--from", instance.url, "far/greet")
    assert done.returncode == 1 and "no mirror" in done.stderr


def test_a_replaced_action_runs_and_the_page_says_so(instance, source, tmp_path):
    assert mirror(instance, "--from", instance.url, "--owner", "mirrors", "far/greet").returncode == 0
    project = Project(instance, User(instance, "zoe"), tmp_path)
    runner = EmbeddedRunner(instance, project)
    runner.start()
    try:
        project.push_workflow(WORKFLOW)
        run = project.wait_run(seconds=120)
        log = project.log(project.jobs(run)["a"])
    finally:
        runner.stop()
    assert run["conclusion"] == "success", log
    assert "hello from afar" in log and "hello from the deep" in log
    page = ask(instance, "GET", f"/{project.path}/actions/runs/{run['id']}").text
    assert f"Replaced: far/greet@v1 by http://127.0.0.1:{instance.port}/mirrors/greet@v1" in page
    assert "far/unused" not in page
