#!/bin/bash
# `make lint`: swift-format, ruff, mypy, and the rules that none of them sees (Tests/TidyTests).
# `dev/lint.sh format` is `make format`.
set -u -o pipefail
cd "$(dirname "$0")/.."
command -v swift >/dev/null || export PATH="$PATH:/opt/swift/usr/bin"
python=(dev bench Tests/Clients)
# What the tests share; the tests themselves take fixtures, whose types pytest alone knows.
shared=(Tests/Clients/{conftest,support,slow_postgres,faulty_network,*_support}.py Tests/Clients/abuse)
tools=.venv-lint/bin

swift_format() {
    find Sources Tests -name '*.swift' -not -path 'Sources/RunnerProto/*' -print0 |
        xargs -0 swift format "$@" --parallel Package.swift
}

dev/venv.sh .venv-lint dev/requirements.txt || exit 1
if [ "${1:-}" = format ]; then
    swift_format --in-place && "$tools/ruff" check --quiet --select I --fix "${python[@]}" && "$tools/ruff" format "${python[@]}"
    exit
fi

failed=()
swift_format lint --strict || failed+=("swift format")
"$tools/ruff" check "${python[@]}" || failed+=("ruff check")
"$tools/ruff" format --check "${python[@]}" || failed+=("ruff format")
"$tools/mypy" dev bench/{harness,polls,pushes,waiting}.py || failed+=("mypy")
# Another run since dev/ and bench/ both have a run.py; bodies are checked, a signature may say less than everything.
"$tools/mypy" --allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls --allow-any-generics \
    --allow-untyped-decorators --no-warn-return-any --implicit-reexport bench "${shared[@]}" || failed+=("mypy, bench and tests")
# Tidy tests are compiled with the rest, which needs the libraries.
dev/packages.sh run && swift test --filter TidyTests || failed+=("TidyTests")
[ ${#failed[@]} -eq 0 ] || { echo "lint: failed: ${failed[*]} (make format puts formats right)" >&2; exit 1; }
