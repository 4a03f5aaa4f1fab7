"""`millrace secrets rotate` while the server runs: killed at any point it loses nothing (docs/adr/0027)."""

import json
import random
import secrets as randomness
import subprocess
import threading
import time

import pytest
from conftest import private_stack
from support import Project, User, ask, server_key, wait_for

WORKFLOW = "on: [push, workflow_dispatch]\njobs: {j: {runs-on: x, steps: [run: x]}}\n"
SECRETS = 240
KILLS_MAX = 60


@pytest.fixture(scope="module")
def rotated():
    """A stack of its own: its master key is exchanged."""
    with private_stack("rotate", instances=2) as stack:
        yield stack


class Vault:
    """A repository full of secrets, and a runner that tells whether they are all there."""

    def __init__(self, stack, directory):
        self.stack = stack
        self.owner = User(stack, "ann")
        self.project = Project(stack, self.owner, directory)
        self.headers = {"Authorization": f"token {self.owner.token}", "Content-Type": "application/json"}
        self.values: dict[str, str] = {}
        self.runner = self.project.runner(["x"])
        self.project.push_workflow(WORKFLOW)
        self.runner.finish(self.runner.fetch())
        for number in range(SECRETS):
            self.put(f"S{number}", f"value {number} {randomness.token_hex(8)}")

    def put(self, name: str, value: str) -> None:
        path = f"/api/v1/repos/{self.project.path}/actions/secrets/{name}"
        answer = ask(self.stack, "PUT", path, json.dumps({"data": value}), self.headers)
        assert answer.status in (201, 204), answer.text
        self.values[name] = value

    def check(self) -> None:
        """What a job gets, from whichever instance answers."""
        path = f"/api/v1/repos/{self.project.path}/actions/workflows/ci.yml/dispatches"
        assert ask(self.stack, "POST", path, '{"ref": "main"}', self.headers).status == 204
        task = self.runner.fetch()
        given = {name: value for name, value in task.secrets.items() if not name.endswith("_TOKEN")}
        self.runner.finish(task)
        assert given == self.values

    def sealed_by(self) -> "dict[str, int]":
        rows = self.stack.sql("select key_id, count(*) from secret group by 1 order by 1").splitlines()
        return {key: int(count) for key, count in (row.split("|") for row in rows)}

    def rotate(self, *options: str) -> subprocess.Popen:
        command = [str(self.stack.binary), "secrets", "rotate", *options, "--json", "--config", str(self.stack.config)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **self.stack.as_user()
        )

    def rotate_to_the_end(self, *options: str) -> dict:
        process = self.rotate(*options)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return json.loads(out)


@pytest.fixture(scope="module")
def vault(rotated, tmp_path_factory) -> Vault:
    return Vault(rotated, tmp_path_factory.mktemp("vault"))


def test_killed_in_the_middle_it_goes_on_where_it_was(vault):
    """Killed when some secrets have the new key and some the old: seen so at least once, or the test proves nothing."""
    vault.check()
    broken_off = 0
    for _ in range(KILLS_MAX):
        before = vault.sealed_by()
        process = vault.rotate()
        wait_for(
            lambda before=before: vault.sealed_by() != before or process.poll() is not None, "a rotation that began"
        )
        process.kill()
        process.wait()
        after = vault.sealed_by()
        assert sum(after.values()) == len(vault.values)
        if len(after) > 1:
            broken_off += 1
            vault.check()
            vault.put("S0", f"written in between {broken_off}")
        if broken_off >= 3:
            break
    assert broken_off >= 1, "no kill came in between"
    outcome = vault.rotate_to_the_end()
    assert list(vault.sealed_by()) == [str(outcome["key"])]
    assert vault.stack.sql("select count(*) from encryption_key") == "1", "old keys are gone"
    vault.check()


def test_writers_and_jobs_go_on_beside_it(vault):
    """Two rotations after each other while secrets are written and jobs get them."""
    stop = threading.Event()
    written: list[str] = []
    failures: list[str] = []

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            try:
                vault.put("BUSY", f"busy {number}")
                written.append(f"busy {number}")
            except AssertionError as error:
                failures.append(str(error))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(2):
            vault.rotate_to_the_end()
    finally:
        stop.set()
        writer.join()
    assert not failures and len(written) > 0
    vault.check()


def test_another_master_key_without_an_outage(vault):
    """The new key's line is added, everything is wrapped with it under kills, the old line goes."""
    stack = vault.stack
    old, new = stack.master_key.read_text().strip(), randomness.token_hex(32)
    fresh = stack.dir / "master-key.new"
    fresh.write_text(new + "\n")
    stack.own(fresh, 0o600)
    stack.master_key.write_text(f"{old}\n{new}\n")
    for _ in range(8):
        process = vault.rotate("--master-key-file", str(fresh))
        time.sleep(random.uniform(0, 0.15))  # anywhere in it: a kill at any moment must lose nothing
        process.kill()
        process.wait()
        masters = stack.sql("select count(distinct wrapped_by) from server_key")
        assert masters == "1", "all of a kind or none"
    vault.check()
    vault.rotate_to_the_end("--master-key-file", str(fresh))
    vault.check()
    stack.master_key.write_text(f"{new}\n")
    for name in stack.instance_names:
        stack.restart(name)
    stack.wait_ready()
    vault.check()
    # The old key alone opens nothing any more.
    lost = stack.dir / "master-key.old"
    lost.write_text(old + "\n")
    stack.own(lost, 0o600)
    environment = stack.as_user({"MILLRACE_SECRETS_MASTER_KEY_FILE": str(lost)})
    command = [str(stack.binary), "serve", "--instance", "9", "--config", str(stack.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **environment)
    assert done.returncode == 1 and "secrets.master_key_file" in done.stderr


def test_an_old_database_is_wrapped_when_somebody_says_so(vault):
    """As a server of before master keys left it: keys stand in the database as they are."""
    stack = vault.stack
    for purpose in ["seal", "runtime_token"]:
        key = server_key(stack, purpose).hex()
        stack.sql(f"update server_key set key = '\\x{key}', wrapped_by = null where purpose = '{purpose}'")
    for name in stack.instance_names:
        stack.restart(name)
    stack.wait_ready()
    vault.check()
    assert "secrets wrap" in (stack.logs / "millrace-1.log").read_text()
    assert stack.millrace("secrets", "wrap").strip() == "wrapped 2 keys"
    assert stack.millrace("secrets", "wrap").strip() == "all keys are wrapped"
    vault.check()
    stack.restart("millrace-1")
    stack.wait_ready()
    vault.check()
