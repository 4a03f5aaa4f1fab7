"""The tokens that runners register with and that jobs carry: runner.md 6, checklist rows 10, 50, 52."""

import base64
import itertools
import json
import subprocess

import jwt
import pytest
import runner_pb as pb
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from support import Project, ScriptedRunner, User, ask, assert_connect_error, context, rpc, wait_for

from millrace_stack import fastcgi_get

starts = itertools.count(1)


def token_of(user: "User | None") -> dict:
    return {"Authorization": f"token {user.token}"} if user else {}


def shown(stack, level: str, user, method: str = "GET") -> str:
    answer = ask(stack, method, f"/api/v1{level}/actions/runners/registration-token", headers=token_of(user))
    assert answer.status == 200, answer.text
    assert list(answer.json) == ["token"]
    return answer.json["token"]


def register(stack, token: str, **more) -> pb.Runner:
    answer = rpc(stack, "Register", pb.RegisterRequest(name="r", token=token, labels=["a"], **more).to_binary())
    assert answer.status == 200, answer.text
    return pb.RegisterResponse.from_binary(answer.body).runner


# --- Registration tokens ---


def test_asking_again_does_not_rotate(stack, project, ann, admin, organization):
    """By POST and GET, through both instances, and as the command line shows it."""
    levels = {
        f"/repos/{project.path}": (ann, ["--repo", project.path]),
        "/user": (ann, ["--owner", "ann"]),
        f"/orgs/{organization}": (admin, ["--owner", organization]),
        "/admin": (admin, []),
    }
    tokens = set()
    for level, (user, arguments) in levels.items():
        answers = {shown(stack, level, user, method) for method in ("POST", "GET") * 3}
        answers.add(stack.millrace("admin", "runner", "token", *arguments).strip())
        assert len(answers) == 1, level
        tokens |= answers
    assert len(tokens) == len(levels), "every scope has its own"
    oldest = ask(stack, "GET", "/api/v1/admin/runners/registration-token", headers=token_of(admin))
    assert oldest.json["token"] == shown(stack, "/admin", admin)


def test_a_token_decides_whose_jobs_its_runners_take(stack, project, ann, admin):
    scope = "select coalesce(owner_id, 0) || ' ' || coalesce(repository_id, 0) from runner where id = "
    account = stack.sql("select id from account where name = 'ann'")
    repository = stack.sql(f"select id from repository where name = '{project.name}'")
    for level, user, expected in [
        (f"/repos/{project.path}", ann, f"0 {repository}"),
        ("/user", ann, f"{account} 0"),
        ("/admin", admin, "0 0"),
    ]:
        runner = register(stack, shown(stack, level, user))
        assert stack.sql(f"{scope}{runner.id}") == expected, level


def test_who_may_see_registration_tokens(stack, project, private_project, ann, stranger, admin, organization):
    def status(level, user):
        return ask(stack, "POST", f"/api/v1{level}/actions/runners/registration-token", headers=token_of(user)).status

    helper = User(stack, "admin-of-one-repository")
    stack.sql(
        f"insert into collaborator select r.id, a.id, 'admin' from repository r, account a "
        f"where r.name = '{project.name}' and a.name = '{helper.name}'"
    )
    table = {
        f"/repos/{project.path}": {None: 401, stranger: 403, helper: 403, ann: 200, admin: 200},
        f"/repos/{private_project.path}": {None: 404, stranger: 404, ann: 200, admin: 200},
        "/repos/ann/nowhere": {None: 404, ann: 404, admin: 404},
        "/user": {None: 401, stranger: 200},
        f"/orgs/{organization}": {None: 401, ann: 403, admin: 200},
        "/orgs/ann": {admin: 404},
        "/orgs/nobody": {ann: 404},
        "/admin": {None: 401, ann: 403, admin: 200},
    }
    for level, callers in table.items():
        for user, expected in callers.items():
            assert status(level, user) == expected, (level, user and user.name)
    runner = project.runner()
    project.push_workflow("on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n")
    task = runner.fetch()
    job = {"Authorization": f"token {task.secrets['GITHUB_TOKEN']}"}
    for level in (f"/repos/{project.path}", "/user", "/admin"):
        answer = ask(stack, "GET", f"/api/v1{level}/actions/runners/registration-token", headers=job)
        assert answer.status == 403, level
    runner.finish(task)


def test_a_rotated_token_is_refused_and_others_stay(stack, project, ann):
    old, other = shown(stack, f"/repos/{project.path}", ann), shown(stack, "/user", ann)
    kept = ScriptedRunner(stack, old, ["a"])
    new = stack.millrace("admin", "runner", "token", "--rotate", "--repo", project.path).strip()
    assert new != old and shown(stack, f"/repos/{project.path}", ann) == new
    before = stack.sql("select count(*) from runner")
    with pytest.raises(ConnectError) as refused:
        ScriptedRunner(stack, old, ["a"])
    assert (refused.value.code, refused.value.message) == (
        Code.INVALID_ARGUMENT,
        "runner registration token has been invalidated, please use the latest one",
    )
    assert stack.sql("select count(*) from runner") == before
    register(stack, new)
    register(stack, other)
    assert kept.look(1500) is None, "who is registered stays so"


def test_a_token_goes_with_its_repository(stack, project):
    token = project.registration_token()
    stack.sql(f"delete from repository where name = '{project.name}'")
    assert_connect_error(
        rpc(stack, "Register", pb.RegisterRequest(name="r", token=token).to_binary()),
        400,
        "invalid_argument",
        "runner registration token not found",
    )


def test_registration_tokens_are_stored_sealed(stack, project, ann):
    token = shown(stack, f"/repos/{project.path}", ann)
    row = stack.sql(
        "select row_to_json(t) from registration_token t where is_active and sealed is not null "
        "order by id desc limit 1"
    )
    assert token.encode().hex() not in row and token not in row
    # A sealed token moved to another scope's row does not open.
    stack.sql(
        "update registration_token t set sealed = (select s.sealed from registration_token s where s.id <> t.id and "
        "s.sealed is not null limit 1) where id = (select max(id) from registration_token)"
    )
    answer = ask(
        stack, "GET", f"/api/v1/repos/{project.path}/actions/runners/registration-token", headers=token_of(ann)
    )
    assert answer.status == 500
    stack.millrace("admin", "runner", "token", "--rotate", "--repo", project.path)
    assert shown(stack, f"/repos/{project.path}", ann) != token


# --- The operator's own token (row 50) ---


def serve(stack, variables: "dict[str, str]") -> subprocess.CompletedProcess:
    """An instance that must not start."""
    return subprocess.run(
        [str(stack.binary), "serve", "--config", str(stack.config), "--instance", f"refused{next(starts)}"],
        capture_output=True,
        text=True,
        timeout=60,
        **stack.as_user(variables),
    )


class Instances:
    """Instances beside those of the stack, which nginx does not know."""

    def __init__(self, stack, variables: "dict[str, str]", count: int = 1):
        self.stack, self.names = stack, [f"boot{next(starts)}" for _ in range(count)]
        for name in self.names:
            stack.spawn(
                name, [str(stack.binary), "serve", "--config", str(stack.config), "--instance", name], variables
            )
        for name in self.names:
            wait_for(lambda: self.ready(name), f"instance {name}")

    def ready(self, name: str) -> bool:
        assert self.stack.pid(name), self.stack.tail(name)
        try:
            return fastcgi_get(str(self.stack.sockets / f"work-{name}.sock"), "/readyz") == 200
        except OSError:
            return False

    def stop(self) -> str:
        """What they said."""
        for name in self.names:
            self.stack.stop_one(name)
        return "".join((self.stack.logs / f"{name}.log").read_text() for name in self.names)


PLAIN, FILE = "GITEA_RUNNER_REGISTRATION_TOKEN", "GITEA_RUNNER_REGISTRATION_TOKEN_FILE"


def secret_file(stack, text: str):
    path = stack.dir / f"tmp/secret{next(starts)}"
    path.write_text(text)
    stack.own(path, 0o600)
    return path


@pytest.mark.parametrize(
    "plain, in_file",
    [
        ("GITEA_RUNNER_REGISTRATION_TOKEN", None),
        (None, "GITEA_RUNNER_REGISTRATION_TOKEN_FILE"),
        ("MILLRACE_RUNNER_REGISTRATION_TOKEN", None),
        (None, "MILLRACE_RUNNER_REGISTRATION_TOKEN_FILE"),
    ],
)
def test_a_token_of_the_environment_becomes_the_global_one(stack, admin, plain, in_file):
    before = shown(stack, "/admin", admin)
    token = f"{'chosen by the operator':-<40}{next(starts)}"
    variables = {plain: token} if plain else {in_file: str(secret_file(stack, f"  {token}\n"))}
    said = Instances(stack, variables, count=3).stop()
    assert said.count('"registration token installed"') == 1, "one of them, though they started at once"
    assert token not in said
    assert shown(stack, "/admin", admin) == token
    register(stack, token)
    refused = rpc(stack, "Register", pb.RegisterRequest(name="r", token=before).to_binary())
    assert refused.json["message"] == "runner registration token has been invalidated, please use the latest one"
    # Rotated away, a restart does not bring it back.
    rotated = stack.millrace("admin", "runner", "token", "--rotate").strip()
    said = Instances(stack, variables).stop()
    assert '"level":"warning","msg":"registration token of the environment was rotated away and stays so"' in said
    assert shown(stack, "/admin", admin) == rotated


@pytest.mark.parametrize("case", ["both", "short", "short file", "no file"])
def test_a_token_that_must_not_be_used_stops_the_start(stack, admin, case):
    before = shown(stack, "/admin", admin)
    short, long = "x" * 31, "y" * 32
    variables, words = {
        "both": ({PLAIN: long, FILE: str(secret_file(stack, long))}, f"{PLAIN} and {FILE} are set"),
        "short": ({PLAIN: short}, f"the registration token of {PLAIN} is 31 bytes; it must be at least 32"),
        "short file": ({FILE: str(secret_file(stack, short + "\n"))}, "is 31 bytes; it must be at least 32"),
        "no file": ({FILE: "/nonexistent"}, 'could not read the registration token\'s file "/nonexistent"'),
    }[case]
    done = serve(stack, variables)
    assert done.returncode == 1 and words in done.stderr
    assert short not in done.stderr and long not in done.stderr
    assert shown(stack, "/admin", admin) == before


# --- Runtime tokens (row 52) and what they open: summaries ---

JOB = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - name: build
        run: 'true'
      - run: 'true'
"""
MARKDOWN = {"Content-Type": "text/markdown; charset=utf-8"}


class Job:
    """A running job, as its own tools see the server."""

    def __init__(self, project, workflow: str = JOB):
        self.project, self.stack = project, project.stack
        self.runner = project.runner()
        project.push_workflow(workflow)
        self.take()

    def take(self) -> None:
        self.task = self.runner.fetch()
        # Or it goes back to the queue after a minute in which nothing was heard of it (tasks.unheard_after).
        self.runner.state(self.task)
        self.context = context(self.task)
        self.token = self.context["gitea_runtime_token"]
        self.claims = jwt.decode(self.token, options={"verify_signature": False})
        self.run, self.job = self.claims["RunID"], self.claims["JobID"]

    def put(self, path: str, body, token: "str | None" = None, headers=None):
        return ask(
            self.stack,
            "PUT",
            f"/api/actions_pipeline/_apis/pipelines/workflows/{path}/summary",
            body,
            {"Authorization": f"Bearer {token or self.token}", **(MARKDOWN if headers is None else headers)},
        )

    def summary(self, step: int, body, **more):
        return self.put(f"{self.run}/jobs/{self.job}/steps/{step}", body, **more)

    def page(self) -> str:
        return ask(self.stack, "GET", f"/{self.project.path}/actions/runs/{self.context['run_id']}").text


def part(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_what_a_runtime_token_says(project):
    job = Job(project)
    assert jwt.get_unverified_header(job.token) == {"alg": "HS256", "typ": "JWT"}
    assert job.claims["scp"] == f"Actions.Results:{job.run}:{job.job}" and len(job.claims["scp"].split(":")) == 3
    assert job.claims["TaskID"] == job.task.id and str(job.run) == job.context["run_id"]
    assert json.loads(job.claims["ac"]) == [{"Scope": "", "Permission": 2}]
    assert job.claims["exp"] - job.claims["nbf"] == (6 + 1) * 3600, "tasks.overlong_after and an hour"
    assert job.context["forgejo_runtime_token"] == job.token
    job.runner.finish(job.task)
    long = Job(project, JOB.replace("    steps:", "    timeout-minutes: 600\n    steps:"))
    assert long.claims["exp"] - long.claims["nbf"] == (10 + 1) * 3600, "the job's own time-out is longer"
    long.runner.finish(long.task)


def test_forged_runtime_tokens_are_refused(project, tmp_path):
    job = Job(project)
    (tmp_path / "other").mkdir()
    other = Job(Project(project.stack, project.owner, tmp_path / "other"))
    header, claims, signature = job.token.split(".")
    rsa_like = jwt.encode(job.claims, "k" * 64, algorithm="HS512")
    forged = {
        "unsigned": f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "unsigned, with a signature": f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.{signature}",
        "another algorithm": f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{claims}.{signature}",
        "another key": jwt.encode(job.claims, "k" * 32, algorithm="HS256"),
        "a stronger algorithm": rsa_like,
        "other claims": f"{header}.{part({**job.claims, 'TaskID': other.task.id})}.{signature}",
        "another job's signature": f"{header}.{claims}.{other.token.split('.')[2]}",
        "the job token": job.context["token"],
        "nonsense": "x.y.z",
        "nothing": " ",
    }
    for name, token in forged.items():
        assert job.summary(0, "x", token=token).status == 401, name
    assert (
        ask(job.stack, "PUT", f"/api/actions_pipeline/_apis/pipelines/workflows/{job.run}/summary", "x").status == 401
    )
    # One's own token for another's job.
    for path in (
        f"{other.run}/jobs/{other.job}/steps/0",
        f"{job.run}/jobs/{other.job}/steps/0",
        f"{other.run}/jobs/{job.job}/steps/0",
        f"{other.run}",
        "x/jobs/y/steps/0",
    ):
        assert job.put(path, "x").status == 400, path
    assert job.stack.sql(f"select count(*) from job_summary where task_id in ({job.task.id}, {other.task.id})") == "0"
    assert job.summary(0, "fine").status == 200
    job.runner.finish(job.task)
    assert job.summary(0, "late").status == 401, "the token ends with its task"
    other.runner.finish(other.task)


def test_a_cancelled_job_may_still_upload(project):
    runner = project.runner()
    runner.call(
        "Declare",
        pb.DeclareRequest(version="t", labels=["ubuntu-latest"], capabilities=["cancelling"]),
        pb.DeclareResponse,
    )
    job = Job.__new__(Job)
    project.push_workflow(JOB)
    task = runner.fetch()
    token = context(task)["gitea_runtime_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    runner.state(task)
    ask(
        project.stack,
        "POST",
        f"/api/v1/repos/{project.path}/actions/runs/{claims['RunID']}/cancel",
        headers=token_of(project.owner),
    )
    assert runner.state(task).state.result == pb.Result.CANCELLED
    job.stack, job.token = project.stack, token
    assert job.put(f"{claims['RunID']}/jobs/{claims['JobID']}/steps/0", "post step").status == 200
    runner.finish(task, result=pb.Result.CANCELLED)
    assert job.put(f"{claims['RunID']}/jobs/{claims['JobID']}/steps/0", "late").status == 401


def test_summaries_are_shown_as_text(project):
    job = Job(project)
    text = "# All well\n<script>alert(1)</script> grüße"
    assert job.summary(0, text.encode()).json == {
        "message": "success",
        "sizeBytes": len(text.encode()),
        "runAttempt": 1,
    }
    assert job.summary(1, "second").status == 200
    assert job.put(f"{job.run}", "of the job").json["message"] == "success", "Forgejo's runner"
    page = job.page()
    # Markdown, without its HTML, and headings below the page's.
    assert "<h3>All well</h3>" in page and "<script>alert" not in page
    assert page.index("of the job") < page.index("All well") < page.index("second")
    whole = ask(job.stack, "GET", f"/{project.path}/actions/jobs/{job.job}/summary")
    assert whole.type == "text/plain" and whole.text == f"of the job\n{text}\nsecond\n"
    assert job.summary(0, "changed").json["message"] == "success"
    assert job.summary(1, "").json == {"message": "cleared", "sizeBytes": 0, "runAttempt": 1}
    assert job.summary(1, "").json["message"] == "cleared"
    assert job.summary(0, b"\xff\xfe not UTF-8 \x00").status == 200
    job.runner.finish(job.task)
    page = job.page()
    assert "All well" not in page and "second" not in page and "not UTF-8" in page


def test_limits_of_summaries(project):
    job, most = Job(project), 1024 * 1024
    assert job.summary(0, "x" * (most + 1)).status == 400
    assert job.summary(2, "no such step").status == job.summary(-1, "x").status == 400
    assert job.put(f"{job.run}/jobs/{job.job}/steps/9999999999", "x").status == 400
    assert job.summary(0, "x" * (most - 5)).status == 200
    assert job.summary(1, "123456").status == 400 and job.summary(1, "12345").status == 200
    assert job.summary(0, "y" * (most - 5)).status == 200, "what it replaces does not count"
    assert job.summary(0, "z" * (3 * most)).status == 413, "nginx does not take it in"
    page = job.page()
    assert len(page) < 300 * 1024 and f"/actions/jobs/{job.job}/summary" in page and "It goes on." in page
    for headers, status in [
        ({}, 200),
        ({"Content-Type": "application/octet-stream"}, 200),
        ({"Content-Type": "TEXT/Markdown;charset=x"}, 200),
        ({"Content-Type": "text/html"}, 400),
        ({"Content-Type": "application/json"}, 400),
    ]:
        assert job.summary(1, "12345", headers=headers).status == status, headers
    job.runner.finish(job.task)


def test_declare_says_that_summaries_are_taken(project):
    runner = project.runner()
    answer = rpc(
        project.stack, "Declare", pb.DeclareRequest(labels=["ubuntu-latest"]).to_binary(), headers=runner.headers
    )
    assert answer.headers["X-Gitea-Actions-Capabilities"] == "job-summary"
    assert pb.DeclareResponse.from_binary(answer.body).runner.token == ""
