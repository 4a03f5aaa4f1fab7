"""Field case 16: `runs-on` with a group alone is taken, with a word that there are no groups."""

from support import ask, wait_for


def test_a_group_alone_takes_any_runner_and_says_so(project):
    project.push_workflow("on: push\njobs:\n  a:\n    runs-on: {group: big}\n    steps: [{run: echo hi}]\n")
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    assert run["problem"] == "" and "no runner groups" in run["warnings"] and "ci.yml:4:15:" in run["warnings"]
    runner = project.runner(labels=["anything"])
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"
    assert "no runner groups" in ask(project.stack, "GET", f"/{project.path}/actions/runs/{run['id']}").text
