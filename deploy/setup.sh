#!/usr/bin/env bash
# Make .venv from requirements.lock. Needs Python >= 3.11 and make; does nothing when the lock was installed before.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/installed-lock

say() { printf '%s\n' "$*" >&2; }

is_fresh() { [ -x .venv/bin/chakong ] && cat requirements.lock pyproject.toml | cmp -s - "$stamp"; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  say "Python 3.11 or newer is needed. On Debian: apt-get install python3 python3-venv"
  return 1
}

ensure_venv_module() {
  "$1" -c 'import venv, ensurepip' 2>/dev/null && return
  deploy/debian-packages.sh python3-venv
  "$1" -c 'import venv, ensurepip' || { say "$1 has no venv module. On Debian: apt-get install python3-venv"; return 1; }
}

install() {
  local python
  python=$(find_python)
  ensure_venv_module "$python"
  say "setting up .venv with $("$python" --version), about a minute the first time"
  [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
  cat requirements.lock pyproject.toml > "$stamp"
}

if is_fresh; then exit 0; fi
# Two terminals may start at once.
exec 9>.venv.lock
if command -v flock >/dev/null; then flock 9; fi
is_fresh || install
