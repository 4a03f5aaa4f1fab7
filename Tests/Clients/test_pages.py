"""Every page in both colour schemes and on a phone: nothing overflows, nothing complains, axe-core finds nothing."""

import json

import pytest
import runner_pb as pb
from page_support import accessibility_findings, keep_screenshot, logged_in, opened, overflow, start
from playwright.sync_api import sync_playwright
from support import Project, ask, wait_for

WORKFLOW = """\
name: Build, lint, and report
on:
  push:
  schedule: [{cron: '30 5 * * 1-5'}]
  workflow_dispatch:
    inputs:
      level: {type: choice, options: [low, high], default: high, description: How much}
      count: {type: number, required: true}
      dry: {type: boolean, default: true}
      note: {description: Anything}
jobs:
  build:
    runs-on: ubuntu-latest
    strategy: {matrix: {os: [a, b, c]}}
    steps: [{run: make}]
  lint: {runs-on: ubuntu-latest, steps: [{run: lint}]}
  report: {runs-on: ubuntu-latest, needs: [build, lint], steps: [{run: report}]}
"""
HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}\u202egnp.exe"

# Addresses with what stands in braces filled in. Each capability adds its pages here.
PAGES = {
    "dashboard": "/",
    "owner": "/{owner}",
    "repository": "/{path}",
    "empty_repository": "/{empty}",
    "runs": "/{path}/actions",
    "runs_filtered": "/{path}/actions?status=failure&branch=main",
    "run": "/{path}/actions/runs/{run}",
    "job": "/{path}/actions/runs/{run}/jobs/{job}",
    "run_attempt": "/{path}/actions/runs/{run}/attempts/1",
    "workflow_file": "/{path}/actions/runs/{run}/workflow",
    "insights": "/{path}/actions/insights",
    "workflow": "/{path}/actions/workflows/ci.yml",
    "settings": "/{path}/settings",
    "settings_remove": "/{path}/settings?remove=1",
    "secrets": "/{path}/settings/secrets",
    "variables": "/{path}/settings/variables?change=REGION",
    "environments": "/{path}/settings/environments",
    "environment": "/{path}/settings/environments/production",
    "environment_secrets": "/{path}/settings/environments/production/secrets",
    "webhooks": "/{path}/settings/webhooks",
    "webhook": "/{path}/settings/webhooks/{hook}",
    "delivery": "/{path}/settings/webhooks/{hook}/deliveries/{delivery}",
    "members": "/{path}/settings/members",
    "profile": "/-/settings/profile",
    "password": "/-/settings/password",
    "tokens": "/-/settings/tokens",
    "sessions": "/-/settings/sessions",
    "admin": "/-/admin",
    "admin_users": "/-/admin/users",
    "own_secrets": "/-/settings/secrets",
    "job_step": "/{path}/actions/runs/{run}/jobs/{job}?step=0",
    "queue": "/-/queue",
    "runners": "/-/runners",
    "repository_runners": "/{path}/settings/runners",
    "missing": "/{path}/actions/runs/999999",
    "api": "/api/swagger",
}
# What these answer with; the others with 200.
STATUSES = {"missing": 404}
WINDOWS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = start(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def places(stack, admin, tmp_path_factory) -> dict:
    """A repository with one of everything, by somebody with hostile taste."""
    directory = tmp_path_factory.mktemp("pages")
    project = Project(stack, admin, directory)
    empty = Project(stack, admin, directory)
    runner = project.runner()
    project.push({".gitea/workflows/ci.yml": WORKFLOW}, f"Build {HOSTILE}")
    run = wait_for(lambda: project.run_of("ci.yml"), "the run")
    for _ in range(3):
        runner.finish(runner.fetch(), ["one", "::error file=a.c,line=3::" + HOSTILE, HOSTILE, "\x1b[31mred\x1b[0m"])
    runner.finish(runner.fetch(), ["two"], result=pb.Result.FAILURE)
    base = f"/api/v1/repos/{project.path}"
    for method, path, body in [
        ("PUT", f"{base}/actions/secrets/DEPLOY_KEY", {"data": "hidden", "description": HOSTILE}),
        ("POST", f"{base}/actions/variables/REGION", {"value": HOSTILE, "description": "where"}),
        ("PUT", f"{base}/environments/production", {"wait_timer": 5, "reviewers": [{"type": "User", "id": 1}]}),
        ("PATCH", base, {"description": HOSTILE}),
    ]:
        answer = ask(stack, method, path, json.dumps(body).encode(), {"Authorization": f"token {admin.token}"})
        assert answer.status < 300, (path, answer.status, answer.text)
    hook = {"type": "gitea", "config": {"url": "https://hook.invalid/" + "x" * 200, "content_type": "json"}}
    token = {"Authorization": f"token {admin.token}"}
    made = ask(stack, "POST", f"{base}/hooks", json.dumps(hook).encode(), token).json["id"]
    assert ask(stack, "POST", f"{base}/hooks/{made}/tests", headers=token).status == 204
    jobs = project.jobs(run)
    return {
        "owner": admin.name,
        "path": project.path,
        "empty": empty.path,
        "run": run["id"],
        "job": jobs["lint"]["id"],
        "hook": made,
        "delivery": stack.sql(f"select max(id) from webhook_delivery where webhook_id = {made}").strip(),
    }


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_is_sound(browser, stack, admin, places, window):
    context = logged_in(browser, stack, admin, **WINDOWS[window])
    faults = []
    for name, address in PAGES.items():
        page = opened(context, "about:blank")
        answer = page.goto(stack.url + address.format(**places))
        page.wait_for_load_state("load")
        if answer.status != STATUSES.get(name, 200):
            faults.append(f"{name}: {answer.status}")
        if page.locator("h1").count() != 1:
            faults.append(f"{name}: {page.locator('h1').count()} h1")
        faults += [f"{name}: {finding}" for finding in accessibility_findings(page)]
        if (pixels := overflow(page)) > 0:
            faults.append(f"{name}: {pixels} px wider than the window")
        if page.locator("script:not([src]), [onclick], [onerror]").count():
            faults.append(f"{name}: an inline script or style")
        # The console names a page that is missing, and that alone.
        faults += [f"{name}: console: {text}" for text in page.problems if name not in STATUSES]
        keep_screenshot(page, f"{name}-{window}")
        page.close()
    context.close()
    assert not faults, "\n".join(faults)


def test_pages_can_be_read_without_scripts(browser, stack, admin, places):
    context = logged_in(browser, stack, admin, java_script_enabled=False)
    for name, address in PAGES.items():
        page = context.new_page()
        answer = page.goto(stack.url + address.format(**places))
        assert answer.status == STATUSES.get(name, 200), name
        assert page.locator("h1").is_visible(), name
        assert page.locator("[style], style").count() == 0, name
        page.close()
    context.close()
