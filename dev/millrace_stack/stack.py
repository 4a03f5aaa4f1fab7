"""The whole: PostgreSQL, fcgiwrap, nginx and N instances."""

import http.client
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Self

from .configuration import Settings, configuration, write_configuration
from .errors import StackError
from .fcgiwrap import start_fcgiwrap
from .host import ROOT
from .instance import Instances, source_binary
from .nginx import Nginx
from .postgres import Postgres
from .processes import Processes


class Stack(Processes):
    """start() … stop(); processes by name: postgres, fcgiwrap, nginx, millrace-1 …, and what spawn() was given."""

    def __init__(
        self,
        dir: Path | str,
        port: int,
        instances: int = 2,
        binary: Path | str | None = None,
        poll_hold: str = "25s",
        settings: Settings | None = None,
    ):
        """settings: section → key → value, laid over what millrace.yaml says otherwise."""
        super().__init__(dir)
        self.port, self.instances, self.poll_hold = port, instances, poll_hold
        self.settings: Settings = settings or {}
        self.url = f"http://127.0.0.1:{port}"
        self.source = source_binary(binary)
        self.postgres = Postgres(self)
        self.front = Nginx(self, port, instances)
        self.programs = Instances(self, self.source)

    @property
    def names(self) -> list[str]:
        return ["postgres", "fcgiwrap", "nginx", *self.instance_names]

    @property
    def instance_names(self) -> list[str]:
        return [f"millrace-{n}" for n in range(1, self.instances + 1)]

    def start(self) -> Self:
        """Starts what does not run; restarts what runs with an older binary or configuration."""
        if not self.source.exists():
            raise StackError(f'there is no binary at "{self.source}"; build it with: swift build')
        self.own(self.dir, 0o755)
        self.make(self.for_postgres + self.for_instances)
        self.make_master_key()
        self.front.prepare()
        changed = self.programs.install()
        changed |= self.write_config()
        if self.front.write():
            self.stop_one("nginx")
        self.postgres.start()
        self.millrace("migrate")
        if changed:
            for name in self.instance_names:
                self.stop_one(name)
        for name in ["fcgiwrap", *self.instance_names, "nginx"]:
            self.start_one(name)
        self.wait_ready()
        return self

    def stop(self) -> None:
        """The front first, PostgreSQL last; what others spawned before all."""
        # Or it would start again what is stopped here.
        self.stop_one("keeper")
        extra = [p.stem for p in self.pids.glob("*.pid") if p.stem not in self.names]
        instances = [n for n in [*extra, *self.names] if n.startswith("millrace-")]
        for name in [*(n for n in extra if n not in instances), "nginx", *instances, "fcgiwrap", "postgres"]:
            self.stop_one(name)

    def status(self) -> dict[str, int | None]:
        return {name: self.pid(name) for name in self.names}

    def start_one(self, name: str) -> None:
        if self.pid(name):
            return
        match name.split("-"):
            case ["postgres"]:
                self.postgres.start()
            case ["nginx"]:
                self.front.start()
            case ["fcgiwrap"]:
                start_fcgiwrap(self)
            case ["millrace", number]:
                self.programs.start(number)
            case _:
                raise StackError(f'there is no process "{name}"')

    def start_again(self, name: str) -> None:
        """One that has ended by itself; what is not the stack's own by the command it was spawned with."""
        self.children.pop(name, None)
        if name in self.names:
            # Its pid is nobody's any more, and the start writes a new one.
            self.start_one(name)
        else:
            self.spawn_again(name)

    def restart(self, name: str) -> None:
        self.stop_one(name)
        self.start_one(name)

    def keep(self) -> None:
        """Starts dev/keep.py, which starts again what ends; as ourselves, since it starts processes of two users."""
        self.stop_one("keeper")
        command = [sys.executable, str(ROOT / "dev/keep.py"), "--dir", str(self.dir), "--port", str(self.port)]
        with open(self.logs / "keeper.log", "ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=str(self.dir),
            )
        self.note("keeper", child.pid)

    def wait_ready(self, timeout: float = 30) -> None:
        """Until /readyz is 200 through nginx."""

        def through_nginx() -> bool:
            try:
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                link.request("GET", "/readyz")
                return link.getresponse().status == 200
            except OSError:
                return False

        self.wait(through_nginx, timeout, f"{self.url}/readyz did not become ready", "nginx")

    def make_master_key(self) -> None:
        """Once: what it has wrapped opens by no other."""
        if not self.master_key.exists():
            self.master_key.touch(mode=0o600)
            self.master_key.write_text(secrets.token_hex(32) + "\n")
        self.own(self.master_key, 0o600)

    def write_config(self) -> bool:
        text = configuration(self, self.url, self.postgres.dsn, self.poll_hold, self.settings)
        return write_configuration(self, text)

    @property
    def spool_port(self) -> int:
        return self.front.spool_port

    def millrace(self, *arguments: str, input: str | None = None) -> str:
        """Runs `millrace ARGUMENTS --config …` to its end; its standard output."""
        return self.programs.millrace(*arguments, input=input)

    def sql(self, text: str, database: str = "millrace") -> str:
        """One statement through psql; for tests that look at what is stored."""
        return self.postgres.sql(text, database)
