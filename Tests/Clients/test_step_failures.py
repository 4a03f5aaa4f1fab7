"""A runner's result and its steps: review.md H3."""

import time

import pytest
import runner_pb as pb
from protobuf.wkt import Timestamp
from support import wait_for

DEPLOY = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy: {matrix: {may: [true]}}
    steps:
      - run: make
      - name: Try
        run: make check
        continue-on-error: %s
      - run: make install
  deploy:
    needs: build
    runs-on: ubuntu-latest
    steps: [{run: deploy}]
"""
OK, BAD = pb.Result.SUCCESS, pb.Result.FAILURE


def steps(*results):
    now = Timestamp(seconds=int(time.time()), nanos=0)
    return [
        pb.StepState(id=number, result=result, started_at=now, stopped_at=now, log_index=0, log_length=0)
        for number, result in enumerate(results)
    ]


def build(project, tolerance: str, results, split: bool):
    runner = project.runner()
    project.push_workflow(DEPLOY % tolerance)
    task = runner.fetch()
    if split:  # the step's end is told before the job's
        runner.state(task, steps=steps(*results))
        results = ()
    runner.state(task, OK, steps=steps(*results))
    return project.jobs(wait_for(lambda: project.run_of("ci.yml"), "the run"))


@pytest.mark.parametrize("split", [False, True], ids=["at once", "told before"])
def test_h03_a_success_with_a_failed_step_is_a_failure_and_nothing_is_deployed(project, split):
    """A runner that is stopped by SIGTERM may send this."""
    jobs = build(project, "${{ matrix.may }}", (OK, OK, BAD), split)
    assert jobs["build (true)"]["conclusion"] == "failure"
    assert jobs["build (true)"]["problem"] == (
        'the runner reported success, but step 3 "Run make install" failed and has no continue-on-error'
    )
    assert jobs["deploy"]["conclusion"] == "skipped"
    assert project.wait_run()["conclusion"] == "failure"


@pytest.mark.parametrize(
    "tolerance, results, conclusion",
    [
        ("true", (OK, BAD, OK), "success"),
        ("${{ matrix.may }}", (OK, BAD, OK), "success"),  # the runner knows, we do not
        ("false", (OK, BAD, OK), "failure"),
        ("true", (OK, OK, OK), "success"),
        ("true", (OK, OK, OK, BAD), "success"),  # no such step
    ],
)
def test_h03_a_step_that_may_fail_does_not_fail_its_job(project, tolerance, results, conclusion):
    jobs = build(project, tolerance, results, split=False)
    assert jobs["build (true)"]["conclusion"] == conclusion
    assert (jobs["deploy"]["status"] == "queued") == (conclusion == "success")
