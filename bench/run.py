#!/usr/bin/env python3
"""`make bench`: measures what README.md of this folder states; a table on stdout, everything in results/latest.json.

    bench/run.py                  all benches
    bench/run.py trivial polls    these
    bench/run.py --list           what there is
    bench/run.py --quick          a look in a quarter of the time; its figures are not for the record
    bench/run.py --quick --debug  does each bench still run? seconds each, on the debug build; part of `make test`

A bench is a file bench_NAME.py here with a docstring and `run(bench) -> list[Figure]`; this finds it by its name.
"""

import argparse
import importlib
import json
import sys
import time
from datetime import UTC, datetime
from types import ModuleType

import harness

NAMES = sorted(path.stem.removeprefix("bench_") for path in harness.HERE.glob("bench_*.py"))


def title(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().splitlines()[0]


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure Millrace against baselines of the same minute.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(NAMES)}")
    parser.add_argument("--list", action="store_true", help="say what each bench measures")
    parser.add_argument("--quick", action="store_true", help="a quarter of the time")
    parser.add_argument(
        "--debug", action="store_true", help="on the debug build that is there, as short as can be; no figures are kept"
    )
    parser.add_argument("--no-build", action="store_true", help="measure the release binary that is there")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f'there is no bench "{unknown[0]}"; there are: {", ".join(NAMES)}')
    benches = {name: importlib.import_module(f"bench_{name}") for name in options.names or NAMES}
    if options.list:
        for name, module in benches.items():
            print(f"{name:14} {title(module)}")
        return 0
    harness.raise_descriptor_limit()
    if not options.no_build and not options.debug:
        harness.build()
    machine = harness.machine()
    began = time.monotonic()
    bench = harness.Bench(options.quick or options.debug, is_debug=options.debug)
    results = {}
    try:
        for name, module in benches.items():
            print(f"bench: {name}", file=sys.stderr, flush=True)
            began_one = time.monotonic()
            results[name] = module.run(bench)
            print(f"bench: {name} took {time.monotonic() - began_one:.0f} s", file=sys.stderr, flush=True)
            print(f"\n{name}: {title(module)}\n{harness.table(results[name])}", flush=True)
    finally:
        bench.close()
    written = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": options.quick,
        "machine": machine,
        "seconds": round(time.monotonic() - began),
        "benches": {name: [harness.as_json(figure) for figure in figures] for name, figures in results.items()},
    }
    if options.debug:
        print(f"\n{len(results)} benches ran in {written['seconds']} s; figures of a debug build say nothing")
        return 0
    target = harness.HERE / "results/latest.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    print(
        f"\n{machine['processor']}, {machine['cores']} cores, commit"
        f" {machine['commit']}{' with changes' if machine['changed'] else ''}, load {machine['load_before']} before,"
        f" {written['seconds']} s; written to {target.relative_to(harness.ROOT)}"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except harness.StackError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
