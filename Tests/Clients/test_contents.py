"""Files, commits, refs, branches and tags over REST, driven by gitea-api-client and git."""

import base64
import concurrent.futures
import json
import subprocess
from urllib.parse import unquote

import gitea_api_client as sdk
import pytest
from gitea_support import Gitea, refused
from support import ask, context, git, numbers, wait_for

ONE = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"


def text64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def api(stack, ann):
    return Gitea(stack, ann)


@pytest.fixture
def fresh(stack, ann, api):
    """A repository with a README, as owner and name."""
    made = api.repository(
        "create_current_user_repo", body=sdk.CreateRepoOption(name=f"files{next(numbers)}", auto_init=True)
    )
    yield "ann", made.name
    api.repository("repo_delete", "ann", made.name)


def clone(stack, tmp_path, user, place, name="copy"):
    url = f"http://{user.name}:{user.password}@127.0.0.1:{stack.port}/{'/'.join(place)}.git"
    git(tmp_path, "clone", "--quiet", url, name)
    return tmp_path / name


def test_a_file_is_made_changed_moved_and_deleted(stack, ann, api, fresh, tmp_path):
    made = api.repository(
        "repo_create_file",
        *fresh,
        "docs/a b.txt",
        sdk.CreateFileOptions(content=text64("one\n"), message="Add it", author=sdk.Identity(name="Zoe", email="z@e")),
    )
    assert (made.content.path, made.content.type, made.commit.message) == ("docs/a b.txt", "file", "Add it")
    assert (made.commit.author.name, made.commit.committer.name) == ("Zoe", "Zoe")
    read = api.repository("repo_get_contents", *fresh, "docs/a b.txt")
    assert base64.b64decode(read.content) == b"one\n" and read.sha == made.content.sha
    assert read.last_commit_sha == made.commit.sha
    copy = clone(stack, tmp_path, ann, fresh)
    assert (copy / "docs/a b.txt").read_text() == "one\n"

    update = sdk.UpdateFileOptions(content=text64("two\n"), sha="0" * 40)
    refused(422, api.repository, "repo_update_file", *fresh, "docs/a b.txt", update)
    update = sdk.UpdateFileOptions(content=text64("two\n"), sha=read.sha)
    changed = api.repository("repo_update_file", *fresh, "docs/a b.txt", update)
    assert changed.commit.parents[0].sha == made.commit.sha
    moved = api.repository(
        "repo_update_file",
        *fresh,
        "src/deep/er.txt",
        sdk.UpdateFileOptions(content=text64("three\n"), sha=changed.content.sha, from_path="docs/a b.txt"),
    )
    names = [item.name for item in api.repository("repo_get_contents_list", *fresh)]
    assert names == ["README.md", "src"], "a directory without files is gone"
    other = api.repository(
        "repo_create_file", *fresh, "new.txt", sdk.CreateFileOptions(content=text64("x"), new_branch="feature/x")
    )
    assert api.repository("repo_get_branch", *fresh, "feature/x").commit.id == other.commit.sha
    refused(404, api.repository, "repo_get_contents", *fresh, "new.txt")
    assert api.repository("repo_get_contents", *fresh, "new.txt", ref="feature/x").size == 1

    delete = sdk.DeleteFileOptions(sha=moved.content.sha, message="Away")
    gone = api.repository("repo_delete_file", *fresh, "src/deep/er.txt", delete)
    assert gone.commit.message == "Away"
    git(copy, "pull", "--quiet")
    assert sorted(path.name for path in copy.iterdir()) == [".git", "README.md"]
    git(copy, "fsck", "--strict")
    subjects = [commit.commit.message for commit in api.repository("repo_get_all_commits", *fresh)]
    assert subjects[0] == "Away" and subjects[-1] == "Initial commit" and len(subjects) == 5

    several = api.repository(
        "repo_change_files",
        *fresh,
        sdk.ChangeFilesOptions(
            files=[
                sdk.ChangeFileOperation(operation="create", path="x/1", content=text64("1")),
                sdk.ChangeFileOperation(operation="create", path="x/2", content=text64("2")),
            ]
        ),
    )
    assert [file.path for file in several.files] == ["x/1", "x/2"]
    raw = ask(stack, "GET", f"/api/v1/repos/{'/'.join(fresh)}/raw/x%2F2")
    assert (raw.status, raw.body) == (200, b"2") and raw.headers["X-Content-Type-Options"] == "nosniff"
    assert ask(stack, "GET", f"/api/v1/repos/{'/'.join(fresh)}/media/x/1").body == b"1"


def test_a_change_starts_workflows_as_a_push_does(stack, ann, api, project):
    owner, name = project.path.split("/")
    runner = project.runner()
    api.repository(
        "repo_create_file", owner, name, ".gitea/workflows/ci.yml", sdk.CreateFileOptions(content=text64(ONE))
    )
    task = runner.fetch()
    facts = context(task)
    assert (facts["event_name"], facts["actor"], facts["ref"]) == ("push", "ann", "refs/heads/main")
    assert facts["event"]["before"] == "0" * 40 and facts["event"]["head_commit"]["added"] == [
        ".gitea/workflows/ci.yml"
    ]
    # The job's own token may change files; what it changes starts nothing.
    token = task.secrets["GITHUB_TOKEN"]
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    path = f"/api/v1/repos/{project.path}/contents/by-job"
    answer = ask(stack, "POST", path, json.dumps({"content": text64("x")}), headers)
    assert answer.status == 201, answer.text
    runner.finish(task)
    wait_for(
        lambda: (
            stack.sql(
                f"select count(*) from inbox i join repository r on r.id = i.repository_id where r.name = '{name}'"
                " and state = 'read' and kind = 'push'"
            )
            == "2"
        ),
        "both pushes are read",
    )
    assert len(project.runs()) == 1


def test_of_two_at_once_one_wins(stack, api, fresh, ann):
    def write(n):
        try:
            api.repository("repo_create_file", *fresh, f"f{n}", sdk.CreateFileOptions(content=text64(str(n))))
            return 201
        except sdk.exceptions.ApiException as error:
            return error.status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(8)))
    assert set(answers) <= {201, 409} and 201 in answers
    made = {f"f{n}" for n, status in enumerate(answers) if status == 201}
    listed = {item.name for item in api.repository("repo_get_contents_list", *fresh)}
    assert listed == made | {"README.md"}, "what was refused is not there, and what was made is"


@pytest.mark.parametrize(
    "path",
    ["..", "a/../../etc", ".git/config", ".GIT/hooks/x", "%2Fetc%2Fpasswd", "a%2F%2Fb", "a%00b", "a%0Ab", "git~1/x"],
)
def test_paths_that_are_none_are_refused(stack, ann, fresh, path):
    headers = {"Authorization": f"token {ann.token}", "Content-Type": "application/json"}
    base = f"/api/v1/repos/{'/'.join(fresh)}/contents/"
    body = json.dumps({"content": text64("x")})
    # nginx refuses a NUL itself.
    status = 400 if "%00" in path else 422
    assert ask(stack, "POST", base + path, body, headers).status == status
    assert ask(stack, "GET", base + path, headers=headers).status == status


@pytest.mark.parametrize(
    "name", ["--upload-pack=touch%20x", "-x", "a..b", "HEAD~1", "a%00b", "main:README.md", "@{-1}"]
)
def test_names_that_git_would_take_for_more_are_refused(stack, ann, fresh, name):
    headers = {"Authorization": f"token {ann.token}", "Content-Type": "application/json"}
    base = f"/api/v1/repos/{'/'.join(fresh)}"
    for path in [f"/contents?ref={name}", f"/branches/{name}", f"/commits?sha={name}", f"/git/trees/{name}"]:
        # nginx refuses a NUL in a path itself.
        status = 400 if "%00" in path and "?" not in path else 404
        assert ask(stack, "GET", base + path, headers=headers).status == status, path
    for path, body in [
        ("/branches", {"new_branch_name": unquote(name)}),
        ("/tags", {"tag_name": unquote(name)}),
        ("/contents/x", {"content": "", "branch": unquote(name)}),
        ("/contents/x", {"content": "", "new_branch": unquote(name)}),
    ]:
        assert ask(stack, "POST", base + path, json.dumps(body), headers).status == 422, path


def test_branches_tags_refs_and_trees(stack, api, fresh, ann, tmp_path):
    head = api.repository("repo_get_branch", *fresh, "main").commit.id
    made = api.repository(
        "repo_create_branch", *fresh, body=sdk.CreateBranchRepoOption(new_branch_name="a/b", old_ref_name="main")
    )
    assert (made.name, made.commit.id, made.protected) == ("a/b", head, False)
    again = sdk.CreateBranchRepoOption(new_branch_name="a/b")
    refused(409, api.repository, "repo_create_branch", *fresh, body=again)
    inside = sdk.CreateBranchRepoOption(new_branch_name="a/b/c")
    refused(409, api.repository, "repo_create_branch", *fresh, body=inside)
    page = api.repository("repo_list_branches", *fresh, limit=1, raw=True)
    assert [branch.name for branch in page.data] == ["a/b"] and page.headers["x-total-count"] == "2"
    assert ask(stack, "GET", f"/api/v1/repos/{'/'.join(fresh)}/branches/a/b").json["name"] == "a/b"
    assert ask(stack, "GET", f"/api/v1/repos/{'/'.join(fresh)}/branches/a%2Fb").json["name"] == "a/b"

    tag = api.repository(
        "repo_create_tag", *fresh, body=sdk.CreateTagOption(tag_name="v1", message="First", target="a/b")
    )
    assert (tag.name, tag.commit.sha, tag.message) == ("v1", head, "First") and tag.id != head
    refused(409, api.repository, "repo_create_tag", *fresh, body=sdk.CreateTagOption(tag_name="v1"))
    api.repository("repo_create_tag", *fresh, body=sdk.CreateTagOption(tag_name="v2"))
    assert {item.name: item.message for item in api.repository("repo_list_tags", *fresh)} == {
        "v1": "First",
        "v2": "Initial commit",
    }
    refs = {ref.ref: ref.object.type for ref in api.repository("repo_list_all_git_refs", *fresh)}
    assert refs == {
        "refs/heads/a/b": "commit",
        "refs/heads/main": "commit",
        "refs/tags/v1": "tag",
        "refs/tags/v2": "commit",
    }
    assert len(api.repository("repo_list_git_refs", *fresh, "tags")) == 2
    tree = api.repository("get_tree", *fresh, head)
    assert [entry.path for entry in tree.tree] == ["README.md"] and not tree.truncated
    blob = api.repository("get_blob", *fresh, tree.tree[0].sha)
    assert base64.b64decode(blob.content).startswith(b"# files")
    commit = api.repository("repo_get_single_commit", *fresh, head)
    assert commit.files[0].filename == "README.md" and commit.commit.message == "Initial commit"
    api.repository("repo_delete_tag", *fresh, "v1")
    api.repository("repo_delete_branch", *fresh, "a/b")
    refused(403, api.repository, "repo_delete_branch", *fresh, "main")
    copy = clone(stack, tmp_path, ann, fresh)
    assert git(copy, "tag").stdout.split() == ["v2"]
    assert git(copy, "branch", "--remotes", "--format=%(refname:short)").stdout.split()[-1] == "origin/main"


def test_many_files_and_branches_are_listed_by_the_page(stack, api, project, ann):
    owner, name = project.path.split("/")
    lines = ["commit refs/heads/main", "committer a <a@b> 1 +0000", "data 1", "x"]
    for n in range(20_000):
        lines += [f"M 100644 inline many/{n}", "data 1", "y"]
    project.push({"a": "1"})
    (project.checkout / "stream").write_text("\n".join(lines) + "\n")
    with (project.checkout / "stream").open() as stream:
        subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=project.checkout, stdin=stream, check=True)
    git(project.checkout, "push", "--quiet", "--force", project.url(ann), "refs/heads/main:refs/heads/main")
    refused(413, api.repository, "repo_get_contents", owner, name, "many")
    tree = api.repository("get_tree", owner, name, "main", recursive=True, per_page=10, page=3)
    assert (len(tree.tree), tree.total_count, tree.truncated) == (10, 20_001, True)
    id = stack.sql(f"select id from repository where name = '{name}'")
    head = git(project.checkout, "rev-parse", "main").stdout.strip()
    packed = stack.dir / "repositories" / f"{id}.git" / "packed-refs"
    packed.write_text("".join(f"{head} refs/heads/b{n:05d}\n" for n in range(50_000)))
    page = api.repository("repo_list_branches", owner, name, limit=2, page=5, raw=True)
    assert [branch.name for branch in page.data] == ["b00008", "b00009"] and page.headers["x-total-count"] == "50001"


def test_a_strangers_private_repository_is_nowhere(stack, stranger, private_project):
    private_project.push({"a": "1"})
    headers = {"Authorization": f"token {stranger.token}", "Content-Type": "application/json"}
    base = f"/api/v1/repos/{private_project.path}"
    for path in [
        "",
        "/contents",
        "/contents/a",
        "/raw/a",
        "/media/a",
        "/branches",
        "/branches/main",
        "/commits",
        "/git/refs",
        "/git/refs/heads",
        "/git/trees/main",
        "/git/blobs/" + "a" * 40,
        "/git/commits/main",
        "/tags",
        "/collaborators",
    ]:
        assert ask(stack, "GET", base + path, headers=headers).status == 404, path
        assert ask(stack, "GET", base + path).status == 404, path
    for path in ["/branches", "/tags", "/contents/x", "/contents", "/transfer"]:
        assert ask(stack, "POST", base + path, "{}", headers).status == 404, path


def test_an_archived_repository_takes_nothing(stack, api, fresh):
    api.repository("repo_edit", *fresh, body=sdk.EditRepoOption(archived=True))
    refused(423, api.repository, "repo_create_file", *fresh, "x", sdk.CreateFileOptions(content=""))
    refused(423, api.repository, "repo_create_branch", *fresh, body=sdk.CreateBranchRepoOption(new_branch_name="x"))
