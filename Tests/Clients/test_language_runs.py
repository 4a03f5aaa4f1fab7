"""What the language promises, seen to run by `millrace runner` and act: matrices from outputs, calls, results."""

CALLEE = """\
on:
  workflow_call:
    inputs:
      who: {type: string, required: true}
      times: {type: number, default: 2}
      loud: {type: boolean, default: false}
    outputs:
      said: {value: "${{ jobs.say.outputs.said }}"}
env: {GREETING: "to ${{ inputs.who }}"}
jobs:
  say:
    runs-on: ubuntu-latest
    outputs: {said: "${{ steps.s.outputs.said }}"}
    steps:
      - {id: s, run: 'echo "said=${{ inputs.who }} ${{ inputs.times }} ${{ inputs.loud }} $GREETING" >> $GITHUB_OUTPUT'}
      - {run: echo loud-step, if: inputs.loud}
      - {run: echo quiet-step, if: "!inputs.loud"}
"""
CALLER = """\
on: push
jobs:
  list:
    runs-on: ubuntu-latest
    outputs: {names: "${{ steps.l.outputs.names }}"}
    steps: [{id: l, run: "echo 'names=[\\"ann\\",\\"b''ob\\"]' >> $GITHUB_OUTPUT"}]
  each:
    needs: list
    name: "greet ${{ matrix.name }}"
    strategy: {matrix: {name: "${{ fromJSON(needs.list.outputs.names) }}"}}
    uses: ./.gitea/workflows/callee.yml
    with: {who: "${{ matrix.name }}", loud: "${{ matrix.name == 'ann' }}"}
  end:
    needs: each
    runs-on: ubuntu-latest
    steps: [{run: "echo 'heard ${{ needs.each.result }} ${{ toJSON(needs.each.outputs) }}'"}]
"""


def test_a_matrix_from_outputs_calls_a_workflow_and_act_runs_it(project, stack, embedded):
    name = embedded()
    project.push({".gitea/workflows/ci.yml": CALLER.replace("b''ob", "bob"), ".gitea/workflows/callee.yml": CALLEE})
    run = project.wait_run("ci.yml", 180)
    jobs = project.jobs(run)
    assert run["conclusion"] == "success", f"{jobs}\n{stack.tail(name, 60)}"
    assert set(jobs) == {
        "list", "greet ann", "greet bob", "greet ann / say", "greet bob / say", "end",
    }  # fmt: skip
    log = project.log(jobs["greet ann / say"])
    assert "loud-step" in log and "quiet-step" not in log
    log = project.log(jobs["greet bob / say"])
    assert "quiet-step" in log and "loud-step" not in log
    log = project.log(jobs["end"])
    assert "heard success" in log and "bob 2 false to bob" in log
