"""dev/keep.py, as `make run` starts it: what ends is started again; what is stopped stays stopped."""

import os
import signal

import pytest
from conftest import private_stack
from support import ask, wait_for


@pytest.fixture(scope="module")
def kept():
    with private_stack("kept", instances=2) as stack:
        stack.keep()
        yield stack


def answers(stack) -> bool:
    try:
        return ask(stack, "GET", "/readyz", timeout=5).status == 200
    except OSError:
        return False


@pytest.mark.parametrize("name", ["millrace-1", "nginx", "fcgiwrap", "postgres"])
def test_what_is_killed_comes_back(kept, name):
    before = kept.pid(name)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: (now := kept.pid(name)) and now != before, f"another {name}")
    wait_for(lambda: answers(kept), "readiness")


def test_what_is_stopped_stays_stopped(kept):
    kept.stop_one("millrace-2")
    before = kept.pid("millrace-1")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: (now := kept.pid("millrace-1")) and now != before, "another millrace-1")
    assert kept.pid("millrace-2") is None
