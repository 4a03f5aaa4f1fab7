"""Field case 15, and H7: the page shows what a terminal would, knows groups and errors, and what a cancel killed."""

import re

import pytest
import runner_pb as pb
from playwright.sync_api import expect
from support import ask, wait_for
from test_browser import MILLISECONDS_MAX, browser, job_id, now, opened  # noqa: F401

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps: [{name: Talk, run: x}, {name: After, run: y}]\n"
LINES = [
    "progress 1%\rprogress 50%\rprogress 100%",
    "over\r",
    "::group::Install",
    "inside",
    "::endgroup::",
    "##[group]Second",
    "within",
    "##[endgroup]",
    "##[error]it broke",
    "\x1b[31mred\x1b[0m",
]


@pytest.fixture
def talked(project):
    runner = project.runner()
    # As new runners do: a job that is cancelled goes on until its runner has cleaned up and says so.
    runner.call(
        "Declare",
        pb.DeclareRequest(version="test", labels=["ubuntu-latest"], capabilities=["cancelling"]),
        pb.DeclareResponse,
    )
    project.push_workflow(ONE)
    project.task = runner.fetch()
    project.scripted = runner
    return project


def running(length: int):
    return [pb.StepState(id=0, log_index=0, log_length=length, started_at=now())]


def assert_shown(page) -> None:
    def row(text):
        return page.locator(".line").filter(has=page.get_by_text(text, exact=True)).first

    for text in ("progress 100%", "over", "red", "inside", "within"):
        expect(row(text)).to_be_visible(timeout=MILLISECONDS_MAX)
    for heading in ("Install", "Second"):
        expect(row(heading)).to_have_class(re.compile("group"), timeout=MILLISECONDS_MAX)
    expect(row("it broke")).to_have_class(re.compile("error"), timeout=MILLISECONDS_MAX)
    assert "progress 50%" not in page.content() and "##[" not in page.content() and "::group" not in page.content()


def test_15_the_page_shows_what_a_terminal_does(talked):
    talked.scripted.state(talked.task, steps=running(len(LINES)))
    talked.scripted.rows(talked.task, 0, LINES)
    run = talked.run_of("ci.yml")
    page = ask(talked.stack, "GET", f"/{talked.path}/actions/runs/{run['id']}/jobs/{job_id(talked, 'one')}").text
    assert ">progress 100%</span>" in page and "progress 50%" not in page and ">over</span>" in page
    text = talked.log(talked.jobs(run)["one"])
    assert "progress 1%" in text and "##[error]it broke" in text, "the download keeps what was printed"


def test_15_h7_drawn_by_the_server_and_by_the_script(browser, talked):
    talked.scripted.state(talked.task, steps=running(1))
    talked.scripted.rows(talked.task, 0, ["begun"])
    page = opened(browser, talked, talked.run_of("ci.yml"))
    expect(page.get_by_text("begun", exact=True)).to_be_visible(timeout=MILLISECONDS_MAX)
    # In two pieces, the second of which begins inside a group.
    talked.scripted.rows(talked.task, 1, LINES[:3])
    expect(page.get_by_text("Install", exact=True)).to_be_visible(timeout=MILLISECONDS_MAX)
    talked.scripted.rows(talked.task, 4, LINES[3:])
    expect(page.get_by_text("it broke", exact=True)).to_be_visible(timeout=MILLISECONDS_MAX)
    assert_shown(page)
    talked.scripted.state(talked.task, steps=running(1 + len(LINES)))
    fresh = opened(browser, talked, talked.run_of("ci.yml"))
    assert_shown(fresh)
    assert page.problems == fresh.problems == []


def test_h7_a_step_that_a_cancel_killed_is_shown_as_cancelled(talked, ann):
    talked.scripted.state(talked.task, steps=running(1))
    talked.scripted.rows(talked.task, 0, ["begun"])
    run = talked.run_of("ci.yml")
    cancelled = ask(
        talked.stack,
        "POST",
        f"/api/v1/repos/{talked.path}/actions/runs/{run['id']}/cancel",
        b"",
        {"Authorization": f"token {ann.token}"},
    )
    assert cancelled.status < 300, cancelled.text
    ended = now()
    talked.scripted.state(
        talked.task,
        pb.Result.CANCELLED,
        steps=[
            pb.StepState(id=0, log_index=0, log_length=1, started_at=ended, stopped_at=ended, result=pb.Result.FAILURE),
            pb.StepState(id=1, log_index=1, log_length=0, started_at=ended, stopped_at=ended, result=pb.Result.SKIPPED),
        ],
    )
    talked.scripted.rows(talked.task, 1, [], no_more=True)
    run = wait_for(lambda: (found := talked.run_of("ci.yml"))["status"] == "completed" and found, "the run's end")
    page = ask(talked.stack, "GET", f"/{talked.path}/actions/runs/{run['id']}/jobs/{job_id(talked, 'one')}").text
    assert ("cancelled", "Talk") in re.findall(
        r'<li class="(\w+)" data-start="\d+".*?<span class="name">(.*?)</span>', page, re.S
    )
    steps = {step["name"]: step for step in talked.jobs(run)["one"]["steps"]}
    assert steps["Talk"].get("conclusion") == "cancelled"
