#!/bin/sh
# Writes checkpoints with the libraries of the trainers themselves, lets phema make averages of them with nothing written beside, loads these as the
# trainers load their own checkpoints, and compares them with numpy's sums and with averages that were tracked at every step.
#
#   src/interop/layouts.sh [NAME ...]             makes a virtual environment in target/layouts-venv (some GB, because of torch)
#   PYTHON=/path/to/python src/interop/layouts.sh    uses an environment that has what requirements-layouts.txt lists
#   RUNS=/path/to/runs src/interop/layouts.sh        takes runs that make_layouts.py wrote before
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

if [ -z "${PYTHON:-}" ]; then
    PYTHON=$root/target/layouts-venv/bin/python
    [ -x "$PYTHON" ] || python3 -m venv "$root/target/layouts-venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$here/requirements-layouts.txt"
fi
[ -n "${PHEMA:-}" ] || [ -e "$root/target/phema.jar" ] || (cd "$root" && ./mvnw -q -B package -DskipTests)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
if [ -z "${RUNS:-}" ]; then
    RUNS=$work/layouts/runs
    "$PYTHON" "$here/make_layouts.py" "$RUNS" "$@"
fi
"$PYTHON" "$here/check_layouts.py" "${PHEMA:-$root/phema}" "$RUNS" "$work/checks" "$@"
