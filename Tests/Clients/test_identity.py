"""Identity tokens of jobs (runner.md 6.5), verified as a cloud does it: by discovery, key set and PyJWT."""

import jwt
import pytest
import runner_pb as pb
from support import ask, context
from test_tokens import JOB, Job, token_of

IDENTIFIED = JOB.replace("    steps:", "    permissions: {id-token: write, contents: read}\n    steps:")
OIDC = "/api/actions/oidc"


def fetch(stack, url: str, token: str, audience: "str | None" = None):
    """As core.getIDToken does: `&audience=` behind whatever the address is."""
    path = url.removeprefix(stack.url) + (f"&audience={audience}" if audience is not None else "")
    return ask(stack, "GET", path, headers={"Authorization": f"Bearer {token}"})


def verified(stack, value: str, audience: str) -> dict:
    discovered = ask(stack, "GET", f"{OIDC}/.well-known/openid-configuration").json
    assert (
        discovered["issuer"] == f"{stack.url}{OIDC}" and "RS256" in discovered["id_token_signing_alg_values_supported"]
    )
    key = jwt.PyJWKClient(discovered["jwks_uri"]).get_signing_key_from_jwt(value)
    return jwt.decode(
        value,
        key.key,
        algorithms=["RS256"],
        audience=audience,
        issuer=discovered["issuer"],
        options={"require": ["exp", "iat", "nbf", "sub", "jti"]},
    )


def kids(stack) -> "list[str]":
    return [key["kid"] for key in ask(stack, "GET", f"{OIDC}/jwks").json["keys"]]


def test_a_permitted_job_proves_who_it_is(stack, project):
    job = Job(project, IDENTIFIED)
    owner, repository = stack.sql(f"select owner_id || ' ' || id from repository where name = '{project.name}'").split()
    for prefix in ("", "forgejo_"):
        url = job.context[f"{prefix}actions_id_token_request_url"]
        token = job.context[f"{prefix}actions_id_token_request_token"]
        assert "?" in url
        answer = fetch(stack, url, token, "sts.cloud.example")
        assert answer.status == 200 and list(answer.json) == ["value"] and answer.headers["Cache-Control"] == "no-store"
        claims = verified(stack, answer.json["value"], "sts.cloud.example")
        assert claims["sub"] == f"repo:{owner}/{repository}:ref:refs/heads/main"
        assert claims["repository"] == project.path and claims["sha"] == job.context["sha"]
        assert claims["run_id"] == job.context["run_id"] and claims["actor"] == "ann"
        assert claims["workflow_ref"] == job.context["workflow_ref"] and claims["event_name"] == "push"
        assert claims["exp"] - claims["iat"] == 300
        default = verified(stack, fetch(stack, url, token).json["value"], f"{stack.url}/ann")
        assert default["jti"] != claims["jti"]
        assert fetch(stack, url, token, "x" * 256).status == 400 and fetch(stack, url, token, "x" * 255).status == 200
        with pytest.raises(jwt.InvalidAudienceError):
            verified(stack, answer.json["value"], "sts.other.example")
    job.runner.finish(job.task)
    assert fetch(stack, url, token, "late").status == 401, "the job has ended"


def test_who_is_given_no_identity(stack, project):
    plain = Job(project)
    assert not any("id_token" in key for key in plain.context)
    assert fetch(stack, f"{OIDC}/token?", plain.token).status == 403
    assert (
        fetch(stack, f"/api/actions/_apis/pipelines/workflows/{plain.run}/idtoken?placeholder=true", plain.token).status
        == 403
    )
    plain.runner.finish(plain.task)

    job = Job(project, IDENTIFIED)
    for token in ("x.y.z", job.context["token"], project.owner.token):
        assert fetch(stack, f"{OIDC}/token?", token).status == 401
    assert ask(stack, "GET", f"{OIDC}/token?").status == 401
    other = f"/api/actions/_apis/pipelines/workflows/{plain.run}/idtoken?placeholder=true"
    assert fetch(stack, other, job.token).status == 403, "another run's address"
    job.runner.finish(job.task)


def test_a_stopping_job_is_given_no_identity(stack, project):
    runner = project.runner()
    runner.call(
        "Declare",
        pb.DeclareRequest(version="t", labels=["ubuntu-latest"], capabilities=["cancelling"]),
        pb.DeclareResponse,
    )
    project.push_workflow(IDENTIFIED)
    task = runner.fetch()
    facts = context(task)
    runner.state(task)
    ask(
        stack,
        "POST",
        f"/api/v1/repos/{project.path}/actions/runs/{facts['run_id']}/cancel",
        headers=token_of(project.owner),
    )
    assert fetch(stack, facts["actions_id_token_request_url"], facts["actions_id_token_request_token"]).status == 403
    runner.finish(task, result=pb.Result.CANCELLED)


def test_a_rerun_keeps_its_permission(stack, project):
    job = Job(project, IDENTIFIED)
    job.runner.finish(job.task)
    project.wait_run()
    answer = ask(
        stack, "POST", f"/api/v1/repos/{project.path}/actions/runs/{job.run}/rerun", headers=token_of(project.owner)
    )
    assert answer.status == 201
    task = job.runner.fetch()
    facts = context(task)
    value = fetch(stack, facts["actions_id_token_request_url"], facts["actions_id_token_request_token"], "a").json[
        "value"
    ]
    assert verified(stack, value, "a")["run_attempt"] == "2"
    job.runner.finish(task)


def test_keys_rotate_without_breaking_what_was_signed(stack, project):
    job = Job(project, IDENTIFIED)
    url = job.context["actions_id_token_request_url"]
    old = fetch(stack, url, job.token, "a").json["value"]
    before = kids(stack)
    fresh = stack.millrace("admin", "oidc", "rotate").strip()
    assert kids(stack) == [fresh, *before], "the old one is still published"
    assert stack.sql("select count(*) from identity_key where sealed is not null") == "1", "and can sign nothing more"
    for _ in range(4):  # both instances
        new = fetch(stack, url, job.token, "a").json["value"]
        assert jwt.get_unverified_header(new) == {"alg": "RS256", "typ": "JWT", "kid": fresh}
    for value in (old, new):
        assert verified(stack, value, "a")["repository"] == project.path
    stack.sql(f"update identity_key set retired_at = now() - interval '25 hours' where kid = '{before[0]}'")
    assert kids(stack) == [fresh, *before[1:]]
    newest = stack.millrace("admin", "oidc", "rotate").strip()
    assert kids(stack)[:2] == [newest, fresh]
    assert stack.sql(f"select count(*) from identity_key where kid = '{before[0]}'") == "0"
    job.runner.finish(job.task)


def test_two_instances_that_make_the_first_key_agree(stack):
    """Everything is taken away and asked for at once; one key results."""
    import threading

    for _ in range(3):
        stack.sql("delete from identity_key")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(tuple(kids(stack)))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(answers)) == 1 and len(answers[0]) == 1
