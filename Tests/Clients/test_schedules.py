"""Schedules (workflows.md 7): read from the default branch, fired once each slot, whoever dies meanwhile."""

from conftest import private_stack
from support import Project, User, ask, context, git, wait_for

NIGHTLY = """\
on:
  schedule:
    - cron: '{}'
    - cron: '30 2 * * *'
      timezone: Europe/Berlin
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [run: echo]
"""


def lines(stack, project) -> "list[tuple[str, str]]":
    text = stack.sql(
        f"select cron || '|' || timezone from schedule s join repository r on r.id = s.repository_id"
        f" where r.name = '{project.name}' order by s.id"
    )
    return [tuple(row.split("|")) for row in text.split("\n") if row]


def make_due(stack, project, ago: str = "1 minute") -> None:
    stack.sql(
        f"update schedule s set next_at = date_trunc('minute', now()) - interval '{ago}' from repository r"
        f" where r.id = s.repository_id and r.name = '{project.name}'"
    )


def test_lines_of_the_default_branch_start_runs(stack, ann, project):
    project.push({".gitea/workflows/n.yml": NIGHTLY.format("5 4 * * *")})
    both = [("5 4 * * *", ""), ("30 2 * * *", "Europe/Berlin")]
    wait_for(lambda: lines(stack, project) == both, "the lines of main")
    # Another branch adds none.
    git(project.checkout, "checkout", "--quiet", "-b", "side")
    project.commit({".gitea/workflows/side.yml": NIGHTLY.format("6 6 * * *")})
    git(project.checkout, "push", project.url(ann), "HEAD:refs/heads/side")
    shown = ask(
        stack,
        "GET",
        f"/api/v1/repos/{project.path}/actions/workflows/n.yml",
        headers={"Authorization": f"token {ann.token}"},
    ).json["schedules"]
    assert [(s["cron"], s["timezone"]) for s in shown] == both and all(s["next_run_at"] > "2026" for s in shown)
    said = stack.millrace("why", "schedule", project.path)
    assert 'n.yml: "5 4 * * *" fires next at ' in said and "(Europe/Berlin)" in said
    runner = project.runner()
    make_due(stack, project, ago="3 days")
    wait_for(lambda: len(project.runs()) == 2, "two lines that are due at once")
    tasks = [runner.fetch()]
    runner.finish(tasks[0])
    tasks.append(runner.fetch())
    runner.finish(tasks[1])
    assert sorted(context(task)["event"]["schedule"] for task in tasks) == sorted(cron for cron, _ in both)
    for task in tasks:
        github = context(task)
        assert (github["event_name"], github["ref"], github["actor"]) == ("schedule", "refs/heads/main", ann.name)
        assert github["event"]["repository"]["full_name"] == project.path
    assert lines(stack, project) == both, "side has not added any"
    assert {run["event"] for run in project.runs()} == {"schedule"} and len(project.runs()) == 2


def test_lines_go_with_what_they_hang_on(stack, ann, project):
    def call(method, path, body=None):
        answer = ask(
            stack,
            method,
            f"/api/v1/repos/{project.path}{path}",
            body=body,
            headers={"Authorization": f"token {ann.token}", "Content-Type": "application/json"},
        )
        assert answer.status < 300, answer.text

    project.push({".gitea/workflows/n.yml": NIGHTLY.format("5 4 * * *")})
    wait_for(lambda: len(lines(stack, project)) == 2, "two lines")
    call("PUT", "/actions/workflows/n.yml/disable")
    wait_for(lambda: not lines(stack, project), "none of a disabled workflow")
    call("PUT", "/actions/workflows/n.yml/enable")
    wait_for(lambda: len(lines(stack, project)) == 2, "two of an enabled one")
    call("PATCH", "", '{"archived": true}')
    wait_for(lambda: not lines(stack, project), "none of an archive")
    call("PATCH", "", '{"archived": false}')
    wait_for(lambda: len(lines(stack, project)) == 2, "two again")
    project.push({".gitea/workflows/n.yml": NIGHTLY.format("6 4 * * *")})
    wait_for(lambda: [c for c, _ in lines(stack, project)] == ["30 2 * * *", "6 4 * * *"], "another line")
    git(project.checkout, "checkout", "--quiet", "-b", "other")
    project.commit({".gitea/workflows/n.yml": NIGHTLY.format("7 7 * * *")})
    git(project.checkout, "push", project.url(ann), "HEAD:refs/heads/other")
    call("PATCH", "", '{"default_branch": "other"}')
    wait_for(lambda: "7 7 * * *" in [c for c, _ in lines(stack, project)], "those of the new default branch")
    git(project.checkout, "rm", "-q", ".gitea/workflows/n.yml")
    git(project.checkout, "commit", "-q", "-m", "Remove")
    git(project.checkout, "push", project.url(ann), "HEAD:refs/heads/other")
    wait_for(lambda: not lines(stack, project), "none of a removed file")


def test_a_thousand_schedules_while_instances_die_in_turn(tmp_path):
    """Two nights in which the clocks change; whatever was fired by whoever died was fired once."""
    with private_stack("schedules", instances=2) as stack:
        a_thousand_schedules(stack, Project(stack, User(stack, "ann"), tmp_path))


def a_thousand_schedules(stack, project) -> None:
    workflows = {}
    for file in range(10):
        days = [f"{n % 28 + 1} {n // 28 + 1} {file % 7}" for n in range(100)]
        crons = "".join(f"    - cron: 'TZ=Europe/Berlin 30 2 {day}'\n" for day in days)
        workflows[f".gitea/workflows/w{file}.yml"] = (
            f"on:\n  schedule:\n{crons}jobs:\n  a:\n    runs-on: nobody\n    steps: [run: echo]\n"
        )
    project.push(workflows)
    count = "select count(*) from schedule"
    wait_for(lambda: stack.sql(count) == "1000", "1000 lines", 120)
    slots = "select count(*) from schedule_slot"
    for turn, moment in enumerate(["2026-03-29 01:30+00", "2026-10-25 00:30+00"]):
        stack.sql(f"update schedule set next_at = '{moment}'")
        goal = 1000 * (turn + 1)
        for part in range(1, 4):
            wait_for(
                lambda part=part: int(stack.sql(slots)) >= goal - 1000 + part * 200, f"{part * 200} of turn {turn}", 120
            )
            victim = stack.instance_names[part % 2]
            stack.kill(victim)
            stack.start_one(victim)
        wait_for(lambda: int(stack.sql(slots)) == goal, "all slots", 240)
    wait_for(lambda: stack.sql("select count(*) from run where event = 'schedule'") == "2000", "their runs", 400)
    assert stack.sql("select count(distinct (workflow_path, cron, slot)) from schedule_slot") == "2000"
    assert (
        stack.sql(
            "select count(*) from (select i.event ->> 'schedule', workflow_path, count(*) from run r join inbox i"
            " on i.id = r.inbox_id where r.event = 'schedule' group by 1, 2 having count(*) <> 2) x"
        )
        == "0"
    )
    stack.millrace("verify")
