"""Field case 06: a script asks whether the runs of one commit are green, and is not told of others."""

import pytest
from support import git, wait_for

ONE = (
    "on: push\njobs:\n  one: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}\n  two: {runs-on: ubuntu-latest, steps:"
    " [{run: 'true'}]}\n"
)


@pytest.fixture
def pushed(project):
    """Two runs on main, the second done, and one of a tag."""
    project.push_workflow(ONE)
    wait_for(lambda: len(project.runs()) == 1, "the first run")
    project.first = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    runner = project.runner()
    for _ in range(2):
        runner.finish(runner.fetch())
    project.push({"README": "second"})
    project.second = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    git(project.checkout, "push", project.url(project.owner), "HEAD:refs/tags/v1")
    wait_for(lambda: len(project.runs()) == 3, "three runs")
    return project


def found(project, query: str) -> int:
    answer = project.rest(f"/runs?{query}")
    assert answer.status == 200, answer.text
    assert answer.json["total_count"] == len(answer.json["workflow_runs"]) == int(answer.headers["X-Total-Count"])
    return answer.json["total_count"]


def test_06_each_filter_and_all_together(pushed):
    project, name = pushed, pushed.owner.name
    assert found(project, f"head_sha={'0' * 40}") == found(project, "branch=nope") == 0
    assert found(project, "event=pull_request") == found(project, "actor=nobody") == 0
    assert found(project, f"head_sha={project.first}") == 1
    assert found(project, f"head_sha={project.second}") == 2
    assert found(project, "branch=main") == 2, "a tag is no branch"
    assert found(project, "branch=v1") == 0
    assert (
        found(project, "event=push") == found(project, f"actor={name}") == found(project, f"actor={name.upper()}") == 3
    )
    assert found(project, f"branch=main&event=push&actor={name}&status=success") == 1
    assert found(project, f"branch=main&head_sha={project.first}&status=queued") == 0
    assert found(project, f"branch=main&head_sha={project.second}&status=queued&status=success&event=push") == 1
    assert found(project, "branch=&event=&actor=&head_sha=&exclude_pull_requests=true") == 3


@pytest.mark.parametrize("query", ["sha=1", "branches=main", "created=2020", "head_sha=1&what=ever"])
def test_06_what_is_not_understood_is_refused(pushed, query):
    answer = pushed.rest(f"/runs?{query}")
    assert answer.status == 400 and "has no parameter" in answer.json["message"]


def test_06_jobs_of_a_run(pushed):
    done = next(run for run in pushed.runs() if run["head_sha"] == pushed.first)

    def jobs(query: str):
        answer = pushed.rest(f"/runs/{done['id']}/jobs?{query}")
        assert answer.status == 200, answer.text
        return [job["name"] for job in answer.json["jobs"]]

    assert jobs("") == jobs("status=success") == jobs("status=completed&status=queued") == ["one", "two"]
    assert jobs("status=failure") == []
    assert jobs("limit=1&page=2") == ["two"] and jobs("limit=1&page=3") == []
    assert jobs("order=desc") == ["two", "one"]
    for query in ("sort=name", "order=up"):
        assert pushed.rest(f"/runs/{done['id']}/jobs?{query}").status == 422
    for query in ("state=success", "filter=first", "status=nonsense"):
        assert pushed.rest(f"/runs/{done['id']}/jobs?{query}").status == 400
