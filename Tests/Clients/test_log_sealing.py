"""Sealing a log, stopped at each step: whatever happens no row is lost and one file is left (I5, I7, I11)."""

import http.client
import json
import os
import signal
import subprocess

import pytest
from log_support import Job, ann, job, later, lines_of, numbered, stack  # noqa: F401
from support import wait_for

from millrace_stack import postgres_programs


class Psql:
    """A psql session that stays open, to hold a lock."""

    def __init__(self, stack):
        self.process = subprocess.Popen(
            [
                str(postgres_programs() / "psql"),
                "-h",
                str(stack.database_sockets),
                "-U",
                "millrace",
                "-d",
                "millrace",
                "-XAtq",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, text: str, *rows: str) -> None:
        self.process.stdin.write(text + ";\nselect 'done';\n")
        self.process.stdin.flush()
        assert [self.process.stdout.readline() for _ in range(len(rows) + 1)] == [f"{row}\n" for row in [*rows, "done"]]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)


@pytest.fixture
def psql(stack):
    session = Psql(stack)
    yield session
    session.close()


def waiting_for(stack, event: str, text: str) -> bool:
    return (
        stack.sql(
            f"select count(*) from pg_stat_activity where wait_event_type = '{event}' and query like '%{text}%' "
            "and application_name like 'millrace%'"
        )
        != "0"
    )


def test_sealing_killed_before_it_read_anything(whole_stack, job, psql):
    job.rows(0, ["a", "b"])
    psql.run("begin; lock table log_chunk in access exclusive mode")
    # The runner's last call needs no chunk.
    job.end()
    job.rows(2, [], no_more=True)
    wait_for(lambda: waiting_for(whole_stack, "Lock", "from log_chunk"), "an instance that reads the chunks")
    for name in ("millrace-1", "millrace-2"):
        whole_stack.kill(name)
    psql.run("rollback")
    for name in ("millrace-1", "millrace-2"):
        whole_stack.start_one(name)
    job.wait_sealed()
    assert job.text() == lines_of("a", "b")
    assert job.files() == [f"{job.task.id}-2.log.gz"]


def test_sealing_killed_between_the_file_and_its_record(whole_stack, job):
    lines = numbered(20_000)
    assert job.rows(0, lines) == len(lines)
    whole_stack.sql(f"""create function stall() returns trigger language plpgsql as
        $$ begin if new.task_id = {job.task.id} then perform pg_sleep(25); end if; return new; end $$;
        create trigger stall before insert on log_file for each row execute function stall()""")
    try:
        job.end()
        job.rows(len(lines), [], no_more=True)
        wait_for(
            lambda: waiting_for(whole_stack, "Timeout", "insert into log_file"), "an instance that records the file"
        )
        assert job.files() == [f"{job.task.id}-1.log.gz"], "durable before it is recorded"
        for name in ("millrace-1", "millrace-2"):
            whole_stack.kill(name)
    finally:
        whole_stack.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
        whole_stack.sql("drop trigger stall on log_file; drop function stall()")
    assert job.chunks() == 1, "nothing was deleted"
    for name in ("millrace-1", "millrace-2"):
        whole_stack.start_one(name)
    job.wait_sealed()
    assert job.text() == lines_of(*lines)
    assert job.files() == [f"{job.task.id}-2.log.gz"], "what the first left is gone"


def test_an_instance_that_slept_past_its_lease_changes_nothing(whole_stack, job, psql):
    job.rows(0, ["a", "b"])
    whole_stack.stop_one("millrace-2")
    psql.run("begin; lock table log_chunk in access exclusive mode")
    job.end()
    job.rows(2, [], no_more=True)
    wait_for(lambda: waiting_for(whole_stack, "Lock", "from log_chunk"), "the instance that reads the chunks")
    sleeper = whole_stack.pid("millrace-1")
    os.kill(sleeper, signal.SIGSTOP)
    try:
        psql.run("rollback")
        whole_stack.start_one("millrace-2")
        job.wait_sealed()
    finally:
        os.kill(sleeper, signal.SIGCONT)
    log = whole_stack.logs / "millrace-1.log"
    wait_for(
        lambda: f'taken over","instance":"1","task_id":"{job.task.id}"' in log.read_text(), "the sleeper's insight"
    )
    assert job.files() == [f"{job.task.id}-2.log.gz"]
    assert job.text() == lines_of("a", "b")


def test_only_the_last_taker_may_record_its_file(whole_stack, job, psql):
    """Taken over between the last renewal and the record: the file that is complete is not the log."""
    job.rows(0, ["a", "b"])
    other = Psql(whole_stack)
    psql.run("begin; lock table log_chunk in access exclusive mode")
    job.end()
    job.rows(2, [], no_more=True)
    wait_for(lambda: waiting_for(whole_stack, "Lock", "from log_chunk"), "an instance that reads the chunks")
    other.run(
        "begin; update task set log_seal_attempt = log_seal_attempt + 1, log_seal_due_at = now() where id ="
        f" {job.task.id}"
    )
    psql.run("rollback")
    wait_for(lambda: waiting_for(whole_stack, "Lock", "select log_rows from task"), "an instance that records the file")
    assert job.files() == [f"{job.task.id}-1.log.gz"]
    other.run("commit")
    other.close()
    job.wait_sealed()
    assert job.text() == lines_of("a", "b")
    wait_for(lambda: job.files() == [f"{job.task.id}-3.log.gz"], "one file")
    assert job.file().name == f"{job.task.id}-3.log.gz"


def test_rows_that_come_while_a_log_is_sealed_are_kept(whole_stack, job, psql):
    """Nobody said no_more, so a late row is still taken; the file without it must not become the log."""
    job.rows(0, ["a", "b"])
    row = Psql(whole_stack)
    psql.run("begin; lock table log_chunk in access exclusive mode")
    job.end()
    wait_for(lambda: waiting_for(whole_stack, "Lock", "from log_chunk"), "an instance that reads the chunks")
    row.run(f"begin; select 1 from task where id = {job.task.id} for update", "1")
    late = later(lambda: job.rows(2, ["c"]))
    wait_for(lambda: waiting_for(whole_stack, "Lock", "select runner_id, log_rows"), "the late row")
    psql.run("rollback")
    wait_for(lambda: waiting_for(whole_stack, "Lock", "select log_rows from task"), "an instance that records the file")
    row.run("commit")  # who waited first goes first: the late row, then the record of a file without it
    row.close()
    assert late.result() == 3
    job.wait_sealed()
    assert job.text() == lines_of("a", "b", "c")
    wait_for(lambda: job.files() == [f"{job.task.id}-2.log.gz"], "one file")


def test_a_damaged_log_is_put_aside_and_stops_no_other(project):
    bad, good = Job(project), Job(project)
    for job in (bad, good):
        job.rows(0, ["a"])
    bad.rows(1, ["b"])
    project.stack.sql(f"update log_chunk set lines = '\\x1f8b' where task_id = {bad.task.id} and first_row = 1")
    with pytest.raises(
        (http.client.IncompleteRead, http.client.RemoteDisconnected)
    ):  # what is there, and then a broken connection: never half a log as a whole
        bad.read()
    assert bad.text("?from=0&lines=1") == lines_of("a")
    for job, rows in ((bad, 2), (good, 1)):
        job.end()
        job.rows(rows, [], no_more=True)
    good.wait_sealed()
    wait_for(
        lambda: (
            project.stack.sql(f"select log_problem from task where id = {bad.task.id} and log_seal_due_at = 'infinity'")
            == "the chunk that begins with row 1 is not whole lines in a gzip member"
        ),
        "a quarantined log",
    )
    said = [
        json.loads(line)
        for n in (1, 2)
        for line in (project.stack.logs / f"millrace-{n}.log").read_text().splitlines()
        if '"log quarantined"' in line and f'"task_id":"{bad.task.id}"' in line
    ]
    assert [line["level"] for line in said] == ["error"]
    assert bad.files() == [] and bad.chunks() == 2
    assert good.text() == lines_of("a")
