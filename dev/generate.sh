#!/bin/bash
# `make generate`: Sources/RunnerProto/*.pb.swift from its .proto files. What it makes is committed and never edited.
set -eu -o pipefail
cd "$(dirname "$0")/../Sources/RunnerProto"
for program in protoc protoc-gen-swift; do
    command -v "$program" >/dev/null && continue
    echo "generate: there is no $program; install protobuf-compiler, and protoc-gen-swift with: swift build -c release" \
        "--package-path .build/checkouts/swift-protobuf --product protoc-gen-swift" >&2
    exit 1
done
protoc --swift_out=. --swift_opt=Visibility=Public runner.proto ping.proto artifact.proto
