#!/bin/sh
# Trains small language models at a constant learning rate and with real decays, compares what phema, merge tools and the decays give, and writes the tables
# of docs/without-decay.md. Twenty minutes of one core for two runs.
#
#   src/interop/without_decay.sh                        makes a virtual environment in target/decay-venv (some GB, because of torch)
#   PYTHON=/path/to/python src/interop/without_decay.sh    uses an environment that has numpy, safetensors and torch
#   RUNS=/path/to/runs src/interop/without_decay.sh        takes the runs that were trained into this folder before, and keeps what it trains there
#   SEEDS="0 1 2" src/interop/without_decay.sh             other runs than 0 and 1
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

if [ -z "${PYTHON:-}" ]; then
    PYTHON=$root/target/decay-venv/bin/python
    [ -x "$PYTHON" ] || python3 -m venv "$root/target/decay-venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check numpy safetensors torch
fi
[ -n "${PHEMA:-}" ] || [ -e "$root/target/phema.jar" ] || (cd "$root" && ./mvnw -q -B package -DskipTests)

RUNS=${RUNS:-$root/target/without-decay}
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
for seed in ${SEEDS:-0 1}; do
    [ -e "$RUNS/seed$seed/about.json" ] || "$PYTHON" "$here/without_decay.py" train "$RUNS" "$seed"
done
"$PYTHON" "$here/without_decay.py" study "${PHEMA:-$root/phema}" "$RUNS" "$root/docs/without-decay.md"
