#!/usr/bin/env bash
# lock.sh: choose versions anew from platform.in and dev.in. Locks carry no address of an index.
set -euo pipefail
cd "$(dirname "$0")/.."
source requirements/uv.sh

compile() { # compile IN OUT FIRST_LINE
    local body
    body=$("$UV" pip compile --quiet --upgrade --python-version 3.11 --no-header --no-annotate --no-emit-index-url "${@:4}" "$1")
    printf '%s\n%s\n%s\n' "# $3" "# Made from $1 by \`make lock\`; do not edit." "$body" >"$2"
}
# The tools decide first, so that both environments hold the same versions.
compile requirements/dev.in requirements/dev.txt "The platform and what its tests and checks need, for Python 3.11 and 3.12 on Linux."
compile requirements/platform.in requirements.txt "Everything the platform needs, each at one version, for Python 3.11 and 3.12 on Linux." --constraint requirements/dev.txt
