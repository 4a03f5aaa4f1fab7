"""shared/field/02: an action by owner and name is fetched from the address in the task's context, not from the server
itself."""

import pytest
from conftest import private_stack
from support import EmbeddedRunner, Project, User, git

ACTION = """\
name: Hello
inputs:
  who: {default: nobody}
outputs:
  said: {value: "${{ steps.say.outputs.said }}"}
runs:
  using: composite
  steps:
    - uses: actions/inner@v1
    - id: say
      shell: bash
      run: |
        echo "hello ${{ inputs.who }} from $GITHUB_ACTION_REPOSITORY"
        echo "server is $GITHUB_SERVER_URL"
        echo "said=hello" >> "$GITHUB_OUTPUT"
"""
INNER = """\
name: Inner
runs:
  using: composite
  steps:
    - {shell: sh, run: echo inner ran}
"""


@pytest.fixture(scope="module")
def instance():
    """The instance is its own default address for actions, so that no network is needed."""
    from millrace_stack import free_port

    port = free_port()
    with private_stack(
        "actions", port=port, settings={"actions": {"default_url": f"http://127.0.0.1:{port}/"}}
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def actions(instance, tmp_path_factory):
    """Public actions of the instance: actions/hello@v1, which uses actions/inner@v1."""
    publisher = User(instance, "actions")
    for name, text in (("inner", INNER), ("hello", ACTION)):
        clone = instance.millrace("admin", "repo", "create", "--owner", "actions", "--name", name).strip()
        directory = tmp_path_factory.mktemp(name)
        git(directory, "init", "--quiet", "--initial-branch=main")
        (directory / "action.yml").write_text(text)
        (directory / "deep").mkdir()
        (directory / "deep/action.yml").write_text(INNER.replace("inner ran", "deep ran"))
        git(directory, "add", "--all")
        git(directory, "commit", "--quiet", "-m", "Action")
        git(
            directory,
            "push",
            "--quiet",
            clone.replace("//", f"//{publisher.name}:{publisher.password}@"),
            "HEAD:refs/heads/main",
            "HEAD:refs/tags/v1",
        )


@pytest.fixture
def cy(instance, tmp_path_factory):
    project = Project(instance, User(instance, f"cy{tmp_path_factory.mktemp('n').name}"), tmp_path_factory.mktemp("cy"))
    runner = EmbeddedRunner(instance, project)
    runner.start()
    yield project
    runner.stop()


def run(project: Project, steps: str) -> "tuple[dict, str]":
    project.push_workflow("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" + steps)
    run = project.wait_run(seconds=120)
    return run, project.log(project.jobs(run)["a"])


def test_an_action_and_the_one_it_uses_come_from_the_default_address(instance, actions, cy):
    done, log = run(
        cy,
        f"""\
      - {{id: h, uses: actions/hello@v1, with: {{who: ann}}}}
      - run: 'echo "output: ${{{{ steps.h.outputs.said }}}}"'
      - uses: actions/hello/deep@main
      - uses: {instance.url}/actions/inner@v1
""",
    )
    assert done["conclusion"] == "success", log
    for line in ("inner ran", "hello ann from actions/hello", f"server is {instance.url}", "output: hello", "deep ran"):
        assert line in log, log
    assert log.count("inner ran") == 2


def test_an_action_of_the_workspace_may_use_published_ones(instance, actions, cy):
    cy.commit(
        {"tools/wrap/action.yml": INNER.replace("- {shell: sh, run: echo inner ran}", "- uses: actions/hello@v1")}
    )
    done, log = run(cy, "      - uses: actions/checkout@v4\n      - uses: ./tools/wrap\n")
    assert done["conclusion"] == "success" and "hello nobody" in log, log


def test_what_cannot_be_had_is_said_with_its_address(instance, actions, cy):
    done, log = run(cy, "      - uses: actions/no-such-thing@v9\n      - run: echo never\n")
    assert done["conclusion"] == "failure" and "never" not in log
    assert f"could not fetch the action actions/no-such-thing@v9 from {instance.url}/actions/no-such-thing" in log, log


def test_an_address_without_a_network_is_named(stack, project, embedded):
    """The default is GitHub; where it cannot be reached, the error says where it was looked for."""
    embedded()
    project.push_workflow(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - uses: http://127.0.0.1:9/some/action@v4\n      - run: echo never\n"
    )
    done = project.wait_run(seconds=120)
    log = project.log(project.jobs(done)["a"])
    assert done["conclusion"] == "failure" and "from http://127.0.0.1:9/some/action" in log and "never" not in log
    assert project.owner.password not in log


def test_checkout_of_another_repository_and_ref(instance, actions, cy):
    done, log = run(
        cy,
        """\
      - uses: actions/checkout@v4
      - uses: actions/checkout@v4
        with: {repository: actions/hello, ref: v1, path: other}
      - run: |
          test -f other/action.yml && git -C other describe --tags
          git -C other remote get-url origin
""",
    )
    assert done["conclusion"] == "success", log
    assert "\nv1" in "\n".join(line.split(" ", 1)[1] for line in log.splitlines()), log
    assert f"{instance.url}/actions/hello.git" in log
