#!/bin/sh
# Checks the hub endpoints with the clients that people use: huggingface_hub, hf, diffusers, transformers, and @huggingface/hub in Node where there is npm.
#
#   src/interop/hub.sh                    makes a virtual environment in target/hub-venv (some GB, because of torch)
#   PYTHON=/path/to/python src/interop/hub.sh    uses an environment that has what requirements-hub.txt lists
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

if [ -z "${PYTHON:-}" ]; then
    PYTHON=$root/target/hub-venv/bin/python
    [ -x "$PYTHON" ] || python3 -m venv "$root/target/hub-venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$here/requirements-hub.txt"
fi
[ -e "$root/target/phema.jar" ] || (cd "$root" && ./mvnw -q -B package -DskipTests)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v npm > /dev/null; then
    cp "$here/check_hub.mjs" "$work"
    (cd "$work" && npm install --silent --no-fund --no-audit --no-update-notifier @huggingface/hub@2)
fi
PYTHONDONTWRITEBYTECODE=1 "$PYTHON" "$here/check_hub.py" "$root" "$work"
