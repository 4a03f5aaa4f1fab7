#!/usr/bin/env python3
"""A private PostgreSQL, nginx, fcgiwrap and Millrace on 127.0.0.1, all below one directory.

Used by the tests and by `make run`. As root everything but the set-up runs as the user `millrace` (made if missing),
because PostgreSQL refuses root; as an ordinary user everything runs as that user. Ends only processes it started.
"""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PG = pathlib.Path("/usr/lib/postgresql/15/bin")
ACCOUNT = "millrace"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stack:
    def __init__(self, directory, port, instances=2, binary=None, poll_hold="25s"):
        self.dir = pathlib.Path(directory).resolve()
        self.port = port
        self.instances = instances
        self.url = f"http://127.0.0.1:{port}"
        self.source_binary = pathlib.Path(binary or ROOT / ".build/debug/millrace")
        self.binary = self.dir / "bin/millrace"
        self.config = self.dir / "millrace.yaml"
        self.poll_hold = poll_hold
        self.as_root = os.geteuid() == 0

    # ---- processes

    def _identity(self):
        return {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []} if self.as_root else {}

    def _environment(self):
        home = str(self.dir)
        return {"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": home, "LANG": "C.UTF-8",
                "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}

    def run(self, *command, **more):
        return subprocess.run([str(c) for c in command], check=True, text=True, capture_output=True, cwd=self.dir,
                              env=self._environment(), **self._identity(), **more).stdout

    def millrace(self, *arguments):
        """Runs a subcommand on this stack's configuration; returns what it prints."""
        return self.run(self.binary, *arguments, "--config", self.config)

    def _spawn(self, name, *command):
        log = open(self.dir / f"log/{name}.log", "ab")
        process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   cwd=self.dir, env=self._environment(), start_new_session=True, **self._identity())
        (self.dir / f"pid/{name}").write_text(str(process.pid))
        return process

    def pid(self, name):
        try:
            return int((self.dir / f"pid/{name}").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def alive(self, name):
        pid = self.pid(name)
        if pid is None:
            return False
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            return state != "Z"
        except FileNotFoundError:
            return False

    def kill(self, name, sig=signal.SIGTERM, wait=20):
        pid = self.pid(name)
        if pid is None or not self.alive(name):
            return
        os.kill(pid, sig)
        end = time.monotonic() + wait
        while self.alive(name):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        (self.dir / f"pid/{name}").unlink(missing_ok=True)

    # ---- parts

    def prepare(self):
        if self.as_root:
            try:
                pwd.getpwnam(ACCOUNT)
            except KeyError:
                subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--shell",
                                "/usr/sbin/nologin", ACCOUNT], check=True)
        for part in ["bin", "log", "pid", "sock", "repositories", "storage/blobs", "nginx/tmp", "sql"]:
            (self.dir / part).mkdir(parents=True, exist_ok=True)
        fresh = self.dir / "bin/millrace.new"
        shutil.copy2(self.source_binary, fresh)
        fresh.rename(self.binary)
        shutil.rmtree(self.dir / "sql")
        shutil.copytree(ROOT / "sql", self.dir / "sql")
        shutil.rmtree(self.dir / "nginx/millrace", ignore_errors=True)
        shutil.copytree(ROOT / "nginx", self.dir / "nginx/millrace")
        self.config.write_text(f"""# Written by dev/stack.py.
server:
  public_url: {self.url}
  socket_dir: {self.dir}/sock
  work_threads: 16
database:
  dsn: "host={self.dir}/sock port=5432 dbname=millrace user=millrace"
  pool: 8
  migrations_dir: {self.dir}/sql/migrations
storage:
  dir: {self.dir}/storage
git:
  repositories_dir: {self.dir}/repositories
tasks:
  poll_hold: {self.poll_hold}
""")
        socks = self.dir / "sock"
        work = "\n".join(f"    server unix:{socks}/work-{n}.sock max_fails=1 fail_timeout=1s;"
                         for n in range(1, self.instances + 1))
        (self.dir / "nginx/nginx.conf").write_text(f"""# Written by dev/stack.py: the part an operator writes.
daemon off;
worker_processes 2;
pid {self.dir}/nginx/nginx.pid;
error_log {self.dir}/log/nginx-error.log warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  include /etc/nginx/mime.types;
  client_body_temp_path {self.dir}/nginx/tmp/body;
  fastcgi_temp_path {self.dir}/nginx/tmp/fastcgi;
  proxy_temp_path {self.dir}/nginx/tmp/proxy;
  scgi_temp_path {self.dir}/nginx/tmp/scgi;
  uwsgi_temp_path {self.dir}/nginx/tmp/uwsgi;
  upstream millrace_work {{
{work}
  }}
  upstream millrace_poll {{
{work.replace("work-", "poll-")}
  }}
  upstream millrace_git {{ server unix:{socks}/git.sock; }}
  server {{
    listen 127.0.0.1:{self.port};
    set $millrace_repositories {self.dir}/repositories;
    set $millrace_storage {self.dir}/storage;
    include {self.dir}/nginx/millrace/millrace.conf;
  }}
}}
""")
        # Included names without a path are looked up beside nginx.conf.
        for name, target in [("snippets", "millrace/snippets"), ("fastcgi_params", "/etc/nginx/fastcgi_params")]:
            link = self.dir / "nginx" / name
            if not link.is_symlink():
                link.symlink_to(target)
        if self.as_root:
            subprocess.run(["chown", "-R", f"{ACCOUNT}:{ACCOUNT}", str(self.dir)], check=True)

    def start_postgres(self):
        data = self.dir / "pg"
        if not (data / "PG_VERSION").exists():
            self.run(PG / "initdb", "-D", data, "-U", "millrace", "-A", "trust", "-E", "UTF8", "--no-sync")
        (data / "postmaster.pid").exists() and not self.alive("postgres") and (data / "postmaster.pid").unlink()
        self._spawn("postgres", PG / "postgres", "-D", data, "-c", "listen_addresses=", "-c",
                    f"unix_socket_directories={self.dir}/sock", "-c", "max_connections=100")
        self._until("PostgreSQL", lambda: self._query("select 1", database="postgres") == "1")

    def _query(self, sql, database="millrace"):
        try:
            return self.run("psql", "-h", self.dir / "sock", "-U", "millrace", "-d", database, "-Atqc", sql).strip()
        except subprocess.CalledProcessError:
            return None

    def query(self, sql):
        return self.run("psql", "-h", self.dir / "sock", "-U", "millrace", "-d", "millrace", "-Atqc", sql).strip()

    def start_instance(self, number):
        self._spawn(f"serve-{number}", self.binary, "serve", "--config", self.config, "--instance", number)
        self._until(f"instance {number}", lambda: (self.dir / f"sock/poll-{number}.sock").exists())

    def _until(self, what, check, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if check():
                return
            time.sleep(0.05)
        raise RuntimeError(f"{what} did not come up within {seconds} s; read the files in {self.dir}/log")

    def ready(self):
        try:
            return urllib.request.urlopen(self.url + "/readyz", timeout=2).status == 200
        except OSError:
            return False

    def up(self):
        self.prepare()
        if not self.alive("postgres"):
            self.start_postgres()
        if self._query("select 1 from pg_database where datname = 'millrace'", "postgres") != "1":
            self._query("create database millrace", "postgres")
        self.millrace("migrate")
        if not self.alive("git"):
            (self.dir / "sock/git.sock").unlink(missing_ok=True)
            self._spawn("git", "fcgiwrap", "-c", "4", "-s", f"unix:{self.dir}/sock/git.sock")
        for number in range(1, self.instances + 1):
            if not self.alive(f"serve-{number}"):
                (self.dir / f"sock/poll-{number}.sock").unlink(missing_ok=True)
                self.start_instance(number)
        if not self.alive("nginx"):
            self._spawn("nginx", "nginx", "-p", self.dir / "nginx", "-c", self.dir / "nginx/nginx.conf")
        self._until("nginx", self.ready)

    def down(self):
        for name in ["nginx", *[f"serve-{n}" for n in range(1, self.instances + 1)], "git"]:
            self.kill(name)
        self.kill("postgres", signal.SIGINT)


if __name__ == "__main__":
    stack = Stack(os.environ.get("RUN_DIR", ROOT / ".run"), int(os.environ.get("PORT", "3000")))
    action = sys.argv[1] if len(sys.argv) > 1 else "up"
    if action == "up":
        stack.up()
        print(stack.url)
    elif action == "down":
        stack.down()
    else:
        sys.exit("usage: dev/stack.py [up|down]")
