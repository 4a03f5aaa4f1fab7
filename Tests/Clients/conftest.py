import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from support import EmbeddedRunner, Project, Stack, User

from millrace_stack import free_port


@contextlib.contextmanager
def private_stack(name: str, port: int = 0, **options):
    """A stack in a temporary folder, gone afterwards. KEEP_STACK=1 leaves its directory for reading."""
    directory = Path(tempfile.mkdtemp(prefix=f"millrace-{name}-", dir="/tmp"))
    stack = Stack(directory, port or free_port(), **options)
    try:
        yield stack.start()
    finally:
        stack.stop()
        if os.environ.get("KEEP_STACK"):
            print(f"\nkept {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
            shutil.rmtree(stack.sockets, ignore_errors=True)


@pytest.fixture(scope="session")
def stack():
    """Two instances behind the shipped nginx configuration."""
    with private_stack("test", instances=2) as stack:
        yield stack


# Clocks so short that a test can wait for what takes minutes and hours; in this order, so that each can be told apart.
SHORT_CLOCKS = {
    "unheard_after": "2s",
    "restart_silence": "2s",
    "silent_after": "5s",
    "overlong_after": "12s",
    "timeout_grace": "3s",
    "abandoned_after": "20s",
    "spent_grace": "10s",
}


@pytest.fixture(scope="session")
def impatient_stack():
    """Like `stack`, but it gives tasks and jobs up within seconds."""
    with private_stack("impatient", instances=2, settings={"tasks": SHORT_CLOCKS}) as stack:
        yield stack


@pytest.fixture(scope="session")
def bea(impatient_stack) -> User:
    return User(impatient_stack, "bea")


@pytest.fixture
def impatient(impatient_stack, bea, tmp_path) -> Project:
    return Project(impatient_stack, bea, tmp_path)


@pytest.fixture(scope="session")
def ann(stack) -> User:
    return User(stack, "ann")


@pytest.fixture(scope="session")
def stranger(stack) -> User:
    return User(stack, "stranger")


@pytest.fixture(scope="session")
def admin(stack) -> User:
    return User(stack, "root", admin=True)


@pytest.fixture(scope="session")
def organization(stack) -> str:
    """Nothing makes one yet."""
    return stack.sql("insert into account (name, is_org) values ('guild', true) returning name")


@pytest.fixture
def project(stack, ann, tmp_path) -> Project:
    return Project(stack, ann, tmp_path)


@pytest.fixture
def private_project(stack, ann, tmp_path) -> Project:
    return Project(stack, ann, tmp_path, private=True)


@pytest.fixture
def whole_stack(stack):
    """For tests that take processes away: everything runs again afterwards."""
    yield stack
    for name in stack.names:
        stack.start_one(name)
    stack.wait_ready()


@pytest.fixture
def embedded(stack, project):
    """Starts `millrace runner` for the project's repository; gone afterwards."""
    runner = EmbeddedRunner(stack, project)
    yield runner.start
    runner.stop()
