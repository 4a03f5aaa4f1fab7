"""A PostgreSQL of one's own, reached by a Unix socket alone."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import StackError
from .host import ROOT
from .processes import Processes


def postgres_programs() -> Path:
    """The directory of initdb and its like: the newest of Debian's, or the one on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    found = [p for p in found if float(p.parent.name) >= 15 and (p / "initdb").exists()]
    if found:
        return found[-1]
    here = shutil.which("initdb")
    if here:
        return Path(here).parent
    raise StackError("there is no PostgreSQL 15 or newer; install it with: apt-get install postgresql-15")


class Postgres:
    """The database server of one stack; its one database is "millrace"."""

    def __init__(self, processes: Processes):
        self.processes = processes
        self.sockets = processes.database_sockets

    @property
    def dsn(self) -> str:
        return f"host={self.sockets} dbname=millrace user=millrace"

    def start(self) -> None:
        processes = self.processes
        if processes.pid("postgres"):
            return
        programs, data = postgres_programs(), processes.dir / "pg"
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(data, ignore_errors=True)
            # trust: the only way in is a socket in a directory of mode 0700.
            initdb = [str(programs / "initdb"), "-D", str(data), "-U", "millrace", "-A", "trust"]
            processes.run("initdb", [*initdb, "-E", "UTF8", "--locale=C.UTF-8"])
        server = [str(programs / "postgres"), "-D", str(data), "-k", str(self.sockets)]
        processes.spawn("postgres", [*server, "-c", "listen_addresses=", "-c", "max_connections=200"])
        processes.wait(lambda: self.answers(programs), 60, "PostgreSQL did not answer", "postgres")
        if self.sql("select 1 from pg_database where datname = 'millrace'", "postgres") != "1":
            createdb = [str(programs / "createdb"), "-h", str(self.sockets), "-U", "millrace", "millrace"]
            processes.run("createdb", createdb)

    def answers(self, programs: Path) -> bool:
        if not self.processes.pid("postgres"):
            log = self.processes.logs / "postgres.log"
            raise StackError(f"PostgreSQL ended at its start; read {log}:\n{self.processes.tail('postgres')}")
        return subprocess.run([str(programs / "pg_isready"), "-q", "-h", str(self.sockets)]).returncode == 0

    def psql(self, database: str, *options: str) -> list[str]:
        """A command line of psql, without anybody's .psqlrc."""
        program = str(postgres_programs() / "psql")
        return [program, "-h", str(self.sockets), "-U", "millrace", "-d", database, *options]

    def sql(self, text: str, database: str = "millrace") -> str:
        """One statement through psql; for tests that look at what is stored."""
        done = subprocess.run(self.psql(database, "-XAtqc", text), capture_output=True, text=True)
        if done.returncode != 0:
            raise StackError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()


@contextlib.contextmanager
def scratch_postgres(purpose: str) -> Iterator[Postgres]:
    """A PostgreSQL in a temporary folder, gone afterwards; it may lose data with the machine."""
    with tempfile.TemporaryDirectory(prefix=f"millrace-{purpose}-") as folder:
        Path(folder).chmod(0o755)  # or the ordinary user could not walk to what is below it
        processes = Processes(f"{folder}/run")
        processes.own(processes.dir, 0o755)
        processes.make(processes.for_postgres)
        postgres = Postgres(processes)
        try:
            postgres.start()
            # Nothing here outlives the run, and making a database would otherwise be a second of fsync.
            postgres.sql("alter system set fsync = off", "postgres")
            postgres.sql("select pg_reload_conf()", "postgres")
            yield postgres
        finally:
            processes.stop_one("postgres")


def apply_migrations(postgres: Postgres, *more: Path) -> None:
    """All migrations in the order in which `millrace migrate` applies them, and other files after them."""
    for path in [*sorted((ROOT / "sql/migrations").glob("*.sql")), *more]:
        whole = [] if "-- millrace: no transaction" in path.read_text() else ["--single-transaction"]
        command = postgres.psql("millrace", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", "-", *whole)
        with path.open() as script:
            done = subprocess.run(command, stdin=script, capture_output=True, text=True)
        if done.returncode != 0:
            raise StackError(f"{path.relative_to(ROOT)} could not be applied: {done.stderr.strip()}")
