"""Planning: the most costly files that a search finds, and another user's push beside a push of them."""

import json
import subprocess
import sys
import time

from harness import ROOT, Bench, Figure, StackError
from pushes import Git

sys.path.insert(0, str(ROOT / "Tests/Clients/abuse"))


def run(bench: Bench) -> list[Figure]:
    from costly_workflows import seeds, workflow

    found = bench.directory / "worst.yml"
    searched = subprocess.run(
        [
            sys.executable,
            str(ROOT / "Tests/Clients/abuse/costly_workflows.py"),
            "--seconds",
            str(bench.seconds(20)),
            "--seed",
            "1",
            "--binary",
            str(bench.binary),
            "--out",
            str(found),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    worst = json.loads(searched.stdout)
    # The file of the review: 250 legs, 250 items of 8 extra keys; it took 38 s.
    review = bench.directory / "review.yml"
    review.write_text(workflow(seeds()[0]))
    once = json.loads(
        subprocess.run(
            [str(bench.binary), "workflow", "check", "--json", str(review)], capture_output=True, text=True
        ).stdout
    )
    figures = [
        Figure("worst file found", worst["worst_seconds"], "s", at_most=2, note=f"{worst['tried']} tried"),
        Figure("steps of it", worst["steps"], "", note=f"{worst['steps_max']} may be taken"),
        Figure(
            "250 legs × 250 items × 8 keys", once["microseconds"] / 1e6, "s", at_most=2, note="38 s before the budget"
        ),
    ]
    with bench.stack() as stack:

        def pusher(name: str) -> Git:
            stack.millrace("admin", "user", "create", "--name", name, "--password", f"password-of-{name}")
            address = stack.millrace("admin", "repo", "create", "--owner", name, "--name", "app").strip()
            (place := bench.directory / f"planning-{name}").mkdir()
            return Git(place, address.replace("http://", f"http://{name}:password-of-{name}@"))

        attacker, other = pusher("mallory"), pusher("ann")
        files, branches = (10, 10) if bench.is_debug else (100, 50)
        attacker.commit(found.read_text(), [f"{n}.yml" for n in range(files)])
        other.commit("on: push\njobs: {a: {runs-on: x, steps: [run: 'true']}}\n")
        attacker.push([f"b{n}" for n in range(branches)])
        began = time.monotonic()
        other.push()
        pushed = time.monotonic()
        while (
            stack.sql(
                "select count(*) from run r join repository p on p.id = r.repository_id join account o on o.id ="
                " p.owner_id where o.name = 'ann'"
            )
            == "0"
        ):
            if time.monotonic() > pushed + 300:
                raise StackError("the other's run did not come within 300 s")
            time.sleep(0.02)
        figures += [
            Figure(f"another's push itself, beside {branches} branches of {files} such files", pushed - began, "s"),
            Figure("its run is there after", time.monotonic() - pushed, "s", at_most=5),
        ]
    return figures
