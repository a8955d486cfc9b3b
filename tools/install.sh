#!/bin/sh
# Makes .venv and installs one requirements file into it, or says in one sentence what is missing and the remedy.
set -eu
requirements=$1
python=${PYTHON:-python3}

command -v "$python" >/dev/null 2>&1 || {
  echo "No $python here: install Python 3.11 or newer, or name one with 'make PYTHON=/path/to/python3'." >&2
  exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "$("$python" --version) is too old: Access Watch needs Python 3.11 or newer; name one with 'make PYTHON=python3.12'." >&2
  exit 1
}
if [ ! -x .venv/bin/python ]; then
  "$python" -c 'import venv, ensurepip' 2>/dev/null || {
    echo "This Python has no venv module: install it (Debian, Ubuntu: apt install python3-venv) and try again." >&2
    exit 1
  }
  "$python" -m venv .venv
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing into .venv (once; a minute or so) ..." >&2
.venv/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r "$requirements" >"$log" 2>&1 || {
  tail -n 5 "$log" >&2
  echo "pip could not install $requirements: check that this machine reaches a Python package index (PIP_INDEX_URL, proxy), then run make again." >&2
  exit 1
}
