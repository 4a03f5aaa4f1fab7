"""Taking and storing log rows, reading them, steps, expiry: runner.md 5 and its checklist rows 2 and 40 to 49."""

import gzip
import hashlib
import http.client
import json
import random
import re
import subprocess
import threading
import zlib
from pathlib import Path

import pytest
import runner_pb as pb
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from log_support import ONE, STAMP, Job, ann, job, lines_of, numbered, stack  # noqa: F401
from support import Project, ask, rpc, wait_for

from millrace_stack import fastcgi_ask

# --- Taking rows (5.1) ---


def by_curl(job) -> "list[str]":
    return ["--header", f"Authorization: {job.token['Authorization']}", f"{job.stack.url}{job.rest}"]


def test_an_empty_answer_keeps_its_type(job):
    for body in (job.update(0, []), pb.UpdateLogRequest(task_id=job.task.id).to_binary()):
        answer = rpc(job.stack, "UpdateLog", body, headers=job.runner.headers)
        assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "application/proto", b"")


def test_a_sealed_log_takes_no_row_and_says_so_and_acks_what_it_has(job):
    assert job.rows(0, ["a", "b", "c"]) == 3
    job.end()
    assert job.rows(3, [], no_more=True) == 3
    job.wait_sealed()
    assert job.chunks() == 0
    for index, lines, ack in [
        (0, ["a", "b", "c"], 3),
        (1, ["b"], 2),
        (3, [], 3),
        (1, [], 1),
        (9, [], 3),
        (9, ["z"], 3),
    ]:
        for no_more in (False, True):
            assert job.rows(index, lines, no_more) == ack
    for index, lines in [(3, ["d"]), (2, ["c", "d"])]:
        with pytest.raises(ConnectError) as refused:
            job.rows(index, lines, no_more=True)
        assert (refused.value.code, refused.value.message) == (Code.ALREADY_EXISTS, "log file has been archived")
    assert job.text() == lines_of("a", "b", "c")


def test_the_final_pairs_of_real_runners(project):
    act = Job(project)  # rows with no_more, and an empty no_more behind them
    assert act.rows(0, ["a"], no_more=True) == 1
    assert act.rows(1, [], no_more=True) == 1
    swift = Job(project)  # says no_more before its queue is empty
    assert swift.rows(0, ["a"], no_more=True) == 1
    assert swift.rows(1, ["b"], no_more=True) == 2
    swift.end()
    swift.wait_sealed()
    assert swift.text() == lines_of("a", "b")


def test_a_log_whose_runner_fell_silent_is_sealed_too(job):
    job.rows(0, ["a", "b"])
    job.end()
    job.wait_sealed()
    assert job.text() == lines_of("a", "b")


def test_a_running_log_is_not_sealed_even_when_closed(job):
    job.rows(0, ["a"], no_more=True)
    other = Job(job.project)
    other.rows(0, ["b"], no_more=True)
    other.end()
    other.wait_sealed()  # later than this one was due, had its task been final
    assert job.chunks() == 1 and job.file() is None
    job.end()
    job.wait_sealed()


def test_a_log_without_rows_is_sealed_without_a_file(job):
    job.end()
    job.rows(0, [], no_more=True)
    assert job.wait_sealed() is None and job.files() == []
    assert job.text() == ""
    assert job.text("?tail=5") == ""


def test_the_same_rows_at_once_on_two_instances_are_stored_once(job):
    stored, acks = 0, []
    for turn in range(30):
        lines = [f"{turn}-{number}" for number in range(1 + turn % 5)]
        both = [threading.Thread(target=lambda n=n: acks.append(job.update_on(n, stored, lines))) for n in (1, 2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(30)
        stored += len(lines)
        assert acks == [stored, stored]
        acks.clear()
    assert job.text() == lines_of(*(f"{turn}-{number}" for turn in range(30) for number in range(1 + turn % 5)))


@pytest.mark.parametrize("victim", [1, 2])
def test_what_was_acked_survives_kill_9(whole_stack, job, victim):
    assert job.update_on(victim, 0, ["a", "b"]) == 2
    whole_stack.kill(f"millrace-{victim}")
    assert job.text() == lines_of("a", "b")


def peak_kibibytes(stack, instance: int) -> int:
    text = Path(f"/proc/{stack.pid(f'millrace-{instance}')}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1])


@pytest.mark.parametrize("lines", [numbered(100_000), ["x" * 65_536] * 400], ids=["100 000 rows", "rows of 64 KiB"])
def test_a_large_backlog_in_one_request(job, lines):
    """The client sends everything it has, each time: all of it is taken, and memory stays bounded."""
    before = max(peak_kibibytes(job.stack, n) for n in (1, 2))
    assert job.rows(0, lines) == len(lines)
    grown = max(peak_kibibytes(job.stack, n) for n in (1, 2)) - before
    assert grown < 64 * 1024, "for requests of 9 and 26 MB"
    expected = lines_of(*lines)
    assert hashlib.sha256(job.text().encode()).digest() == hashlib.sha256(expected.encode()).digest(), "from chunks"
    job.end()
    job.rows(len(lines), [], no_more=True)
    job.wait_sealed()
    assert hashlib.sha256(job.text().encode()).digest() == hashlib.sha256(expected.encode()).digest(), "from the file"


def test_a_log_that_breaks_off_does_not_look_whole(job):
    """Half of it is sent before a row is found missing, so the status is 200: only the connection can tell."""
    lines = numbered(20_000)
    for start in range(0, len(lines), 5000):
        assert job.rows(start, lines[start : start + 5000]) == start + 5000
    damaged = job.stack.sql(
        f"update log_chunk set lines = substr(lines, 1, length(lines) / 2) where task_id = {job.task.id} and first_row"
        f" = (select max(first_row) from log_chunk where task_id = {job.task.id}) returning first_row"
    )
    assert int(damaged) > 0
    with pytest.raises(http.client.IncompleteRead) as cut:
        job.read()
    assert lines_of(*lines).startswith(cut.value.partial.decode())
    done = subprocess.run(["curl", "--silent", "--fail", "--output", "/dev/null", *by_curl(job)])
    assert done.returncode == 18, "CURLE_PARTIAL_FILE"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_million_empty_rows_are_not_decoded_at_once(job, packed):
    """Two bytes each on the wire, a hundred when decoded: only what one piece stores may be."""
    before = max(peak_kibibytes(job.stack, n) for n in (1, 2))
    body = job.update(0, []) + b"\x1a\x00" * 1_000_000
    headers = {**job.runner.headers, **({"Content-Encoding": "gzip"} if packed else {})}
    answer = rpc(job.stack, "UpdateLog", gzip.compress(body) if packed else body, headers=headers)
    assert answer.status == 200 and pb.UpdateLogResponse.from_binary(answer.body).ack_index == 1_000_000
    assert max(peak_kibibytes(job.stack, n) for n in (1, 2)) - before < 64 * 1024


# --- The sealed file (5.2) ---


@pytest.fixture(scope="module")
def sealed(stack, ann, tmp_path_factory) -> "tuple[Job, list[str]]":
    """A log of many segments, with a long line in it, written by calls of many sizes."""
    job = Job(Project(stack, ann, tmp_path_factory.mktemp("sealed")))
    lines = numbered(12_000) + ["long " + "y" * 60_000, ""] + numbered(6_000, 200)
    sizes, stored = random.Random(3), 0
    while stored < len(lines):
        stored = job.rows(stored, lines[stored : stored + sizes.choice([1, 2, 50, 3000])])
    job.end()
    job.rows(stored, [], no_more=True)
    job.wait_sealed()
    return job, [STAMP + line + "\n" for line in lines]


def test_a_sealed_log_whole_with_and_without_gzip(sealed):
    job, lines = sealed
    plain = job.read()
    assert plain.status == 200 and plain.text == "".join(lines)
    packed = job.read(headers={"Accept-Encoding": "gzip"})
    assert packed.body == job.file().read_bytes(), "nginx sends the file as it is"
    # zlib's own reader stops behind one member, as curl and browsers do: nothing may follow it.
    reader = zlib.decompressobj(31)
    assert reader.decompress(packed.body) == plain.body and reader.eof and not reader.unused_data
    assert packed.headers["Content-Encoding"] == "gzip" and plain.headers["Content-Encoding"] is None
    for answer in (plain, packed):
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="ci-one-{job.task.id}.log"'
        assert answer.headers["X-Accel-Redirect"] is None
    head = ask(job.stack, "HEAD", job.rest, headers=job.token)
    assert (head.status, head.body) == (200, b"")


def test_curl_reads_a_compressed_log_to_its_end(sealed):
    job, lines = sealed
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--compressed", *by_curl(job)],
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout.decode() == "".join(lines)


def test_each_segment_can_be_inflated_alone(sealed):
    job, lines = sealed
    text, file = "".join(lines).encode(), job.file().read_bytes()
    rows, starts, offsets = (
        [
            int(n)
            for n in job.stack.sql(
                f"select array_to_string({column}, ' ') from log_file where task_id = {job.task.id}"
            ).split()
        ]
        for column in ("segment_row", "segment_byte", "segment_file_offset")
    )
    assert len(rows) > 10
    for row, start, end, offset, until in zip(
        rows, starts, starts[1:] + [len(text)], offsets, offsets[1:] + [len(file)]
    ):
        assert zlib.decompressobj(-15).decompress(file[offset:until]) == text[start:end]
        assert text[:start].count(b"\n") == row
        assert end - start >= 128 * 1024 or end == len(text)
        assert end - start < 128 * 1024 + 131_200


def test_any_range_of_a_sealed_log_equals_the_whole(sealed):
    job, lines = sealed
    source = random.Random(11)
    ranges = [(0, 1), (12_000, 1), (11_999, 3), (len(lines) - 1, 1), (len(lines) - 1, 500), (0, 10_000)]
    ranges += [(source.randrange(len(lines)), source.choice([1, 7, 900, 10_000])) for _ in range(40)]
    for start, count in ranges:
        answer = job.read(f"?from={start}&lines={count}")
        expected = lines[start : start + count]
        assert answer.text == "".join(expected), (start, count)
        assert answer.headers["X-Millrace-First-Row"] == str(start)
        assert answer.headers["X-Millrace-Next-Row"] == str(start + len(expected))
        assert answer.headers["X-Millrace-Done"] == ("true" if start + count >= len(lines) else "false")
    for count in (1, 5, 6_003, 10_000):
        answer = job.read(f"?tail={count}")
        assert answer.text == "".join(lines[-count:])
        assert answer.headers["X-Millrace-First-Row"] == str(len(lines) - count)
    beyond = job.read(f"?from={len(lines) + 5}&lines=3")
    assert (beyond.text, beyond.headers["X-Millrace-Next-Row"]) == ("", str(len(lines)))


def test_a_range_ends_at_its_limit_of_bytes_and_says_where_to_go_on(job):
    line = "z" * 65_536
    for start in range(0, 200, 100):
        job.rows(start, [line] * 100)
    whole = lines_of(*[line] * 200)
    for sealed in (False, True):
        if sealed:
            job.end()
            job.rows(200, [], no_more=True)
            job.wait_sealed()
        read, row = "", 0
        while row < 200:
            answer = job.read(f"?from={row}&lines=10000")
            assert len(answer.body) <= 8 * 1024 * 1024
            following = int(answer.headers["X-Millrace-Next-Row"])
            assert following > row
            read, row = read + answer.text, following
        assert read == whole
        tail = job.read("?tail=200")
        first = int(tail.headers["X-Millrace-First-Row"])
        assert 0 < first and len(tail.body) <= 8 * 1024 * 1024 and tail.text == lines_of(*[line] * (200 - first))
        assert tail.headers["X-Millrace-Next-Row"] == "200"


def test_ranges_of_a_running_log(job):
    contents = [f"line {number}" for number in range(300)]
    for start in range(0, 300, 7):
        job.rows(start, contents[start : start + 7])
    for start, count in [(0, 300), (6, 2), (7, 7), (13, 1), (299, 9), (0, 1)]:
        assert job.text(f"?from={start}&lines={count}") == lines_of(*contents[start : start + count])
    assert job.text("?tail=9") == lines_of(*contents[-9:])
    answer = job.read()
    assert answer.text == lines_of(*contents) and answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert job.read("?from=300").headers["X-Millrace-Done"] == "false"


@pytest.mark.parametrize(
    "query",
    [
        "from=-1",
        "from=x",
        "from=",
        "lines=0",
        "from=0&lines=10001",
        "tail=0",
        "tail=10001",
        "tail=1&from=0",
        "tail=99999999999999999999",
    ],
)
def test_a_range_that_is_none_is_refused_in_words(sealed, query):
    job, _ = sealed
    answer = job.read("?" + query)
    assert answer.status == 422 and query.split("=")[0].split("&")[0] in answer.json["message"]


def test_a_job_that_has_not_started_has_no_log(project):
    project.push_workflow(ONE)
    job = wait_for(lambda: project.run_of("ci.yml") and project.jobs(project.run_of("ci.yml")), "the run")["one"]
    answer = project.rest(f"/jobs/{job['id']}/logs")
    assert answer.status == 404 and "has not started" in answer.json["message"]


def test_a_download_is_named_after_what_it_is_and_headers_stay_whole(project):
    runner = project.runner()
    project.push_workflow(
        'on: push\njobs:\n  one:\n    name: "grüße \\"x\\"\\r\\n"\n    runs-on: ubuntu-latest\n'
        "    steps: [{run: 'true'}]\n",
        "build.all.yml",
    )
    task = runner.fetch()
    runner.rows(task, 0, ["a"])
    job = next(iter(project.jobs(project.run_of("build.all.yml")).values()))
    said = project.rest(f"/jobs/{job['id']}/logs").headers["Content-Disposition"]
    assert said.startswith('attachment; filename="build.all-gr__e _x_') and f'-{task.id}.log"' in said
    assert "filename*=UTF-8''build.all-gr%C3%BC%C3%9Fe%20%22x%22" in said


def test_a_reader_of_a_log_that_is_sealed_meanwhile_sees_it_whole(job):
    """Chunks are gone between two reads of one answer: the rest comes from the file."""
    lines = numbered(6_000, 2_000)
    stored = 0
    while stored < len(lines):
        stored = job.rows(stored, lines[stored : stored + 1_000])
    job.end()
    job.rows(stored, [], no_more=True)
    status, said, text = fastcgi_ask(  # past nginx, which would read ahead into a file
        str(job.stack.sockets / "work-1.sock"),
        job.rest,
        timeout=60,
        after_first=job.wait_sealed,
        headers=job.token,
    )
    assert status == 200 and int(said["content-length"]) == len(text)
    assert hashlib.sha256(text).digest() == hashlib.sha256(lines_of(*lines).encode()).digest()


# --- Expiry (5.4) ---


def test_an_expired_log_is_gone_and_its_task_stays(job):
    job.rows(0, ["a"])
    job.end()
    job.rows(1, [], no_more=True)
    file = job.wait_sealed()
    assert file.exists()
    job.stack.sql(f"update log_file set task_stopped_at = now() - interval '364 days' where task_id = {job.task.id}")
    other = Job(job.project)
    other.end()
    other.wait_sealed()
    other.stack.sql(
        f"update log_file set task_stopped_at = now() - interval '366 days' where task_id = {other.task.id}"
    )

    def expired(which):
        return which.stack.sql(f"select 1 from log_file where task_id = {which.task.id} and expired_at is not null")

    wait_for(lambda: expired(other), "the expiry of an older log")
    assert file.exists() and not expired(job)
    job.stack.sql(f"update log_file set task_stopped_at = now() - interval '366 days' where task_id = {job.task.id}")
    wait_for(lambda: expired(job), "an expired log")
    assert not file.exists()
    for query in ("", "?tail=1", "?from=0"):
        answer = job.read(query)
        assert answer.status == 404 and "was removed on 20" in answer.json["message"]
    kept = job.project.jobs(job.project.run_of("ci.yml"))
    assert kept and job.project.rest(f"/jobs/{job.id}").json["conclusion"] == "success"
    page = ask(job.stack, "GET", job.page)
    assert page.status == 200 and "The log was removed on 20" in page.text
    assert job.rows(0, ["a"], no_more=True) == 1, "a runner that repeats itself is still answered"


# --- Steps and the page (5.3) ---


def test_the_page_shows_steps_with_their_rows(job):
    job.rows(0, ["set", "up", "<b>one</b>", "between", "two \x1b[31mred\x1b[0m", "rest"])
    steps = [
        pb.StepState(id=0, result=pb.Result.SUCCESS, log_index=2, log_length=1),
        pb.StepState(id=1, result=pb.Result.FAILURE, log_index=4, log_length=99),
    ]
    job.runner.state(job.task, steps=steps[:1])
    job.runner.state(job.task, pb.Result.FAILURE, steps=steps)
    page = ask(job.stack, "GET", job.page).text
    shown = re.findall(r'<li class="(\w+)" data-start="\d+".*?<span class="name">(.*?)</span>', page, re.S)
    assert shown == [
        ("success", "Set up job"),
        ("success", "Run echo one"),
        ("failure", "Run echo two"),
        ("failure", "Complete job"),
    ]
    assert 'id="L5"' in page and "<b>one" not in page and ">red</span>" in page and "\x1b" not in page
    part = ask(job.stack, "GET", f"/{job.project.path}/actions/jobs/{job.id}/view")
    assert part.status == 200 and f'id="job-{job.id}"' in part.text


def test_the_page_runs_its_scripts_and_no_other(job):
    page = ask(job.stack, "GET", job.page)
    addresses = re.findall(r'<script type="module" src="(/_static/[a-z-]+\.[0-9a-f]{16}\.js)"></script>', page.text)
    assert page.text.count("<script") == len(addresses) == 2
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for address in addresses:
        script = ask(job.stack, "GET", address)
        assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert (script.status, script.type) == (200, "text/javascript") and '"./' not in script.text
    assert r"\x1b\[" in ask(job.stack, "GET", "/_static/terminal.js").text, "escapes are JavaScript's"


def shown_one_by_one(text: str) -> str:
    """What a terminal shows, each wipe done at once."""
    line, cursor, at = [], 0, 0
    while at < len(text):
        wipe = next((wipe for wipe in ("\x1b[K", "\x1b[1K", "\x1b[2K") if text.startswith(wipe, at)), None)
        part = wipe or text[at]
        at += len(part)
        if wipe == "\x1b[K":
            del line[cursor:]
        elif wipe == "\x1b[1K":
            line = [" " if place <= cursor else character for place, character in enumerate(line)]
        elif wipe:
            line = []
        elif part == "\r":
            cursor = 0
        elif part == "\b":
            cursor = max(0, cursor - 1)
        else:
            line += " " * (cursor - len(line))
            line[cursor : cursor + 1] = [part]
            cursor += 1
    return "".join(line)


def test_field_15_the_pages_script_shows_what_a_terminal_does(job):
    script = ask(job.stack, "GET", "/_static/log.js").text
    function = script[script.index("function asTerminalShows") : script.index("const marker = ")]
    choice = random.Random(15)
    parts = ["a", "b", "ü", "😀", "\r", "\b", "\x1b[K", "\x1b[1K", "\x1b[2K"]
    lines = ["".join(choice.choices(parts, k=14)) for _ in range(5_000)]
    code = (
        f"{function}\nconst lines ="
        " JSON.parse(require('fs').readFileSync(0));\nconsole.log(JSON.stringify(lines.map(asTerminalShows)));"
    )
    done = subprocess.run(
        ["node", "-e", code], input=json.dumps(lines), capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(done.stdout) == [shown_one_by_one(line) for line in lines]
