"""shared/field/01, H10: a push with the job's own token is taken and starts nothing; a personal token's starts runs."""

from support import context, git, wait_for


def job_pushes(project, tmp_path, permissions="permissions: {contents: write}"):
    project.push_workflow(f"on: push\n{permissions}\njobs: {{a: {{runs-on: f01, steps: [run: x]}}}}\n")
    task = project.runner(labels=["f01"]).fetch()
    token = context(task)["token"]
    url = f"http://x:{token}@127.0.0.1:{project.stack.port}/{project.path}.git"
    git(tmp_path, "clone", "--quiet", url, "w")
    git(tmp_path / "w", "commit", "--quiet", "--allow-empty", "-m", "by a job")
    return tmp_path / "w", url


def test_a_push_by_a_jobs_own_token_starts_nothing(project, tmp_path):
    checkout, url = job_pushes(project, tmp_path)
    git(checkout, "push", "--quiet", url, "HEAD:refs/heads/bot-1")
    state = "select state || ' ' || outcome from inbox where ref = 'refs/heads/bot-1' order by id desc limit 1"
    wait_for(lambda: project.stack.sql(state).startswith("read"), "the push to be read")
    assert "starts nothing" in project.stack.sql(state)
    assert [run["head_branch"] for run in project.runs()] == ["main"]


def test_the_same_push_by_a_personal_token_starts_a_run(project, tmp_path):
    checkout, _ = job_pushes(project, tmp_path)
    url = f"http://{project.owner.name}:{project.owner.token}@127.0.0.1:{project.stack.port}/{project.path}.git"
    git(checkout, "push", "--quiet", url, "HEAD:refs/heads/person-1")
    wait_for(lambda: "person-1" in [run.get("head_branch") for run in project.runs()], "the run")
