"""This machine: its users, its ports, and which paths an ordinary user reaches."""

import hashlib
import os
import pwd
import socket
import stat
import subprocess
from pathlib import Path

from .errors import StackError

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def ordinary_user() -> pwd.struct_passwd | None:
    """The user everything but nginx runs as; None when that is simply who we are."""
    if os.geteuid() != 0:
        return None
    return user_named(os.environ.get("MILLRACE_STACK_USER", "millrace"), ["--user-group"])


def web_user(user: pwd.struct_passwd | None) -> pwd.struct_passwd | None:
    """The user nginx runs as, of the same group; None as above."""
    return user and user_named(f"{user.pw_name}-web", ["--no-user-group", "--gid", str(user.pw_gid)])


def user_named(name: str, group: list[str]) -> pwd.struct_passwd:
    """The user, made when it is missing."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        made = subprocess.run(["useradd", *options, *group, name], capture_output=True, text=True)
        if made.returncode not in (0, 9):  # 9: somebody made it at the same moment
            raise StackError(
                f'could not make the user "{name}": {made.stderr.strip()}; '
                "set MILLRACE_STACK_USER to an existing ordinary user"
            ) from None
        return pwd.getpwnam(name)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def why_taken(port: int) -> str | None:
    """Why nobody could listen on this port of 127.0.0.1; None when it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror
    return None


def reachable_by_others(path: Path) -> bool:
    """Whether an ordinary user can walk to the path (below /root it cannot)."""
    path = path.resolve()
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in [path, *path.parents] if parent.exists())


def place(directory: Path | str) -> Path:
    """The run directory; one that the ordinary user cannot reach becomes a link to one that it can."""
    directory = Path(os.path.abspath(directory))
    if os.geteuid() == 0 and not directory.is_symlink():
        directory.parent.mkdir(parents=True, exist_ok=True)
        if not reachable_by_others(directory.parent):
            mark = hashlib.sha256(str(directory).encode()).hexdigest()[:12]
            real = Path("/var/lib/millrace-dev") / mark
            real.mkdir(parents=True, exist_ok=True)
            if directory.exists():
                raise StackError(f'"{directory}" cannot be reached by an ordinary user; move it away or set RUN_DIR')
            directory.symlink_to(real)
    directory.mkdir(parents=True, exist_ok=True)
    return directory.resolve()
