"""Three instances, a dozen runners, and somebody who kills, freezes and restarts things at random: what was acked is
there, nothing runs twice unnoticed, everything ends, and `millrace verify` finds nothing (I1 to I5, I9, I11)."""

import json
import os
import random
import signal
import socket
import threading
import time

import pytest
import runner_pb as pb
from conftest import private_stack
from connectrpc.code import Code
from support import Project, ScriptedRunner, User, git, job_key, wait_for

SEED = int(os.environ.get("MILLRACE_CHAOS_SEED", "7"))
CHAOS_SECONDS = 45
RUNNERS = 12
WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: {n: x}
    steps: [{run: 'true'}]
  leg:
    runs-on: ubuntu-latest
    strategy: {matrix: {n: [1, 2, 3]}}
    steps: [{run: 'true'}]
  report:
    runs-on: ubuntu-latest
    needs: [build, leg]
    steps: [{run: 'true'}]
"""
PASSING = (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.UNKNOWN, Code.INTERNAL)


class Worker:
    """A runner of its own thread that does what it is given and writes down what it was told."""

    def __init__(self, stack, token: str):
        self.stopping = threading.Event()
        self.runner = ScriptedRunner(stack, token, ["ubuntu-latest"])
        # An instance that sleeps must not hold a client for two minutes.
        call = self.runner.call
        self.runner.call = lambda name, message, answers, timeout_ms=6000: call(name, message, answers, timeout_ms)
        self.executed: dict[int, list[str]] = {}
        self.failed: list[str] = []
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        try:
            while not self.stopping.is_set():
                task = self.runner.look()
                if task:
                    self.execute(task)
        except Exception as error:  # told by the test, with its words
            self.failed.append(repr(error))

    def execute(self, task):
        if self.runner.state(task).state.result != pb.Result.UNSPECIFIED:
            return  # it came too late: somebody else has the job
        lines = [f"task {task.id} line {n}" for n in range(6)]
        for n in range(0, 6, 2):
            ack = self.runner.rows(task, n, lines[n : n + 2])
            assert ack == n + 2, f"acked {ack} of {n + 2}"
            time.sleep(0.05)
        needs = {key: dict(need.outputs) for key, need in task.needs.items()}
        assert needs in ({}, {"build": {"n": "7"}, "leg": {}}), needs
        answer = self.runner.state(task, pb.Result.SUCCESS, outputs={"n": "7"} if job_key(task) == "build" else None)
        self.runner.rows(task, 6, [], no_more=True)
        if answer.state.result == pb.Result.SUCCESS:
            self.executed[task.id] = lines


def leave(stack, headers: "dict[str, str]", after: float) -> None:
    """Asks for a task and hangs up: whatever was assigned is lost on its way."""
    lines = [
        "POST /api/actions/runner.v1.RunnerService/FetchTask HTTP/1.1",
        "Host: x",
        "Content-Type: application/proto",
        "Content-Length: 0",
        *(f"{key}: {value}" for key, value in headers.items()),
    ]
    with socket.create_connection(("127.0.0.1", stack.port)) as link:
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        time.sleep(after)


def torment(stack, random, leaver: ScriptedRunner, until: float) -> "list[str]":
    """One thing at a time, each healed before the next."""
    done = []
    while time.monotonic() < until:
        victim = f"millrace-{random.randint(1, 3)}"
        act = random.choice(
            ["kill", "kill", "sleep", "sleep", "leave", "leave", "restart"]
            + (["postgres"] if "postgres" not in done else [])
        )
        if act == "kill":
            stack.kill(victim)
            time.sleep(random.uniform(0, 1.5))
            stack.start_one(victim)
        elif act == "sleep":
            stack.signal(victim, signal.SIGSTOP)
            time.sleep(random.uniform(0.2, 2.5))
            stack.signal(victim, signal.SIGCONT)
        elif act == "restart":
            stack.restart(victim)
        elif act == "leave":
            leave(stack, leaver.headers, random.uniform(0, 0.05))
        else:
            stack.restart("postgres")
        done.append(act)
        time.sleep(random.uniform(0.2, 1.5))
    return done


def test_nothing_is_lost_and_nothing_is_stuck(tmp_path):
    dice = random.Random(SEED)
    clocks = {"unheard_after": "5s", "silent_after": "30s", "restart_silence": "10s"}
    with private_stack("chaos", instances=3, settings={"tasks": clocks}) as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        token = project.registration_token()
        workers = [Worker(stack, token) for _ in range(RUNNERS)]
        try:
            tormentor_until = time.monotonic() + CHAOS_SECONDS
            done: list[str] = []
            leaver = ScriptedRunner(stack, token, ["ubuntu-latest"])
            tormentor = threading.Thread(target=lambda: done.extend(torment(stack, dice, leaver, tormentor_until)))
            tormentor.start()
            pushes = 0
            while time.monotonic() < tormentor_until:
                project.commit({".gitea/workflows/ci.yml": WORKFLOW, "n": str(pushes)}, f"Push {pushes}")
                pushed = git(project.checkout, "push", project.url(project.owner), "HEAD:refs/heads/main", check=False)
                pushes += pushed.returncode == 0
                time.sleep(2)
            tormentor.join()

            def all_done():
                # A push whose reader was killed is read by another one once the lease is over.
                unread = stack.sql("select count(*) from inbox where state in ('announced', 'confirmed')")
                states = stack.sql("select status <= 4, count(*) from run group by 1").split()
                return unread == "0" and states and all(state.startswith("t|") for state in states)

            try:
                wait_for(all_done, "the end of all runs", 120)
            except AssertionError:
                left = stack.sql("select id, run_id, key, status, returns, task_id from job where status > 4")
                pytest.fail(f"seed {SEED}, {done}: left over\n{left}")
        finally:
            for worker in workers:
                worker.stopping.set()
            for worker in workers:
                worker.thread.join(60)
        assert [worker.failed for worker in workers if worker.failed] == [], (SEED, done)
        runs = int(stack.sql("select count(*) from run"))
        assert runs >= pushes > 0, "every push that git accepted has its run"
        executed = {task: lines for worker in workers for task, lines in worker.executed.items()}
        succeeded = {int(task) for task in stack.sql("select task_id from job where status = 1").split()}
        assert succeeded == set(executed), "each success was executed once, by the runner that owned it"
        # A job may have failed only because it was never heard of three times, and says so.
        others = stack.sql("select problem from job where status = 2").splitlines()
        assert all("was not heard of" in problem for problem in others), others
        from support import ask

        for job, task in (
            line.split("|") for line in stack.sql("select id, task_id from job where status = 1").split()
        ):
            answer = ask(
                stack,
                "GET",
                f"/api/v1/repos/{project.path}/actions/jobs/{job}/logs",
                headers={"Authorization": f"token {project.owner.token}"},
            )
            assert [line.split(" ", 1)[1] for line in answer.text.splitlines()] == executed[int(task)]
        assert json.loads(stack.millrace("verify", "--json"))["holds"]
