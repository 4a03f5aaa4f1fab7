"""What the forms of pages do, by a person in Debian's Chromium: a dispatch, settings, a new repository."""

import re
from pathlib import Path

import pytest
import support
from page_support import logged_in, opened, start
from playwright.sync_api import expect, sync_playwright
from support import User, ask, wait_for

WORKFLOW = """\
on:
  workflow_dispatch:
    inputs:
      level: {type: choice, options: [low, high], default: low, description: How much}
      count: {type: number, required: true}
      dry: {type: boolean, default: true}
      note: {type: string}
      where: {type: environment}
jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}
"""
ODD = "a\u202eb\u200b\ufeff"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = start(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, project):
    context = logged_in(browser, project.stack, project.owner)
    page = opened(context, "about:blank")
    yield page
    assert page.problems == []
    context.close()


def event_of(task) -> dict:
    return support.context(task)["event"]


def rest(project, method: str, path: str):
    return ask(
        project.stack,
        method,
        f"/api/v1/repos/{project.path}{path}",
        headers={"Authorization": f"token {project.owner.token}"},
    )


def test_a_dispatch_is_made_by_the_form(page, project):
    runner = project.runner()
    project.push_workflow(WORKFLOW)
    address = f"/{project.path}/actions/workflows/ci.yml"
    wait_for(lambda: rest(project, "GET", "/actions/workflows").json["total_count"] == 1, "the workflow")
    page.goto(project.stack.url + address)
    page.get_by_label("level").select_option("high")
    page.get_by_label("dry").uncheck()
    page.get_by_label("note").fill(ODD)
    # The browser asks for the number first.
    page.get_by_role("button", name="Run on main").click()
    assert page.url.endswith(address)
    page.get_by_label("count (required)").fill("3.5")
    page.get_by_role("button", name="Run on main").click()
    page.wait_for_url(re.compile(r"/actions/runs/\d+$"))
    event = event_of(runner.fetch())
    assert event["inputs"] == {"level": "high", "count": "3.5", "dry": "false", "note": ODD, "where": ""}


def test_a_dispatch_that_is_refused_keeps_what_was_typed(page, project):
    project.push_workflow(WORKFLOW)
    wait_for(lambda: rest(project, "GET", "/actions/workflows").json["total_count"] == 1, "the workflow")
    page.goto(f"{project.stack.url}/{project.path}/actions/workflows/ci.yml")
    page.evaluate("document.querySelector('form[method=post] [type=number]').type = 'text'")
    page.get_by_label("count (required)").fill("many")
    page.get_by_label("note").fill("kept")
    page.problems.clear()
    page.get_by_role("button", name="Run on main").click()
    expect(page.get_by_role("alert")).to_contain_text('input "count" is a number')
    expect(page.get_by_label("note")).to_have_value("kept")
    # The console names the status of the page.
    page.problems.clear()
    assert project.runs() == []


def test_a_workflow_is_disabled_and_enabled(page, project):
    project.push_workflow(WORKFLOW)
    wait_for(lambda: rest(project, "GET", "/actions/workflows").json["total_count"] == 1, "the workflow")
    page.goto(f"{project.stack.url}/{project.path}/actions/workflows/ci.yml")
    page.get_by_role("button", name="Disable workflow").click()
    expect(page.get_by_role("button", name="Enable workflow")).to_be_visible()
    assert page.get_by_role("button", name="Run on main").count() == 0
    assert rest(project, "GET", "/actions/workflows/ci.yml").json["state"] == "disabled_manually"
    page.get_by_role("button", name="Enable workflow").click()
    expect(page.get_by_role("button", name="Run on main")).to_be_visible()


def test_badges_say_the_newest_status_of_their_branch(project):
    runner = project.runner()
    project.push_workflow("on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n")
    badge = f"/{project.path}/actions/workflows/ci.yml/badge.svg"

    def shown(query: str = "") -> str:
        answer = ask(project.stack, "GET", badge + query)
        assert (answer.status, answer.type) == (200, "image/svg+xml")
        return re.search("<title>(.*?)</title>", answer.text)[1]

    runner.finish(runner.fetch())
    wait_for(lambda: shown() == "ci.yml: success", "the badge")
    assert shown("?branch=none") == "ci.yml: no status"
    assert shown("?branch=main&event=schedule") == "ci.yml: no status"
    assert shown("?branch=refs/heads/main&event=push") == "ci.yml: success"
    assert ask(project.stack, "GET", badge.replace("ci.yml", "none.yml")).status == 404
    assert ask(project.stack, "GET", badge + "?branch=%00").status == 404


def test_variables_keep_every_character_and_lines(page, project):
    page.goto(f"{project.stack.url}/{project.path}/settings/variables")
    page.get_by_label("Name").fill("region")
    page.get_by_label("Value").fill(f"\n{ODD}\n</textarea><b>\n")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Change REGION")).to_be_visible()
    value = rest(project, "GET", "/actions/variables/REGION").json["data"]
    assert value == f"\n{ODD}\n</textarea><b>\n"
    # Saved again without a change, it is the same.
    page.get_by_role("link", name="Change REGION").click()
    page.get_by_label("Description").fill("where")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("where", exact=True)).to_be_visible()
    assert rest(project, "GET", "/actions/variables/REGION").json["data"] == value


def test_a_secret_is_made_replaced_and_removed_by_typing_its_name(page, project):
    page.goto(f"{project.stack.url}/{project.path}/settings/secrets")
    page.get_by_label("Name").fill("deploy_key")
    page.get_by_label("Value").fill("line one\nline two")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("DEPLOY_KEY")).to_be_visible()
    assert "line one" not in page.content()
    page.get_by_label("Name").fill("no-name!")
    page.get_by_label("Value").fill("x")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("no-name!")
    expect(page.get_by_label("Value")).to_have_value("")
    page.get_by_role("link", name="Remove DEPLOY_KEY").click()
    page.get_by_label("Type DEPLOY_KEY").fill("deploy")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("alert")).to_have_text("what was typed is not the name")
    assert len(rest(project, "GET", "/actions/secrets").json) == 1
    page.get_by_label("Type DEPLOY_KEY").fill("DEPLOY_KEY")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("There is no secret yet.")).to_be_visible()
    assert rest(project, "GET", "/actions/secrets").json == []
    # The console names the status of the two pages that were refused.
    page.problems.clear()


def test_the_rules_of_an_environment_are_set(page, project):
    page.goto(f"{project.stack.url}/{project.path}/settings/environments")
    page.get_by_label("New environment").fill("pro duction/1")
    page.get_by_role("button", name="Make it").click()
    page.get_by_label("Minutes").fill("5")
    page.get_by_label("Reviewers").fill("nobody-here")
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_role("alert")).to_contain_text('there is no user "nobody-here"')
    page.get_by_label("Reviewers").fill(project.owner.name)
    page.get_by_label("Those that match").check()
    page.get_by_label("Patterns").fill("main\nrelease/*\ntag:v*")
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_label("Patterns")).to_have_value("main\nrelease/*\ntag:v*")
    page.get_by_label("Patterns").fill("release/*")
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_label("Patterns")).to_have_value("release/*")
    known = rest(project, "GET", "/environments/pro%20duction%2F1").json
    assert [rule["type"] for rule in known["protection_rules"]] == ["wait_timer", "required_reviewers", "branch_policy"]
    policies = rest(project, "GET", "/environments/pro%20duction%2F1/deployment-branch-policies").json
    assert [policy["name"] for policy in policies["branch_policies"]] == ["release/*"]
    page.get_by_role("link", name="Secrets").last.click()
    page.get_by_label("Name").fill("inner")
    page.get_by_label("Value").fill("x")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("INNER")).to_be_visible()
    page.problems.clear()


def test_a_new_person_makes_a_repository_and_is_shown_how_to_push(browser, stack):
    person = User(stack, "newcomer")
    context = logged_in(browser, stack, person)
    page = opened(context, stack.url + "/")
    page.get_by_label("Name").fill("api/x")
    page.get_by_role("button", name="Make the repository").click()
    expect(page.locator(".field .problem")).to_contain_text("no repository can be called")
    expect(page.get_by_label("Name")).to_have_value("api/x")
    page.get_by_label("Name").fill("first")
    page.get_by_role("button", name="Make the repository").click()
    page.wait_for_url(stack.url + "/newcomer/first")
    expect(page.get_by_text(f"git remote add origin {stack.url}/newcomer/first.git")).to_be_visible()
    expect(page.get_by_role("button", name="Copy").first).to_be_visible()
    page.goto(stack.url + "/newcomer/first/settings?remove=1")
    page.get_by_label("Type newcomer/first").fill("newcomer/first")
    page.get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_url(stack.url + "/")
    assert ask(stack, "GET", "/newcomer/first", login=person.login).status == 404
    context.close()


def test_times_say_in_a_script_what_the_server_says(page, project):
    source = Path(__file__).parents[1] / "DomainTests/Pages/SpanWordsTests.swift"
    table = re.search(r"agoes: .*? = \[(.*?)\n    \]", source.read_text(), re.S)[1]
    cases = [
        (int(seconds.replace("_", "")), words) for seconds, words in re.findall(r'\((-?[\d_]+), "([^"]+)"\)', table)
    ]
    assert len(cases) > 10
    page.goto(project.stack.url + "/")
    now = 1_769_817_601_000
    said = page.evaluate(
        "async ([now, seconds]) => { const frame = await import('/_static/frame.js');"
        " return seconds.map(s => frame.agoWords(now - s * 1000, now)); }",
        [now, [seconds for seconds, _ in cases]],
    )
    assert said == [words for _, words in cases]
