"""Field case 18, the server's side: an unnamed workflow's payload carries the name of its file."""
import json

from support import context


def test_the_payload_has_the_files_name(project):
    project.push_workflow("on: push\njobs: {a: {runs-on: x, steps: [run: x]}}\n")
    task = project.runner(labels=["x"]).fetch()
    assert json.loads(task.workflow_payload)["name"] == "ci.yml" == context(task)["workflow"]


def test_a_name_that_is_there_stays(project):
    project.push_workflow("name: Mine\non: push\njobs: {a: {runs-on: x, steps: [run: x]}}\n")
    assert json.loads(project.runner(labels=["x"]).fetch().workflow_payload)["name"] == "Mine"
