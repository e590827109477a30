#!/bin/sh
# Checks that every trial of a remote evaluator is told exactly once, though clients are killed and the service is restarted.
#
#   src/interop/clients.sh                       one service, with SQLite
#   src/interop/clients.sh jdbc:postgresql://... two services behind one address, on an empty database
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ -e "$root/target/phema.jar" ] || (cd "$root" && ./mvnw -q -B package -DskipTests)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 "${PYTHON:-python3}" "$here/check_clients.py" "$root" "$work" "$@"
