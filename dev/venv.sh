#!/bin/bash
# `dev/venv.sh FOLDER REQUIREMENTS`: a virtual environment with the pinned versions; a changed file makes it anew.
set -eu -o pipefail
folder=$1 requirements=$2
! cmp -s "$requirements" "$folder/requirements.txt" || exit 0
rm -rf "$folder"
if ! { python3 -m venv "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" &&
    cp "$requirements" "$folder/requirements.txt"; }; then
    echo "could not make $folder from $requirements; it needs python3-venv and a way to PyPI" >&2
    exit 1
fi
