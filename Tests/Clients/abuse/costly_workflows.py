#!/usr/bin/env python3
"""Looks for the workflow file that costs most to plan: `costly_workflows.py --seconds 600 [--binary …] [--seed N]
[--out FILE]`.

Climbs: a file is a handful of numbers (matrix, include, exclude, values, aliases, expressions, jobs, steps, needs,
filters); a change of some of them is kept when `millrace workflow check` takes longer for it. Exit 1 when a file takes
more steps than it may, or more seconds than --limit, which is for a release build on a quiet machine; a debug build is
told the truth by its steps alone.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# What a file is made of, with the largest value that is tried.
GENES = {
    "legs_a": 256,
    "legs_b": 16,
    "legs_c": 4,
    "include": 256,
    "keys": 64,
    "filters": 4,
    "value_bytes": 4000,
    "exclude": 256,
    "jobs": 64,
    "expressions": 40,
    "expression_kind": 7,
    "depth": 40,
    "steps": 900,
    "script_bytes": 4000,
    "needs": 64,
    "aliases": 2000,
    "alias_nodes": 400,
    "patterns": 128,
    "unknown_keys": 400,
    "name_bytes": 4000,
    "env": 2000,
}
EXPRESSIONS = [
    "toJSON(github)",
    "contains(toJSON(github), 'zzzz')",
    "join(fromJSON(format('[{0}]', '1,2,3,4,5,6,7,8,9')), '-')",
    "format('{0}{0}{0}{0}{0}{0}{0}{0}', toJSON(github))",
    "github.event.*.*.*.*",
    "fromJSON(toJSON(matrix))",
    "toJSON(fromJSON(toJSON(fromJSON(toJSON(github)))))",
    "matrix.v0 == matrix.v1 && 'a' || 'b'",
]


def expression(genes: dict) -> str:
    one = EXPRESSIONS[min(genes["expression_kind"], len(EXPRESSIONS) - 1)]
    inner = " || ".join([f"({one} == 'x')"] * max(1, genes["expressions"]))
    for _ in range(genes["depth"] // 2):
        inner = f"!({inner})"
    return (
        "${{ " + inner[:20_000].rsplit(" || ", 1)[0] + ")" * inner[:20_000].rsplit(" || ", 1)[0].count("!(") + " }}"
        if len(inner) > 20_000
        else "${{ " + inner + " }}"
    )


def workflow(genes: dict) -> str:
    out = [
        (
            "on: {push: {paths: [" + ", ".join(f"'{'*a' * 20}{n}'" for n in range(min(genes["patterns"], 128))) + "]}}"
            if genes["patterns"]
            else "on: push"
        )
    ]
    if genes["env"]:
        out.append("env: {" + ", ".join(f"e{n}: '{n}'" for n in range(genes["env"])) + "}")
    if genes["aliases"]:
        nodes = ", ".join(f"n{n}: {n}" for n in range(max(1, genes["alias_nodes"])))
        out.append(f"defaults: {{a: &a {{{nodes}}}, " + ", ".join(f"b{n}: *a" for n in range(genes["aliases"])) + "}")
    out.append("jobs:")
    jobs = max(1, genes["jobs"])
    for job in range(jobs):
        out.append(f"  j{job}:")
        out.append('    runs-on: [x, "' + (expression(genes) if genes["expressions"] else "y") + '"]')
        if genes["name_bytes"]:
            out.append(f'    name: "{"n" * genes["name_bytes"]} ${{{{ matrix.v0 }}}}"')
        if genes["needs"] and job:
            out.append("    needs: [" + ", ".join(f"j{n}" for n in range(max(0, job - genes["needs"]), job)) + "]")
        for n in range(genes["unknown_keys"]):
            out.append(f"    unknwon{n}: 1")
        out.append(
            "    steps: [" + ", ".join(["{run: '" + "s" * genes["script_bytes"] + "'}"] * max(1, genes["steps"])) + "]"
        )
        sizes = [max(1, genes[key]) for key in ("legs_a", "legs_b", "legs_c")]
        out.append("    strategy:\n      matrix:")
        for vector, size in enumerate(sizes):
            values = ", ".join(f"'{'v' * genes['value_bytes']}{n}'" for n in range(size))
            out.append(f"        v{vector}: [{values}]")
        for kind in ("include", "exclude"):
            if genes[kind]:
                out.append(f"        {kind}:")
            for item in range(genes[kind]):
                chosen = [
                    f"v{n}: '{'v' * genes['value_bytes']}{item % sizes[n]}'" for n in range(min(genes["filters"], 3))
                ]
                if kind == "include":
                    chosen += [f"k{item}x{n}: {n}" for n in range(max(0, genes["keys"] - 3))]
                elif not chosen:
                    chosen = ["v0: none"]
                out.append("          - {" + ", ".join(chosen) + "}")
    return "\n".join(out) + "\n"


def check(binary: str, path: Path, text: str) -> dict:
    path.write_text(text[: 1024 * 1024 + 100])
    done = subprocess.run(
        [binary, "workflow", "check", "--json", str(path)], capture_output=True, text=True, timeout=600
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"millrace ended with {done.returncode} for {path}: {done.stderr[:500]}")
    return json.loads(done.stdout)


def seeds() -> "list[dict]":
    """What reviews found, and one of everything."""
    zero = dict.fromkeys(GENES, 0)
    return [
        {**zero, "legs_a": 250, "include": 250, "keys": 11},
        {**zero, "legs_a": 256, "include": 256, "keys": 64},
        {**zero, "legs_a": 250, "expressions": 8, "expression_kind": 1},
        {**zero, "aliases": 120, "alias_nodes": 400},
        {**zero, "legs_a": 16, "legs_b": 16, "include": 200, "filters": 2, "value_bytes": 100, "exclude": 200},
        {**zero, "legs_a": 250, "steps": 800, "script_bytes": 10},
        {**zero, "jobs": 64, "needs": 64, "unknown_keys": 40},
        {key: top // 8 for key, top in GENES.items()},
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Find the workflow file that costs most to plan.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--binary", default=str(ROOT / ".build/debug/millrace"))
    parser.add_argument("--limit", type=float, default=None, help="seconds that a file may take; for a release build")
    parser.add_argument("--out", type=Path, default=None, help="the worst file is written here")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}", file=sys.stderr)
    deadline = time.monotonic() + options.seconds
    best: list[tuple[int, dict, dict]] = []
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "worst.yml"
        waiting = seeds()
        while time.monotonic() < deadline or waiting:
            if waiting:
                genes = waiting.pop(0)
            else:
                genes = dict(rng.choice(best[:5])[1])
                for key in rng.sample(sorted(GENES), rng.randint(1, 4)):
                    genes[key] = rng.choice(
                        [0, rng.randint(0, GENES[key]), min(GENES[key], genes[key] * 2 + 1), genes[key] // 2]
                    )
            found = check(options.binary, path, workflow(genes))
            tried += 1
            if found["steps"] > found["steps_max"]:
                print(f"{found['steps']} steps of {found['steps_max']}: {genes}", file=sys.stderr)
                return 1
            best.append((found["microseconds"], genes, found))
            best.sort(key=lambda one: -one[0])
            del best[20:]
        micros, genes, found = best[0]
        if options.out:
            options.out.write_text(workflow(genes)[: 1024 * 1024 + 100])
    print(
        json.dumps(
            {
                "tried": tried,
                "seed": options.seed,
                "worst_seconds": micros / 1e6,
                "steps": found["steps"],
                "steps_max": found["steps_max"],
                "diagnostics": found["diagnostics"][:2],
                "genes": {key: value for key, value in genes.items() if value},
            }
        )
    )
    if options.limit is not None and micros / 1e6 > options.limit:
        print(f"the worst file takes {micros / 1e6:.1f} s, more than {options.limit} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
