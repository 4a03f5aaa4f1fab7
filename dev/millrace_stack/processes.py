"""Processes by name: each of its own session, its pid and start time in a file, its output in a log."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .errors import StackError
from .host import PROGRAMS, ordinary_user, web_user
from .layout import Layout


def start_time(pid: int) -> str | None:
    """Ticks since boot at which the process started; None when it is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


class Processes(Layout):
    """What was started below one directory. A number used again by somebody else is not taken for ours."""

    def __init__(self, directory: Path | str):
        self.user = ordinary_user()
        self.web = web_user(self.user)
        super().__init__(directory)
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def spawn(
        self,
        name: str,
        command: list[str],
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
        user: pwd.struct_passwd | None = None,
    ) -> int:
        """Starts a process of its own session as the ordinary or the given user; log/NAME.log gets its output."""
        with open(self.logs / f"{name}.log", "ab") as log:
            self.own(self.logs / f"{name}.log", 0o644, user)
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.as_user(env, cwd, user),
            )
        self.children[name] = child
        # For spawn_again(); it may hold a token.
        kept = self.command_file(name)
        kept.touch(mode=0o600)
        kept.write_text(json.dumps([command, dict(env) if env else None]))
        self.note(name, child.pid)
        return child.pid

    def spawn_again(self, name: str) -> None:
        """One that has ended by itself, by the command it was spawned with."""
        command, env = json.loads(self.command_file(name).read_text())
        self.spawn(name, command, env=env)

    def note(self, name: str, pid: int) -> None:
        self.pid_file(name).write_text(f"{pid} {start_time(pid)}\n")

    def pid(self, name: str) -> int | None:
        try:
            pid, began = self.pid_file(name).read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        if name in self.children:
            self.children[name].poll()
        return int(pid) if start_time(int(pid)) == began else None

    def stop_one(self, name: str, timeout: float = 20) -> None:
        """A clean stop; what does not go in time is killed."""
        # postgres: SIGINT is its fast shutdown. nginx: SIGQUIT would wait for held polls, SIGTERM does not.
        self.signal(name, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        if not self.gone(name, timeout):
            self.kill(name)
        self.pid_file(name).unlink(missing_ok=True)

    def kill(self, name: str) -> None:
        """kill -9, and gone on return."""
        self.signal(name, signal.SIGKILL)
        if not self.gone(name, 10):
            raise StackError(f"{name} outlived kill -9")
        self.pid_file(name).unlink(missing_ok=True)

    def signal(self, name: str, number: int) -> None:
        pid = self.pid(name)
        if pid is None:
            return
        try:
            # fcgiwrap's and nginx's workers do not always follow their master; the group is ours, setsid made it.
            if number == signal.SIGKILL or name == "fcgiwrap":
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
        except ProcessLookupError:
            pass

    def gone(self, name: str, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self.pid(name):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def wait(self, fact: Callable[[], object], timeout: float, what: str, log: str) -> None:
        """Until fact() is true; the failure shows the end of log/LOG.log."""
        deadline = time.monotonic() + timeout
        while not fact():
            if time.monotonic() > deadline:
                path = self.logs / f"{log}.log"
                raise StackError(f"{what} within {timeout:.0f} s; read {path}:\n{self.tail(log)}")
            time.sleep(0.05)

    def tail(self, name: str, lines: int = 15) -> str:
        try:
            return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"

    def run(self, what: str, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, **self.as_user())
        if done.returncode != 0:
            raise StackError(f"{what} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")

    def as_user(
        self,
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
        user: pwd.struct_passwd | None = None,
    ) -> dict[str, Any]:
        """Arguments of subprocess that run a program as the ordinary or the given user."""
        environment = {
            "PATH": PROGRAMS,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.temporary),
            "GIT_TERMINAL_PROMPT": "0",
            **(env or {}),
        }
        options: dict[str, Any] = {"env": environment, "cwd": str(cwd or self.dir), "umask": 0o027}
        if user := user or self.user:
            options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return options

    def make(self, folders: list[tuple[Path, int]], user: pwd.struct_passwd | None = None) -> None:
        for path, mode in folders:
            path.mkdir(parents=True, exist_ok=True)
            self.own(path, mode, user)

    def own(self, path: Path, mode: int, user: pwd.struct_passwd | None = None) -> None:
        if user := user or self.user:
            os.chown(path, user.pw_uid, user.pw_gid)
        os.chmod(path, mode)

    def copy(self, source: Path, target: Path, mode: int) -> None:
        """By rename, so that a running program keeps its file."""
        fresh = target.with_name(target.name + ".new")
        shutil.copy2(source, fresh)
        os.chmod(fresh, mode)
        os.replace(fresh, target)

    def command_file(self, name: str) -> Path:
        return self.pids / f"{name}.command"

    def pid_file(self, name: str) -> Path:
        return self.pids / f"{name}.pid"
