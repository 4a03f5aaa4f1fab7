"""shared/field/12: the built-in runner ends a job at its timeout-minutes. (What the server does: test_recovery.py.)"""


def test_a_job_ends_at_its_timeout(project, embedded):
    embedded()
    project.push_workflow("""\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    timeout-minutes: 0.1
    steps:
      - run: echo began; sleep 100; echo "not reached"
      - run: echo never
""")
    run = project.wait_run(seconds=90)
    job = project.jobs(run)["a"]
    log = project.log(job)
    assert run["conclusion"] == "failure", log
    assert "began" in log and "not reached" not in log and "the job ran longer than its timeout-minutes: 0.1" in log, (
        log
    )


def test_a_steps_fraction_is_rounded_up_and_said(project, embedded):
    embedded()
    project.push_workflow(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - {run: echo quick, timeout-minutes: 0.5}\n"
    )
    run = project.wait_run(seconds=90)
    log = project.log(project.jobs(run)["a"])
    assert run["conclusion"] == "success" and "timeout-minutes of step 1 is rounded up" in log, log
