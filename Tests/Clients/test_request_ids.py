"""One id leads from nginx's access log to Millrace's log, to the client's answer and to the statement in PostgreSQL."""

import contextlib
import json
import re
import threading

import requests
from support import wait_for

from millrace_stack import StackError

SLEEPER = "query like '%pg_sleep(60)%' and query not like '%pg_stat_activity%'"


def access_lines(stack, path):
    return [line for line in (stack.logs / "access.log").read_text().splitlines() if f" {path} " in line]


def log_lines(stack, request_id):
    found = []
    for file in stack.logs.glob("*.log"):
        for line in file.read_text(errors="replace").splitlines():
            if request_id in line and line.startswith("{"):
                found.append(json.loads(line))
    return found


def test_every_answer_has_the_id_of_its_line_in_the_access_log(stack, ann, project):
    for path in ["/api/v1/version", f"/api/v1/repos/{project.path}/actions/runs", "/healthz", "/none/such/page/at/all"]:
        answer = requests.get(stack.url + path, headers={"Authorization": f"token {ann.token}"})
        request_id = answer.headers["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{32}", request_id)
        wait_for(
            lambda path=path, request_id=request_id: any(
                line.endswith(request_id) for line in access_lines(stack, path)
            ),
            f"the line of {path}",
        )


def test_a_client_cannot_choose_the_id(stack):
    lie = "0" * 32
    answer = requests.get(stack.url + "/api/v1/version", headers={"Millrace-Request-Id": lie, "X-Request-Id": lie})
    assert answer.headers["X-Request-Id"] != lie


def test_a_failed_request_is_traced_from_nginx_to_the_statement(stack, ann, project):
    """The statement waits for a lock, is seen in pg_stat_activity by the request's id, and is cancelled there."""
    path = f"/api/v1/repos/{project.path}/actions/artifacts"
    answers = []

    def hold():
        with contextlib.suppress(StackError):  # it is ended below
            stack.sql("begin; lock table artifact in access exclusive mode; select pg_sleep(60)")

    lock = threading.Thread(target=hold)
    lock.start()
    try:
        wait_for(lambda: stack.sql(f"select count(*) from pg_stat_activity where {SLEEPER}") == "1", "the lock")
        asking = threading.Thread(
            target=lambda: answers.append(
                requests.get(stack.url + path, headers={"Authorization": f"token {ann.token}"}, timeout=60)
            )
        )
        asking.start()
        name = wait_for(
            lambda: stack.sql(
                "select application_name from pg_stat_activity where application_name like 'millrace %'"
                " and wait_event_type = 'Lock' and query like '%artifact%' limit 1"
            ),
            "a statement that waits for the lock",
        )
        request_id = name.removeprefix("millrace ")
        stack.sql(f"select pg_cancel_backend(pid) from pg_stat_activity where application_name = '{name}'")
        asking.join(timeout=60)
    finally:
        stack.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where {SLEEPER}")
        lock.join()
    assert answers[0].status_code == 503
    assert answers[0].headers["X-Request-Id"] == request_id
    wait_for(lambda: any(request_id in line for line in access_lines(stack, path)), "the line of the access log")
    failed = [line for line in log_lines(stack, request_id) if line["msg"] == "request failed"]
    assert len(failed) == 1, failed
    assert failed[0]["sqlstate"] == "57014"
    assert failed[0]["query"].startswith(("artifact_count", "artifact_list")), failed[0]["query"]
    assert failed[0]["route"] == "/api/v1/repos/{owner}/{repo}/actions/artifacts"
    assert failed[0]["user_id"] and failed[0]["repo_id"]


def test_a_statement_of_its_own_is_traced_too(stack, ann, project):
    """One that is no part of a transaction: it is sent together with the name."""
    path = f"/api/v1/repos/{project.path}/actions/runs"
    answer = requests.get(stack.url + path, headers={"Authorization": f"token {ann.token}"}, timeout=60)
    name = f"millrace {answer.headers['X-Request-Id']}"
    assert int(stack.sql(f"select count(*) from pg_stat_activity where application_name = '{name}'")) >= 1
