"""Logs that come faster than anybody reads them: review.md H1 and H2."""

import gzip
import hashlib
import http.client
import json
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from burst_support import ack_of, message, row, send
from conftest import private_stack
from log_support import STAMP, UPDATE_LOG, Job, ann, job, lines_of, numbered, stack  # noqa: F401
from support import Project, User, ask, wait_for
from test_logs import peak_kibibytes

from millrace_stack import fastcgi_ask, postgres_programs


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def wait_text(job) -> str:
    """As it is kept: from its file."""
    job.wait_sealed()
    return job.text()


def test_h01_a_burst_is_acked_whole_by_a_runner_of_ten_tries_though_an_instance_is_killed(whole_stack, job):
    """700 000 lines in the final tries of a runner: a partial ack is a failed try, and so is an instance that dies."""
    lines = [f"{number} line of a burst" for number in range(700_000)]
    pieces = message(job.task.id, 0, [row(line.encode()) for line in lines], no_more=True)
    killed = []
    whole_stack.stop_one("millrace-2")  # so that the first try is the other's

    def kill_it_in_mid_call():
        stored = f"select log_rows from task where id = {job.task.id}"
        wait_for(lambda: int(whole_stack.sql(stored)) > 0, "rows of the call under way")
        whole_stack.kill("millrace-1")
        killed.append(int(whole_stack.sql(stored)))
        whole_stack.start_one("millrace-2")

    victim = threading.Thread(target=kill_it_in_mid_call)
    victim.start()
    tries, ack = 0, 0
    while ack < len(lines):
        tries += 1
        assert tries <= 10, "a runner gives up now, and never sends its result"
        try:
            status, body = send(whole_stack, job.runner.headers, pieces)
            ack = ack_of(body) if status == 200 else 0
            assert status != 200 or ack == len(lines), "a partial ack"
        except OSError:
            pass
        time.sleep(0.1 * 2 ** min(tries, 5))
    victim.join(60)
    assert 0 < killed[0] < len(lines) and tries > 1
    job.end()
    assert job.project.wait_run()["conclusion"] == "success"
    assert sha(wait_text(job)) == sha(lines_of(*lines))


def test_h01_two_calls_at_once_and_a_repeat_store_each_row_once(job):
    lines = numbered(60_000)  # two pieces and more
    body = b"".join(message(job.task.id, 0, [row(line.encode()) for line in lines], no_more=False))
    acks = []

    def call(instance):
        status, _, answer = fastcgi_ask(
            str(job.stack.sockets / f"work-{instance}.sock"),
            UPDATE_LOG,
            "POST",
            body,
            {"Content-Type": "application/proto", **job.runner.headers},
            timeout=120,
        )
        acks.append((status, ack_of(answer)))

    calls = [threading.Thread(target=call, args=(n,)) for n in (1, 2, 1, 2)]
    for one in calls:
        one.start()
    for one in calls:
        one.join(120)
    assert acks == [(200, len(lines))] * 4
    more = message(job.task.id, 10, [row(line.encode()) for line in lines[10:]] + [row(b"last")], no_more=True)
    status, answer = send(job.stack, job.runner.headers, more)
    assert (status, ack_of(answer)) == (200, len(lines) + 1)
    job.end()
    assert sha(wait_text(job)) == sha(lines_of(*lines, "last"))


def test_h01_a_gap_before_a_large_call_stores_nothing_and_says_where_to_go_on(job):
    assert job.rows(0, ["a", "b"]) == 2
    rows = [row(b"x" * 200)] * 60_000
    status, answer = send(job.stack, job.runner.headers, message(job.task.id, 3, rows, no_more=True))
    assert (status, ack_of(answer)) == (200, 2)
    assert job.text() == lines_of("a", "b")
    assert job.rows(2, ["c"], no_more=True) == 3


def test_h02_a_backlog_of_100_MB_in_one_message_in_constant_memory(job):
    """Refused with 429 before, ten times."""
    lines = numbered(4096, 190)
    turns = 128
    block = [row(line.encode()) for line in lines]
    pieces = message(job.task.id, 0, block * turns, no_more=True)
    assert sum(map(len, pieces)) > 100 * 1024 * 1024
    before = [peak_kibibytes(job.stack, n) for n in (1, 2)]
    status, answer = send(job.stack, job.runner.headers, pieces, timeout=600)
    assert (status, ack_of(answer)) == (200, len(lines) * turns), answer
    grown = [peak_kibibytes(job.stack, n) - old for n, old in zip((1, 2), before)]
    assert max(grown) < 64 * 1024
    job.end()
    assert sha(wait_text(job)) == sha(lines_of(*lines) * turns)


def test_h02_json_of_any_number_of_rows_in_bounded_memory(job):
    """64 MiB at most; the rows are decoded a few at a time. 200 000 objects were the limit before."""
    count = 600_000
    body = (
        b'{"rows":['
        + b",".join([b"{}"] * (count - 1))
        + b',{"content":"the \\"last\\" [{"}], "noMore":true,"taskId":"%d"}' % job.task.id
    )
    before = [peak_kibibytes(job.stack, n) for n in (1, 2)]
    status, answer = send(job.stack, job.runner.headers, [body], timeout=300, type="application/json")
    assert (status, json.loads(answer)) == (200, {"ackIndex": str(count)})
    assert max(peak_kibibytes(job.stack, n) - old for n, old in zip((1, 2), before)) < 64 * 1024
    assert job.text("?tail=1").rstrip("\n").endswith(' the "last" [{')
    large = b'{"taskId":"%d","rows":[{"content":"' % job.task.id + b"x" * (64 << 20) + b'"}]}'
    status, answer = send(job.stack, job.runner.headers, [large], type="application/json")
    assert status == 429 and b"over 67108864 bytes" in answer


def test_h02_a_compressed_call_is_unpacked_as_it_comes_and_no_bomb(job):
    rows = [row(b"y" * 100)] * 100_000
    packed = gzip.compress(b"".join(message(job.task.id, 0, rows, no_more=False)))
    headers = {**job.runner.headers, "Content-Encoding": "gzip"}
    status, answer = send(job.stack, headers, [packed])
    assert (status, ack_of(answer)) == (200, len(rows))
    bomb = gzip.compress(b"".join(message(job.task.id, 100_000, [row(b"z" * 60_000)] * 2000, no_more=False)))
    status, answer = send(job.stack, headers, [bomb])
    assert status == 429 and b"once decompressed" in answer
    for damaged in (packed[:-9], b"no gzip at all", packed[:-6] + b"??" + packed[-4:]):
        status, answer = send(job.stack, headers, [damaged])
        assert status == 400 and b"not gzip" in answer


def test_h02_a_row_of_any_length_is_cut_and_its_neighbours_are_whole(job):
    rows = [row(b"before"), row(b"w" * (20 << 20)), row("€".encode() * 40_000), row(b"bad \xff\xc3"), row(b"after")]
    status, answer = send(job.stack, job.runner.headers, message(job.task.id, 0, rows, no_more=False))
    assert (status, ack_of(answer)) == (200, 5)
    got = job.text().split("\n")
    assert [len(line) - len(STAMP) for line in got[:3]] == [6, 65_536, 65_536 // 3]
    assert got[3:] == [STAMP + "bad \ufffd\ufffd", STAMP + "after", ""]


def test_h02_a_body_that_breaks_off_keeps_what_was_stored_and_is_taken_again(job):
    lines = numbered(60_000)
    body = b"".join(message(job.task.id, 0, [row(line.encode()) for line in lines], no_more=True))
    status, _, answer = fastcgi_ask(
        str(job.stack.sockets / "work-1.sock"),
        UPDATE_LOG,
        "POST",
        body[:-100],
        {"Content-Type": "application/proto", **job.runner.headers},
        timeout=120,
    )
    assert status == 400 and b"could not read" in answer
    stored = int(job.stack.sql(f"select log_rows from task where id = {job.task.id}"))
    assert 0 < stored < len(lines)
    status, answer = send(job.stack, job.runner.headers, [body])
    assert (status, ack_of(answer)) == (200, len(lines))
    assert sha(job.text()) == sha(lines_of(*lines))


@pytest.fixture(scope="module")
def small_stack():
    """A stack whose logs are full at 1 MiB."""
    settings = {"logs": {"seal_grace": "3s", "task_bytes_max": "1MiB"}}
    with private_stack("log-limit", instances=2, settings=settings) as stack:
        yield stack


def test_h02_a_log_over_its_limit_drops_rows_says_so_and_never_loses_the_result(small_stack, tmp_path):
    job = Job(Project(small_stack, User(small_stack, "ben"), tmp_path))
    lines = numbered(30_000, 300)  # 10 MB in three pieces
    pieces = message(job.task.id, 0, [row(line.encode()) for line in lines], no_more=False)
    for _ in range(2):
        status, answer = send(small_stack, job.runner.headers, pieces)
        assert (status, ack_of(answer)) == (200, len(lines))
    assert job.rows(len(lines), ["more", "and more"]) == len(lines) + 2
    assert job.rows(len(lines) - 1, [lines[-1], "more", "and more", "last"], no_more=True) == len(lines) + 3
    assert job.rows(len(lines) + 3, []) == len(lines) + 3
    assert job.rows(len(lines) + 9, ["a gap"]) == len(lines) + 3
    job.end()
    assert job.project.wait_run()["conclusion"] == "success"
    for text in (job.text(), wait_text(job)):
        kept = text.split("\n")[:-1]
        assert len(text.encode()) < 1024 * 1024 + 200
        assert kept[:-1] == [STAMP + line for line in lines[: len(kept) - 1]] and len(kept) > 2000
        assert "the log ends here" in kept[-1] and "logs.task_bytes_max" in kept[-1]
    for index, rows, no_more in [(0, lines[:5], True), (len(lines) + 3, [], True)]:
        assert job.rows(index, rows, no_more) == index + len(rows)


def test_h02_a_stranger_is_refused_before_its_rows_are_read(job):
    rows = [row(b"x" * 1000)] * 20_000
    status, answer = send(
        job.stack, {**job.runner.headers, "x-runner-token": "0" * 40}, message(job.task.id, 0, rows, no_more=False)
    )
    assert status == 401 and json.loads(answer)["message"] == "unregistered runner"
    for task, code in [(job.task.id + 999, 404), (0, 404)]:
        status, answer = send(job.stack, job.runner.headers, message(task, 0, rows, no_more=False))
        assert status == code, answer


@pytest.mark.parametrize(
    "length", [{"Content-Length": str(1 << 30)}, {"Transfer-Encoding": "chunked"}], ids=["1 GiB", "chunked"]
)
def test_h02_a_stranger_cannot_fill_the_disk(job, length):
    """Refused before a byte of the body is read."""
    link = http.client.HTTPConnection("127.0.0.1", job.stack.port, timeout=30)
    link.putrequest("POST", UPDATE_LOG)
    for name, value in {
        **job.runner.headers,
        "x-runner-token": "0" * 40,
        "Content-Type": "application/proto",
        **length,
    }.items():
        link.putheader(name, value)
    link.endheaders()
    answer = link.getresponse()
    assert (answer.status, answer.headers["Content-Type"], answer.headers["WWW-Authenticate"]) == (
        401,
        "application/json",
        None,
    )
    assert json.loads(answer.read()) == {"code": "unauthenticated", "message": "unregistered runner"}
    link.close()


def test_h02_a_chunked_call_of_a_runner_is_taken(job):
    link = http.client.HTTPConnection("127.0.0.1", job.stack.port, timeout=60)
    pieces = message(job.task.id, 0, [row(b"x" * 100)] * 9000, no_more=False)
    link.request(
        "POST",
        UPDATE_LOG,
        body=iter(pieces),
        headers={**job.runner.headers, "Content-Type": "application/proto"},
        encode_chunked=True,
    )
    answer = link.getresponse()
    assert (answer.status, ack_of(answer.read())) == (200, 9000)
    link.close()


@pytest.mark.parametrize("path", ["/_large_log", "/_check/runner"])
def test_h02_internal_addresses_are_nobodys(job, path):
    assert ask(job.stack, "POST", path, b"x", job.runner.headers).status == 404


def test_h12_large_logs_leave_threads_to_others(tmp_path):
    """All that could be stored at once waits for PostgreSQL: others are answered, and no log is lost."""
    with private_stack("backlogs", instances=1, settings={"server": {"work_threads": 4}}) as stack:
        project = Project(stack, User(stack, "ann"), tmp_path)
        project.push_workflow(
            "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    strategy: {matrix: {n: [1, 2, 3, 4, 5, 6]}}\n"
            "    steps: [{run: 'true'}]\n"
        )
        runner = project.runner()
        tasks = [runner.fetch() for _ in range(6)]
        rows = [row(b"x" * 65_000) for _ in range(160)]  # more than ten million bytes
        held = subprocess.Popen(
            [
                str(postgres_programs() / "psql"),
                "-h",
                str(stack.database_sockets),
                "-U",
                "millrace",
                "-d",
                "millrace",
                "-Xqc",
                "begin; select id from task for update; select pg_sleep(60)",
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(
                lambda: (
                    stack.sql(
                        "select count(*) from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()"
                    )
                    == "1"
                ),
                "the lock",
            )
            with ThreadPoolExecutor(6) as pool:
                calls = [pool.submit(send, stack, runner.headers, message(task.id, 0, rows, True)) for task in tasks]
                waiting = (
                    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and pid <> pg_backend_pid()"
                )
                wait_for(lambda: int(stack.sql(waiting)) >= 2, "two that are being stored")
                for _ in range(20):
                    assert ask(stack, "GET", "/api/v1/version").status == 200
                assert not any(call.done() for call in calls)
                stack.sql(
                    "select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and pid <>"
                    " pg_backend_pid()"
                )
                answers = [call.result() for call in calls]
                assert [(status, ack_of(body)) for status, body in answers] == [(200, 160)] * 6
        finally:
            held.kill()
            held.wait()


def test_h12_readers_of_one_large_log_leave_threads_to_others(tmp_path):
    """An open log of 17 MiB, which PostgreSQL is slow to give: one reader has the one place, the others are told so at
    once."""
    with private_stack("readers", instances=1, settings={"server": {"work_threads": 4}}) as stack:
        job = Job(Project(stack, User(stack, "ann"), tmp_path))
        rows = [row(b"x" * 60_000) for _ in range(300)]
        status, body = send(stack, job.runner.headers, message(job.task.id, 0, rows, False))
        assert (status, ack_of(body)) == (200, 300)
        held = subprocess.Popen(
            [
                str(postgres_programs() / "psql"),
                "-h",
                str(stack.database_sockets),
                "-U",
                "millrace",
                "-d",
                "millrace",
                "-Xqc",
                "begin; lock table log_chunk in access exclusive mode; select pg_sleep(60)",
            ],
            stdout=subprocess.DEVNULL,
        )
        sleeping = "from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()"
        try:
            wait_for(lambda: stack.sql(f"select count(*) {sleeping}") == "1", "the lock")
            with ThreadPoolExecutor(6) as pool:
                reads = [pool.submit(job.read) for _ in range(6)]
                wait_for(
                    lambda: sum(read.done() for read in reads) == 5, "the refusal of those for which there is no place"
                )
                assert ask(stack, "GET", "/api/v1/version").status == 200
                stack.sql(f"select pg_terminate_backend(pid) {sleeping}")
                answers = sorted((read.result() for read in reads), key=lambda answer: answer.status)
        finally:
            held.kill()
            held.wait()
        assert [answer.status for answer in answers] == [200] + [503] * 5
        assert len(answers[0].body) == 300 * (len(STAMP) + 60_001)
