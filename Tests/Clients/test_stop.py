"""Stopping an instance while it is asked: what systemd does at every upgrade."""

import http.client
import signal
import threading

import pytest
from support import SERVICE, wait_for


class Asking:
    """Clients that ask without a pause, each on a kept connection, until told to stop; what they were answered."""

    def __init__(self, stack, clients: int, path: str, headers: "dict[str, str]"):
        self.stack, self.path, self.headers = stack, path, headers
        self.statuses: list[int] = []
        self.stopping = False
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join(60)

    def ask(self):
        link = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=60)
        while not self.stopping:
            link.request("POST", self.path, b"", {"Content-Type": "application/proto", **self.headers})
            answer = link.getresponse()
            answer.read()
            self.statuses.append(answer.status)
        link.close()

    def wait_for_more(self, count: int) -> None:
        wanted = len(self.statuses) + count
        wait_for(lambda: len(self.statuses) >= wanted, "more answers")


def stop_cleanly(stack, name: str) -> None:
    """SIGTERM, and its own exit 0: not a kill by us, not a crash."""
    child = stack.children[name]
    stack.signal(name, signal.SIGTERM)
    assert stack.gone(name, 30), f"{name} did not end:\n{stack.tail(name)}"
    assert child.wait() == 0


@pytest.mark.parametrize("turn", range(3))
def test_a_stop_loses_no_request(whole_stack, turn):
    with Asking(whole_stack, 32, "/api/actions/ping.v1.PingService/Ping", {}) as asking:
        asking.wait_for_more(300)
        stop_cleanly(whole_stack, "millrace-2")
        asking.wait_for_more(300)
    assert set(asking.statuses) == {200}


def test_a_stop_answers_parked_polls_and_loses_none(whole_stack, project):
    runner = project.runner()
    # Parked for half a second each, so that some wait and some arrive whenever it stops.
    headers = {**runner.headers, "Connect-Timeout-Ms": "1500"}
    with Asking(whole_stack, 16, f"/api/actions/{SERVICE}/FetchTask", headers) as asking:
        asking.wait_for_more(32)
        stop_cleanly(whole_stack, "millrace-2")
        asking.wait_for_more(32)
    assert set(asking.statuses) == {200}
