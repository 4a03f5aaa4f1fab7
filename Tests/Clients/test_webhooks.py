"""Webhooks: what a real receiver is told, in order, signed, again after a failure; and where nothing is sent."""

import hashlib
import hmac
import http.server
import json
import threading
import urllib.parse

import pytest
import runner_pb as pb
from conftest import private_stack
from page_support import logged_in, opened, start
from playwright.sync_api import expect, sync_playwright
from support import Project, User, ask, git, wait_for

WORKFLOW = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n"


class Receiver:
    """A server that keeps what it is sent, and answers what it is told to."""

    def __init__(self):
        self.got: list = []
        self.answers: list[int] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.got.append((dict(self.headers.items()), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()
                self.wfile.write(b"<script>taken\x00</script>")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def events(self) -> "list[tuple[str, str | None]]":
        return [(headers["X-Gitea-Event"], json.loads(body).get("action")) for headers, body in list(self.got)]


@pytest.fixture(scope="module")
def hook_stack():
    """Webhooks may be sent to this host."""
    with private_stack("hooks", instances=2, settings={"webhooks": {"allowed_hosts": "loopback"}}) as stack:
        yield stack


@pytest.fixture(scope="module")
def cid(hook_stack) -> User:
    return User(hook_stack, "cid")


@pytest.fixture
def place(hook_stack, cid, tmp_path) -> Project:
    return Project(hook_stack, cid, tmp_path)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def rest(project, method: str, path: str, body=None, user=None):
    return ask(
        project.stack,
        method,
        f"/api/v1/repos/{project.path}/hooks{path}",
        json.dumps(body).encode() if body is not None else None,
        {"Authorization": f"token {(user or project.owner).token}", "Content-Type": "application/json"},
    )


def made(project, url: str, events, **config) -> int:
    answer = rest(
        project,
        "POST",
        "",
        {
            "type": "gitea",
            "config": {"url": url, "content_type": "json", **config},
            "events": events,
            "active": True,
        },
    )
    assert answer.status == 201, answer.text
    return answer.json["id"]


def deliveries(project, hook: int) -> list:
    """State, tries, status and problem of each, oldest first."""
    return [
        line.split("|")
        for line in project.stack.sql(
            "select state || '|' || tries || '|' || coalesce(status, 0) || '|' || problem from webhook_delivery"
            f" where webhook_id = {hook} order by id"
        ).splitlines()
    ]


def test_a_run_is_told_from_push_to_end_in_order_and_signed(place, receiver):
    runner = place.runner()
    made(place, receiver.url, ["push", "workflow_run", "workflow_job"], secret="signs")
    place.push_workflow(WORKFLOW)
    runner.finish(runner.fetch())
    wait_for(lambda: ("workflow_run", "completed") in receiver.events(), "the end of the run")
    wait_for(lambda: len(receiver.events()) == 7, "all deliveries")
    events = receiver.events()
    assert [e for e in events if e[0] == "workflow_run"] == [
        ("workflow_run", "requested"),
        ("workflow_run", "in_progress"),
        ("workflow_run", "completed"),
    ]
    assert [e for e in events if e[0] == "workflow_job"] == [
        ("workflow_job", "queued"),
        ("workflow_job", "in_progress"),
        ("workflow_job", "completed"),
    ]
    for headers, body in receiver.got:
        signature = hmac.new(b"signs", body, hashlib.sha256).hexdigest()
        assert headers["X-Gitea-Signature"] == signature
        assert headers["X-Hub-Signature-256"] == "sha256=" + signature
        assert headers["Content-Type"] == "application/json"
        assert json.loads(body)["repository"]["full_name"] == place.path
    assert len({headers["X-Gitea-Delivery"] for headers, _ in receiver.got}) == 7
    by_event = {(h["X-Gitea-Event"], json.loads(b).get("action")): json.loads(b) for h, b in receiver.got}
    push = by_event["push", None]
    assert (push["ref"], push["head_commit"]["id"]) == ("refs/heads/main", push["after"])
    # The rows had moved on when these were sent: they say what was told.
    assert by_event["workflow_job", "queued"]["workflow_job"]["status"] == "queued"
    completed = by_event["workflow_run", "completed"]["workflow_run"]
    assert (completed["status"], completed["conclusion"]) == ("completed", "success")
    assert by_event["workflow_run", "completed"]["sender"]["login"] == place.owner.name


def test_a_delivery_that_is_refused_comes_again_under_its_id(place, receiver):
    hook = made(place, receiver.url, ["push"])
    receiver.answers = [500, 302]
    place.push_workflow(WORKFLOW)
    wait_for(lambda: len(receiver.got) == 1, "the first try")
    wait_for(lambda: deliveries(place, hook) == [["pending", "1", "500", "the receiver answered 500"]], "its end")
    for tries in (2, 3):
        place.stack.sql(f"update webhook_delivery set due_at = now() where webhook_id = {hook}")
        wait_for(lambda tries=tries: len(receiver.got) == tries, "the next try")
    wait_for(lambda: deliveries(place, hook) == [["delivered", "3", "200", ""]], "the last try")
    assert len({headers["X-Gitea-Delivery"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1


def test_one_that_is_killed_while_it_sends_loses_nothing(tmp_path, receiver):
    with private_stack("hookkill", instances=2, settings={"webhooks": {"allowed_hosts": "loopback"}}) as stack:
        place = Project(stack, User(stack, "cid"), tmp_path)
        hook = made(place, receiver.url, ["push"])
        # Nobody accepts: the delivery is under way when its instance dies.
        receiver.server.shutdown()
        place.push_workflow(WORKFLOW)
        wait_for(lambda: [d[:2] for d in deliveries(place, hook)] == [["pending", "1"]], "the first try")
        for name in ("millrace-1", "millrace-2"):
            stack.kill(name)
        for name in ("millrace-1", "millrace-2"):
            stack.start_one(name)
        threading.Thread(target=receiver.server.serve_forever, daemon=True).start()
        stack.sql(f"update webhook_delivery set due_at = now(), lease_until = null where webhook_id = {hook}")
        wait_for(lambda: deliveries(place, hook)[0][0] == "delivered", "the delivery")
        assert len({headers["X-Gitea-Delivery"] for headers, _ in receiver.got}) == 1


def test_nothing_is_sent_where_it_may_not(stack, project, receiver):
    """The standard is what is public: neither this host nor a name that leads to it."""
    port = receiver.server.server_port
    addresses = [f"http://127.0.0.1:{port}/", f"http://localhost:{port}/", f"http://[::ffff:127.0.0.1]:{port}/"]
    addresses += [f"http://0x7f000001:{port}/", f"http://0:{port}/", "http://169.254.169.254/latest/meta-data"]
    hooks = [made(project, address, ["push"]) for address in addresses]
    project.push_workflow(WORKFLOW)
    for hook in hooks:
        wait_for(lambda hook=hook: [d[0] + d[1] for d in deliveries(project, hook)] == ["pending1"], "the try")
        wait_for(lambda hook=hook: deliveries(project, hook)[0][3] != "", "its end")
    assert receiver.got == []


def test_new_and_removed_refs_are_told_as_such(place, receiver):
    made(place, receiver.url, ["push", "create", "delete"])
    place.push_workflow(WORKFLOW)
    git(place.checkout, "push", "--quiet", place.url(place.owner), "HEAD:refs/tags/v1")
    git(place.checkout, "push", "--quiet", place.url(place.owner), ":refs/tags/v1")
    wait_for(lambda: len(receiver.got) == 5, "all of them")
    told = [(headers["X-Gitea-Event"], json.loads(body)) for headers, body in receiver.got]
    assert [(event, payload["ref"]) for event, payload in told] == [
        ("create", "main"),
        ("push", "refs/heads/main"),
        ("create", "v1"),
        ("push", "refs/tags/v1"),
        ("delete", "v1"),
    ]
    assert [payload["ref_type"] for event, payload in told if event != "push"] == ["branch", "tag", "tag"]


def test_one_that_gives_no_answer_holds_no_other(place, receiver):
    dead = made(place, "http://127.0.0.1:9/", ["workflow_job", "push"])
    made(place, receiver.url, ["push"])
    place.push_workflow(WORKFLOW)
    wait_for(lambda: len(receiver.got) == 1, "the push")
    wait_for(lambda: "1" in [d[1] for d in deliveries(place, dead)], "a try")
    assert place.stack.sql(f"select paused_until > now() from webhook where id = {dead}").strip() == "t"


def test_what_is_no_webhook_is_refused(place, stranger_of_hooks):
    def refused(**changes) -> int:
        body = {"type": "gitea", "config": {"url": "https://example.org", "content_type": "json"}, "active": True}
        return rest(place, "POST", "", body | changes).status

    assert refused(type="slack") == 422
    assert refused(config={}) == 422
    assert refused(config={"url": "ftp://x", "content_type": "json"}) == 422
    assert refused(config={"url": "http://user:pass@x", "content_type": "json"}) == 422
    assert refused(config={"url": "https://x", "content_type": "xml"}) == 422
    assert refused(config={"url": "https://x", "content_type": "json", "secret": "a\0"}) == 422
    assert refused(events=["no-such-event"]) == 422
    assert refused(branch_filter="[") == 422
    assert refused(authorization_header="Bearer x\r\nX-Evil: 1") == 422
    assert rest(place, "GET", "").json == []
    assert rest(place, "GET", "", user=stranger_of_hooks).status in (403, 404)
    assert rest(place, "GET", "/999999").status == 404


@pytest.fixture(scope="module")
def stranger_of_hooks(hook_stack) -> User:
    return User(hook_stack, "dee")


def test_a_webhook_is_changed_and_removed_over_rest(place, receiver):
    hook = made(place, receiver.url, ["push"], secret="one")
    changed = rest(place, "PATCH", f"/{hook}", {"events": ["workflow_job"], "branch_filter": "release/*"})
    assert (changed.status, changed.json["events"], changed.json["branch_filter"]) == (
        200,
        ["workflow_job"],
        "release/*",
    )
    assert "one" not in changed.text
    assert rest(place, "POST", f"/{hook}/tests").status == 204
    wait_for(lambda: len(receiver.got) == 1, "the test")
    headers, body = receiver.got[0]
    assert headers["X-Gitea-Signature"] == hmac.new(b"one", body, hashlib.sha256).hexdigest()
    # A job of another branch is not told.
    runner = place.runner()
    place.push_workflow(WORKFLOW)
    runner.finish(runner.fetch())
    wait_for(lambda: [d[0] for d in deliveries(place, hook)] == ["delivered"] + ["left_out"] * 3, "the jobs")
    assert len(receiver.got) == 1
    assert rest(place, "DELETE", f"/{hook}").status == 204
    assert rest(place, "GET", f"/{hook}").status == 404


def test_a_form_carries_the_payload_and_the_authorization(place, receiver):
    hook = made(place, receiver.url, ["push"], content_type="form")
    assert rest(place, "PATCH", f"/{hook}", {"authorization_header": "Bearer abc"}).status == 200
    place.push_workflow(WORKFLOW)
    wait_for(lambda: len(receiver.got) == 1, "the push")
    headers, body = receiver.got[0]
    assert headers["Authorization"] == "Bearer abc"
    assert json.loads(urllib.parse.parse_qs(body.decode())["payload"][0])["ref"] == "refs/heads/main"
    assert "abc" not in rest(place, "GET", f"/{hook}").text
    assert "Bearer" not in place.stack.sql("select coalesce(encode(authorization_header, 'escape'), '') from webhook")


def test_a_person_makes_one_tries_it_and_sends_again(place, receiver):
    with sync_playwright() as playwright:
        browser = start(playwright)
        context = logged_in(browser, place.stack, place.owner)
        page = opened(context, f"{place.stack.url}/{place.path}/settings/webhooks")
        page.get_by_label("Address that is told").fill("http://u:p@x")
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_role("alert")).to_contain_text("user or password")
        page.get_by_label("Address that is told").fill(receiver.url)
        page.get_by_label("workflow_job").check()
        page.get_by_role("button", name="Make it").click()
        page.get_by_role("button", name="Send a test").click()
        wait_for(lambda: len(receiver.got) == 1, "the test")
        page.reload()
        page.get_by_role("link", name="push").first.click()
        expect(page.get_by_text("<script>taken")).to_be_visible()
        page.get_by_role("button", name="Send it again").click()
        wait_for(lambda: len(receiver.got) == 2, "the second")
        assert receiver.got[0][1] == receiver.got[1][1]
        expect(page.get_by_label("workflow_job")).to_be_checked()
        page.get_by_role("link", name="Remove").click()
        page.get_by_label("Type").fill(receiver.url)
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("There is no webhook yet.")).to_be_visible()
        page.problems.clear()
        browser.close()


def test_a_matrix_and_a_rerun_are_told_once_each(place, receiver):
    runner = place.runner()
    made(place, receiver.url, ["workflow_run"])
    place.push_workflow(WORKFLOW)
    runner.finish(runner.fetch(), result=pb.Result.FAILURE)
    run = wait_for(lambda: place.run_of("ci.yml"), "the run")
    wait_for(lambda: len(receiver.got) == 3, "the first attempt")
    answer = ask(
        place.stack,
        "POST",
        f"/api/v1/repos/{place.path}/actions/runs/{run['id']}/rerun",
        headers={"Authorization": f"token {place.owner.token}"},
    )
    assert answer.status in (200, 201, 204), answer.text
    runner.finish(runner.fetch())
    wait_for(lambda: len(receiver.got) == 6, "the second attempt")
    told = [json.loads(body) for _, body in receiver.got]
    assert [(t["action"], t["workflow_run"]["run_attempt"]) for t in told] == [
        ("requested", 1),
        ("in_progress", 1),
        ("completed", 1),
        ("requested", 2),
        ("in_progress", 2),
        ("completed", 2),
    ]
    assert told[2]["workflow_run"]["conclusion"] == "failure" and told[5]["workflow_run"]["conclusion"] == "success"
