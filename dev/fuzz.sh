#!/bin/bash
# `make fuzz`: libFuzzer on the reader of files, expressions, patterns and lines of schedules, FUZZ_SECONDS (60) of each, or of
# FUZZ_ONLY alone. A crash leaves its input in .build/fuzz/NAME-crash-…; what is interesting stays in .build/fuzz/NAME.
set -eu
cd "$(dirname "$0")/.."
command -v swiftc >/dev/null || export PATH="$PATH:/opt/swift/usr/bin"
build=.build/debug
[ -d "$build/Yams.build" ] || swift build --product millrace
place=.build/fuzz
mkdir -p "$place"
for name in ${FUZZ_ONLY:-reader expressions patterns cron}; do
    # Domain and the entry are one module, called Domain: SwiftPM cannot link a program whose main is libFuzzer's.
    mapfile -t sources < <(find Sources/Domain -name '*.swift' | sort)
    swiftc -O -swift-version 6 -parse-as-library -sanitize=fuzzer -module-name Domain -package-name millrace -D "FUZZ_$name" \
        "${sources[@]}" dev/fuzz/target.swift -I "$build/Modules" \
        -Xcc -fmodule-map-file=.build/checkouts/Yams/Sources/CYaml/include/module.modulemap \
        -Xcc -I.build/checkouts/Yams/Sources/CYaml/include "$build"/Yams.build/*.o "$build"/CYaml.build/src/*.o \
        -o "$place/fuzz-$name"
    mkdir -p "$place/$name"
    echo "fuzz: $name"
    "$place/fuzz-$name" -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=1024 -timeout=10 -max_len=4096 -print_final_stats=0 \
        -artifact_prefix="$place/$name-" "$place/$name" 2>&1 | grep -vE '^#|NEW_FUNC' | tail -20
done
