#!/usr/bin/env bash
# The demo of the README: examples/triage from assess to cost, on this computer, offline.
#
#   tools/demo.sh [BUILD_FOLDER]        default build/release
#
# Each line shows its command first. Everything happens in a temporary folder with its own home;
# nothing of yours is touched. Exits with 1 if any line falls short.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(cd "${1:-build/release}" && pwd)

demo=$(mktemp -d /tmp/curbstop-demo-XXXXXX)
export HOME="$demo/home" XDG_CONFIG_HOME="$demo/home/config" XDG_DATA_HOME="$demo/home/data" \
  XDG_STATE_HOME="$demo/home/state" XDG_CACHE_HOME="$demo/home/cache"
export PATH="$build:$PATH" LC_ALL=C.UTF-8
mkdir -p "$HOME" "$demo/triage"
cp -r examples/triage/. "$demo/triage"
rm -rf "$demo/triage/"{out,local,checkpoints,.curbstop,__pycache__}
cd "$demo/triage"

# Processes of the demo are known by its own home in their environment.
processes_of_demo() {
  grep -lzxF "XDG_DATA_HOME=$XDG_DATA_HOME" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

clean_up() {
  local process
  for process in $(processes_of_demo); do
    case "$(readlink "/proc/$process/exe" || true)" in
      "$build"/curbstop* | *python3*) kill -9 "$process" 2>/dev/null || true ;;
    esac
  done
  chmod -R u+w "$demo" 2>/dev/null || true
  rm -rf "$demo"
}
trap clean_up EXIT

fail() { printf '\nThe demo fell short: %s\n' "$*" >&2; exit 1; }

# Shows a command, runs it, shows what it prints, and keeps that in $shown.
show() {
  printf '\n$ %s\n' "$*"
  "$@" >"$demo/shown" 2>&1 || { cat "$demo/shown"; fail "\`$*\` failed"; }
  cat "$demo/shown"
  shown=$(cat "$demo/shown")
}

expect() { grep -qiF -- "$1" <<<"$shown" || fail "the answer does not say \"$1\""; }

# The process of the training step, once its first checkpoint is complete.
wait_for_training() {
  local tries process
  for ((tries = 0; tries < 600; tries++)); do
    if compgen -G 'checkpoints/step-*' >/dev/null; then
      for process in $(processes_of_demo); do
        if { tr '\0' ' ' <"/proc/$process/cmdline"; } 2>/dev/null | grep -q '^/usr/bin/python3 train.py'; then
          echo "$process"
          return
        fi
      done
    fi
    sleep 0.05
  done
  return 1
}

run_and_kill() {
  printf '\n$ curbstop run train --force --yes &\n'
  curbstop run train --force --yes >"$demo/shown" 2>&1 &
  local run=$! victim
  victim=$(wait_for_training) || { cat "$demo/shown"; fail "the training wrote no checkpoint"; }
  printf '$ kill -9 %s        # the training, in the middle\n' "$victim"
  kill -9 "$victim"
  printf '$ wait\n'
  wait "$run" || { cat "$demo/shown"; fail "the killed run did not recover"; }
  cat "$demo/shown"
  shown=$(cat "$demo/shown")
}

started=$SECONDS
show curbstop assess
show curbstop plan
expect "train"
show curbstop run --yes
show cat out/train/metrics.json
expect "emergency_recall_test"
cp out/train/metrics.json "$demo/first.json"
show curbstop run --yes
expect "unchanged"

run_and_kill
show cmp out/train/metrics.json "$demo/first.json"
echo "(no difference: the run that was killed and resumed ends in the same metrics)"
show curbstop runs
expect "train"
show curbstop runs --json
resumed=$(/usr/bin/python3 -c '
import json, sys
runs = json.load(open(sys.argv[1]))["runs"]
print(sum(1 for run in runs if run["step"] == "train" and run["attempts"] >= 2))' "$demo/shown")
[ "$resumed" -ge 1 ] || fail "no run of train has a second attempt"
show curbstop cost
expect "train"

printf '\nThe demo held in %s seconds.\n' $((SECONDS - started))
