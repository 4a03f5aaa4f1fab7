"""Planning: the most costly files that a search finds, and another user's push beside a push of them."""
import json
import subprocess
import sys
import time

from harness import ROOT, Figure

sys.path.insert(0, str(ROOT / "Tests/Clients"))
sys.path.insert(0, str(ROOT / "Tests/Clients/abuse"))


def run(bench):
    from costly_workflows import seeds, workflow
    from support import Project, User, wait_for
    found = bench.directory / "worst.yml"
    searched = subprocess.run(
        [sys.executable, str(ROOT / "Tests/Clients/abuse/costly_workflows.py"), "--seconds", str(bench.seconds(20)), "--seed", "1",
         "--binary", str(bench.binary), "--out", str(found)], capture_output=True, text=True, check=True)
    worst = json.loads(searched.stdout)
    # The file of the review: 250 legs, 250 items of 8 extra keys; it took 38 s.
    review = bench.directory / "review.yml"
    review.write_text(workflow(seeds()[0]))
    once = json.loads(subprocess.run([str(bench.binary), "workflow", "check", "--json", str(review)],
                                     capture_output=True, text=True).stdout)
    figures = [
        Figure("worst file found", worst["worst_seconds"], "s", at_most=2, note=f"{worst['tried']} tried"),
        Figure("steps of it", worst["steps"], "", note=f"{worst['steps_max']} may be taken"),
        Figure("250 legs × 250 items × 8 keys", once["microseconds"] / 1e6, "s", at_most=2, note="38 s before the budget")]
    with bench.stack() as stack:
        place = bench.directory / "work"
        place.mkdir()
        attacker, other = (Project(stack, User(stack, name), place) for name in ("mallory", "ann"))
        text = found.read_text()
        attacker.commit({f".gitea/workflows/{n}.yml": text for n in range(100)})
        good = "on: push\njobs: {a: {runs-on: x, steps: [run: 'true']}}\n"
        other.commit({".gitea/workflows/ci.yml": good})
        from support import git
        git(attacker.checkout, "push", "--quiet", attacker.url(attacker.owner),
            *[f"HEAD:refs/heads/b{n}" for n in range(50)])
        began = time.monotonic()
        git(other.checkout, "push", "--quiet", other.url(other.owner), "HEAD:refs/heads/main")
        pushed = time.monotonic()
        wait_for(lambda: other.run_of("ci.yml"), "the other's run", 300)
        figures += [Figure("another's push itself, beside 50 branches of 100 such files", pushed - began, "s"),
                    Figure("its run is there after", time.monotonic() - pushed, "s", at_most=5)]
    return figures
