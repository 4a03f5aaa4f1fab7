"""A12: runs older than runs.retention go with everything that is theirs, on the disk too."""

import pytest
from artifact_support import Uploader, fresh
from conftest import private_stack
from support import Project, User, ask, wait_for


@pytest.fixture(scope="module")
def forgetful():
    with private_stack(
        "forgetful",
        instances=2,
        settings={"runs": {"retention": "12s"}, "logs": {"seal_grace": "1s"}, "artifacts": {"garbage_after": "2s"}},
    ) as stack:
        yield stack


def files(stack, *places: str) -> "list[str]":
    return sorted(str(path) for place in places for path in (stack.storage / place).rglob("*") if path.is_file())


def test_a_run_goes_with_everything_that_is_its(forgetful, tmp_path):
    project = Project(forgetful, User(forgetful, fresh("owner")), tmp_path)
    job = Uploader(project)
    job.runner.rows(job.task, 0, ["a line that is kept for a while"])
    job.upload("dist", b"x" * 1000)
    job.end(index=1)
    run = job.run
    wait_for(lambda: files(forgetful, "logs"), "the sealed log")
    assert files(forgetful, "blobs")
    labels = forgetful.sql(f"select label_set_id from job where run_id = {run}")
    assert labels
    wait_for(lambda: forgetful.sql(f"select count(*) from run where id = {run}") == "0", "the run's removal")
    for table in ("attempt", "job", "artifact", "event"):
        assert forgetful.sql(f"select count(*) from {table} where run_id = {run}") == "0", table
    assert forgetful.sql("select count(*) from task") == "0"
    wait_for(lambda: not files(forgetful, "logs", "blobs"), "the removal of log and blob")
    wait_for(lambda: forgetful.sql("select count(*) from label_set") == "0", "the removal of the label set")
    answer = ask(
        forgetful,
        "GET",
        f"/api/v1/repos/{project.path}/actions/runs/{run}",
        headers={"Authorization": f"token {project.owner.token}"},
    )
    assert answer.status == 404
    assert forgetful.sql("select count(*) from log_removal") == forgetful.sql("select count(*) from blob_loose") == "0"
    assert "0 problems" in (said := forgetful.millrace("verify")) or "hold" in said, said


def test_what_runs_is_never_old(forgetful, tmp_path):
    """A run that goes on keeps its rows, however long it takes; and the same labels come back."""
    project = Project(forgetful, User(forgetful, fresh("owner")), tmp_path)
    job = Uploader(project)
    forgetful.sql(
        "update run set created_at = now() - interval '1 year', started_at = now() - interval '1 year' where id ="
        f" {job.run}"
    )
    other = Project(forgetful, User(forgetful, fresh("owner")), tmp_path)
    done = Uploader(other)
    done.end()
    wait_for(lambda: forgetful.sql(f"select count(*) from run where id = {done.run}") == "0", "the other run's removal")
    assert forgetful.sql(f"select count(*) from run where id = {job.run}") == "1"
    job.end()


def test_events_of_runners_and_rotated_tokens_go(forgetful, tmp_path):
    """What belongs to no run: old events go with runs.retention, registration tokens that were rotated away after a
    month."""
    project = Project(forgetful, User(forgetful, fresh("owner")), tmp_path)
    project.registration_token()
    owner = forgetful.sql(f"select id from account where name = '{project.owner.name}'")
    forgetful.sql(
        "insert into event (kind, at, runner_id) values ('runner_registered', now() - interval '1 hour', 4711),"
        " ('runner_registered', now(), 4712)"
    )
    forgetful.sql(
        f"insert into registration_token (hash, owner_id, is_active, created_at) values ('old', {owner}, false, now() -"
        f" interval '31 days'), ('new', {owner}, false, now()), ('live', {owner}, true, now() - interval '99 days')"
    )
    wait_for(
        lambda: forgetful.sql("select count(*) from event where runner_id = 4711") == "0", "the old event's removal"
    )
    wait_for(
        lambda: (
            forgetful.sql(
                "select string_agg(encode(hash, 'escape'), ' ' order by hash) from registration_token "
                f"where owner_id = {owner} and encode(hash, 'escape') in ('old', 'new', 'live')"
            )
            == "live new"
        ),
        "the old token's removal",
    )
