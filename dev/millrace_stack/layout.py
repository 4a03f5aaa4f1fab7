"""Where a stack keeps what, below one directory."""

import hashlib
from pathlib import Path

from .host import place

# A Unix socket's path has 108 bytes in Linux; PostgreSQL's own, /pg/.s.PGSQL.5432.lock, takes 23 of them.
SOCKET_DIR_BYTES_MAX = 80


class Layout:
    """The paths of one stack; nothing but the run directory itself is made here."""

    def __init__(self, directory: Path | str):
        self.dir = place(directory)
        self.binary = self.dir / "bin/millrace"
        self.config = self.dir / "millrace.yaml"
        self.master_key = self.dir / "master-key"
        self.logs = self.dir / "log"
        self.pids = self.dir / "pids"
        self.home = self.dir / "home"
        self.temporary = self.dir / "tmp"
        self.nginx = self.dir / "nginx"
        self.repositories = self.dir / "repositories"
        self.storage = self.dir / "storage"
        self.sockets = self.dir / "sock"
        if len(str(self.sockets)) > SOCKET_DIR_BYTES_MAX:
            mark = hashlib.sha256(str(self.dir).encode()).hexdigest()[:12]
            self.sockets = Path(f"/tmp/millrace-sock-{mark}")
        # Trust authentication: nobody but the user itself may reach it, whoever may reach the other sockets.
        self.database_sockets = self.sockets / "pg"

    @property
    def for_postgres(self) -> list[tuple[Path, int]]:
        """The directories that PostgreSQL alone needs, with their modes."""
        return [
            (self.sockets, 0o750),
            (self.database_sockets, 0o700),
            (self.logs, 0o755),
            (self.pids, 0o755),
            (self.home, 0o700),
            (self.temporary, 0o700),
        ]

    @property
    def for_instances(self) -> list[tuple[Path, int]]:
        """What the instances and git need more."""
        return [
            (self.dir / "bin", 0o755),
            (self.repositories, 0o750),
            # Files get the directory's group whoever makes them; nginx writes to the spool alone.
            (self.storage, 0o2750),
            (self.storage / "spool", 0o2770),
            (self.storage / "spool/tmp", 0o2770),
        ]
