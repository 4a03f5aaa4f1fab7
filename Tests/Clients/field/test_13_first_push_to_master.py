"""Field case 13: the first pushed branch becomes the default branch of an empty repository (H5)."""

from support import git


def head(project) -> str:
    return project.stack.sql(f"select default_branch from repository where name = '{project.name}'")


def test_h05_the_first_pushed_branch_is_checked_out_by_a_clone(project, tmp_path):
    project.commit({"README.md": "one\n"})
    git(project.checkout, "push", "--quiet", project.url(project.owner), "HEAD:refs/heads/master")
    done = git(tmp_path, "clone", project.url(project.owner), "copy")
    assert "nonexistent" not in done.stderr and (tmp_path / "copy/README.md").read_text() == "one\n"
    assert git(tmp_path / "copy", "branch", "--show-current").stdout.strip() == "master"
    assert head(project) == "master"


def test_h05_later_branches_change_nothing(project, tmp_path):
    project.commit({"README.md": "one\n"})
    git(project.checkout, "push", "--quiet", project.url(project.owner), "HEAD:refs/heads/trunk")
    git(
        project.checkout,
        "push",
        "--quiet",
        project.url(project.owner),
        "HEAD:refs/heads/main",
        "HEAD:refs/heads/master",
    )
    assert head(project) == "trunk"
    git(tmp_path, "clone", "--quiet", project.url(project.owner), "copy")
    assert git(tmp_path / "copy", "branch", "--show-current").stdout.strip() == "trunk"


def test_h05_of_many_branches_main_is_it_and_a_tag_is_none(project):
    project.commit({"README.md": "one\n"})
    git(project.checkout, "push", "--quiet", project.url(project.owner), "HEAD:refs/tags/v1")
    git(project.checkout, "push", "--quiet", project.url(project.owner), "HEAD:refs/heads/a", "HEAD:refs/heads/main")
    assert head(project) == "main"


def test_h05_the_event_and_rest_say_so(project):
    project.commit({".gitea/workflows/ci.yml": "on: push\njobs: {a: {runs-on: x, steps: [run: x]}}\n"})
    git(project.checkout, "push", "--quiet", project.url(project.owner), "HEAD:refs/heads/master")
    from field.push_events import event_of

    assert event_of(project.runner(labels=["x"]))["repository"]["default_branch"] == "master"
    assert project.run_of("ci.yml")["repository"]["default_branch"] == "master"
