"""shared/field/18: a workflow without a name is called after its file, also by the built-in runner."""

import json

from support import context


def test_the_payload_has_the_files_name(project):
    project.push_workflow("on: push\njobs: {a: {runs-on: x, steps: [run: x]}}\n")
    task = project.runner(labels=["x"]).fetch()
    assert json.loads(task.workflow_payload)["name"] == "ci.yml" == context(task)["workflow"]


def test_a_name_that_is_there_stays(project):
    project.push_workflow("name: Mine\non: push\njobs: {a: {runs-on: x, steps: [run: x]}}\n")
    assert json.loads(project.runner(labels=["x"]).fetch().workflow_payload)["name"] == "Mine"


def test_a_workflow_without_a_name(project, embedded):
    embedded()
    project.push_workflow(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        '      - run: echo "[$GITHUB_WORKFLOW] [${{ github.workflow }}]"\n'
    )
    run = project.wait_run(seconds=120)
    log = project.log(project.jobs(run)["a"])
    assert "[ci.yml] [ci.yml]" in log, log
