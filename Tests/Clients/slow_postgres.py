"""A way to PostgreSQL on which what is said comes late, never, or to one side only."""

import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path

from conftest import free_port
from support import Stack


class Link:
    """One connection: the client's end and PostgreSQL's."""

    def __init__(self, client: socket.socket, server: "socket.socket | None"):
        self.client, self.server = client, server
        self.silent = server is None


class SlowPostgres:
    """A proxy on a Unix socket of its own; `dsn` is its connection string. Until told otherwise it passes everything
    on.

    What a link that was silenced once has swallowed is gone, so such a link stays silent for ever, as one that a NAT
    forgot.
    """

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="slow-pg-", dir="/tmp"))
        os.chmod(self.directory, 0o755)
        path = self.directory / ".s.PGSQL.5432"
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        os.chmod(path, 0o777)
        self.server.listen(200)
        self.upstream: Path | None = None
        self.delay = 0.0
        self.swallows = False
        self.links: list[Link] = []
        self.beats = 0  # of listening connections, that came back from PostgreSQL
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def dsn(self) -> str:
        return f"host={self.directory} dbname=millrace user=millrace"

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            try:
                upstream = None
                if not self.swallows:
                    upstream = socket.socket(socket.AF_UNIX)
                    assert self.upstream, "stack_behind() names the sockets before anybody connects"
                    upstream.connect(str(self.upstream / ".s.PGSQL.5432"))
            except OSError:
                client.close()
                continue
            link = Link(client, upstream)
            with self.lock:
                self.links.append(link)
            if upstream:
                for ends in ((client, upstream), (upstream, client)):
                    threading.Thread(target=self.pump, args=(link, *ends), daemon=True).start()

    def pump(self, link: Link, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                if not link.silent:
                    target.sendall(piece)
                    if source is link.server and b"millrace_beat_" in piece:
                        self.beats += 1
            # A silent link's ends never learn of each other's end.
            if not link.silent:
                target.shutdown(socket.SHUT_RDWR)

    def swallow(self) -> None:
        """All that is said is lost, on links that are and on those to come; no link ends."""
        self.swallows = True
        with self.lock:
            for link in self.links:
                link.silent = True

    def half_close(self) -> "int":
        """PostgreSQL's end is closed, ours stays; new links are sound. How many links it met."""
        with self.lock:
            met = [link for link in self.links if not link.silent]
            for link in met:
                link.silent = True
                assert link.server  # or it would be silent
                link.server.close() if link.server.fileno() < 0 else link.server.shutdown(socket.SHUT_RDWR)
            return len(met)

    def heal(self) -> None:
        """New links are sound again."""
        self.swallows, self.delay = False, 0.0

    def close(self) -> None:
        self.server.close()
        with self.lock:
            for link in self.links:
                for end in (link.client, link.server):
                    if end:
                        with contextlib.suppress(OSError):
                            end.shutdown(socket.SHUT_RDWR)
                        end.close()
        shutil.rmtree(self.directory, ignore_errors=True)


@contextlib.contextmanager
def stack_behind(way: SlowPostgres, name: str, what: str = "dsn", instances: int = 1, settings=None):
    """A stack that reaches PostgreSQL by `way`: with all connections, or (what="listen_dsn") with the listening one."""
    directory = Path(tempfile.mkdtemp(prefix=f"millrace-{name}-", dir="/tmp"))
    settings = {**(settings or {}), "database": {**(settings or {}).get("database", {}), what: way.dsn}}
    stack = Stack(directory, free_port(), instances=instances, settings=settings)
    way.upstream = stack.database_sockets
    try:
        yield stack.start()
    finally:
        # Or a stop would wait for what never comes.
        way.heal()
        stack.stop()
        way.close()
        if os.environ.get("KEEP_STACK"):
            print(f"\nkept {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
            shutil.rmtree(stack.sockets, ignore_errors=True)
