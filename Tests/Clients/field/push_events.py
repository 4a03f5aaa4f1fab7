"""The event that a push gives to its jobs, as the runner gets it."""

from support import context, git


def workflow(condition: str = "true", on: str = "push") -> str:
    return f'on: {on}\njobs: {{j: {{if: "{condition}", runs-on: x, steps: [run: x]}}}}\n'


def push_to(project, ref: str, *options: str):
    return git(project.checkout, "push", "--quiet", *options, project.url(project.owner), f"HEAD:{ref}")


def event_of(runner) -> dict:
    return context(runner.fetch())["event"]
