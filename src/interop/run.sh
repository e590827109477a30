#!/bin/sh
# Checks phema's files against the libraries that other people read and write them with, in both directions.
#
#   src/interop/run.sh                    makes a virtual environment in target/interop-venv (some GB, because of torch)
#   PYTHON=/path/to/python src/interop/run.sh    uses an environment that has what requirements.txt lists
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

if [ -z "${PYTHON:-}" ]; then
    PYTHON=$root/target/interop-venv/bin/python
    [ -x "$PYTHON" ] || python3 -m venv "$root/target/interop-venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
fi
[ -e "$root/target/phema.jar" ] || (cd "$root" && ./mvnw -q -B package -DskipTests)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$PYTHON" "$here/check.py" "$root" "$work"
