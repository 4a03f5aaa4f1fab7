"""shared/field/11: what a step writes to $GITHUB_STEP_SUMMARY is stored."""

from support import ask

WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo '# Result' >> "$GITHUB_STEP_SUMMARY"
      - run: |
          echo 'token ${{ github.token }}' >> "$GITHUB_STEP_SUMMARY"
          echo '- second' >> "$GITHUB_STEP_SUMMARY"
      - run: head -c 1100000 /dev/zero | tr '\\0' 'x' >> "$GITHUB_STEP_SUMMARY"
"""


def test_summaries_are_stored(stack, project, embedded):
    embedded()
    project.push_workflow(WORKFLOW)
    run = project.wait_run(seconds=120)
    job = project.jobs(run)["a"]
    log = project.log(job)
    assert run["conclusion"] == "success", log
    answer = ask(stack, "GET", f"/{project.path}/actions/jobs/{job['id']}/summary")
    assert answer.status == 200, (answer.text, log)
    assert "# Result" in answer.text and "- second" in answer.text
    assert "token ***" in answer.text
    assert "the summary of step 3 has 1100000 bytes" in log and "was left out" in log
