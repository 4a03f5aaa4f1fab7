"""Environments as GitHub's clients and runners see them: reviews, wait timers, branches, secrets of their own."""

import json
from concurrent.futures import ThreadPoolExecutor

import runner_pb as pb
from session_support import logged_in
from support import Project, User, ask, git, job_key, wait_for

WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: {where: x}
    steps: [{run: 'true'}]
  deploy:
    runs-on: ubuntu-latest
    needs: build
    environment: {name: "${{ needs.build.outputs.where }}", url: "https://${{ needs.build.outputs.where }}.example"}
    steps: [{run: 'true'}]
"""


def call(project: Project, method: str, path: str, body=None, user: "User | None" = None, mount: str = "v1"):
    return ask(
        project.stack,
        method,
        f"/api/{mount}/repos/{project.path}{path}",
        body=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {(user or project.owner).token}", "Content-Type": "application/json"},
    )


def environment(project: Project, name: str, **rules) -> dict:
    answer = call(project, "PUT", f"/environments/{name}", rules, mount="v3")
    assert answer.status == 200, answer.text
    return answer.json


def me(project: Project) -> int:
    return ask(project.stack, "GET", "/api/v1/user", headers={"Authorization": f"token {project.owner.token}"}).json[
        "id"
    ]


def at_the_gate(project: Project, runner, where: str) -> dict:
    project.push_workflow(WORKFLOW)
    runner.finish(runner.fetch(), outputs={"where": where})
    return project.run_of("ci.yml")


def why(project: Project, run: dict) -> str:
    job = project.jobs(run)["deploy"]
    return project.rest(f"/jobs/{job['id']}/why").json["message"]


def pending(project: Project, run: dict) -> list:
    return call(project, "GET", f"/actions/runs/{run['id']}/pending_deployments", mount="v3").json


def review(project: Project, run: dict, env: dict, state: str, user: "User | None" = None):
    body = {"environment_ids": [env["id"]], "state": state, "comment": "by the test"}
    return call(project, "POST", f"/actions/runs/{run['id']}/pending_deployments", body, user, mount="v3")


def test_a_job_waits_for_its_reviewer_and_gets_what_is_the_environments_alone(project, stranger):
    env = environment(project, "prod", reviewers=[{"type": "User", "id": me(project)}])
    for path, value in (("/actions/secrets/KEY", "of all"), ("/environments/prod/secrets/KEY", "of prod")):
        assert call(project, "PUT", path, {"data": value}).status == 201
    assert call(project, "POST", "/environments/prod/variables/REGION", {"value": "eu"}).status == 201
    runner = project.runner()
    project.push_workflow(WORKFLOW)
    build = runner.fetch()
    assert build.secrets["KEY"] == "of all" and "REGION" not in build.vars
    runner.finish(build, outputs={"where": "Prod"})
    run = project.run_of("ci.yml")
    wait_for(lambda: "waiting for ann to approve it for the environment" in why(project, run), "the reason")
    assert [one["environment"]["name"] for one in pending(project, run)] == ["prod"]
    assert pending(project, run)[0]["current_user_can_approve"] is True
    assert review(project, run, env, "approved", stranger).status == 403
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(lambda _: review(project, run, env, "approved").status, range(4)))
    assert answers == [200, 422, 422, 422], "one decides"
    deploy = runner.fetch()
    assert job_key(deploy) == "deploy"
    assert deploy.secrets["KEY"] == "of prod" and deploy.vars["REGION"] == "eu"
    runner.finish(deploy)
    assert project.wait_run()["conclusion"] == "success"


def test_a_rejection_fails_the_job_and_says_who(project):
    env = environment(project, "prod", reviewers=[{"type": "User", "id": me(project)}])
    run = at_the_gate(project, project.runner(), "prod")
    wait_for(lambda: pending(project, run), "the gate")
    assert review(project, run, env, "rejected").status == 200
    done = project.wait_run()
    assert done["conclusion"] == "failure"
    words = project.jobs(done)["deploy"]["problem"]
    assert words == 'ann rejected it for the environment "prod": by the test'


def test_the_wait_timer_holds_a_job_back_and_a_sweep_starts_it(project):
    environment(project, "slow", wait_timer=30)
    runner = project.runner()
    run = at_the_gate(project, runner, "slow")
    wait_for(lambda: 'waiting for the environment "slow" until 20' in why(project, run), "the reason")
    project.stack.sql(
        f"update deployment set wait_until = now(), due_at = now() where run_id = {run['id']} returning job_id"
    )
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"


def test_a_branch_that_may_not_use_it_fails_the_job(project):
    environment(project, "prod", deployment_branch_policy={"protected_branches": False, "custom_branch_policies": True})
    answer = call(project, "POST", "/environments/prod/deployment-branch-policies", {"name": "release/*"}, mount="v3")
    assert answer.status == 200, answer.text
    runner = project.runner()
    run = at_the_gate(project, runner, "prod")
    assert project.wait_run()["conclusion"] == "failure"
    assert '"main" may not use the environment "prod"' in project.jobs(run)["deploy"]["problem"]
    git(project.checkout, "push", project.url(project.owner), "HEAD:refs/heads/release/1")
    runner.finish(runner.fetch(), outputs={"where": "prod"})
    assert job_key(task := runner.fetch()) == "deploy"
    runner.finish(task)


def test_an_environment_that_nobody_made_has_no_rules_and_a_cancel_ends_what_waits(project):
    runner = project.runner()
    run = at_the_gate(project, runner, "staging")
    runner.finish(runner.fetch())
    assert project.wait_run()["conclusion"] == "success"
    assert [one["name"] for one in call(project, "GET", "/environments").json["environments"]] == ["staging"]
    env = environment(project, "staging", reviewers=[{"type": "User", "id": me(project)}])
    run = at_the_gate(project, runner, "staging")
    wait_for(lambda: pending(project, run), "the gate")
    assert call(project, "POST", f"/actions/runs/{run['id']}/cancel").status < 300
    assert project.jobs(run)["deploy"]["conclusion"] == "cancelled"
    assert review(project, run, env, "approved").status == 422


def test_a_removed_environment_fails_what_waits_for_its_review(project):
    environment(project, "prod", reviewers=[{"type": "User", "id": me(project)}])
    run = at_the_gate(project, project.runner(), "prod")
    wait_for(lambda: pending(project, run), "the gate")
    assert call(project, "DELETE", "/environments/prod").status == 204
    done = project.wait_run()
    assert done["conclusion"] == "failure"
    assert "was removed while the job waited for it" in project.jobs(done)["deploy"]["problem"]


def test_the_buttons_of_the_page_are_for_who_is_logged_in(project):
    env = environment(project, "prod", reviewers=[{"type": "User", "id": me(project)}])
    runner = project.runner()
    run = at_the_gate(project, runner, "prod")
    wait_for(lambda: pending(project, run), "the gate")
    page = f"/{project.path}/actions/runs/{run['id']}"
    shown = ask(project.stack, "GET", page, login=project.owner.login)
    assert f"{page}/environments/{env['id']}/approved" in shown.text
    press = f"{page}/environments/{env['id']}/approved"
    assert ask(project.stack, "POST", press).status == 401
    elsewhere = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert ask(project.stack, "POST", press, headers=elsewhere, login=project.owner.login).status == 403
    assert ask(project.stack, "POST", press, login=project.owner.login).status == 403, "by no token of a page"
    assert logged_in(project.stack, project.owner).send(press, page="/-/settings/profile").status == 303
    task = runner.fetch()
    assert job_key(task) == "deploy"
    runner.state(task, pb.Result.SUCCESS)
