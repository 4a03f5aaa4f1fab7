"""shared/field/04: results of expressions are not evaluated again, wherever they pass through."""

import pytest

MESSAGE = "Fix ${{ github.actor }} in title"
EVERYWHERE = """\
on: push
env:
  WF: ${{ github.event.head_commit.message }}
jobs:
  a:
    runs-on: ubuntu-latest
    env:
      JOB: ${{ github.event.head_commit.message }}
    outputs:
      title: ${{ steps.out.outputs.title }}
    steps:
      - uses: actions/checkout@v4
      - run: printf 'wf=%s\\njob=%s\\n' "$WF" "$JOB"
      - env: {STEP: "${{ github.event.head_commit.message }}"}
        run: printf 'step=%s\\n' "$STEP"
      - run: 'echo "FROM_ENV=$WF" >> "$GITHUB_ENV"'
      - run: printf 'file=%s\\n' "$FROM_ENV"
      - shell: sh
        run: printf 'env context=%s\\n' '${{ env.FROM_ENV }}'
      - uses: ./inner
        with: {title: "${{ github.event.head_commit.message }}"}
      - shell: python3 {0}
        run: |
          import json, os
          print("event=" + json.load(open(os.environ["GITHUB_EVENT_PATH"]))["head_commit"]["message"])
          print("python=" + os.environ["WF"])
      - shell: /bin/bash -e {0}
        run: printf 'path=%s\\n' "$JOB"
      - shell: perl {0}
        run: print "perl=$ENV{WF}\\n";
      - id: out
        run: 'echo "title=\\${{ secrets.GITHUB_TOKEN }}" | tr -d "\\\\134" >> "$GITHUB_OUTPUT"'
  b:
    needs: a
    runs-on: ubuntu-latest
    env: {T: "${{ needs.a.outputs.title }}"}
    steps:
      - run: printf 'need=%s\\n' "$T"
"""
INNER = """\
name: Inner
inputs: {title: {default: ""}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {TITLE: "${{ inputs.title }}"}
      run: printf 'input=%s\\nouter=%s\\nenv input=%s\\n' "$TITLE" "$WF" "$INPUT_TITLE"
"""


@pytest.fixture
def logs(project, embedded):
    embedded()
    # The value must come from a step, not from the workflow's own text, where it would be an expression.
    workflow = EVERYWHERE.replace(
        """'echo "title=\\${{ secrets.GITHUB_TOKEN }}" | tr -d "\\\\134" >> "$GITHUB_OUTPUT"'""",
        """'printf "title=%s{{ secrets.GITHUB_TOKEN }}\\\\n" "\\$" >> "$GITHUB_OUTPUT"'""",
    )
    project.push({"inner/action.yml": INNER, ".gitea/workflows/ci.yml": workflow}, MESSAGE)
    run = project.wait_run(seconds=120)
    texts = {name: project.log(job) for name, job in project.jobs(run).items() if job["conclusion"] != "skipped"}
    assert run["conclusion"] == "success", "\n".join(texts.values())[:20000]
    return texts


def test_text_stays_as_it_is_in_every_environment(logs):
    lines = [line.split(" ", 1)[1] for line in logs["a"].splitlines()]
    for place in ("wf", "job", "step", "file", "env context", "input", "outer", "event", "python", "path", "perl"):
        assert f"{place}={MESSAGE}" in lines, (place, logs["a"])
    assert f"env input={MESSAGE}" in lines or "env input=" in lines, logs["a"]


def test_an_output_that_names_a_secret_does_not_become_it(logs):
    assert "need=${{ secrets.GITHUB_TOKEN }}" in logs["b"], logs["b"]
