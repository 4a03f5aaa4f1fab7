#!/usr/bin/env python3
"""A private Millrace: PostgreSQL, fcgiwrap, nginx and N instances below one directory, on 127.0.0.1.

Used by `make run` (dev/run.py), by the tests (Tests/Clients) and by hand:

    dev/stack.py up --dir .run --port 3000        start what does not run
    dev/stack.py status --dir .run
    dev/stack.py down --dir .run

PostgreSQL refuses root and nothing here needs it, so under root everything runs as the user `millrace` (made when it is
missing; MILLRACE_STACK_USER names another), and nginx as `millrace-web`, another user of the same group, as it is on a real
host: what one of the two writes and the other must read would otherwise never be seen to be unreadable. Only processes
started here are ever signalled: a pid file holds the pid and the process's start time, so a number used again by somebody
else is not taken for ours.
"""
import argparse
import glob
import hashlib
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
# A Unix socket's path has 108 bytes in Linux; PostgreSQL's own, /pg/.s.PGSQL.5432.lock, takes 23 of them.
SOCKET_DIR_BYTES_MAX = 80


class StackError(Exception):
    """What happened and which file to read."""


def ordinary_user() -> "pwd.struct_passwd | None":
    """The user everything but nginx runs as; None when that is simply who we are."""
    if os.geteuid() != 0:
        return None
    return user_named(os.environ.get("MILLRACE_STACK_USER", "millrace"), ["--user-group"])


def web_user(user: "pwd.struct_passwd | None") -> "pwd.struct_passwd | None":
    """The user nginx runs as, of the same group; None as above."""
    return user and user_named(f"{user.pw_name}-web", ["--no-user-group", "--gid", str(user.pw_gid)])


def user_named(name: str, group: "list[str]") -> "pwd.struct_passwd":
    """The user, made when it is missing."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
             *group, name], capture_output=True, text=True)
        if made.returncode not in (0, 9):  # 9: somebody made it at the same moment
            raise StackError(f'could not make the user "{name}": {made.stderr.strip()}; '
                             "set MILLRACE_STACK_USER to an existing ordinary user") from None
        return pwd.getpwnam(name)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def why_taken(port: int) -> "str | None":
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


def place(directory: "Path | str") -> Path:
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


def postgres_programs() -> Path:
    found = sorted((Path(p) for p in glob.glob("/usr/lib/postgresql/*/bin")), key=lambda p: float(p.parent.name))
    found = [p for p in found if float(p.parent.name) >= 15 and (p / "initdb").exists()]
    if found:
        return found[-1]
    here = shutil.which("initdb")
    if here:
        return Path(here).parent
    raise StackError("there is no PostgreSQL 15 or newer; install it with: apt-get install postgresql-15")


def start_time(pid: int) -> "str | None":
    """Ticks since boot at which the process started; None when it is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def fastcgi_ask(path: str, uri: str, method: str = "GET", body: bytes = b"", headers: "dict[str, str] | None" = None,
                timeout: float = 2.0, after_first=None) -> "tuple[int, dict[str, str], bytes]":
    """One request asked of one instance's socket, past nginx: status, headers (names in lower case) and body.

    after_first() is called once the answer has begun; until it returns nothing more is read."""
    parameters = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "QUERY_STRING": "", "CONTENT_LENGTH": str(len(body) or ""),
                  "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
    for name, value in (headers or {}).items():
        upper = name.upper().replace("-", "_")
        parameters[upper if upper == "CONTENT_TYPE" else f"HTTP_{upper}"] = value

    def length(text: bytes) -> bytes:
        return struct.pack(">B", len(text)) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)
    pairs = b"".join(length(k) + length(v) + k + v for k, v in
                     ((k.encode(), v.encode()) for k, v in parameters.items()))

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content

    def stream(kind: int, content: bytes) -> bytes:
        pieces = [content[at:at + 65535] for at in range(0, len(content), 65535)]
        return b"".join(record(kind, piece) for piece in pieces) + record(kind, b"")
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(timeout)
        link.connect(path)
        link.sendall(record(1, struct.pack(">HB5x", 1, 0)) + stream(4, pairs) + stream(5, body))
        answer = link.recv(65536)
        if after_first:
            after_first()
        while chunk := link.recv(65536):
            answer += chunk
    text, at = b"", 0
    while at + 8 <= len(answer):
        _, kind, _, size, padding, _ = struct.unpack(">BBHHBB", answer[at:at + 8])
        if kind == 6:
            text += answer[at + 8:at + 8 + size]
        at += 8 + size + padding
    head, _, rest = text.partition(b"\r\n\r\n")
    said = {name.lower(): value.strip() for name, _, value in
            (line.partition(":") for line in head.decode(errors="replace").splitlines())}
    return (int(said.get("status", "200").split()[0]) if text else 0), said, rest


def fastcgi_get(path: str, uri: str) -> int:
    """Status of one GET asked of one instance: tells which instance is ready."""
    return fastcgi_ask(path, uri)[0]


class Stack:
    """start() … stop(); single processes by name: postgres, fcgiwrap, nginx, millrace-1 …, and what spawn() was given."""

    def __init__(self, dir, port: int, instances: int = 2, binary=None, poll_hold: str = "25s",
                 settings: "dict[str, dict[str, str]] | None" = None):
        """settings: section → key → value, laid over what millrace.yaml says otherwise."""
        self.user = ordinary_user()
        self.web = web_user(self.user)
        self.dir = place(dir)
        self.port, self.instances, self.poll_hold = port, instances, poll_hold
        self.settings = settings or {}
        self.source = Path(binary or os.environ.get("MILLRACE_BINARY") or ROOT / ".build/debug/millrace")
        self.url = f"http://127.0.0.1:{port}"
        self.binary = self.dir / "bin/millrace"
        self.config = self.dir / "millrace.yaml"
        self.logs = self.dir / "log"
        self.repositories = self.dir / "repositories"
        self.storage = self.dir / "storage"
        self.sockets = self.dir / "sock"
        if len(str(self.sockets)) > SOCKET_DIR_BYTES_MAX:
            mark = hashlib.sha256(str(self.dir).encode()).hexdigest()[:12]
            self.sockets = Path(f"/tmp/millrace-sock-{mark}")
        # Trust authentication: nobody but the user itself may reach it, whoever may reach the other sockets.
        self.database_sockets = self.sockets / "pg"
        self.children: "dict[str, subprocess.Popen]" = {}

    # --- the whole ---

    @property
    def names(self) -> "list[str]":
        return ["postgres", "fcgiwrap", "nginx"] + [f"millrace-{n}" for n in range(1, self.instances + 1)]

    def start(self) -> "Stack":
        """Starts what does not run; restarts what runs with an older binary or configuration."""
        if not self.source.exists():
            raise StackError(f'there is no binary at "{self.source}"; build it with: swift build')
        self.own(self.dir, 0o755)
        for path, mode in [(self.sockets, 0o750), (self.database_sockets, 0o700), (self.logs, 0o755), (self.dir / "pids", 0o755),
                           (self.dir / "bin", 0o755), (self.dir / "home", 0o700), (self.repositories, 0o750),
                           (self.dir / "tmp", 0o700),
                           # Files get the directory's group whoever makes them; nginx writes to the spool alone.
                           (self.storage, 0o2750), (self.storage / "spool", 0o2770), (self.storage / "spool/tmp", 0o2770)]:
            path.mkdir(parents=True, exist_ok=True)
            self.own(path, mode)
        for path in (self.dir / "nginx", self.dir / "nginx/tmp"):
            path.mkdir(exist_ok=True)
            self.own(path, 0o755, self.web)
        for path in (self.logs / "nginx.log", self.logs / "access.log"):
            path.touch()
            self.own(path, 0o644, self.web)
        changed = self.install()
        changed |= self.write_config()
        if self.write_nginx():
            self.stop_one("nginx")
        self.start_postgres()
        self.millrace("migrate")
        if changed:
            for n in range(1, self.instances + 1):
                self.stop_one(f"millrace-{n}")
        self.start_one("fcgiwrap")
        for n in range(1, self.instances + 1):
            self.start_one(f"millrace-{n}")
        self.start_one("nginx")
        self.wait_ready()
        return self

    def stop(self) -> None:
        """The front first, PostgreSQL last; what others spawned before all."""
        # Or it would start again what is stopped here.
        self.stop_one("keeper")
        extra = [p.stem for p in (self.dir / "pids").glob("*.pid") if p.stem not in self.names]
        millraces = [n for n in extra if n.startswith("millrace-")] + [n for n in self.names if n.startswith("millrace-")]
        for name in [n for n in extra if n not in millraces] + ["nginx"] + millraces + ["fcgiwrap", "postgres"]:
            self.stop_one(name)

    def status(self) -> "dict[str, int | None]":
        return {name: self.pid(name) for name in self.names}

    # --- one process ---

    def start_one(self, name: str) -> None:
        if self.pid(name):
            return
        if name == "postgres":
            self.start_postgres()
        elif name == "nginx":
            if why := why_taken(self.port):
                raise StackError(f"could not listen on 127.0.0.1:{self.port}: {why}; choose another with PORT=…")
            self.write_nginx()
            conf = str(self.dir / "nginx/nginx.conf")
            command = ["nginx", "-p", str(self.dir / "nginx"), "-e", str(self.logs / "nginx.log"), "-c", conf]
            said = subprocess.run(command + ["-t"], capture_output=True, text=True, **self.as_user(user=self.web))
            if said.returncode != 0:
                raise StackError(f"nginx refuses its configuration {conf}:\n{said.stderr.strip()}")
            self.spawn(name, command + ["-g", "daemon off;"], user=self.web)
        elif name == "fcgiwrap":
            path = self.sockets / "git.sock"
            path.unlink(missing_ok=True)
            # -f: what git says on stderr goes to nginx's log. -c 16: pushes and clones at once.
            self.spawn(name, ["fcgiwrap", "-f", "-c", "16", "-s", f"unix:{path}"])
            self.wait(path.exists, 10, "fcgiwrap did not open its socket", name)
            # By hand: as a umask it would be that of git's files, too.
            os.chmod(path, 0o660)
        elif name.startswith("millrace-"):
            number = name.split("-")[1]
            self.spawn(name, [str(self.binary), "serve", "--config", str(self.config), "--instance", number])
            self.wait(lambda: self.ready(number), 30, f"instance {number} did not become ready", name)
        else:
            raise StackError(f'there is no process "{name}"')

    def start_again(self, name: str) -> None:
        """One that has ended by itself; what is not the stack's own by the command it was spawned with."""
        self.children.pop(name, None)
        if name in self.names:
            # Its pid is nobody's any more, and the start writes a new one.
            self.start_one(name)
            return
        command, env = json.loads(self.command_file(name).read_text())
        self.spawn(name, command, env=env)

    def keep(self) -> None:
        """Starts dev/keep.py, which starts again what ends; as ourselves, since it must start processes of two users."""
        self.stop_one("keeper")
        with open(self.logs / "keeper.log", "ab") as log:
            child = subprocess.Popen(
                [sys.executable, str(ROOT / "dev/keep.py"), "--dir", str(self.dir), "--port", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=str(self.dir))
        self.pid_file("keeper").write_text(f"{child.pid} {start_time(child.pid)}\n")

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

    def restart(self, name: str) -> None:
        self.stop_one(name)
        self.start_one(name)

    def spawn(self, name: str, command: "list[str]", env: "dict[str, str] | None" = None, cwd=None,
              user: "pwd.struct_passwd | None" = None) -> int:
        """Starts a process of its own session as the ordinary or the given user, its output appended to log/NAME.log."""
        with open(self.logs / f"{name}.log", "ab") as log:
            self.own(self.logs / f"{name}.log", 0o644, user)
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **self.as_user(env, cwd, user))
        self.children[name] = child
        if name not in self.names:
            # For start_again(); it may hold a token.
            kept = self.command_file(name)
            kept.touch(mode=0o600)
            kept.write_text(json.dumps([command, env]))
        self.pid_file(name).write_text(f"{child.pid} {start_time(child.pid)}\n")
        return child.pid

    def pid(self, name: str) -> "int | None":
        try:
            pid, began = self.pid_file(name).read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        if name in self.children:
            self.children[name].poll()
        return int(pid) if start_time(int(pid)) == began else None

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

    # --- asking Millrace ---

    def millrace(self, *arguments: str, input: "str | None" = None) -> str:
        """Runs `millrace ARGUMENTS --config …` to its end; its standard output."""
        done = subprocess.run([str(self.binary), *arguments, "--config", str(self.config)],
                              capture_output=True, text=True, input=input, **self.as_user())
        if done.returncode != 0:
            raise StackError(f"millrace {' '.join(arguments[:3])} ended with {done.returncode}: "
                             f"{(done.stderr or done.stdout).strip()}")
        return done.stdout

    def ready(self, number: str) -> bool:
        name = f"millrace-{number}"
        if not self.pid(name):
            raise StackError(f"instance {number} ended at its start; read {self.logs / (name + '.log')}:\n{self.tail(name)}")
        try:
            return fastcgi_get(str(self.sockets / f"work-{number}.sock"), "/readyz") == 200
        except OSError:
            return False

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

    def wait(self, fact, timeout: float, what: str, log: str) -> None:
        deadline = time.monotonic() + timeout
        while not fact():
            if time.monotonic() > deadline:
                raise StackError(f"{what} within {timeout:.0f} s; read {self.logs / (log + '.log')}:\n{self.tail(log)}")
            time.sleep(0.05)

    def tail(self, name: str, lines: int = 15) -> str:
        try:
            return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"

    # --- the parts ---

    def install(self) -> bool:
        """Copies binary and migrations, since the user may not reach the checkout and a build must not disturb a run."""
        def same(a: Path, b: Path) -> bool:
            # Size and time: a linker that writes the same bytes again costs one needless restart, no more.
            return b.exists() and a.stat().st_size == b.stat().st_size and int(a.stat().st_mtime) == int(b.stat().st_mtime)
        changed = False
        if not same(self.source, self.binary):
            changed = True
            self.copy(self.source, self.binary, 0o755)
            for bundle in self.source.parent.glob("*.resources"):
                shutil.copytree(bundle, self.binary.parent / bundle.name, dirs_exist_ok=True)
            listed = subprocess.run(["ldd", str(self.source)], capture_output=True, text=True).stdout
            for line in listed.splitlines():
                library = Path(line.split("=>")[1].split()[0]) if "=> /" in line else None
                # A toolchain below somebody's home: the binary also looks beside itself ($ORIGIN).
                if library and self.user and not reachable_by_others(library.parent):
                    self.copy(library.resolve(), self.binary.parent / library.name, 0o755)
        for kind in ("migrations", "checks"):
            place = self.dir / kind
            place.mkdir(exist_ok=True)
            wanted = {p.name: p for p in (ROOT / "sql" / kind).glob("*.sql")}
            for old in place.glob("*.sql"):
                if old.name not in wanted:
                    old.unlink()
            for name, path in wanted.items():
                self.copy(path, place / name, 0o644)
        return changed

    def copy(self, source: Path, target: Path, mode: int) -> None:
        """By rename, so that a running program keeps its file."""
        fresh = target.with_name(target.name + ".new")
        shutil.copy2(source, fresh)
        os.chmod(fresh, mode)
        os.replace(fresh, target)

    def write_config(self) -> bool:
        sections = {
            "server": {"public_url": self.url, "socket_dir": self.sockets, "work_threads": 16},
            "database": {"dsn": self.dsn, "pool": 8, "migrations_dir": f"{self.dir}/migrations",
                         "checks_dir": f"{self.dir}/checks"},
            "storage": {"dir": self.storage},
            "git": {"repositories_dir": self.repositories},
            "tasks": {"poll_hold": self.poll_hold},
        }
        for section, keys in self.settings.items():
            sections[section] = {**sections.get(section, {}), **keys}
        text = "# Written by dev/stack.py at every start.\n" + "".join(
            f"{section}:\n" + "".join(f"  {key}: {value}\n" for key, value in keys.items())
            for section, keys in sections.items())
        if self.config.exists() and self.config.read_text() == text:
            return False
        self.config.write_text(text)
        os.chmod(self.config, 0o644)
        return True

    @property
    def dsn(self) -> str:
        return f"host={self.database_sockets} dbname=millrace user=millrace"

    @property
    def spool_port(self) -> int:
        """Of nginx's inner server; kept for as long as it runs, and afterwards while nobody else took it."""
        kept = self.dir / "spool-port"
        if not kept.exists() or (not self.pid("nginx") and why_taken(int(kept.read_text()))):
            kept.write_text(str(free_port()))
        return int(kept.read_text())

    def write_nginx(self) -> bool:
        """The repository's nginx/ as it is, copied to where this user can read it, and the site around it.

        True when something is not as it was."""
        home = self.dir / "nginx"
        (home / "snippets").mkdir(exist_ok=True)
        os.chmod(home / "snippets", 0o755)
        texts = {str(path.relative_to(ROOT / "nginx")): path.read_text()
                 for path in [*(ROOT / "nginx").glob("millrace*.conf"), *(ROOT / "nginx/snippets").iterdir()]}
        texts["nginx.conf"] = self.site()
        changed = False
        for name, text in texts.items():
            if not (home / name).exists() or (home / name).read_text() != text:
                changed = True
                (home / name).write_text(text)
                os.chmod(home / name, 0o644)
        return changed

    def site(self) -> str:
        home = self.dir / "nginx"
        temporary = "".join(f"    {kind}_temp_path {home}/tmp/{kind};\n"
                            for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))

        def servers(kind: str) -> str:
            return " ".join(f"server unix:{self.sockets}/{kind}-{n}.sock max_fails=0;" for n in range(1, self.instances + 1))
        return f"""# Written by dev/stack.py at every start; the part that matters is millrace.conf.
worker_processes 2;
worker_rlimit_nofile 16384;
pid {home}/nginx.pid;
error_log {self.logs}/nginx.log warn;
events {{ worker_connections 8192; }}
http {{
    include millrace-http.conf;
    access_log {self.logs}/access.log millrace;
    server_tokens off;
{temporary}
    upstream millrace_work {{ {servers("work")} }}
    upstream millrace_poll {{ least_conn; {servers("poll")} }}
    upstream millrace_git  {{ server unix:{self.sockets}/git.sock max_fails=0; }}
    upstream millrace_spool {{ server 127.0.0.1:{self.spool_port} max_fails=0; }}

    server {{
        listen 127.0.0.1:{self.port};
        set $millrace_repositories {self.repositories};
        set $millrace_storage      {self.storage};
        include millrace.conf;
    }}
    server {{
        listen 127.0.0.1:{self.spool_port};
        set $millrace_storage {self.storage};
        client_body_temp_path {self.storage}/spool/tmp;
        include millrace-spool.conf;
    }}
}}
"""

    def start_postgres(self) -> None:
        if self.pid("postgres"):
            return
        programs, data = postgres_programs(), self.dir / "pg"
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(data, ignore_errors=True)
            # trust: the only way in is a socket in a directory of mode 0700.
            self.run("initdb", [str(programs / "initdb"), "-D", str(data), "-U", "millrace", "-A", "trust", "-E", "UTF8",
                                "--locale=C.UTF-8"])
        self.spawn("postgres", [str(programs / "postgres"), "-D", str(data), "-k", str(self.database_sockets),
                                "-c", "listen_addresses=", "-c", "max_connections=200"])

        def answers() -> bool:
            if not self.pid("postgres"):
                raise StackError(f"PostgreSQL ended at its start; read {self.logs}/postgres.log:\n{self.tail('postgres')}")
            return subprocess.run([str(programs / "pg_isready"), "-q", "-h", str(self.database_sockets)]).returncode == 0
        self.wait(answers, 60, "PostgreSQL did not answer", "postgres")
        if self.sql("select 1 from pg_database where datname = 'millrace'", "postgres") != "1":
            self.run("createdb", [str(programs / "createdb"), "-h", str(self.database_sockets), "-U", "millrace", "millrace"])

    def sql(self, text: str, database: str = "millrace") -> str:
        """One statement through psql; for tests that look at what is stored."""
        done = subprocess.run(
            [str(postgres_programs() / "psql"), "-h", str(self.database_sockets), "-U", "millrace", "-d", database, "-XAtqc", text],
            capture_output=True, text=True)
        if done.returncode != 0:
            raise StackError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def run(self, what: str, command: "list[str]") -> None:
        done = subprocess.run(command, capture_output=True, text=True, **self.as_user())
        if done.returncode != 0:
            raise StackError(f"{what} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")

    # --- small things ---

    def as_user(self, env: "dict[str, str] | None" = None, cwd=None, user: "pwd.struct_passwd | None" = None) -> dict:
        environment = {"PATH": PROGRAMS, "HOME": str(self.dir / "home"), "LANG": "C.UTF-8", "TMPDIR": str(self.dir / "tmp"),
                       "GIT_TERMINAL_PROMPT": "0", **(env or {})}
        options = {"env": environment, "cwd": str(cwd or self.dir), "umask": 0o027}
        if user := user or self.user:
            options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return options

    def own(self, path: Path, mode: int, user: "pwd.struct_passwd | None" = None) -> None:
        if user := user or self.user:
            os.chown(path, user.pw_uid, user.pw_gid)
        os.chmod(path, mode)

    def command_file(self, name: str) -> Path:
        return self.dir / "pids" / f"{name}.command"

    def pid_file(self, name: str) -> Path:
        return self.dir / "pids" / f"{name}.pid"


def main() -> int:
    parser = argparse.ArgumentParser(description="Start, stop or show a private Millrace.")
    parser.add_argument("command", choices=["up", "down", "status"])
    parser.add_argument("--dir", default=os.environ.get("RUN_DIR", str(ROOT / ".run")))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "3000")))
    parser.add_argument("--instances", type=int, default=2)
    parser.add_argument("--binary")
    options = parser.parse_args()
    if options.command != "up" and not Path(options.dir).exists():
        print(f'nothing runs in "{options.dir}"')
        return 0
    stack = Stack(options.dir, options.port, options.instances, options.binary)
    if options.command == "up":
        stack.start()
        print(f"ready at {stack.url}")
    elif options.command == "down":
        stack.stop()
        print("stopped")
    else:
        for name, pid in stack.status().items():
            print(f"{name:12} {'pid ' + str(pid) if pid else 'not running'}")
        return 0 if all(stack.status().values()) else 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        sys.exit(1)
