"""shared/field/10: after actions/checkout git works: history, tags, branch and status as fetch-depth says."""

from support import git


def run(project, steps: str, push=None) -> "tuple[dict, list[str]]":
    project.commit(
        {".gitea/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" + steps}
    )
    git(project.checkout, "push", "--quiet", project.url(project.owner), *(push or ["HEAD:refs/heads/main", "--tags"]))
    done = project.wait_run(seconds=120)
    return done, [line.split(" ", 1)[1] for line in project.log(project.jobs(done)["a"]).splitlines() if " " in line]


def test_history_and_tags_with_fetch_depth_0(project, embedded):
    embedded()
    project.commit({"a": "1"}, "first")
    git(project.checkout, "tag", "v0.1")
    git(project.checkout, "branch", "side")
    done, log = run(
        project,
        """\
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - run: |
          git rev-parse HEAD
          git describe --tags --always
          git status --short
          echo "branch $(git branch --show-current), upstream $(git rev-parse --abbrev-ref '@{upstream}')"
          echo "commits $(git rev-list --count HEAD)"
""",
        ["HEAD:refs/heads/main", "refs/tags/v0.1", "side"],
    )
    assert done["conclusion"] == "success", log
    head = git(project.checkout, "rev-parse", "HEAD").stdout.strip()
    assert head in log and f"v0.1-1-g{head[:7]}" in log, log
    assert "branch main, upstream origin/main" in log and "commits 2" in log, log


def test_one_commit_without_fetch_depth(project, embedded):
    embedded()
    project.commit({"a": "1"}, "first")
    done, log = run(
        project,
        """\
      - {id: c, uses: actions/checkout@v4}
      - run: |
          echo "commits $(git rev-list --count HEAD), status [$(git status --short)]"
          echo "output ${{ steps.c.outputs.commit }}"
          mkdir empty && git fsck && git log -1 --format=%s
""",
    )
    assert done["conclusion"] == "success", log
    assert "commits 1, status []" in log and f"output {done['head_sha']}" in log, log


def test_a_tag_is_checked_out_by_its_name(project, embedded):
    embedded()
    done, log = run(
        project,
        """\
      - uses: actions/checkout@v4
      - run: echo "at $(git describe --tags --exact-match), on [$(git branch --show-current)]"
""",
        ["HEAD:refs/tags/v7"],
    )
    assert done["conclusion"] == "success" and "at v7, on []" in log, log


def test_later_steps_may_push_unless_credentials_are_not_kept(project, embedded):
    embedded()
    done, log = run(
        project,
        """\
      - uses: actions/checkout@v4
      - run: git commit --allow-empty -qm "By the job" || git -c user.name=j -c user.email=j@j commit --allow-empty \
-qm "By the job"
      - run: git push origin HEAD:refs/heads/by-job && echo pushed
      - uses: actions/checkout@v4
        with: {persist-credentials: false, path: other}
      - run: cat && echo "no input to wait for"
      - run: cd other && ! git push origin HEAD:refs/heads/by-nobody && echo refused
      - run: git config --get-regexp extraheader
""",
    )
    assert done["conclusion"] == "success", log
    assert "pushed" in log and "refused" in log and "no input to wait for" in log
    branches = git(project.checkout, "ls-remote", project.url(project.owner)).stdout
    assert "refs/heads/by-job" in branches and "by-nobody" not in branches
    # What git keeps is the job's token; the log does not show it.
    assert any("AUTHORIZATION: basic ***" in line for line in log), "\n".join(log)
