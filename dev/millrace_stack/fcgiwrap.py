"""fcgiwrap, which runs git-http-backend for nginx."""

import os

from .processes import Processes


def start_fcgiwrap(processes: Processes) -> None:
    path = processes.sockets / "git.sock"
    path.unlink(missing_ok=True)
    # -f: what git says on stderr goes to nginx's log. -c 16: pushes and clones at once.
    processes.spawn("fcgiwrap", ["fcgiwrap", "-f", "-c", "16", "-s", f"unix:{path}"])
    processes.wait(path.exists, 10, "fcgiwrap did not open its socket", "fcgiwrap")
    # By hand: as a umask it would be that of git's files, too.
    os.chmod(path, 0o660)
