"""shared/field/18: a workflow without a name is called after its file, also by the built-in runner."""


def test_a_workflow_without_a_name(project, embedded):
    embedded()
    project.push_workflow("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
                          "      - run: echo \"[$GITHUB_WORKFLOW] [${{ github.workflow }}]\"\n")
    run = project.wait_run(seconds=120)
    log = project.log(project.jobs(run)["a"])
    assert "[ci.yml] [ci.yml]" in log, log
