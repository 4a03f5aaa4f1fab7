"""git itself against nginx, auth_request and git-http-backend."""

import pytest
from support import ask, git


def refused(done) -> str:
    assert done.returncode != 0, "git was let in"
    return done.stderr


@pytest.mark.parametrize("suffix", [".git", ""])
def test_clone_and_push(project, tmp_path, suffix):
    project.push({"README.md": "one\n"})
    git(tmp_path, "clone", "--quiet", project.url(project.owner, suffix), "copy")
    (tmp_path / "copy/README.md").write_text("two\n")
    git(tmp_path / "copy", "commit", "--quiet", "-am", "Two")
    git(tmp_path / "copy", "push", "--quiet")
    git(project.checkout, "pull", "--quiet", project.url(project.owner, suffix), "main")
    assert (project.checkout / "README.md").read_text() == "two\n"


def test_the_printed_clone_address_works_without_login_when_public(project, tmp_path):
    project.push({"README.md": "one\n"})
    git(tmp_path, "clone", "--quiet", project.clone_url, "copy")
    assert (tmp_path / "copy/README.md").read_text() == "one\n"


def test_a_token_is_as_good_as_the_password(project, tmp_path):
    project.push({"README.md": "one\n"})
    login = f"{project.owner.name}:{project.owner.token}@"
    git(tmp_path, "clone", "--quiet", project.url().replace("://", f"://{login}"), "copy")


def test_large_push(project):
    import os

    (project.checkout / "big").write_bytes(os.urandom(8 * 1024 * 1024))  # over nginx's buffers, git sends it in chunks
    project.push({"README.md": "with a large file\n"})


def test_protocol_version_2_gets_through(project, tmp_path):
    project.push({"README.md": "one\n"})
    answer = ask(
        project.stack,
        "GET",
        f"/{project.path}.git/info/refs?service=git-upload-pack",
        headers={"Git-Protocol": "version=2"},
    )
    assert answer.status == 200 and b"version 2" in answer.body


def test_push_to_a_public_repository_by_others_is_refused(project, stranger, tmp_path):
    project.push({"README.md": "one\n"})
    before = git(project.checkout, "ls-remote", project.url(), "main").stdout
    project.commit({"README.md": "evil\n"})
    for url in (project.url(stranger), project.url()):
        refused(git(project.checkout, "push", url, "HEAD:refs/heads/main", check=False))
    assert git(project.checkout, "ls-remote", project.url(), "main").stdout == before


def test_a_private_repository_is_invisible_to_strangers(private_project, stranger, tmp_path):
    private_project.push({"README.md": "mine\n"})
    assert "not found" in refused(git(tmp_path, "clone", private_project.url(stranger), "copy", check=False))
    refused(git(tmp_path, "clone", private_project.url(), "copy", check=False))
    refused(git(private_project.checkout, "push", private_project.url(stranger), "HEAD:refs/heads/x", check=False))
    git(tmp_path, "clone", "--quiet", private_project.url(private_project.owner), "copy")


@pytest.mark.parametrize("suffix", ["/info/refs?service=git-upload-pack", "/HEAD", "/objects/info/packs"])
def test_private_and_missing_look_the_same(private_project, stranger, suffix):
    private_project.push({"README.md": "mine\n"})
    missing = f"/{private_project.owner.name}/no-such-thing"
    for login in (stranger.login, None):
        seen = [
            ask(private_project.stack, "GET", path + suffix, login=login)
            for path in (f"/{private_project.path}", f"/{private_project.path}.git", missing)
        ]
        assert len({(answer.status, answer.body) for answer in seen}) == 1
        assert seen[0].status == (404 if login else 401)


def test_wrong_password_is_asked_again(project):
    answer = ask(
        project.stack,
        "GET",
        f"/{project.path}.git/info/refs?service=git-receive-pack",
        login=(project.owner.name, "wrong-password"),
    )
    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "path",
    [
        "/_auth/git",
        "/_blob/repositories/1.git/config",
        "/ann/../../etc/HEAD",
        "/x/%2e%2e/%2e%2e/HEAD",
        "/ann/x%2f..%2fy/HEAD",
    ],
)
def test_no_way_around(stack, ann, path):
    answer = ask(stack, "GET", path, login=ann.login)
    assert answer.status in (400, 404)


def test_clients_cannot_name_the_directory(private_project, stranger):
    private_project.push({"README.md": "mine\n"})
    answer = ask(
        private_project.stack,
        "GET",
        f"/{private_project.path}/info/refs?service=git-upload-pack",
        login=stranger.login,
        headers={"X-Millrace-Git-Dir": "1.git", "X-Millrace-User-Id": "1", "Millrace-Original-Uri": "/a/b/HEAD"},
    )
    assert answer.status == 404


def test_a_push_is_in_the_inbox_when_git_says_done(project):
    before = int(project.stack.sql("select count(*) from inbox"))
    project.push({"README.md": "one\n"})
    assert int(project.stack.sql("select count(*) from inbox")) == before + 1
