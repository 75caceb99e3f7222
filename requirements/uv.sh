# Sourced by install.sh and lock.sh: sets UV to a uv, fetching it from PyPI where there is none, and PYTHON to a Python.

fail() {
    echo "Error: $*" >&2
    exit 1
}

find_python() {
    local name
    for name in ${PYTHON:-python3.11 python3.12 python3}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "no Python 3.11 or 3.12 found (looked for: ${PYTHON:-python3.11 python3.12 python3}); install one, or name it with PYTHON=/path/to/python"
}

PYTHON=$(find_python)
if UV=$(command -v uv) && "$UV" --version >/dev/null 2>&1; then
    :
else
    UV=.venv-tools/bin/uv
    if ! "$UV" --version 2>/dev/null | grep -q " $UV_VERSION\b"; then
        echo "Fetching uv $UV_VERSION into .venv-tools"
        "$PYTHON" -m venv --clear .venv-tools ||
            fail "'$PYTHON -m venv' does not work; on Debian: apt-get install python3-venv"
        .venv-tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" ||
            fail "uv could not be fetched from the package index; check the network, then run make again"
    fi
fi
