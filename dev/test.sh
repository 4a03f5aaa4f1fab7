#!/bin/bash
# Everything, in the order in which it fails soonest. `dev/test.sh clients` leaves out all but the clients, `dev/test.sh abuse` is
# `make abuse`.
# WARNINGS=error makes a warning in our own targets a failure (.ci/run does).
set -u -o pipefail
cd "$(dirname "$0")/.."
venv=.venv-test
failed=()

dev/packages.sh test || exit 1
build_log=$(mktemp)
trap 'rm -f "$build_log"' EXIT
swift build --build-tests 2>&1 | tee "$build_log" || { echo "test: swift build failed" >&2; exit 1; }
# -Xswiftc -warnings-as-errors would reach the dependencies too, so our own files are picked out of the build's words.
# Only what was compiled now speaks: a fresh clone (.ci/run) compiles everything.
if [ "${WARNINGS:-}" = error ] && grep -E "^$PWD/(Sources|Tests)/.*: warning: " "$build_log"; then
    echo "test: warnings in our own targets (above) are errors" >&2
    failed+=("warnings")
fi
if [ "${1:-}" = "" ]; then
    swift test --skip-build || failed+=("swift test")
    python3 dev/isolation.py || failed+=("Tests/Isolation")
    python3 dev/schema.py --check || failed+=("sql/schema.sql")
    # Whether the benches still run; what they say of time is not judged here.
    python3 bench/run.py --quick --debug || failed+=("bench")
fi

dev/venv.sh "$venv" Tests/Clients/requirements.txt || exit 1
[ ${#failed[@]} -eq 0 ] || echo "test: so far failed: ${failed[*]}" >&2
if [ "${1:-}" = abuse ]; then
    # A debug build: what a file costs is told by its steps; more of them than it may take, or a command that fails, is a failure.
    "$venv/bin/python" Tests/Clients/abuse/costly_workflows.py --seconds "${ABUSE_SECONDS:-60}" || failed+=("costly_workflows.py")
    # One after the other: what others may wait is a second here.
    MILLRACE_ABUSE_SECONDS=${ABUSE_SECONDS:-60} MILLRACE_ABUSE_PATIENCE=1 MILLRACE_SLOW_PEERS=200 "$venv/bin/python" -m pytest -n 0 -s \
        Tests/Clients/test_abuse_*.py Tests/Clients/test_extreme_integers.py Tests/Clients/test_slow_peers.py Tests/Clients/test_slow_postgres.py \
        || failed+=("Tests/Clients/test_abuse_*")
    [ ${#failed[@]} -eq 0 ] || echo "test: failed: ${failed[*]}" >&2
    [ ${#failed[@]} -eq 0 ]
    exit
fi
# Last, so that pytest's closing line closes everything.
"$venv/bin/python" -m pytest Tests/Clients || failed+=("Tests/Clients")
[ ${#failed[@]} -eq 0 ]
