#!/usr/bin/env bash
# install.sh VENV LOCK [--packages-only]: bring the environment VENV to exactly what LOCK says, plus this project,
# importable as it lies here, unless told otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
source requirements/uv.sh
venv=$1
lock=$2

version() { "$1" -c 'import sys; print(*sys.version_info[:2], sep=".")' 2>/dev/null || true; }
if [ ! -x "$venv/bin/python" ] || [ -z "$(version "$venv/bin/python")" ]; then
    echo "Making $venv with Python $(version "$PYTHON")"
    "$UV" venv --quiet --clear --python "$PYTHON" "$venv"
fi
echo "Installing $(grep -c '^[a-z]' "$lock") packages of $lock"
"$UV" pip sync --quiet --python "$venv/bin/python" --compile-bytecode "$lock" ||
    fail "the packages of $lock could not be installed; see above"
[ "${3:-}" = --packages-only ] && exit
"$UV" pip install --quiet --python "$venv/bin/python" --no-deps --editable . ||
    fail "the project itself could not be installed; see above"
