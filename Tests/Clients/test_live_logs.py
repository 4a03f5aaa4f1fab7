"""Readers who wait for rows in the poll lane (DESIGN 2 and 3, docs/adr/0006)."""

import time

import pytest
from log_support import ONE, Job, ann, job, later, lines_of, numbered, stack, stranger  # noqa: F401
from support import Project, ask, wait_for


def test_rows_that_are_there_are_answered_at_once(job):
    job.rows(0, ["a", "b", "c"])
    assert job.live(1) == (lines_of("b", "c"), 3, False)
    assert job.live(0) == (lines_of("a", "b", "c"), 3, False)


@pytest.mark.parametrize("reader, writer", [(1, 1), (1, 2), (2, 1)], ids=["same instance", "the other", "and back"])
def test_a_waiting_reader_is_woken_by_an_append(job, reader, writer):
    job.rows(0, ["a"])
    waiting = later(lambda: job.live(1, instance=reader))
    time.sleep(1)  # the reader is to be parked; it is right either way
    assert job.update_on(writer, 1, ["b"]) == 2
    assert waiting.result() == (lines_of("b"), 2, False)


def test_many_readers_are_woken_by_one_append(job):
    waiting = [later(lambda: job.live(0)) for _ in range(20)]
    time.sleep(1)  # the readers are to be parked; they are right either way
    job.rows(0, ["a"])
    assert [reader.result() for reader in waiting] == [(lines_of("a"), 1, False)] * 20


def test_a_reader_learns_that_the_log_has_ended(job):
    job.rows(0, ["a"])
    waiting = later(lambda: job.live(1))
    job.rows(1, [], no_more=True)
    job.end()
    text, following, done = waiting.result()
    assert (text, following, done) == ("", 1, True)
    assert job.live(0) == (lines_of("a"), 1, True)
    job.wait_sealed()
    assert job.live(0) == (lines_of("a"), 1, True)


def test_a_reader_of_a_job_that_waits_for_a_runner_is_woken_when_one_comes(project):
    project.push_workflow(ONE)
    id = wait_for(lambda: project.run_of("ci.yml") and project.jobs(project.run_of("ci.yml")), "the run")["one"]["id"]
    path = f"/_live/{project.path}/jobs/{id}?from=0"

    def follow():
        answer, row = "", 0
        while not answer:
            got = ask(project.stack, "GET", path)
            assert got.status == 200
            answer, row = got.text, int(got.headers["X-Millrace-Next-Row"])
        return answer, row

    waiting = later(follow)
    runner = project.runner()
    runner.rows(runner.fetch(), 0, ["a"])
    assert waiting.result() == (lines_of("a"), 1)


def test_a_reader_is_answered_when_its_time_is_over(job):
    assert job.live(0) == ("", 0, False)


def test_a_log_is_followed_to_its_end_without_a_gap(job):
    contents = numbered(9_000)

    def follow():
        text, row, done = "", 0, False
        while not done:
            more, following, done = job.live(row)
            assert following == row + more.count("\n")
            text, row = text + more, following
        return text

    waiting = later(follow)
    for start in range(0, len(contents), 450):
        job.rows(start, contents[start : start + 450])
    job.end()
    job.rows(len(contents), [], no_more=True)
    assert waiting.result(60) == lines_of(*contents)


def test_held_readers_are_answered_when_an_instance_stops(whole_stack, job):
    waiting = [later(lambda: job.live(0)) for _ in range(6)]
    time.sleep(1)  # the readers are to be parked; they are right either way
    for name in ("millrace-1", "millrace-2"):
        whole_stack.stop_one(name)
    assert [reader.result() for reader in waiting] == [("", 0, False)] * 6


def test_live_logs_are_for_those_who_may_read_the_repository(private_project, stranger, ann):
    job = Job(private_project)
    job.rows(0, ["secret"])
    path = f"/_live/{private_project.path}/jobs/{job.id}?from=0"
    anonymous = ask(job.stack, "GET", path)
    assert anonymous.status == 401 and "WWW-Authenticate" not in anonymous.headers and "secret" not in anonymous.text
    assert ask(job.stack, "GET", path, login=stranger.login).status == 404
    assert ask(job.stack, "GET", path, login=ann.login).text == lines_of("secret")
    other = Job(Project(job.stack, stranger, private_project.checkout.parent))
    crossed = f"/_live/{other.project.path}/jobs/{job.id}?from=0"
    assert ask(job.stack, "GET", crossed, login=stranger.login).status == 404, "a job is found only in its repository"


@pytest.mark.parametrize("tail, status", [("?from=-1", 422), ("?from=x", 422), ("/more", 404)])
def test_live_requests_that_are_none(job, tail, status):
    assert ask(job.stack, "GET", f"/_live/{job.project.path}/jobs/{job.id}{tail}").status == status
    assert ask(job.stack, "GET", f"/_live/{job.project.path}/jobs/999999999?from=0").status == 404
    assert ask(job.stack, "POST", f"/_live/{job.project.path}/jobs/{job.id}?from=0").status == 405
