#!/usr/bin/env bash
# The demo of the README: each line shows its command first. Filled in with the commands it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build/release/curbstop --version
