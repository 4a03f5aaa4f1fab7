"""Field case 08: a message has no newline at its end."""

import pytest
from support import git, wait_for

from field.push_events import event_of, push_to, workflow


@pytest.mark.parametrize(
    "condition",
    ["github.event.head_commit.message == 'release'", "endsWith(github.event.head_commit.message, 'release')"],
)
def test_a_commit_called_release(project, condition):
    project.push_workflow(workflow(condition))
    git(project.checkout, "commit", "--quiet", "--allow-empty", "-m", "release")
    push_to(project, "refs/heads/main")
    runner = project.runner(labels=["x"])
    assert event_of(runner)["head_commit"]["message"] == "release"


@pytest.mark.parametrize(
    "message, expected", [("bare", "bare"), ("a\r\nb\r\n", "a\r\nb"), ("a\n\n b\n\n\n", "a\n\n b")]
)
def test_a_message_made_by_commit_tree(project, message, expected):
    import subprocess

    project.push_workflow(workflow(on="{push: {branches: [raw]}}"))
    made = (
        subprocess.run(
            ["git", "commit-tree", "HEAD^{tree}", "-p", "HEAD"],
            cwd=project.checkout,
            input=message.encode(),
            capture_output=True,
            check=True,
            env={
                **__import__("os").environ,
                "GIT_AUTHOR_NAME": "a",
                "GIT_AUTHOR_EMAIL": "a@b",
                "GIT_COMMITTER_NAME": "a",
                "GIT_COMMITTER_EMAIL": "a@b",
            },
        )
        .stdout.decode()
        .strip()
    )
    git(project.checkout, "push", "--quiet", project.url(project.owner), f"{made}:refs/heads/raw")
    assert event_of(project.runner(labels=["x"]))["head_commit"]["message"] == expected
    # A19: the title is the first line, whatever ends it.
    assert wait_for(lambda: project.run_of("ci.yml"), "the run")["display_title"] == expected.splitlines()[0]
