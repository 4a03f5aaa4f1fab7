"""The run's page in Debian's Chromium: what a person sees while a job runs (script, CSP and escaping together)."""

import pytest
import runner_pb as pb
from playwright.sync_api import expect, sync_playwright
from session_support import log_in
from support import wait_for

WORKFLOW = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - name: Talk
        run: echo one
  two:
    runs-on: ubuntu-latest
    needs: one
    steps:
      - run: echo two
"""
MILLISECONDS_MAX = 60_000


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # Root's Chromium refuses its sandbox; only pages of the test's own server are opened.
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser, project, run, job="one"):
    page = browser.new_context().new_page()
    page.set_default_timeout(MILLISECONDS_MAX)
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    path = f"/{project.path}/actions/runs/{run['id']}/jobs/{job_id(project, job)}"
    log_in(page, project.stack.url, project.owner, path)
    return page


def test_a_log_grows_in_the_open_page_and_turns_green(browser, private_project):
    project = private_project
    runner = project.runner()
    project.push_workflow(WORKFLOW)
    task = runner.fetch()
    page = opened(browser, project, project.run_of("ci.yml"))
    for n in range(4):
        runner.state(task, steps=[pb.StepState(id=0, log_index=0, log_length=n + 1, started_at=now())])
        runner.rows(task, n, [f"<b>line</b> & {n}"])
        # Without a reload, as text and not as markup.
        expect(page.get_by_text(f"<b>line</b> & {n}")).to_be_visible(timeout=MILLISECONDS_MAX)
    runner.finish(task, index=4)
    expect(page.locator("#jobhead .state")).to_contain_text("success", timeout=MILLISECONDS_MAX)
    runner.finish(runner.fetch())
    assert page.locator("script:not([src])").count() == 0
    assert page.problems == []


def test_a_linked_line_is_shown(browser, project):
    runner = project.runner()
    project.push_workflow(WORKFLOW)
    task = runner.fetch()
    runner.state(task, steps=[pb.StepState(id=0, log_index=0, log_length=3, started_at=now())])
    runner.finish(task, ["first", "second", "third"])
    page = opened(browser, project, project.run_of("ci.yml"))
    page.goto(page.url + f"#job-{job_id(project, 'one')}-L2")
    page.reload()
    expect(page.get_by_text("second", exact=True)).to_be_visible(timeout=MILLISECONDS_MAX)
    runner.finish(runner.fetch())


def job_id(project, name: str) -> int:
    return wait_for(lambda: project.jobs(project.run_of("ci.yml"))[name]["id"], "the job")


def now():
    import time

    from protobuf.wkt import Timestamp

    return Timestamp(seconds=int(time.time()), nanos=0)
