#!/usr/bin/env bash
# install.sh: LocalStack 4.14 for this machine, below .cache/localstack. No Docker: functions run as processes of Node, by
# the executor beside this file. Needs Python 3.13 (pyenv, uv or the system's); takes a minute, nothing when it is there.
set -euo pipefail
cd "$(dirname "$0")"
home=$(cd ../.. && pwd)/.cache/localstack
mark=$(cat requirements.txt executor/pyproject.toml executor/nodelambda/* | sha256sum | cut -d' ' -f1)
[ "$(cat "$home/mark" 2>/dev/null)" = "$mark" ] && exit 0

python() {
  if command -v python3.13 >/dev/null && python3.13 --version >/dev/null 2>&1; then echo python3.13; return; fi
  local found
  for found in "$HOME"/.pyenv/versions/3.13.*/bin/python; do [ -x "$found" ] && { echo "$found"; return; }; done
  command -v uv >/dev/null && uv python find 3.13 2>/dev/null && return
  echo 'LocalStack 4.14 needs Python 3.13: pyenv install 3.13, or uv python install 3.13' >&2
  return 1
}

mkdir -p "$home"
[ -x "$home/venv/bin/python" ] || "$(python)" -m venv "$home/venv"
"$home/venv/bin/pip" install -q --disable-pip-version-check -r requirements.txt
# Built from a copy, because a build leaves its files beside the source.
rm -rf "$home/executor" && cp -r executor "$home/executor"
"$home/venv/bin/pip" install -q --disable-pip-version-check --no-deps --force-reinstall "$home/executor"
echo "$mark" >"$home/mark"
