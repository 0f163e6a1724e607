#!/bin/sh
# Runs the end-to-end tests on the dev build:
#
#   tests/e2e/run.sh [--build DIR]
#
# A test file gets its peers (stock dvc, mlflow, …) by the fixture `peer` of conftest.py, or runs
# under a peer's Python where its first lines say `# peer: NAME`. Those that say `# takes: N s` begin first.
set -eu
cd "$(dirname "$0")/../.."
exec python3 tools/run_tests.py --only e2e "$@"
