"""Accounts, tokens, organizations and teams (rest.md 1, 11), as gitea-api-client and git see them."""

import base64
import datetime
import json
import subprocess
import urllib.parse

import gitea_api_client as sdk
import pytest
from settings_support import Whole, with_client
from support import ask, wait_for

BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def basic(name: str, secret: str) -> dict:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def make_token(stack, name: str, password: str, scopes: list, token_name: str) -> str:
    body = json.dumps({"name": token_name, "scopes": scopes})
    made = ask(stack, "POST", f"/api/v1/users/{name}/tokens", body, basic(name, password))
    assert made.status == 201, made.text
    return made.json["sha1"]


def test_an_administrator_makes_changes_and_deletes_people(stack, admin):
    async def body(client):
        api, users = Whole(sdk.AdminApi(client)), Whole(sdk.UserApi(client))
        wish = sdk.CreateUserOption(
            username="nina", email="nina@example.com", password="correct horse", must_change_password=False
        )
        made = (await api.admin_create_user(body=wish)).data
        assert (made.login, made.email, made.is_admin, made.active) == ("nina", "nina@example.com", False, True)
        assert made.created.year >= 2026 and made.last_login == BEGINNING
        with pytest.raises(sdk.exceptions.UnprocessableEntityException):
            await api.admin_create_user(body=wish)
        edit = sdk.EditUserOption(source_id=0, login_name="", full_name="Nina of the Mill", visibility="limited")
        assert (await api.admin_edit_user("NINA", body=edit)).data.full_name == "Nina of the Mill"
        assert (await users.user_get("nina")).data.visibility == "limited"
        found = await api.admin_search_users(q="mill")
        assert [user.login for user in found.data] == ["nina"] and found.headers["x-total-count"] == "1"
        assert [user.login for user in (await users.user_search(q="NIN")).data.data] == ["nina"]
        assert (await api.admin_delete_user("nina")).status_code == 204
        with pytest.raises(sdk.exceptions.NotFoundException):
            await users.user_get("nina")

    with_client(stack, admin.token, body)


def test_a_token_lives_as_the_client_wants(stack, ann):
    name = f"sdk-{ann.name}"

    async def body(client):
        client.configuration.username, client.configuration.password = ann.login
        api = Whole(sdk.UserApi(client))
        made = await api.user_create_token(ann.name, body=sdk.CreateAccessTokenOption(name=name, scopes=["read:user"]))
        assert made.status_code == 201 and len(made.data.sha1) == 40
        assert made.data.token_last_eight == made.data.sha1[-8:]
        listed = {token.name: token for token in (await api.user_get_tokens(ann.name, limit=50)).data}
        assert listed[name].sha1 == "" and listed[name].scopes == ["read:user"]
        used = {"Authorization": f"token {made.data.sha1}"}
        assert ask(stack, "GET", "/api/v1/user", headers=used).json["login"] == ann.name
        assert ask(stack, "GET", "/api/v1/user/actions/variables", headers=used).status == 200
        assert ask(stack, "POST", "/api/v1/user/actions/variables/X", '{"value":"1"}', used).status == 403
        mine = ask(stack, "GET", "/api/v1/token", headers=used)
        assert (mine.json["name"], mine.json["scopes"], mine.json["user"]["login"]) == (name, ["read:user"], ann.name)
        with pytest.raises(sdk.exceptions.BadRequestException):
            await api.user_create_token(ann.name, body=sdk.CreateAccessTokenOption(name=name, scopes=["all"]))
        wait_for(
            lambda: stack.sql(f"select last_used_at is not null from access_token where name = '{name}'") == "t",
            "the token's last use",
        )
        assert (await api.user_delete_access_token(ann.name, name)).status_code == 204
        wait_for(lambda: ask(stack, "GET", "/api/v1/version", headers=used).status == 401, "the token to be refused", 5)

    with_client(stack, None, body)


def test_a_revoked_token_is_refused_by_all_instances(stack, ann):
    token = make_token(stack, *ann.login, ["all"], "to be revoked")
    used = {"Authorization": f"token {token}"}
    # Both instances remember it.
    for _ in range(8):
        assert ask(stack, "GET", "/api/v1/user", headers=used).status == 200
    assert ask(stack, "DELETE", "/api/v1/token", headers=used).status == 204

    def refused() -> bool:
        return all(ask(stack, "GET", "/api/v1/user", headers=used).status == 401 for _ in range(8))

    wait_for(refused, "both instances to hear of it", 5)


def test_git_takes_tokens_as_far_as_they_reach(stack, ann, private_project, tmp_path):
    project = private_project
    project.push({"README": "hello\n"})

    def clone(secret: str, place: str) -> int:
        address = project.clone_url.replace("://", f"://{ann.name}:{secret}@")
        return subprocess.run(
            ["git", "clone", "--quiet", address, str(tmp_path / place)], capture_output=True
        ).returncode

    reader = make_token(stack, *ann.login, ["read:repository"], f"reader of {project.name}")
    assert clone(reader, "read") == 0
    pushed = subprocess.run(
        ["git", "-C", str(tmp_path / "read"), "push", "origin", "HEAD:refs/heads/more"], capture_output=True, text=True
    )
    assert pushed.returncode != 0
    other = make_token(stack, *ann.login, ["write:user"], f"other of {project.name}")
    assert clone(other, "other") != 0


def test_scopes_limit_before_anything_else_is_said(stack, ann, stranger, private_project):
    path = f"/api/v1/repos/{private_project.path}"
    wrong = make_token(stack, *stranger.login, ["read:user"], f"wrong {private_project.name}")
    right = make_token(stack, *stranger.login, ["read:repository"], f"right {private_project.name}")
    assert ask(stack, "GET", path, headers={"Authorization": f"token {wrong}"}).status == 403
    assert ask(stack, "GET", path, headers={"Authorization": f"token {right}"}).status == 404
    assert ask(stack, "GET", path).status == 404
    public_only = make_token(stack, *ann.login, ["public-only", "all"], f"public {private_project.name}")
    answer = ask(stack, "GET", path, headers={"Authorization": f"bearer {public_only}"})
    assert (answer.status, answer.json["message"]) == (403, "token scope is limited to public repos")


def test_organizations_and_teams(stack, ann, stranger, admin):
    name = f"guild-of-{ann.name}"

    async def body(client):
        api = Whole(sdk.OrganizationApi(client))
        made = await api.org_create(organization=sdk.CreateOrgOption(username=name, visibility="private"))
        assert made.status_code == 201 and made.data.username == name and made.data.visibility == "private"
        with pytest.raises(sdk.exceptions.UnprocessableEntityException):
            await api.org_create(organization=sdk.CreateOrgOption(username=name.upper()))
        assert name in [org.name for org in (await api.org_list_current_user_orgs()).data]
        assert (await api.org_edit(name, body=sdk.EditOrgOption(full_name="The Guild"))).data.full_name == "The Guild"
        [owners] = (await api.org_list_teams(name)).data
        assert (owners.name, owners.permission) == ("Owners", "owner")
        assert [user.login for user in (await api.org_list_members(name)).data] == [ann.name]
        team = (
            await api.org_create_team(
                name, body=sdk.CreateTeamOption(name="readers", permission="read", includes_all_repositories=True)
            )
        ).data
        await api.create_org_repo(name, body=sdk.CreateRepoOption(name="app", private=True))
        seen = {"Authorization": f"token {stranger.token}"}
        assert ask(stack, "GET", f"/api/v1/orgs/{name}", headers=seen).status == 404
        assert ask(stack, "GET", f"/api/v1/repos/{name}/app", headers=seen).status == 404
        assert (await api.org_add_team_member(team.id, stranger.name)).status_code == 204
        assert (await api.org_is_member(name, stranger.name)).status_code == 204
        assert ask(stack, "GET", f"/api/v1/repos/{name}/app", headers=seen).json["permissions"] == {
            "admin": False,
            "push": False,
            "pull": True,
        }
        assert ask(stack, "GET", f"/api/v1/orgs/{name}/actions/secrets", headers=seen).status == 403
        with pytest.raises(sdk.exceptions.UnprocessableEntityException):
            await api.org_delete(name)
        assert (await Whole(sdk.RepositoryApi(client)).repo_delete(name, "app")).status_code == 204
        assert (await api.org_delete(name)).status_code == 204

    with_client(stack, ann.token, body)


def test_an_administrator_acts_as_somebody(stack, admin, ann):
    used = {"Authorization": f"token {admin.token}"}
    assert ask(stack, "GET", "/api/v1/user", headers={**used, "Sudo": ann.name}).json["login"] == ann.name
    assert ask(stack, "GET", f"/api/v1/user?sudo={ann.name}", headers=used).json["login"] == ann.name
    refused = ask(stack, "GET", "/api/v1/user", headers={"Authorization": f"token {ann.token}", "Sudo": admin.name})
    assert (refused.status, refused.json["message"]) == (403, "Only administrators allowed to sudo.")
    assert urllib.parse.urlparse(refused.json["url"]).path == "/api/swagger"
    shown = ask(stack, "GET", urllib.parse.urlparse(refused.json["url"]).path)
    assert shown.status == 200 and "/api/v1/user/password" in shown.text


def test_settings_are_told_to_everybody(stack):
    async def body(client):
        api = Whole(sdk.SettingsApi(client))
        settings = (await api.get_general_api_settings()).data
        assert (settings.max_response_items, settings.default_paging_num) == (50, 30)
        assert (await api.get_general_repository_settings()).data.http_git_disabled is False
        assert (await api.get_general_ui_settings()).status_code == 200
        assert (await api.get_general_attachment_settings()).data.enabled is False
        assert (await Whole(sdk.MiscellaneousApi(client)).get_version()).data.version.startswith("1.27.")

    with_client(stack, None, body)


def test_operators_look_after_people_by_command(stack):
    def user(*arguments: str) -> str:
        return stack.millrace("admin", "user", *arguments)

    user("create", "--name", "otto", "--password", "correct horse", "--must-change-password")
    assert ask(stack, "GET", "/api/v1/user", login=("otto", "correct horse")).status == 403
    changed = ask(
        stack, "POST", "/api/v1/user/password", '{"new_password":"battery staple"}', login=("otto", "correct horse")
    )
    assert changed.status == 204
    token = user("token", "--name", "otto", "--scope", "read:user").strip()
    used = {"Authorization": f"token {token}"}
    assert ask(stack, "GET", "/api/v1/user", headers=used).json["login"] == "otto"
    user("disable", "--name", "otto")
    wait_for(lambda: ask(stack, "GET", "/api/v1/user", headers=used).status == 403, "the account to be disabled", 15)
    user("enable", "--name", "otto")
    wait_for(lambda: ask(stack, "GET", "/api/v1/user", headers=used).status == 200, "the account to be enabled", 15)
    user("password", "--name", "otto", "--password", "another horse")
    assert ask(stack, "GET", "/api/v1/user", login=("otto", "another horse")).status == 200
    lines = [json.loads(line) for line in user("list", "--json").splitlines()]
    assert [line["disabled"] for line in lines if line["name"] == "otto"] == [False]
    user("delete", "--name", "otto")
    assert ask(stack, "GET", "/api/v1/users/otto").status == 404
