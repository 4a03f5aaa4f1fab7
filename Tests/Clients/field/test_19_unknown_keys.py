"""Field case 19: a misspelt key is told at the run."""

from support import ask, wait_for


def test_a_misspelt_key_is_a_warning_with_the_nearest_one(project):
    project.push_workflow(
        "on: push\njobs:\n  build:\n    runs-on: x\n    steps: [{run: sleep 5}]\n"
        "  deploy:\n    needz: build\n    runs-on: x\n    steps: [{run: echo deployed}]\n"
    )
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    said = '.gitea/workflows/ci.yml:7:5: unexpected key "needz" in job "deploy"; did you mean "needs"?'
    assert said in run["warnings"] and run["problem"] == ""
    page = ask(project.stack, "GET", f"/{project.path}/actions/runs/{run['id']}").text
    assert "needz" in page and "did you mean" in page
