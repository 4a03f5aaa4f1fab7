"""Field case 07: the event names all commits of a push."""

from support import git

from field.push_events import event_of, push_to, workflow


def commit(project, *messages):
    for message in messages:
        git(project.checkout, "commit", "--quiet", "--allow-empty", "-m", message)


def test_three_commits_oldest_first_and_the_condition_holds(project):
    project.push_workflow(workflow("contains(join(github.event.commits.*.message, ' '), 'marker')"))
    commit(project, "first marker", "second", "release")
    push_to(project, "refs/heads/main")
    runner = project.runner(labels=["x"])
    event = event_of(runner)
    assert [one["message"] for one in event["commits"]] == ["first marker", "second", "release"]
    assert event["total_commits"] == 3 and event["head_commit"]["message"] == "release"


def test_a_new_branch_has_those_that_no_other_had_and_a_tag_has_none(project):
    project.push_workflow(workflow())
    runner = project.runner(labels=["x"])
    assert event_of(runner)["total_commits"] == 1
    commit(project, "one", "two")
    push_to(project, "refs/heads/feature")
    event = event_of(runner)
    assert [one["message"] for one in event["commits"]] == ["one", "two"] and event["total_commits"] == 2
    push_to(project, "refs/tags/v1")
    event = event_of(runner)
    assert event["commits"] == [] and event["total_commits"] == 0 and event["head_commit"]["message"] == "two"
    push_to(project, "refs/heads/same")
    event = event_of(runner)
    assert event["commits"] == [] and event["head_commit"]["message"] == "two"


def test_two_branches_in_one_push_do_not_hide_each_others_commits(project):
    project.push_workflow(workflow(on="{push: {branches: ['new-*']}}"))
    commit(project, "mine")
    git(
        project.checkout,
        "push",
        "--quiet",
        project.url(project.owner),
        "HEAD:refs/heads/new-a",
        "HEAD:refs/heads/new-b",
    )
    runner = project.runner(labels=["x"])
    for _ in range(2):
        assert [one["message"] for one in event_of(runner)["commits"]] == ["mine"]


def test_of_3000_commits_2048_are_listed_and_all_are_counted(project):
    project.push_workflow(workflow())
    runner = project.runner(labels=["x"])
    event_of(runner)
    lines = []
    parent = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    for n in range(3000):
        lines.append(
            f"commit refs/heads/main\ncommitter a <a@example.invalid> {1_800_000_000 + n} +0000\ndata"
            f" {len(str(n))}\n{n}\n" + (f"from {parent}\n" if n == 0 else "")
        )
    import subprocess

    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=project.checkout,
        input="\n".join(lines),
        text=True,
        check=True,
    )
    git(project.checkout, "push", "--quiet", project.url(project.owner), "refs/heads/main:refs/heads/main")
    event = event_of(runner)
    assert event["total_commits"] == 3000 and len(event["commits"]) == 2048
    assert event["commits"][-1]["message"] == "2999" and event["commits"][0]["message"] == "952"
