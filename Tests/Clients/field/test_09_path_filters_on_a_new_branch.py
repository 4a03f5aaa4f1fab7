"""Field case 09: path filters on the first push of a branch are judged against where it left the known branches."""

from support import wait_for

from field.push_events import push_to, workflow


def read(project, ref: str) -> None:
    wait_for(
        lambda: (
            project.stack.sql(
                "select count(*) from inbox i join repository r on r.id = i.repository_id where r.name ="
                f" '{project.name}' and i.ref = '{ref}' and i.state = 'read'"
            )
            != "0"
        ),
        "the push to be read",
    )


def branches(project) -> set:
    return {run["head_branch"] for run in project.runs() if "head_branch" in run}


def start(project):
    project.push(
        {".gitea/workflows/ci.yml": workflow(on="{push: {paths: ['src/**']}}"), "src/a.c": "a\n", "README.md": "r\n"}
    )


def test_a_branch_that_changes_other_files_starts_nothing(project):
    start(project)
    project.commit({"README.md": "two\n"})
    push_to(project, "refs/heads/feature/x")
    read(project, "refs/heads/feature/x")
    assert branches(project) == {"main"}
    project.commit({"src/a.c": "two\n"})
    push_to(project, "refs/heads/feature/y")
    wait_for(lambda: "feature/y" in branches(project), "the run")


def test_a_branch_of_a_branch_is_judged_by_its_own_commits(project):
    """The base is not always the default branch."""
    start(project)
    project.commit({"src/a.c": "develop\n"})
    push_to(project, "refs/heads/develop")
    wait_for(lambda: "develop" in branches(project), "the run of develop")
    project.commit({"README.md": "feature\n"})
    push_to(project, "refs/heads/feature")
    read(project, "refs/heads/feature")
    assert branches(project) == {"main", "develop"}


def test_the_first_push_of_a_repository_counts_all_files_and_tags_are_not_filtered(project):
    start(project)
    wait_for(lambda: branches(project) == {"main"}, "the first run")
    project.commit({"README.md": "tag\n"})
    push_to(project, "refs/tags/v1")
    wait_for(lambda: len(project.runs()) == 2, "the tag's run")
    project.commit({".gitea/workflows/none.yml": workflow(on="{push: {paths: [no-such-file]}}")})
    push_to(project, "refs/heads/other")
    read(project, "refs/heads/other")
    assert "other" not in branches(project)
