"""Repositories over REST, driven by gitea-api-client and git: made, renamed, handed over, deleted; collaborators."""

import gitea_api_client as sdk
import pytest
import runner_pb as pb
from connectrpc.errors import ConnectError
from gitea_support import Gitea, refused
from support import User, ask, git, numbers, wait_for

from millrace_stack import StackError

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


@pytest.fixture
def ann_api(stack, ann):
    return Gitea(stack, ann)


def url(stack, path: str, user=None) -> str:
    login = f"{user.name}:{user.password}@" if user else ""
    return f"http://{login}127.0.0.1:{stack.port}/{path}.git"


def test_one_is_made_changed_and_deleted(stack, ann, ann_api, tmp_path):
    name = f"made{next(numbers)}"
    made = ann_api.repository(
        "create_current_user_repo",
        body=sdk.CreateRepoOption(name=name, private=True, auto_init=True, description="words", default_branch="dev"),
    )
    assert (made.full_name, made.private, made.empty, made.default_branch) == (f"ann/{name}", True, False, "dev")
    assert (made.permissions.admin, made.owner.login, made.object_format_name) == (True, "ann", "sha1")
    assert made.created_at and made.size > 0 and made.has_actions
    refused(409, ann_api.repository, "create_current_user_repo", body=sdk.CreateRepoOption(name=name.upper()))
    refused(422, ann_api.repository, "create_current_user_repo", body=sdk.CreateRepoOption(name="a b"))

    git(tmp_path, "clone", "--quiet", url(stack, f"ann/{name}", ann), "copy")
    copy = tmp_path / "copy"
    assert (copy / "README.md").read_text() == f"# {name}\n\nwords\n"
    assert git(copy, "branch", "--show-current").stdout.strip() == "dev"
    assert git(copy, "log", "--format=%an %s").stdout.strip() == "ann Initial commit"
    git(copy, "fsck", "--strict")

    assert ann_api.repository("repo_get_by_id", made.id).full_name == f"ann/{name}"
    git(copy, "push", "--quiet", "origin", "HEAD:refs/heads/other")
    edited = ann_api.repository(
        "repo_edit", "ann", name, body=sdk.EditRepoOption(default_branch="other", description="new", has_wiki=False)
    )
    assert (edited.default_branch, edited.description) == ("other", "new")
    git(tmp_path, "clone", "--quiet", url(stack, f"ann/{name}", ann), "second")
    assert git(tmp_path / "second", "branch", "--show-current").stdout.strip() == "other"

    ann_api.repository("repo_edit", "ann", name, body=sdk.EditRepoOption(archived=True))
    push = git(copy, "push", "origin", "HEAD:refs/heads/more", check=False)
    assert push.returncode != 0 and "archived" in push.stderr
    ann_api.repository("repo_delete", "ann", name)
    refused(404, ann_api.repository, "repo_get", "ann", name)
    assert git(tmp_path, "clone", url(stack, f"ann/{name}", ann), "third", check=False).returncode != 0
    wait_for(lambda: stack.sql(f"select count(*) from repository where id = {made.id}") == "0", "the row is gone")
    assert not (stack.dir / "repositories" / f"{made.id}.git").exists()


def test_old_addresses_lead_to_the_new_one(stack, ann, ann_api, stranger, project, tmp_path):
    project.push({"a": "1"})
    owner, old = project.path.split("/")
    git(tmp_path, "clone", "--quiet", project.url(ann), "copy")
    copy = tmp_path / "copy"
    new = f"renamed{next(numbers)}"
    assert ann_api.repository("repo_edit", owner, old, body=sdk.EditRepoOption(name=new)).full_name == f"{owner}/{new}"

    answer = ask(stack, "GET", f"/api/v1/repos/{owner}/{old}/actions/runs?limit=3")
    assert answer.status == 301
    assert answer.headers["Location"] == f"{stack.url}/api/v1/repos/{owner}/{new}/actions/runs?limit=3"
    answer = ask(stack, "DELETE", f"/api/v1/repos/{owner}/{old}", headers={"Authorization": f"token {ann.token}"})
    assert answer.status == 307
    assert ask(stack, "GET", f"/{owner}/{old}/actions").headers["Location"] == f"{stack.url}/{owner}/{new}/actions"

    # git goes on with the address that it knows: fetch, push, and a workflow starts.
    (copy / ".gitea/workflows").mkdir(parents=True)
    (copy / ".gitea/workflows/ci.yml").write_text(ONE)
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "-m", "By the old address")
    git(copy, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    git(copy, "fetch", "--quiet")
    project.path = f"{owner}/{new}"
    wait_for(lambda: project.run_of("ci.yml"), "a run of a push to the old address")
    git(tmp_path, "clone", "--quiet", url(stack, f"{owner}/{old}"), "again")

    # Hidden, the old name tells a stranger nothing; taken by another repository, it is that one's.
    ann_api.repository("repo_edit", owner, new, body=sdk.EditRepoOption(private=True))
    refused(404, Gitea(stack, stranger).repository, "repo_get", owner, old)
    assert ask(stack, "GET", f"/api/v1/repos/{owner}/{old}").status == 404
    assert git(tmp_path, "clone", url(stack, f"{owner}/{old}", stranger), "no", check=False).returncode != 0
    taken = ann_api.repository("create_current_user_repo", body=sdk.CreateRepoOption(name=old))
    assert ann_api.repository("repo_get", owner, old).id == taken.id


def test_one_is_handed_over(stack, ann, ann_api, admin, stranger, private_project):
    owner, name = private_project.path.split("/")
    refused(403, ann_api.repository, "repo_transfer", owner, name, sdk.TransferRepoOption(new_owner=stranger.name))
    moved = Gitea(stack, admin).repository(
        "repo_transfer", owner, name, sdk.TransferRepoOption(new_owner=stranger.name)
    )
    assert moved.full_name == f"{stranger.name}/{name}"
    assert Gitea(stack, stranger).repository("repo_get", stranger.name, name).permissions.admin
    refused(404, ann_api.repository, "repo_get", stranger.name, name)
    refused(404, ann_api.repository, "repo_get", owner, name)
    Gitea(stack, stranger).repository("repo_delete", stranger.name, name)


def test_a_running_job_of_a_deleted_one_ends(stack, ann, ann_api, project):
    runner = project.runner()
    project.push_workflow(ONE)
    task = runner.fetch()
    runner.rows(task, 0, ["began"])
    owner, name = project.path.split("/")
    facts = ann_api.repository("repo_get", owner, name)
    ann_api.repository("repo_delete", owner, name)
    # At once: nobody waits for the sweep.
    again = ann_api.repository("create_current_user_repo", body=sdk.CreateRepoOption(name=name))
    assert again.id != facts.id and again.empty
    assert runner.state(task).state.result == pb.Result.CANCELLED
    runner.finish(task, ["over"], result=pb.Result.CANCELLED, index=1)
    # As soon as its log is sealed, which takes the time that late words have.
    stack.sql(f"update task set log_seal_due_at = now() where id = {task.id}")
    wait_for(lambda: stack.sql(f"select count(*) from repository where id = {facts.id}") == "0", "the row is gone", 150)
    assert not (stack.dir / "repositories" / f"{facts.id}.git").exists()
    assert stack.sql(f"select count(*) from task where id = {task.id}") == "0"
    try:
        assert runner.look(1500) is None
    except ConnectError as error:  # a runner of the repository alone goes with it
        assert error.code.value == "unauthenticated"
    # Other tests damage blobs of this stack on purpose.
    try:
        stack.millrace("verify")
    except StackError as error:
        broken = [line.split()[1] for line in str(error).splitlines() if line.startswith("BROKEN")]
        assert broken == ["i6_artifact_is_whole"], error


def test_lists_show_what_the_reader_sees(stack, ann, ann_api, stranger, project, private_project):
    theirs = Gitea(stack, stranger)
    owner, name = private_project.path.split("/")

    def seen(api):
        found = api.repository("repo_search", q=name, limit=50)
        assert found.ok
        return [repo.full_name for repo in found.data]

    assert seen(ann_api) == [private_project.path] and seen(theirs) == []
    listed = set()
    for number in range(1, 100):
        page = ann_api.call("UserApi", "user_current_list_repos", limit=50, page=number)
        if not page:
            break
        listed |= {repo.full_name for repo in page}
    assert {project.path, private_project.path} <= listed
    assert private_project.path not in {r.full_name for r in theirs.call("UserApi", "user_list_repos", owner, limit=50)}
    page = ann_api.call("UserApi", "user_current_list_repos", raw=True, limit=1)
    assert len(page.data) == 1 and int(page.headers["x-total-count"]) >= 2 and 'rel="next"' in page.headers["link"]

    # Let in, the stranger finds it; put out, no longer.
    ann_api.repository(
        "repo_add_collaborator", owner, name, stranger.name, body=sdk.AddCollaboratorOption(permission="read")
    )
    assert seen(theirs) == [private_project.path]
    facts = theirs.repository("repo_get", owner, name)
    assert (facts.permissions.admin, facts.permissions.push, facts.permissions.pull) == (False, False, True)
    assert [user.login for user in ann_api.repository("repo_list_collaborators", owner, name)] == [stranger.name]
    assert theirs.repository("repo_get_repo_permissions", owner, name, stranger.name).permission == "read"
    theirs.repository("repo_check_collaborator", owner, name, stranger.name)
    refused(403, theirs.repository, "repo_delete_collaborator", owner, name, stranger.name)
    ann_api.repository("repo_delete_collaborator", owner, name, stranger.name)
    refused(404, theirs.repository, "repo_get", owner, name)
    refused(404, ann_api.repository, "repo_check_collaborator", owner, name, stranger.name)


def test_an_administrator_makes_one_for_somebody(stack, admin, ann_api, organization):
    name = f"given{next(numbers)}"
    newcomer = User(stack, f"new{next(numbers)}")
    made = Gitea(stack, admin).call(
        "AdminApi", "admin_create_repo", newcomer.name, sdk.CreateRepoOption(name=name, private=True)
    )
    assert made.full_name == f"{newcomer.name}/{name}"
    refused(403, ann_api.call, "AdminApi", "admin_create_repo", newcomer.name, sdk.CreateRepoOption(name=name))
    made = Gitea(stack, admin).call(
        "OrganizationApi", "create_org_repo", organization, body=sdk.CreateRepoOption(name=name)
    )
    assert made.full_name == f"{organization}/{name}"
    listed = ann_api.call("OrganizationApi", "org_list_repos", organization, limit=50)
    assert f"{organization}/{name}" in {repo.full_name for repo in listed}
