"""What browsers, guessers and readers of logs may do: requests of other sites, text on pages, passwords, names."""

import base64
import itertools
import json
import socket
import threading
import time

import pytest
from conftest import private_stack
from support import StackError, User, ask, pb, rpc, wait_for

numbers = itertools.count(1)


@pytest.fixture
def somebody(stack) -> User:
    """A user of the test's own: what is guessed of one counts for no other."""
    return User(stack, f"somebody{next(numbers)}-{time.time_ns() % 1_000_000}")


# --- A6 ---


def cancel(stack, project, login, headers):
    return ask(
        stack, "POST", f"/api/v1/repos/{project.path}/actions/runs/999999/cancel", b"", headers, login=login
    ).status


@pytest.mark.parametrize(
    "headers, is_refused",
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
    ],
)
def test_a6_a_change_that_another_site_asks_for_is_refused(stack, project, ann, headers, is_refused):
    assert cancel(stack, project, ann.login, headers) == (403 if is_refused else 404)


def test_a6_our_own_pages_and_tokens_are_not_refused(stack, project, ann):
    assert cancel(stack, project, ann.login, {"Origin": stack.url}) == 404
    # No browser sends a token by itself.
    token = {"Authorization": f"token {ann.token}", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert cancel(stack, project, None, token) == 404
    read = ask(
        stack,
        "GET",
        f"/api/v1/repos/{project.path}/actions/runs",
        headers={"Sec-Fetch-Site": "cross-site"},
        login=ann.login,
    )
    assert read.status == 200


def test_a6_a_push_that_another_site_asks_for_is_refused(stack, project, ann):
    answer = ask(
        stack,
        "POST",
        f"/{project.path}.git/git-receive-pack",
        b"0000",
        {"Content-Type": "application/x-git-receive-pack-request", "Origin": "https://evil.example"},
        login=ann.login,
    )
    assert answer.status in (403, 404), answer.text


# --- A7 ---


def test_a7_text_with_marks_is_escaped_on_pages_and_cannot_be_framed(stack, project):
    marked = "".join(f"{character}\u0301" for character in "<>&\"'")
    project.push(
        {".gitea/workflows/ci.yml": "on: push\njobs: {one: {runs-on: x, steps: [{run: 'true'}]}}\n"},
        f"title {marked} end",
    )
    run = wait_for(lambda: project.run_of("ci.yml"), "a run")
    escaped = "".join(f"{escape}\u0301" for escape in ("&lt;", "&gt;", "&amp;", "&quot;", "&#39;"))
    for path in (f"/{project.path}/actions", f"/{project.path}/actions/runs/{run['id']}"):
        page = ask(stack, "GET", path)
        assert f"title {escaped} end" in page.text and marked not in page.text
        policy = page.headers["Content-Security-Policy"]
        assert all(part in policy for part in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"))
        assert page.headers["Referrer-Policy"] == "same-origin" and page.headers["X-Content-Type-Options"] == "nosniff"


# --- A8, H15 ---


def test_a8_guesses_are_counted_and_wait(stack, somebody):
    answers = [ask(stack, "GET", "/api/v1/version", login=(somebody.name, f"guess {n}")) for n in range(40)]
    assert {answer.status for answer in answers} == {401, 429}, "each instance lets a few through"
    refused = next(answer for answer in answers if answer.status == 429)
    assert "too many wrong passwords" in refused.json["message"]
    # What is no password is never slowed down.
    for login in [(somebody.token, ""), ("x-access-token", somebody.token), (somebody.name, somebody.token)]:
        assert ask(stack, "GET", "/api/v1/version", login=login).status == 200
    assert ask(stack, "GET", "/api/v1/version", headers={"Authorization": f"token {somebody.token}"}).status == 200


def test_a8_the_right_password_stays_cheap_however_often_it_is_used(stack, somebody):
    assert {ask(stack, "GET", "/api/v1/version", login=somebody.login).status for _ in range(300)} == {200}


def test_a8_names_that_nobody_has_are_counted_too(stack):
    name = f"nobody-{time.time_ns()}"
    assert {ask(stack, "GET", "/api/v1/version", login=(name, f"guess {n}")).status for n in range(40)} == {401, 429}


def test_h15_many_guessers_leave_others_served():
    """Of names that there are, and of others: each is looked at a few times, then told to wait; nobody else is."""
    with private_stack("guessed", instances=1) as stack:
        names = [User(stack, f"guessed{number}").name for number in range(6)] + ["nobody1", "nobody2"]
        stopping = threading.Event()
        statuses = {name: [] for name in names}

        def guess(name: str) -> None:
            while not stopping.is_set():
                answer = ask(stack, "GET", "/api/v1/version", login=(name, f"guess {time.time_ns()}"))
                statuses[name].append(answer.status)

        guessers = [threading.Thread(target=guess, args=(name,)) for name in names * 6]
        for guesser in guessers:
            guesser.start()
        try:
            for path in ["/healthz", "/api/v1/version"] * 10:
                assert ask(stack, "GET", path, timeout=30).status == 200
            wait_for(lambda: all(429 in seen for seen in statuses.values()), "all of them are told to wait")
        finally:
            stopping.set()
            for guesser in guessers:
                guesser.join()
        for name, seen in statuses.items():
            assert set(seen) <= {401, 429, 503}, name
            assert seen.count(401) < len(seen), name


def burst(stack, login: "tuple[str, str]") -> bytes:
    """All that comes back for many more requests at once than any script sends."""
    credentials = base64.b64encode(":".join(login).encode()).decode()
    one = f"GET /nowhere/at/all HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n\r\n".encode()
    all_of_them = b""
    for _ in range(6):
        # nginx takes a thousand requests of a connection.
        with socket.create_connection(("127.0.0.1", stack.port)) as link:
            link.settimeout(60)
            sender = threading.Thread(target=link.sendall, args=(one * 900,))
            sender.start()
            answers = b""
            while answers.count(b"HTTP/1.1 ") < 900 and (piece := link.recv(65536)):
                answers += piece
            sender.join()
            all_of_them += answers
    return all_of_them


@pytest.mark.parametrize("user", ["", "a", "ab", "abc", "x-access-token"])
def test_a8_nginx_never_limits_tokens(stack, somebody, user):
    for login in ((user, somebody.token), (somebody.token, user)):
        assert b"HTTP/1.1 429" not in burst(stack, login)


def test_a8_nginx_limits_passwords_of_one_address():
    """A stack of its own: who is limited is so in every other test of the same address."""
    with private_stack("passwords", instances=1) as stack:
        answers = burst(stack, ("nobody", "guess"))
        assert b"<center><h1>429 Too Many Requests</h1></center>" in answers, "nginx's own answer"
        assert ask(stack, "GET", "/api/v1/version").status == 200


# --- H17 ---

EVIL = "\x1b]8;;https://evil.example\x07click\x1b[2J\x9b31m\u202eevil\tcolumn\nline"


def test_h17_names_of_runners_are_harmless_on_a_terminal(stack, project):
    message = pb.RegisterRequest(name=EVIL, token=project.registration_token(), version="1", labels=["x\u202ey"])
    assert rpc(stack, "Register", message.to_binary()).status == 200
    listed = stack.millrace("admin", "runner", "list", "--repo", project.path)
    assert all(text not in listed for text in ("\x1b", "\x07", "\x9b", "\u202e", "\nline")), repr(listed)
    assert "\\u{1b}" in listed and "evil" in listed
    as_json = stack.millrace("admin", "runner", "list", "--repo", project.path, "--json")
    assert all(text not in as_json for text in ("\x1b", "\x07", "\x9b", "\u202e"))
    assert json.loads(as_json.splitlines()[0])["name"] == EVIL
    why = stack.millrace("why", "runner", str(json.loads(as_json.splitlines()[0])["id"]))
    assert "\x1b" not in why and "\u202e" not in why
    with pytest.raises(StackError) as refused:
        stack.millrace("admin", "repo", "create", "--owner", "no\x1b[2Jbody", "--name", "x")
    assert "\x1b" not in str(refused.value)


# --- H18 ---


def test_h18_the_access_log_shows_no_token_and_no_signature(stack, ann, project):
    mark = f"h18-{time.time_ns()}"
    basic = base64.b64encode(f"{ann.token}:".encode()).decode()
    ask(stack, "GET", f"/api/v1/version?{mark}", headers={"Authorization": f"Basic {basic}", "User-Agent": mark})
    ask(
        stack,
        "GET",
        "/_artifacts/downloads/1?se=1&si=1&sig=secret-signature",
        headers={"User-Agent": mark, "Referer": f"{stack.url}/_artifacts/downloads/1?sig=secret-signature"},
    )
    ask(stack, "GET", "/%5Fartifacts/downloads/1?%73ig=secret-signature", headers={"User-Agent": mark})
    lines = wait_for(
        lambda: (
            [
                found
                for found in [
                    [line for line in (stack.logs / "access.log").read_text().splitlines() if f'"{mark}"' in line]
                ]
                if len(found) == 3
            ]
            or None
        ),
        "three lines of the access log",
    )[0]
    text = "\n".join(lines)
    assert ann.token not in text and "secret-signature" not in text
    assert "(hidden)" in lines[0] and "/api/v1/version?..." in lines[0]
    ask(stack, "GET", "/api/v1/version", headers={"User-Agent": f"{mark}-named"}, login=ann.login)
    wait_for(lambda: f"- {ann.name} [" in (stack.logs / "access.log").read_text(), "a user's name in the access log")


# --- H22 ---


@pytest.mark.parametrize("name", ["api", "GHOST", "millrace-actions", "-", "_live", "twirp", "user", "login", "assets"])
def test_h22_nobody_is_called_as_a_route_or_the_server(stack, name):
    with pytest.raises(StackError, match="nobody can be called"):
        stack.millrace("admin", "user", "create", f"--name={name}", "--password", "password-of-it")


def test_h22_no_repository_is_called_as_its_owners_pages(stack, ann):
    with pytest.raises(StackError, match="no repository can be called"):
        stack.millrace("admin", "repo", "create", "--owner", ann.name, "--name=-")
