"""Canaries in every place where a secret enters; nothing that the server wrote may hold one (docs/adr/0027).

PostgreSQL runs with log_statement = all, so bind parameters are in its log. What a secret is sealed or hashed into is
looked at, too: a dump has every column of every table."""

import base64
import json
import secrets
import subprocess
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import gitea_api_client as sdk
import pytest
import requests
from conftest import private_stack
from connectrpc.errors import ConnectError
from settings_support import with_client
from support import Project, ScriptedRunner, User, ask, context

from millrace_stack import fastcgi_ask, postgres_programs

WORKFLOW = """\
on: [push, workflow_dispatch]
jobs:
  build:
    runs-on: x
    steps: [run: echo]
"""


@pytest.fixture(scope="module")
def watched():
    with private_stack("canary", instances=2) as stack:
        for setting in [
            "log_statement = 'all'",
            "log_min_duration_statement = 0",
            "log_parameter_max_length = -1",
            "log_parameter_max_length_on_error = -1",
            "log_min_error_statement = 'debug5'",
        ]:
            stack.postgres.sql(f"alter system set {setting}", "postgres")
        stack.postgres.sql("select pg_reload_conf()", "postgres")
        yield stack


@dataclass
class Canaries:
    """Names of places, each with the secret that was put there."""

    planted: "dict[str, str]" = field(default_factory=dict)
    cores: "dict[str, str]" = field(default_factory=dict)
    answers: "list[tuple[str, bytes]]" = field(default_factory=list)

    def make(self, place: str) -> str:
        # Characters that every kind of escaping changes, and a core that no escaping does, however often it is done.
        core = f"C{secrets.token_hex(12)}"
        self.cores[place] = core
        self.planted[place] = f'cana"ry/{place}?+é%{core}'
        return self.planted[place]

    def forms(self) -> "list[tuple[str, bytes]]":
        """Each canary as it is, in base64 at its three alignments, escaped for URLs and for JSON, in hexadecimal."""
        found = [(f"{place}, core", core.encode()) for place, core in self.cores.items()]
        for place, text in self.planted.items():
            raw = text.encode()
            found += [
                (place, raw),
                (f"{place}, hex", raw.hex().encode()),
                (f"{place}, HEX", raw.hex().upper().encode()),
            ]
            for shift in range(3):
                code = base64.b64encode(b"\0" * shift + raw)
                # What stands beside it changes the first and last characters.
                inner = code[4 if shift else 0 : -4]
                found.append((f"{place}, base64 at {shift}", inner))
                found.append((f"{place}, base64url at {shift}", inner.replace(b"+", b"-").replace(b"/", b"_")))
            for safe in ["", "/"]:
                quoted = urllib.parse.quote(text, safe=safe).encode()
                found.append((f"{place}, URL", quoted))
                found.append((f"{place}, form", urllib.parse.quote_plus(text, safe=safe).encode()))
            found.append((f"{place}, JSON", json.dumps(text)[1:-1].encode()))
            found.append((f"{place}, JSON raw", json.dumps(text, ensure_ascii=False)[1:-1].encode()))
            found.append((f"{place}, JSON /", json.dumps(text)[1:-1].replace("/", "\\/").encode()))
        return found


def everything_written(stack) -> "dict[str, bytes]":
    """Logs of all processes, a dump of the database in plain SQL, and every file of the storage and of nginx."""
    written = {str(path): path.read_bytes() for path in stack.logs.iterdir() if path.is_file()}
    dump = [str(postgres_programs() / "pg_dump"), "-h", str(stack.database_sockets), "-U", "millrace", "millrace"]
    done = subprocess.run(dump, capture_output=True)
    assert done.returncode == 0 and b"PostgreSQL database dump complete" in done.stdout, done.stderr
    written["pg_dump"] = done.stdout
    for folder in [stack.storage, stack.nginx, stack.repositories, stack.temporary, stack.home]:
        for path in Path(folder).rglob("*"):
            if path.is_file() and not path.is_socket():
                written[str(path)] = path.read_bytes()
    written["metrics"] = ask(stack, "GET", "/metrics").body
    for number in range(1, stack.instances + 1):
        written[f"metrics of {number}"] = fastcgi_ask(str(stack.sockets / f"work-{number}.sock"), "/metrics")[2]
    written["pg_stat_activity"] = stack.sql("select query from pg_stat_activity").encode()
    return written


def plant_settings(stack, canaries, owner, admin, project, org) -> None:
    """Secrets at all levels, made and replaced; wrong bodies; variables, which are no secrets, are not planted."""
    places = [
        (f"/repos/{project.path}", owner, "repository"),
        ("/user", owner, "user"),
        (f"/orgs/{org}", owner, "org"),
        ("/admin", admin, "instance"),
    ]
    for path, user, level in places:
        headers = {"Authorization": f"token {user.token}", "Content-Type": "application/json"}
        address = f"/api/v1{path}/actions/secrets/"

        def put(name, place, body=None, headers=headers, address=address):
            body = json.dumps({"data": canaries.make(place)}) if body is None else body
            answer = ask(stack, "PUT", address + name, body, headers)
            canaries.answers.append((f"PUT {address}{name} ({place})", answer.body))
            return answer.status

        assert put(f"OF_{level}", f"{level} secret replaced") == 201
        assert put(f"OF_{level}", f"{level} secret") == 204
        assert put("GITHUB_X", f"{level} of a reserved name") == 400
        assert put("A", "", json.dumps({"data": ["x", canaries.make(f"{level} in a list")]})) == 422
        assert put("A", "", '{"data": "' + canaries.make(f"{level} of broken JSON").replace('"', "")) == 422
        assert put("A", "", json.dumps({"data": canaries.make(f"{level} too long") + "x" * 65_536})) == 400
        assert put("A", "", json.dumps({"data": canaries.make(f"{level} with NUL") + "\0"})) == 422
        assert put("A", "", json.dumps({"data": "x", "description": [canaries.make(f"{level} description")]})) == 422


def plant_credentials(stack, canaries, owner) -> None:
    """Wrong ones in every form, on paths that are found, are not, and are not understood."""
    for place, headers in [
        ("token header", lambda c: {"Authorization": "token " + c}),
        ("bearer header", lambda c: {"Authorization": "Bearer " + c}),
        ("odd header", lambda c: {"Authorization": c}),
        ("basic password", lambda c: {"Authorization": "Basic " + base64.b64encode(f"ann:{c}".encode()).decode()}),
        ("runner token", lambda c: {"x-runner-uuid": "0", "x-runner-token": c}),
    ]:
        for path in ["/api/v1/version", "/api/v1/user", f"/{owner.name}/none/actions", "/api/actions/x/y", "/twirp/x"]:
            text = canaries.make(f"{place} {path}").encode().decode("latin-1")
            answer = ask(stack, "GET", path, headers=headers(text))
            canaries.answers.append((f"{place} {path}", answer.body))
            assert answer.status < 500, (place, path, answer.text)
    for name in ["token", "access_token"]:
        for path in ["/api/v1/version", "/api/v1/nothing", f"/{owner.name}/none/actions", "/api/actions/x/y", "/"]:
            query = urllib.parse.urlencode({name: canaries.make(f"query {name} {path}")})
            answer = ask(stack, "GET", f"{path}?{query}")
            canaries.answers.append((f"{name} {path}", answer.body))
            assert answer.status < 500, (name, path, answer.text)
    # nginx's own words about a request that it refuses, and about one that nobody takes.
    query = urllib.parse.urlencode({"token": canaries.make("query of a large body")})
    answer = ask(stack, "POST", f"/api/v1/user/repos?{query}", "x" * (2 << 20))
    assert answer.status == 413, answer.text
    canaries.answers.append(("a large body", answer.body))
    for name in stack.instance_names:
        stack.stop_one(name)
    query = urllib.parse.urlencode({"token": canaries.make("query while nothing runs")})
    canaries.answers.append(("nothing runs", ask(stack, "GET", f"/api/v1/version?{query}").body))
    for name in stack.instance_names:
        stack.start_one(name)
    stack.wait_ready()


def test_no_canary_is_found(watched, tmp_path):
    stack, canaries = watched, Canaries()
    owner = User(stack, "ann")
    admin = User(stack, "root", admin=True)
    for user in [owner, admin]:
        canaries.planted[f"password of {user.name}"] = user.password
        canaries.planted[f"access token of {user.name}"] = user.token
    headers = {"Authorization": f"token {admin.token}", "Content-Type": "application/json"}
    made = json.dumps({"username": "cat", "email": "c@example.com", "password": canaries.make("password by REST")})
    answer = ask(stack, "POST", "/api/v1/admin/users", made, headers)
    canaries.answers.append(("POST /admin/users", answer.body))
    assert answer.status == 201, answer.text
    answer = ask(
        stack,
        "POST",
        "/api/v1/users/ann/tokens",
        '{"name": "t", "scopes": ["all"]}',
        {"Content-Type": "application/json"},
        login=owner.login,
    )
    assert answer.status == 201, answer.text
    canaries.planted["access token by REST"] = answer.json["sha1"]
    org = {"Authorization": f"token {owner.token}", "Content-Type": "application/json"}
    assert ask(stack, "POST", "/api/v1/orgs", '{"username": "flock"}', org).status == 201

    project = Project(stack, owner, tmp_path)
    plant_settings(stack, canaries, owner, admin, project, "flock")
    plant_credentials(stack, canaries, owner)
    canaries.planted["master key"] = stack.master_key.read_text().strip()
    canaries.planted["registration token"] = project.registration_token()

    # A job by real clients: git, the Connect client, and what it reports.
    runner = project.runner(["x"])
    canaries.planted["runner token"] = runner.token
    project.push_workflow(WORKFLOW)
    task = runner.fetch()
    assert task.secrets["OF_REPOSITORY"] == canaries.planted["repository secret"]
    assert task.secrets["OF_USER"] == canaries.planted["user secret"]
    assert task.secrets["OF_INSTANCE"] == canaries.planted["instance secret"]
    canaries.planted["job token"] = task.secrets["GITHUB_TOKEN"]
    runtime = context(task)["gitea_runtime_token"]
    canaries.planted["runtime token"] = runtime
    bearer = {"Authorization": f"Bearer {runtime}"}
    listed = f"/api/v1/repos/{project.path}/actions/runs"
    ask(stack, "GET", listed, headers={"Authorization": f"token {task.secrets['GITHUB_TOKEN']}"})
    ask(stack, "POST", "/twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts", "{", bearer)
    with pytest.raises(ConnectError):
        ScriptedRunner(stack, canaries.make("wrong registration token"), ["x"])
    runner.finish(task, ["a row of the log", "***"])

    # Errors of the server's own: a sealed row that was changed, while a job wants it.
    stack.sql("update secret set sealed = sealed || '\\x00' where name = 'OF_INSTANCE'")
    dispatch = f"/api/v1/repos/{project.path}/actions/workflows/ci.yml/dispatches"
    assert ask(stack, "POST", dispatch, '{"ref": "main"}', org).status == 204
    assert runner.look() is None
    run = project.wait_run()
    assert run["conclusion"] == "failure", "it cannot be prepared"
    stack.sql("update secret set sealed = substring(sealed for length(sealed) - 1) where name = 'OF_INSTANCE'")
    stack.millrace("secrets", "rotate")
    assert ask(stack, "POST", dispatch, '{"ref": "main"}', org).status == 204
    again = runner.fetch()
    assert again.secrets["OF_INSTANCE"] == canaries.planted["instance secret"]
    canaries.planted["second job token"] = again.secrets["GITHUB_TOKEN"]
    canaries.planted["second runtime token"] = context(again)["gitea_runtime_token"]
    runner.finish(again)

    # What other routes answer.
    for path in ["", f"/{project.path}/actions", f"/{project.path}/actions/runs/{run['id']}"]:
        canaries.answers.append((path, requests.get(stack.url + path, auth=owner.login, timeout=60).content))
    for path in ["/runs", f"/runs/{run['id']}", f"/runs/{run['id']}/jobs", "/secrets", "/variables", "/workflows"]:
        canaries.answers.append((path, project.rest(path).body))
    for path in ["/user", "/users/ann/tokens", "/orgs/flock/actions/secrets", "/admin/actions/secrets"]:
        answer = ask(stack, "GET", f"/api/v1{path}", headers=headers)
        canaries.answers.append((path, answer.body))

    written = everything_written(stack)
    assert b"parameters: $1 = " in written[str(stack.logs / "postgres.log")], "the log has bind parameters"
    assert b"***" in b"".join(written.values()), "what is written can be found"
    found = [
        (place, where)
        for place, form in canaries.forms()
        for where, text in [*written.items(), *canaries.answers]
        if form in text and not is_known(place, where)
    ]
    assert not found, found


def is_known(place: str, where: str) -> bool:
    """nginx's error log quotes the whole request line of what it refuses itself, and no directive changes that. A token
    in a query is none to us (rest.md 1), so only a client's mistake gets there (docs/adr/0027)."""
    return place.startswith(("query of a large body", "query while nothing runs")) and where.endswith("/nginx.log")


def test_the_search_finds_what_is_written(watched):
    """A variable is no secret: planted the same way it is found, so the search is not blind."""
    stack, canaries = watched, Canaries()
    text = canaries.make("variable")

    async def body(client):
        await sdk.UserApi(client).create_user_variable("OPEN", sdk.CreateVariableOption(value=text))

    with_client(stack, User(stack, "eve").token, body)
    written = everything_written(stack)
    places = {where for _, form in canaries.forms() for where, data in written.items() if form in data}
    assert {"pg_dump", str(stack.logs / "postgres.log")} <= places
