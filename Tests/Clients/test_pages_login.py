"""Log-in by the page, its cookie and what other sites make of it: by plain HTTP on two instances, and in Chromium."""

import functools
import http.server
import threading

import pytest
from page_support import accessibility_findings, keep_screenshot, opened, overflow
from playwright.sync_api import expect, sync_playwright
from session_support import BROWSER, Session, log_in, logged_in
from support import User, ask, wait_for

MILLISECONDS_MAX = 60_000


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # Root's Chromium refuses its sandbox; only pages of the test's own servers are opened.
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS_MAX)
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    context.close()


@pytest.fixture
def elsewhere(tmp_path):
    """Another origin, that serves what is put into its folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def put(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return f"http://127.0.0.1:{server.server_port}/{name}"

    yield put
    server.shutdown()
    server.server_close()


def test_a_person_logs_in_and_out(page, stack, private_project):
    private_project.push_workflow("on: push\njobs:\n  one:\n    runs-on: none\n    steps:\n      - run: 'true'\n")
    wait_for(lambda: private_project.run_of("ci.yml"), "the run")
    page.goto(f"{stack.url}/{private_project.path}/actions?status=waiting")
    # The log-in goes on to what was asked for.
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("User name").fill(private_project.owner.name)
    page.get_by_label("Password").fill(private_project.owner.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**/{private_project.path}/actions?status=waiting")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["millrace_session"]["httpOnly"] and cookies["millrace_session"]["sameSite"] == "Lax"
    assert page.evaluate("document.cookie") == ""
    page.locator("details.who summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/-/login")
    page.goto(f"{stack.url}/{private_project.path}/actions")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.problems == []


def test_a_wrong_password_is_told_beside_the_form(page, stack, ann):
    page.goto(f"{stack.url}/-/login?to=/-/settings/profile")
    page.get_by_label("User name").fill(ann.name)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    expect(page.get_by_label("User name")).to_have_value(ann.name)
    page.get_by_label("Password").fill(ann.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/-/settings/profile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_is_accessible_in_both_schemes_and_on_a_phone(browser, stack, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 740})
    page = opened(context, f"{stack.url}/-/login?to=/-/admin")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert accessibility_findings(page) == [] and overflow(page) == 0
    keep_screenshot(page, f"login-{scheme}")
    # The wrong password's status is all that the console names.
    assert all("401" in problem for problem in page.problems)
    context.close()


def test_a_session_ended_elsewhere_asks_to_log_in(page, stack, ann):
    log_in(page, stack.url, ann, "/-/settings/sessions")
    expect(page.get_by_text("this browser")).to_be_visible()
    logged_in(stack, ann).send("/-/settings/sessions/end-others", page="/-/settings/sessions")
    page.reload()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert not [cookie for cookie in page.context.cookies() if cookie["name"] == "millrace_session"]


def test_no_browser_is_asked_for_basic(stack, private_project):
    path = f"/{private_project.path}/actions"
    answer = ask(stack, "GET", path, headers=BROWSER)
    assert answer.status == 303 and answer.headers["Location"].startswith("/-/login?to=")
    answer = ask(stack, "GET", path)
    assert answer.status == 401 and "WWW-Authenticate" not in answer.headers
    # Sent all the same, as scripts do, it is taken; and git is asked for it.
    assert ask(stack, "GET", path, login=private_project.owner.login).status == 200
    refs = ask(stack, "GET", f"/{private_project.path}.git/info/refs?service=git-upload-pack")
    assert refs.status == 401 and refs.headers["WWW-Authenticate"].startswith("Basic")


FORM = """<!doctype html><form id=f method=post action="{url}/-/settings/sessions/end-others">
<input name=_token value=guess></form><script>document.getElementById("f").submit()</script>"""
FETCH = """<!doctype html><p id=done></p><script>
const results = [];
const tell = () => {{ document.getElementById("done").textContent = results.join(" "); }};
for (const [method, path] of [["POST", "/-/settings/sessions/end-others"], ["DELETE", "/api/v1/repos/{repo}"],
    ["GET", "/api/v1/user"]]) {{
  fetch("{url}" + path, {{method, credentials: "include", mode: "no-cors"}})
    .then(answer => results.push(answer.type + answer.status), () => results.push("refused")).then(tell);
}}
</script>"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_foreign_origin_changes_nothing(page, stack, project, elsewhere, host):
    log_in(page, stack.url, project.owner, "/-/settings/sessions")
    other = logged_in(stack, project.owner)
    answers = []
    page.on("response", lambda answer: answers.append((answer.request.method, answer.url, answer.status)))
    # The same host on another port gets the cookie: what is refused is refused by its origin.
    page.goto(elsewhere("form.html", FORM.format(url=stack.url)).replace("127.0.0.1", host))
    page.wait_for_url("**/-/settings/sessions/end-others")
    expect(page.locator("main")).to_contain_text("another site")
    page.goto(elsewhere("fetch.html", FETCH.format(url=stack.url, repo=project.path)).replace("127.0.0.1", host))
    wait_for(lambda: len(page.locator("#done").inner_text().split()) == 3, "the answers")
    posts = [status for method, url, status in answers if method == "POST" and url.startswith(stack.url)]
    assert posts and set(posts) == {403}
    assert other.get("/-/settings/sessions").status == 200
    assert ask(stack, "GET", f"/api/v1/repos/{project.path}").status == 200


def test_forms_without_a_token_are_refused(stack, ann):
    session = logged_in(stack, ann)
    for fields in ({}, {"_token": ""}, {"_token": "0" * 128}, {"_token": Session(stack).token("/-/login")}):
        answer = session.ask("POST", "/-/logout", fields)
        assert answer.status == 403 and "form" in answer.text
    assert session.get("/-/settings/profile").status == 200
    assert Session(stack).ask("POST", "/-/login", {"user_name": ann.name, "password": ann.password}).status == 403


def test_the_cookie_reads_the_api_and_changes_it_with_a_token_alone(stack, project):
    session = logged_in(stack, project.owner)
    path = f"/api/v1/repos/{project.path}"
    assert session.get(path).status == 200
    assert session.get("/api/v1/user").json["login"] == project.owner.name
    assert session.get("/api/v1/user", headers={"Sec-Fetch-Site": "same-site"}).status == 401
    for headers in (
        {},
        {"X-CSRF-Token": "x"},
        {"X-CSRF-Token": session.token("/-/settings/profile"), "Origin": "null"},
    ):
        assert session.ask("DELETE", path, headers=headers).status == 403
    token = {"X-CSRF-Token": session.token("/-/settings/profile")}
    assert session.ask("DELETE", path, headers=token).status == 204


def test_a_disabled_account_is_out_on_every_instance(stack, admin):
    user = User(stack, "shortlived")
    sessions = [logged_in(stack, user) for _ in range(4)]
    for _ in range(3):
        assert all(session.get("/-/settings/profile").status == 200 for session in sessions)
    answer = ask(
        stack,
        "PATCH",
        f"/api/v1/admin/users/{user.name}",
        '{"prohibit_login": true}',
        {"Authorization": f"token {admin.token}", "Content-Type": "application/json"},
    )
    assert answer.status == 200, answer.text
    # By whichever instance they are answered, from the answer on.
    for _ in range(3):
        assert {session.get("/-/settings/profile").status for session in sessions} == {303}
    answer = Session(stack).log_in(user.name, user.password)
    assert answer.status == 403 and "may not log in" in answer.text
