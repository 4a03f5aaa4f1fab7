"""Field case 05: `permissions` bounds the job's token, at the top and on a job."""

import pytest
from support import context, git

READERS = [
    "permissions: {contents: read}",
    "permissions: {}",
    "permissions: read-all",
    "permissions:",
    "job:permissions: {contents: read}",
    "job:permissions: {}",
    "job:permissions: {actions: write}",
]
WRITERS = ["permissions: {contents: write}", "permissions: write-all", "", "job:permissions: {contents: write}"]


def clone_by_job(project, tmp_path, permissions):
    top, job = ("", permissions[4:]) if permissions.startswith("job:") else (permissions, "")
    # What stands on the job replaces what stands at the top wholly.
    top = "permissions: write-all" if job and "write}" not in job else top
    project.push_workflow(f"on: push\n{top}\njobs:\n  a:\n    runs-on: f05\n    {job}\n    steps: [run: x]\n")
    token = context(project.runner(labels=["f05"]).fetch())["token"]
    url = f"http://x:{token}@127.0.0.1:{project.stack.port}/{project.path}.git"
    git(tmp_path, "clone", "--quiet", url, "w")
    return git(tmp_path / "w", "push", url, "HEAD:refs/heads/w-1", check=False)


@pytest.mark.parametrize("permissions", READERS)
def test_who_may_read_is_refused_with_a_word(project, tmp_path, permissions):
    done = clone_by_job(project, tmp_path, permissions)
    assert done.returncode != 0 and "permissions" in done.stderr and "contents: write" in done.stderr, done.stderr


@pytest.mark.parametrize("permissions", WRITERS)
def test_who_may_write_pushes(project, tmp_path, permissions):
    done = clone_by_job(project, tmp_path, permissions)
    assert done.returncode == 0, done.stderr


def test_without_contents_a_private_repository_is_not_cloned(private_project, tmp_path):
    private_project.push_workflow(
        "on: push\npermissions: {actions: read}\njobs: {a: {runs-on: f05, steps: [run: x]}}\n"
    )
    token = context(private_project.runner(labels=["f05"]).fetch())["token"]
    url = f"http://x:{token}@127.0.0.1:{private_project.stack.port}/{private_project.path}.git"
    done = git(tmp_path, "clone", url, "w", check=False)
    assert done.returncode != 0 and "contents: read" in done.stderr, done.stderr
