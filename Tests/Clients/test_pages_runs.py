"""The pages of runs in Debian's Chromium: list, filters, graph, waterfall, buttons, findings, hostile names."""

import html
import re
import time

import pytest
import runner_pb as pb
from playwright.sync_api import expect, sync_playwright
from protobuf.wkt import Timestamp
from session_support import log_in
from support import ask, git, job_key, wait_for

PIPELINE = """\
name: Build and test
on: [push, workflow_dispatch]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - name: Compile
        run: echo one
  test:
    needs: build
    runs-on: ubuntu-latest
    strategy:
      matrix:
        os: [a, b, c, d, e]
    steps:
      - run: echo two
  report:
    needs: [build, test]
    runs-on: ubuntu-latest
    steps:
      - run: echo three
"""
ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - name: Talk\n        run: echo one\n"
EVIL = "<img src=x onerror=alert(1)>\"'&{{head}}"
MILLISECONDS_MAX = 60_000


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser, project, path=""):
    """A page of the project's owner, below the repository's actions, with what its console said of errors."""
    page = browser.new_context(base_url=project.stack.url).new_page()
    page.set_default_timeout(MILLISECONDS_MAX)
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: (page.problems.append(dialog.message), dialog.dismiss()))
    log_in(page, project.stack.url, project.owner, f"/{project.path}/actions{path}")
    return page


def started(steps=1, length=1):
    now = Timestamp(seconds=int(time.time()), nanos=0)
    return [pb.StepState(id=n, log_index=0, log_length=length, started_at=now) for n in range(steps)]


def fail(runner, task, lines):
    """The task ends red, its one step having said these lines."""
    runner.rows(task, 0, lines, no_more=True)
    stamp = Timestamp(seconds=int(time.time()), nanos=0)
    steps = [
        pb.StepState(
            id=0, log_index=0, log_length=len(lines), started_at=stamp, stopped_at=stamp, result=pb.Result.FAILURE
        )
    ]
    runner.state(task, pb.Result.FAILURE, steps=steps)


# --- The list ---


def test_no_run_teaches_and_the_commands_work(browser, project):
    page = opened(browser, project)
    commands = page.locator(".empty pre").nth(1)
    expect(commands).to_contain_text(f"{project.stack.url}/{project.path}.git")
    assert page.problems == []
    workflow = page.locator(".empty pre").first.inner_text()
    project.push({page.locator(".empty code").first.inner_text(): workflow})
    assert wait_for(lambda: project.run_of("ci.yml"), "the run of the lesson")


def test_filters_stand_in_the_address(browser, project):
    runner = project.runner()
    project.push({".gitea/workflows/a.yml": ONE, ".gitea/workflows/b.yml": ONE.replace("one", "two")}, "First")
    for _ in range(2):
        runner.finish(runner.fetch())
    wait_for(lambda: len([run for run in project.runs() if run["status"] == "completed"]) == 2, "two runs")
    git(project.checkout, "push", project.url(project.owner), "HEAD:refs/heads/dev")
    wait_for(lambda: len(project.runs()) == 4, "two more runs")
    page = opened(browser, project)
    rows = page.locator("#runs tbody tr")
    expect(rows).to_have_count(4)
    expect(page.locator("#runs")).to_contain_text("4 runs")
    page.get_by_label("Workflow", exact=True).select_option("a.yml")
    page.get_by_label("Branch", exact=True).fill("dev")
    page.get_by_role("button", name="Filter").click()
    expect(rows).to_have_count(1)
    assert "workflow=a.yml" in page.url and "branch=dev" in page.url
    expect(page.get_by_label("Workflow", exact=True)).to_have_value("a.yml")
    page.locator(".chips a", has_text="success").click()
    expect(page.locator(".empty")).to_contain_text('No run with workflow "a.yml" and branch "dev" and status "success"')
    page.get_by_role("link", name="Show all runs").click()
    expect(rows).to_have_count(4)
    expect(page.locator(".chips a", has_text="success")).to_contain_text("2")
    # Jobs that wait say why, in the list.
    expect(rows.first.locator(".why")).to_contain_text(re.compile("runner|before it"))
    assert page.problems == []
    for path in (
        "?status=odd",
        "?event=%3Cb%3E",
        "?actor=nobody",
        "?branch=%00",
        "?workflow=" + "x" * 2000,
        "?page=999",
    ):
        answer = ask(project.stack, "GET", f"/{project.path}/actions{path}")
        assert answer.status == 200 and 'class="empty"' in answer.text, path


def test_pages_of_a_long_list(project):
    stack = project.stack
    project.push_workflow(ONE)
    wait_for(lambda: project.run_of("ci.yml"), "a run")
    stack.sql(
        "insert into run (repository_id, number, workflow_id, workflow_path, title, event, ref, sha, payload, status)"
        " select r.repository_id, n + 1, r.workflow_id, r.workflow_path, 'made ' || n, r.event, r.ref, r.sha, '{}', 1"
        f" from run r, generate_series(1, 70) n where r.id = {project.run_of('ci.yml')['id']}"
    )
    stack.sql("insert into attempt (run_id, number, status) select id, 1, 1 from run where title like 'made %'")
    seen, path = [], f"/{project.path}/actions"
    while path:
        text = ask(stack, "GET", path).text
        seen += re.findall(r'</td><td><a href="[^"]+">([^<]+)</a><br>', text)
        path = html.unescape(text.split('rel="next" href="')[1].split('"')[0]) if 'rel="next"' in text else ""
    assert len(seen) == len(set(seen)) == 71 and seen[0] == "made 70", seen
    second = ask(stack, "GET", f"/{project.path}/actions?page=2").text
    assert "made 40<" in second and "made 41<" not in second and "Newest runs" in second


# --- The run ---


def test_graph_waterfall_buttons_and_reasons(browser, project):
    runner = project.runner()
    project.push_workflow(PIPELINE)
    build = runner.fetch()
    run = project.run_of("ci.yml")
    page = opened(browser, project, f"/runs/{run['id']}")
    expect(page.locator("#status")).to_have_text("running")
    expect(page.locator("#graph rect")).to_have_count(3)
    expect(page.locator("#graph path.edge")).to_have_count(2)
    # What waits says why.
    expect(page.get_by_text('waiting for "build" to end').first).to_be_visible()
    jobs = project.jobs(run)
    # A matrix is folded, and unfolds by a link.
    page.locator("#graph a", has_text="test ×5").click()
    expect(page.locator("#graph a", has_text="test (")).to_have_count(5)
    page.locator("#graph a", has_text="build").click()
    page.wait_for_url(lambda url: url.endswith(f"/jobs/{jobs['build']['id']}"))
    page.go_back()
    runner.state(build, steps=started())
    fail(runner, build, ["fine", "##[error]it broke here", "after"])
    wait_for(lambda: project.run_of("ci.yml")["status"] == "completed", "the end of the run")
    page.reload()
    expect(page.locator("#status")).to_have_text("failure")
    expect(page.locator(".excerpt .said")).to_contain_text("it broke here")
    expect(page.locator(".excerpt")).to_contain_text("fine")
    expect(page.locator(f"#job-{jobs['build']['id']} .bar").first).to_have_attribute(
        "aria-label", re.compile(r"ran \d s")
    )
    page.get_by_role("button", name="Re-run failed jobs").click()
    page.wait_for_url(lambda url: url.endswith(f"/runs/{run['id']}"))
    expect(page.locator("#attempts summary")).to_have_text("attempt 2 of 2")
    again = runner.fetch()
    assert job_key(again) == "build"
    runner.state(again, steps=started())
    page.reload()
    expect(page.locator("#compared")).to_contain_text("failure")
    with page.expect_navigation():
        page.get_by_role("button", name="Cancel run").click()
    runner.state(again, pb.Result.CANCELLED)
    wait_for(lambda: project.run_of("ci.yml")["conclusion"] == "cancelled", "the cancelled run")
    page.reload()
    expect(page.locator("#status")).to_have_text("cancelled")
    page.locator("#attempts summary").click()
    page.get_by_role("link", name="attempt 1").click()
    expect(page.locator("#status")).to_have_text("failure")
    assert page.get_by_role("button", name="Re-run all jobs").count() == 0, "buttons act on the latest attempt"
    assert page.problems == []


def test_annotations_lead_to_their_lines(browser, project):
    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    fail(
        runner,
        task,
        [
            "plain",
            "::warning file=src/a.c,line=3::odd%0Aand long",
            "::notice title=Note::look",
            f"::error file=src/b.c,line=41,title={EVIL.replace(',', '')}::expected \u202e)",
        ],
    )
    run = project.wait_run()
    page = opened(browser, project, f"/runs/{run['id']}")
    rows = page.locator("#annotations li")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("src/b.c:41")
    expect(rows.first).to_contain_text("<img src=x")
    expect(rows.first).to_contain_text("\\u{202e}")
    expect(rows.nth(1)).to_contain_text("odd\nand long")
    job = project.jobs(run)["one"]["id"]
    assert rows.first.get_by_role("link").get_attribute("href").endswith(f"/jobs/{job}#L4")
    assert page.locator("main img").count() == 0 and page.problems == []


def test_hostile_names_are_shown_harmless(browser, project):
    runner = project.runner()
    name = EVIL.replace("'", "''").replace("{{head}}", "")
    project.push_workflow(f"name: '{name}'\non: push\n" + ONE[9:].replace("one:", "one:\n    name: '" + name + "'"))
    branch = "<b>x</b>\"'&"
    git(project.checkout, "push", project.url(project.owner), f"HEAD:refs/heads/{branch}")
    for _ in range(2):
        runner.finish(runner.fetch())
    wait_for(lambda: all(run["status"] == "completed" for run in project.runs()), "two runs")
    run = next(run for run in project.runs() if run["head_branch"] == branch)
    for path in ("", f"/runs/{run['id']}", f"/runs/{run['id']}/workflow"):
        page = opened(browser, project, path)
        assert page.locator("main img").count() == 0 and page.locator("main b", has_text="x").count() == 0
        assert page.problems == [], path
    page = opened(browser, project)
    page.locator("a.tag", has_text="<b>x</b>").click()
    expect(page.locator("#runs tbody tr")).to_have_count(1)


def test_the_workflow_file_with_its_diagnostics(browser, project):
    project.push_workflow(ONE.replace("runs-on", "runs_on"))
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    page = opened(browser, project, f"/runs/{run['id']}")
    page.locator("main a", has_text=".gitea/workflows/ci.yml").first.click()
    expect(page.locator("#L4 .problem, #L4 .warning").first).to_contain_text("runs_on")
    page.locator("#L4 a").click()
    assert page.url.endswith("#L4") and page.problems == []
    project.stack.sql(f"update run set sha = repeat('0', 40) where id = {run['id']}")
    page.reload()
    expect(page.locator(".problem").first).to_contain_text("not in the repository any more")
    expect(page.locator("main")).to_contain_text("runs_on")


def test_a_form_without_rights_changes_nothing(project, stranger):
    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    run = project.run_of("ci.yml")
    path = f"/{project.path}/actions/runs/{run['id']}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for action in ("cancel", "rerun", "approve"):
        assert ask(project.stack, "POST", f"{path}/{action}", b"jobs=all", form).status in (401, 403)
        theirs = ask(project.stack, "POST", f"{path}/{action}", b"jobs=all", form, login=stranger.login)
        assert theirs.status in (401, 403, 404)
    elsewhere = {**form, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert ask(project.stack, "POST", f"{path}/cancel", b"", elsewhere, login=project.owner.login).status == 403
    assert "Cancel run" not in ask(project.stack, "GET", path, login=stranger.login).text
    assert project.run_of("ci.yml")["status"] == "in_progress"
    runner.finish(task)


def test_pages_of_what_is_not_there(project):
    for path in (
        "runs/0",
        "runs/99999999999999999999",
        "runs/x",
        "runs/1/attempts/0",
        "runs/1/attempts/9",
        "runs/0/workflow",
    ):
        answer = ask(project.stack, "GET", f"/{project.path}/actions/{path}")
        assert answer.status == 404, (path, answer.status)
