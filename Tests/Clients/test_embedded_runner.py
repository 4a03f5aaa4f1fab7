"""`millrace runner` with act, end to end; and Gitea's own SDK as the one who waits."""

from support import wait_for

WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      version: ${{ steps.v.outputs.version }}
    steps:
      - name: Version
        id: v
        run: |
          echo "hello from build"
          echo "version=4.2" >> "$GITHUB_OUTPUT"
      - name: Show the token
        run: echo "token is ${{ secrets.GITHUB_TOKEN }}"
  report:
    runs-on: ubuntu-latest
    needs: build
    steps:
      - run: echo "got [${{ needs.build.outputs.version }}] from ${{ needs.build.result }}"
"""


def test_green_with_outputs_and_masked_secrets(stack, project, embedded):
    name = embedded()
    project.push_workflow(WORKFLOW)
    run = project.wait_run(seconds=120)
    jobs = project.jobs(run)
    logs = {key: project.log(job) for key, job in jobs.items()}
    assert run["conclusion"] == "success", f"{logs}\n{stack.tail(name, 40)}"
    assert "hello from build" in logs["build"] and "token is ***" in logs["build"]
    assert "got [4.2] from success" in logs["report"]
    assert [step["conclusion"] for step in jobs["build"]["steps"]] == ["success", "success"]
    assert jobs["build"]["runner_name"] == name


def test_a_failing_step_is_red(stack, project, embedded):
    name = embedded()
    project.push_workflow(
        "on: push\njobs:\n  bad:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: echo before; exit 3\n      - run: echo never\n"
    )
    run = project.wait_run(seconds=120)
    job = project.jobs(run)["bad"]
    assert run["conclusion"] == "failure", stack.tail(name, 40)
    assert [step["conclusion"] for step in job["steps"]] == ["failure", "skipped"]
    assert "before" in project.log(job)


def test_once_ends_by_itself(stack, project, embedded):
    name = embedded("--once")
    project.push_workflow("on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps: [{run: echo one}]\n")
    assert project.wait_run(seconds=120)["conclusion"] == "success"
    wait_for(lambda: stack.pid(name) is None, "the end of the runner", 30)


def test_kill_9_of_an_instance_while_act_works(whole_stack, project, embedded):
    name = embedded()
    project.push_workflow(
        "on: push\njobs:\n  long:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: for n in 1 2 3 4 5 6 7 8; do echo line $n; sleep 0.5; done\n"
    )
    wait_for(lambda: (run := project.run_of("ci.yml")) and run["status"] == "in_progress", "a running run")
    whole_stack.kill("millrace-1")
    run = project.wait_run(seconds=120)
    assert run["conclusion"] == "success", whole_stack.tail(name, 40)
    log = project.log(project.jobs(run)["long"])
    assert [f"line {n}" in log for n in range(1, 9)] == [True] * 8


def test_giteas_sdk_reads_runs_and_jobs(stack, project, embedded):
    import asyncio

    import gitea_api_client as sdk

    embedded()
    project.push_workflow(WORKFLOW)
    project.wait_run(seconds=120)
    owner, name = project.path.split("/")

    async def read():
        async with sdk.ApiClient(sdk.Configuration(host=f"{stack.url}/api/v1")) as client:
            client.set_default_header("Authorization", f"token {project.owner.token}")
            api = sdk.RepositoryApi(client)
            runs = await api.get_workflow_runs(owner, name)
            return runs, await api.list_workflow_run_jobs(owner, name, runs.workflow_runs[0].id)

    runs, jobs = asyncio.run(read())
    assert (runs.total_count, runs.workflow_runs[0].conclusion) == (1, "success")
    assert {job.name for job in jobs.jobs} == {"build", "report"}


def test_a_wrong_registration_token_is_said(stack):
    import subprocess

    done = subprocess.run(
        [
            str(stack.binary),
            "runner",
            "--url",
            stack.url,
            "--token",
            "wrong",
            "--labels",
            "a",
            "--once",
            "--state-file",
            str(stack.dir / "nowhere.json"),
            "--work-dir",
            str(stack.dir / "tmp"),
            "--act",
            "/bin/true",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        **stack.as_user(),
    )
    assert done.returncode != 0 and "runner registration token not found" in done.stderr


ARTIFACTS = """\
on: push
jobs:
  make:
    runs-on: ubuntu-latest
    steps:
      - run: seq 1 100000 > numbers.txt
      - run: MILLRACE artifacts put numbers.txt
  take:
    runs-on: ubuntu-latest
    needs: make
    steps:
      - run: |
          export MILLRACE_TOKEN="${{ github.token }}"
          MILLRACE artifacts get "$GITHUB_REPOSITORY" numbers.txt --url "$ACTIONS_RESULTS_URL"
          echo "got $(wc -l < numbers.txt) lines"
"""


def test_a_job_hands_a_file_to_another(stack, project, embedded):
    """With what a runner sets in the environment of a step, and nothing else."""
    embedded()
    project.push_workflow(ARTIFACTS.replace("MILLRACE artifacts", f"{stack.binary} artifacts"))
    run = project.wait_run(seconds=120)
    jobs = project.jobs(run)
    assert run["conclusion"] == "success", {key: project.log(job) for key, job in jobs.items()}
    assert "got 100000 lines" in project.log(jobs["take"])
    (artifact,) = project.rest(f"/runs/{run['id']}/artifacts").json["artifacts"]
    assert artifact["name"] == "numbers.txt" and artifact["digest"].startswith("sha256:")
