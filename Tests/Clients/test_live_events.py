"""The stream of events /_live/events by sockets: what it says, to whom, and how it ends (docs/adr/0039)."""

import base64
import json
import select
import socket
import time

import pytest
from log_support import ONE, Job, ann, job, later, lines_of, numbered, stack, stranger  # noqa: F401
from support import Project, ask, wait_for

SECONDS_MAX = 60


class Stream:
    """One stream, read as its bytes come: HTTP/1.1 with chunks, through nginx."""

    def __init__(self, stack, query: str, headers=None, login=None, receive_bytes: int = 0):
        self.link = socket.socket()
        if receive_bytes:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.link.connect(("127.0.0.1", stack.port))
        lines = {"Host": f"127.0.0.1:{stack.port}", "Accept": "text/event-stream", **(headers or {})}
        if login:
            lines["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.link.sendall(f"GET /_live/events?{query} HTTP/1.1\r\n{head}\r\n".encode())
        self.raw, self.text, self.events, self.is_over = b"", "", [], False
        self.comments = 0

    def head(self) -> "tuple[int, dict]":
        self.read_until(lambda: b"\r\n\r\n" in self.raw or getattr(self, "status", None))
        return self.status, self.headers

    def fileno(self) -> int:
        return self.link.fileno()

    def feed(self) -> None:
        """What is there now; blocks for no more."""
        piece = self.link.recv(1 << 16)
        if not piece:
            self.is_over = True
            return
        self.raw += piece
        if not hasattr(self, "status"):
            if b"\r\n\r\n" not in self.raw:
                return
            head, self.raw = self.raw.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            self.status = int(lines[0].split()[1])
            self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
            self.is_chunked = self.headers.get("transfer-encoding") == "chunked"
            self.partial = b""
        if self.is_chunked:
            while b"\r\n" in self.raw:
                size, rest = self.raw.split(b"\r\n", 1)
                count = int(size, 16)
                if len(rest) < count + 2:
                    break
                self.partial += rest[:count]
                self.raw = rest[count + 2 :]
                if count == 0:
                    self.is_over = True
                    break
        else:
            self.partial, self.raw = self.partial + self.raw, b""
        while b"\n\n" in self.partial:
            block, self.partial = self.partial.split(b"\n\n", 1)
            fields = [line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":")]
            self.comments += block.startswith(b":")
            said = dict(fields)
            if "data" in said:
                self.events.append((said["event"], said.get("id"), json.loads(said["data"])))
            elif "retry" in said:
                self.retry = int(said["retry"])

    def read_until(self, fact, seconds: float = SECONDS_MAX):
        deadline = time.monotonic() + seconds
        while not (value := fact()):
            left = deadline - time.monotonic()
            assert left > 0, f"not within {seconds} s: {self.events[-3:]}"
            assert not self.is_over, f"the stream ended: {self.events[-3:]}"
            if select.select([self], [], [], left)[0]:
                self.feed()
        return value

    def of(self, kind: str, topic: "str | None" = None) -> list:
        return [data for name, _, data in self.events if name == kind and topic in (None, data.get("topic"))]

    def rows(self, topic: str) -> str:
        return "".join(data["text"] for data in self.of("log", topic))

    def close(self) -> None:
        self.link.close()


def run_id(job) -> int:
    return int(job.page.rsplit("/", 1)[1])


def test_a_log_a_run_and_a_repository_by_one_stream(job):
    repository = job.stack.sql(f"select repository_id from job where id = {job.id}")
    stream = Stream(job.stack, f"log={job.id}@1&run={run_id(job)}&runs={repository}")
    status, headers = stream.head()
    assert status == 200 and headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
    run, runs, log = f"run:{run_id(job)}", f"runs:{repository}", f"log:{job.id}"
    stream.read_until(lambda: stream.of("changed", run) and stream.of("changed", runs) and stream.of("job", log))
    assert stream.of("job")[0]["status"] == "running" and stream.of("job")[0]["sections"][0]["name"] == "Set up job"
    job.rows(0, ["a", '\x1b[31mb\x1b[0m \r \u202e "quoted"', "c"])
    stream.read_until(lambda: stream.rows(log).endswith("c\n"))
    assert stream.rows(log) == lines_of('\x1b[31mb\x1b[0m \r \u202e "quoted"', "c")
    assert stream.of("log")[0]["from"] == 1 and stream.of("log")[-1]["total"] == 3
    before = len(stream.of("changed", run)), len(stream.of("changed", runs))
    job.end()
    job.rows(3, [], no_more=True)
    stream.read_until(lambda: stream.of("log")[-1]["done"])
    stream.read_until(lambda: stream.of("job")[-1]["status"] == "success")
    stream.read_until(lambda: (len(stream.of("changed", run)), len(stream.of("changed", runs))) > before)
    stream.read_until(lambda: len(stream.of("changed", runs)) > before[1])
    stream.close()


@pytest.mark.parametrize("writer", [1, 2])
def test_rows_come_whichever_instance_stored_them(job, writer):
    stream = Stream(job.stack, f"log={job.id}")
    stream.read_until(lambda: stream.of("job"))
    for number in range(20):
        assert job.update_on(writer, number, [f"row {number}"]) == number + 1
        stream.read_until(lambda end=f"row {number}\n": stream.rows(f"log:{job.id}").endswith(end))
    assert stream.rows(f"log:{job.id}") == lines_of(*(f"row {number}" for number in range(20)))
    stream.close()


def test_a_stream_goes_on_behind_the_last_event(job):
    job.rows(0, ["a", "b", "c", "d"])
    first = Stream(job.stack, f"log={job.id}@0")
    first.read_until(lambda: first.of("log"))
    id = first.events[-1][1]
    assert id == f"log:{job.id}@4"
    first.close()
    job.rows(4, ["e"])
    second = Stream(job.stack, f"log={job.id}@0", headers={"Last-Event-ID": id})
    second.read_until(lambda: second.of("log"))
    assert second.rows(f"log:{job.id}") == lines_of("e")
    second.close()


def test_a_reader_far_behind_is_given_the_end(job):
    contents = numbered(30_000)
    job.rows(0, contents)
    stream = Stream(job.stack, f"log={job.id}@0")
    stream.read_until(lambda: stream.of("log") and stream.of("log")[-1]["next"] == 30_000)
    assert stream.of("log")[0]["from"] == 29_000 and stream.rows(f"log:{job.id}") == lines_of(*contents[29_000:])
    stream.close()
    near = Stream(job.stack, f"log={job.id}@21000")
    near.read_until(lambda: near.of("log") and near.of("log")[-1]["next"] == 30_000)
    assert near.rows(f"log:{job.id}") == lines_of(*contents[21_000:])
    near.close()


def test_two_hundred_streams_on_one_run(job):
    streams = [Stream(job.stack, f"log={job.id}&run={run_id(job)}") for _ in range(200)]
    for stream in streams:
        assert stream.head()[0] == 200
        stream.read_until(lambda stream=stream: stream.of("job") and stream.of("changed"))
    for number in range(5):
        job.rows(number, [f"row {number}"])
    for stream in streams:
        stream.read_until(lambda stream=stream: stream.rows(f"log:{job.id}").endswith("row 4\n"))
        assert stream.rows(f"log:{job.id}") == lines_of(*(f"row {number}" for number in range(5)))
    for stream in streams:
        stream.close()


def test_a_slow_reader_gets_everything_and_holds_up_nobody(job):
    """It takes nothing while two megabytes come; then it reads on, and lacks no row."""
    slow = Stream(job.stack, f"log={job.id}@0", receive_bytes=4096)
    quick = Stream(job.stack, f"log={job.id}@0")
    quick.read_until(lambda: quick.of("job"))
    contents = numbered(9_000, width=500)
    for start in range(0, 9_000, 300):
        job.rows(start, contents[start : start + 300])
        quick.read_until(lambda: quick.of("log") and quick.of("log")[-1]["next"] > start)
    quick.read_until(lambda: quick.of("log")[-1]["next"] == 9_000)
    assert quick.rows(f"log:{job.id}") == lines_of(*contents)
    slow.read_until(lambda: slow.of("log") and slow.of("log")[-1]["next"] == 9_000)
    assert slow.rows(f"log:{job.id}") == lines_of(*contents)
    slow.close()
    quick.close()


def test_a_stream_ends_as_the_instance_stops_and_the_other_goes_on(whole_stack, job):
    streams = [Stream(job.stack, f"log={job.id}") for _ in range(8)]
    for stream in streams:
        stream.read_until(lambda stream=stream: stream.of("job"))
    whole_stack.stop_one("millrace-1")
    ended = [stream for stream in streams if ends(stream)]
    assert 0 < len(ended) < 8, "nginx shares them among the instances"
    for stream in ended:
        assert stream.of("end")[0]["words"] == "the server is being restarted" and stream.retry == 1000
    job.rows(0, ["a"])
    for stream in streams:
        if stream not in ended:
            stream.read_until(lambda stream=stream: stream.of("log"))
    again = Stream(job.stack, f"log={job.id}")
    again.read_until(lambda: again.of("log"))


def ends(stream, seconds: float = 3) -> bool:
    deadline = time.monotonic() + seconds
    while not stream.is_over and (left := deadline - time.monotonic()) > 0:
        if select.select([stream], [], [], left)[0]:
            stream.feed()
    return stream.is_over


def test_a_killed_instance_breaks_its_streams_off_and_the_other_takes_them(whole_stack, job):
    stream = Stream(job.stack, f"log={job.id}")
    stream.read_until(lambda: stream.of("job"))
    for name in ("millrace-1", "millrace-2"):
        whole_stack.kill(name)
        if ends(stream):
            break
        whole_stack.start_again(name)
    assert stream.is_over and not stream.of("end")
    again = Stream(job.stack, f"log={job.id}@0")
    again.read_until(lambda: again.of("job"))
    again.close()


def test_who_may_not_see_the_page_is_told_nothing(private_project, stranger, ann):
    job = Job(private_project)
    job.rows(0, ["secret"])
    query = f"log={job.id}&run={run_id(job)}"
    assert Stream(job.stack, query).head()[0] == 401
    assert Stream(job.stack, query, login=stranger.login).head()[0] == 404
    mine = Stream(job.stack, query, login=ann.login)
    mine.read_until(lambda: mine.of("log"))
    assert mine.rows(f"log:{job.id}") == lines_of("secret")
    other = Job(Project(job.stack, stranger, private_project.checkout.parent))
    mixed = Stream(job.stack, f"{query}&log={other.id}", login=stranger.login)
    mixed.read_until(lambda: len(mixed.of("gone")) == 2 and mixed.of("job"))
    assert {data["topic"] for data in mixed.of("gone")} == {f"log:{job.id}", f"run:{run_id(job)}"}
    assert all(data["status"] == 404 for data in mixed.of("gone"))
    job.rows(1, ["more secret"])
    other.rows(0, ["mine"])
    mixed.read_until(lambda: mixed.of("log"))
    assert mixed.rows(f"log:{job.id}") == "" and mixed.rows(f"log:{other.id}") == lines_of("mine")


def test_a_repository_that_turns_private_is_told_of_no_more(job, stranger):
    stream = Stream(job.stack, f"log={job.id}", login=stranger.login)
    stream.read_until(lambda: stream.of("job"))
    owner = {"Authorization": f"token {job.project.owner.token}", "Content-Type": "application/json"}
    answer = ask(job.stack, "PATCH", f"/api/v1/repos/{job.project.path}", json.dumps({"private": True}), owner)
    assert answer.status == 200
    stream.read_until(lambda: stream.of("gone"))
    job.rows(0, ["secret"])
    assert not ends(stream, 1) and stream.of("log") == []


@pytest.mark.parametrize(
    "query, status",
    [
        ("", 422),
        ("log=x", 422),
        ("log=0", 422),
        ("log=5@-1", 422),
        ("run=%00", 422),
        ("runs=1@%27", 422),
        ("log=999999999", 401),
        ("&".join(f"log={n}" for n in range(1, 66)), 422),
    ],
)
def test_streams_of_what_is_no_topic(job, query, status):
    assert ask(job.stack, "GET", f"/_live/events?{query}").status == status


def test_methods(job):
    path = f"/_live/events?log={job.id}"
    assert ask(job.stack, "POST", path).status == 405
    answer = ask(job.stack, "HEAD", path)
    assert answer.status == 200 and answer.type == "text/event-stream"


def test_polling_tells_the_same_at_once(job):
    job.rows(0, ["a", "b"])
    answer = ask(job.stack, "GET", f"/_live/events?log={job.id}@1&run={run_id(job)}&poll=1", timeout=10)
    assert answer.status == 200 and "event: changed" in answer.text and "event: job" in answer.text
    assert json.dumps(lines_of("b"))[1:-1] in answer.text and "retry: " in answer.text


def test_what_could_not_be_told_is_told_when_the_database_answers_again(job):
    stream = Stream(job.stack, f"log={job.id}")
    stream.read_until(lambda: stream.of("job"))
    # The table is one that an event of a job needs, and the look that finds it changed does not.
    job.stack.sql("alter table run rename to run_aside")
    try:
        job.stack.sql(f"update step set log_index = 1 where task_id = {job.task.id} and position = 0")
        time.sleep(2)
    finally:
        job.stack.sql("alter table run_aside rename to run")
    count = len(stream.of("job"))
    stream.read_until(lambda: len(stream.of("job")) > count, seconds=10)
    stream.close()


def test_a_quiet_stream_is_kept_open(job):
    """By comments; nginx closes what says nothing for 60 s."""
    stream = Stream(job.stack, f"log={job.id}")
    stream.read_until(lambda: stream.comments >= 1)
    stream.close()


def test_too_many_streams_of_one_person_are_refused_with_words(job):
    """Limits: LiveLimits.streamsPerPersonMax, of each of the two instances."""
    answers, streams = [], []
    for _ in range(1_100):
        stream = Stream(job.stack, f"run={run_id(job)}")
        streams.append(stream)
        if len(streams) % 50 == 0 or len(streams) > 990:
            answers.append(stream.head()[0])
        if answers and answers[-1] == 429:
            break
    assert answers[-1] == 429, answers[-5:]
    assert ask(job.stack, "GET", f"/_live/events?run={run_id(job)}&poll=1").status == 200
    for stream in streams:
        stream.close()
    wait_for(lambda: Stream(job.stack, f"run={run_id(job)}").head()[0] == 200, "room for another")
