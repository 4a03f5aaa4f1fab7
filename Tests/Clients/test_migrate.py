"""`millrace migrate` and what `serve` does with a schema it does not fit, on databases of each test's own."""

import itertools
import shutil
import signal
import subprocess

import pytest
from support import wait_for

numbers = itertools.count(1)


class Site:
    """A database of its own in the stack's PostgreSQL, and a configuration that names it."""

    def __init__(self, stack):
        self.stack, self.name = stack, f"migrate{next(numbers)}"
        self.home = stack.dir / self.name
        shutil.copytree(stack.dir / "migrations", self.home / "migrations")
        for folder in ["sock", "repositories", "storage"]:
            (self.home / folder).mkdir()
            stack.own(self.home / folder, 0o755)
        stack.own(self.home, 0o755)
        stack.sql(f"create database {self.name}", "postgres")
        self.files = sorted(path.name for path in (self.home / "migrations").glob("*.sql"))
        self.config = self.home / "millrace.yaml"
        self.configure(f"host={stack.database_sockets} dbname={self.name} user=millrace")

    def configure(self, dsn: str, migrations=None) -> None:
        self.config.write_text(
            f"server:\n  socket_dir: {self.home}/sock\ndatabase:\n  dsn: {dsn}\n"
            f"  migrations_dir: {migrations or self.home / 'migrations'}\n"
            f"storage:\n  dir: {self.home}/storage\ngit:\n  repositories_dir: {self.home}/repositories\n"
        )

    def millrace(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(self.stack.binary), *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=60,
            **self.stack.as_user(),
        )

    def without(self, count: int) -> None:
        """As a version knows it that has so many migrations less."""
        for name in self.files[len(self.files) - count :]:
            (self.home / "migrations" / name).rename(self.home / name)

    def with_all(self) -> None:
        for path in self.home.glob("*.sql"):
            path.rename(self.home / "migrations" / path.name)

    @property
    def tables(self) -> int:
        return int(self.stack.sql("select count(*) from pg_tables where schemaname = 'public'", self.name))


@pytest.fixture
def site(stack):
    site = Site(stack)
    yield site
    stack.sql(f"drop database {site.name} with (force)", "postgres")


def lines(word: str, names) -> str:
    return "".join(f"{word}  {name}\n" for name in names)


def test_an_empty_database(site):
    status = site.millrace("migrate", "--status")
    assert (status.returncode, status.stdout, status.stderr) == (1, lines("missing", site.files), "")
    dry = site.millrace("migrate", "--dry-run")
    assert (dry.returncode, dry.stdout, dry.stderr) == (0, lines("would apply", site.files), "")
    assert site.tables == 0


def test_from_empty_to_complete_and_nothing_more(site):
    done = site.millrace("migrate")
    assert (done.returncode, done.stdout, done.stderr) == (0, lines("applied", site.files), "")
    status = site.millrace("migrate", "--status")
    assert (status.returncode, status.stdout, status.stderr) == (0, lines("applied", site.files), "")
    for again in [site.millrace("migrate"), site.millrace("migrate", "--dry-run")]:
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_half_migrated_database(site):
    site.without(1)
    assert site.millrace("migrate").returncode == 0
    site.with_all()
    status = site.millrace("migrate", "--status")
    assert (status.returncode, status.stdout) == (
        1,
        lines("applied", site.files[:-1]) + lines("missing", site.files[-1:]),
    )
    assert site.millrace("migrate", "--dry-run").stdout == lines("would apply", site.files[-1:])
    done = site.millrace("migrate")
    assert (done.returncode, done.stdout) == (0, lines("applied", site.files[-1:]))


def test_a_database_newer_than_the_program_fits(site):
    assert site.millrace("migrate").returncode == 0
    site.without(1)
    status = site.millrace("migrate", "--status")
    assert (status.returncode, status.stdout) == (
        0,
        lines("applied", site.files[:-1]) + lines("newer", site.files[-1:]),
    )


def test_a_file_that_fails_is_named_and_rolled_back(site):
    (site.home / "migrations/9999_fails.sql").write_text("create table half (id bigint);\nselect 1 / 0;\n")
    done = site.millrace("migrate")
    assert done.returncode == 1
    assert done.stdout == lines("applied", site.files)
    assert done.stderr.startswith('millrace: migration "9999_fails.sql" failed and was rolled back: division by zero')
    assert site.stack.sql("select to_regclass('half') is null", site.name) == "t"
    assert site.millrace("migrate", "--status").stdout.endswith("missing  9999_fails.sql\n")


def test_two_at_once_apply_each_file_once(site):
    running = [
        subprocess.Popen(
            [str(site.stack.binary), "migrate", "--config", str(site.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **site.stack.as_user(),
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert sorted("".join(out for out, _ in said).splitlines()) == lines("applied", site.files).splitlines()


@pytest.mark.parametrize("missing", ["all", "last"])
def test_serve_refuses_a_schema_that_lacks_a_migration_and_does_not_migrate(site, missing):
    if missing == "last":
        site.without(1)
        assert site.millrace("migrate").returncode == 0
        site.with_all()
    first = site.files[0] if missing == "all" else site.files[-1]
    count = len(site.files) if missing == "all" else 1
    before = site.tables
    served = site.millrace("serve", "--instance", "1")
    assert (served.returncode, served.stdout) == (1, "")
    assert served.stderr == (
        f"millrace: the database lacks {count} migration{'s' if count > 1 else ''}, the first is "
        f'"{first}"; run: millrace migrate --config {site.config}\n'
    )
    assert site.tables == before
    assert list((site.home / "sock").iterdir()) == []


def test_serve_starts_on_a_newer_schema(site):
    assert site.millrace("migrate").returncode == 0
    site.without(1)
    child = subprocess.Popen(
        [str(site.stack.binary), "serve", "--instance", "1", "--config", str(site.config)],
        stderr=subprocess.PIPE,
        text=True,
        **site.stack.as_user(),
    )
    try:
        wait_for((site.home / "sock/work-1.sock").exists, "the work socket")
    finally:
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 0, said


@pytest.mark.parametrize(
    "command", [["migrate"], ["migrate", "--status"], ["migrate", "--dry-run"], ["serve"], ["admin", "runner", "token"]]
)
def test_postgresql_away_is_exit_3_with_the_place(site, command):
    site.configure("host=/nonexistent-place dbname=x")
    done = site.millrace(*command)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("millrace: could not connect to PostgreSQL: ")
    assert "/nonexistent-place" in done.stderr


@pytest.mark.parametrize("command", [["migrate"], ["migrate", "--status"], ["serve"]])
def test_no_migrations_is_a_mistake_of_the_configuration(site, command):
    empty = site.home / "nothing"
    site.configure(f"host={site.stack.database_sockets} dbname={site.name} user=millrace", empty)
    absent = site.millrace(*command)
    assert (absent.returncode, absent.stdout) == (1, "")
    assert absent.stderr == (
        f'millrace: could not read the migrations in "{empty}": No such file or directory; '
        "set database.migrations_dir\n"
    )
    empty.mkdir()
    nothing = site.millrace(*command)
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert nothing.stderr == f'millrace: there are no migrations in "{empty}"; set database.migrations_dir\n'
