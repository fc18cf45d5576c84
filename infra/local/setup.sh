#!/bin/sh
# Makes a virtual environment from a lock file, and installs this project into it, editable; quick
# if the lock file and the project's entry points have not changed.
#
#   infra/local/setup.sh [venv] [lock]
#
# A failure prints one line with the next step. The installer writes to <venv>/setup.log.
set -eu

venv=${1:-.venv}
lock=${2:-requirements.txt}
stamp=$venv/.installed
started=$(date +%s)

fail() {
    echo "setup: $*" >&2
    exit 1
}

find_python() {
    for name in ${PYTHON:-python3.11 python3 python}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

fingerprint() {
    # of pyproject.toml only the part before the settings of the tools
    { cat "$lock" "$venv/pyvenv.cfg" && sed '/^\[tool\.pytest/,$d' pyproject.toml; } 2>/dev/null | cksum
}

[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ] && "$venv/bin/python" -c '' 2>/dev/null && [ -x "$venv/bin/vesper" ] && exit 0

python=$(find_python) || fail "Python 3.11 is needed and was not found (found: $(python3 --version 2>/dev/null || echo none)): install it, or name it with \`make setup PYTHON=/path/to/python3.11\`"
mkdir -p "$venv" 2>/dev/null || fail "cannot write to $(pwd): make the checkout writable for user $(id -un)"
[ -w "$venv" ] || fail "cannot write to $(pwd)/$venv: make it writable for user $(id -un)"
free_mib=$(df -Pm "$venv" | awk 'NR == 2 {print $4}')
[ "$free_mib" -ge 3000 ] || fail "$free_mib MiB are free on the disk of $(pwd) and 3000 MiB are needed: free some space"

if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    "$python" -m venv --clear "$venv" >/dev/null 2>&1 ||
        fail "$python cannot make virtual environments: install its venv module (Debian: apt-get install python3.11-venv)"
fi

log=$venv/setup.log
echo "setup: installing the $(grep -c '^[a-z0-9].*==' "$lock") packages of $lock into $venv (log: $log)"
if [ ! -x "$venv/bin/uv" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv >"$log" 2>&1 ||
        fail "pip could not fetch uv: $(tail -n 1 "$log")"
fi
VIRTUAL_ENV=$(cd "$venv" && pwd) "$venv/bin/uv" pip install --require-hashes -r "$lock" >>"$log" 2>&1 ||
    fail "the packages were not installed: $(grep -E 'error|×|╰|Caused' "$log" | tail -n 3 | tr '\n' ' ') (log: $log)"
# the lock holds all dependencies already; the path entry goes behind those of PYTHONPATH
VIRTUAL_ENV=$(cd "$venv" && pwd) "$venv/bin/uv" pip install --no-deps --editable . >>"$log" 2>&1 ||
    fail "the command vesper was not installed: $(tail -n 3 "$log" | tr '\n' ' ') (log: $log)"
fingerprint >"$stamp"
echo "setup: done in $(($(date +%s) - started)) s"
