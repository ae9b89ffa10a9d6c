#!/bin/sh
# Writes requirements.lock (what runs) and requirements-dev.lock (what tests), resolved by pip from pyproject.toml.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
pip="$work/venv/bin/pip"
# Older resolvers give up on extras that have a second bound.
$pip install --quiet --upgrade pip
# shellcheck disable=SC2086 # the arguments are words
$pip install --quiet ${TORCH_ARGS:-} "${TORCH:-torch==2.13.0}"

freeze() {
    # A local version such as 2.13.0+cpu names one build of a release; the lock names the release.
    $pip freeze --exclude throughline --exclude pip --exclude setuptools | grep -v '^-e \|@ file' | sed 's/+cpu$//' | sort -f
}

$pip install --quiet .
{ echo "# What runs, resolved by 'make lock'."; freeze; } > requirements.lock
$pip install --quiet '.[dev]'
{ echo "# What tests, on top of requirements.lock, resolved by 'make lock'."; echo "-r requirements.lock"
  freeze | grep -vxF -f requirements.lock; } > requirements-dev.lock
