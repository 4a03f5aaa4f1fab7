"""Field case 14: fields that workflows read."""

import pytest
from support import git, wait_for

from field.push_events import event_of, push_to, workflow

CONDITION = " && ".join(
    [
        "github.event.head_commit.url != ''",
        "contains(join(github.event.head_commit.added, ' '), 'README.md')",
        "(github.event.compare_url != '' || github.event.compare != '')",
        "github.event.pusher.name != ''",
    ]
)


def test_a_push_that_adds_a_file(project):
    project.push_workflow(workflow(CONDITION))
    runner = project.runner(labels=["x"])
    project.commit({"README.md": "one\n", "gone.txt": "x\n"})
    push_to(project, "refs/heads/main")
    event = event_of(runner)
    assert event["head_commit"]["added"] == ["README.md", "gone.txt"] and not event["created"] and not event["forced"]
    (project.checkout / "gone.txt").unlink()
    project.commit({"README.md": "two\n", "new.txt": "n\n"})
    project.commit({"last.txt": "l\n"})
    push_to(project, "refs/heads/main")
    wait_for(lambda: len(project.runs()) == 3, "the third run")
    # The head adds no README.md, so the condition above skips it: the first commit is looked at in the row.
    import json

    payload = json.loads(project.stack.sql("select payload from run order by id desc limit 1"))
    first, last = payload["commits"]
    assert (first["added"], first["removed"], first["modified"]) == (["new.txt"], ["gone.txt"], ["README.md"])
    assert last["added"] == ["last.txt"] and all(one["url"] for one in payload["commits"])
    assert payload["compare"].endswith(f"{payload['before']}...{payload['after']}")


@pytest.mark.parametrize(
    "condition, change", [("github.event.forced == true", "force"), ("github.event.created == true", "new")]
)
def test_forced_and_created(project, condition, change):
    project.push_workflow(workflow(f"{condition} && github.ref_name == 'side'", on="{push: {branches: [side]}}"))
    runner = project.runner(labels=["x"])
    push_to(project, "refs/heads/side")
    if change == "force":
        git(project.checkout, "commit", "--quiet", "--amend", "-m", "Rewritten")
        push_to(project, "refs/heads/side", "--force")
    event = event_of(runner)
    assert (
        event["forced"] == (change == "force") and event["created"] == (change == "new") and event["deleted"] is False
    )
