#!/bin/sh
# Checks the OpenAPI description: a client that is generated from it asks, tells and gets suggestions, and what its
# schemas allow of asking, telling, suggesting and measurements is taken.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ -e "$root/target/phema.jar" ] || (cd "$root" && ./mvnw -q -B package -DskipTests)

work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait; rm -rf "$work"' EXIT
port=${PORT:-8399}
url=http://localhost:$port
"$root/phema" serve --phema.home="$work/home" --phema.roots="$root/snapshots" --server.port="$port" >"$work/log" 2>&1 &
server=$!

venv=${VENV:-$work/venv}
[ -e "$venv" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q -r "$here/requirements-description.txt"
for _ in $(seq 60); do
  curl -sf "$url/actuator/health" >/dev/null && break
  sleep 1
done
"$venv/bin/openapi-python-client" generate --url "$url/v3/api-docs" --output-path "$work/generated" >"$work/generator" 2>&1 ||
  { cat "$work/generator"; exit 1; }
PYTHONPATH=$work/generated PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/check_description.py" "$url"
"$venv/bin/schemathesis" run "$url/v3/api-docs" --url "$url" -n 50 --phases coverage,fuzzing --request-timeout 70 \
  --include-path-regex 'leases|suggest|measurements$|priority|record$' --continue-on-failure --no-color
