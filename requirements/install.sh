#!/bin/sh
# Create .venv from the hash-locked requirements: install.sh base | dev. Does nothing if it is up to date.
set -eu
kind=$1
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
stamp=.venv/.$kind
lock=requirements/$kind.txt

say() { echo "hearthkey: $*" >&2; exit 1; }

if [ -f "$stamp" ] && cmp -s "$stamp" "$lock" && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

command -v "$python" >/dev/null || say "Python is missing. Run: apt-get install python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || say "Python 3.11 or later is required, and $python is older. Run: make PYTHON=python3.11 ..."
"$python" -c 'import ensurepip, venv' 2>/dev/null || say "Python can't create virtual environments. Run: apt-get install python3-venv"
[ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv || say "The .venv directory can't be created here. Change the owner of the project directory to $(id -un)"
echo "hearthkey: installing $lock into .venv ..." >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" || say "The packages can't be installed; see pip's error above. Check the connection to the package index and try again"
cp "$lock" "$stamp"
