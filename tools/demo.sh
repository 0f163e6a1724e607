#!/usr/bin/env bash
# The demo of the README: examples/triage from assess to cost, at home and on a rented machine of
# the practice cloud, which is on this computer too; all of it offline.
#
#   tools/demo.sh [BUILD_FOLDER]        default build/release
#
# Each line shows its command first. Everything happens in a temporary folder with its own home;
# nothing of yours is touched. Exits with 1 if any line falls short.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(cd "${1:-build/release}" && pwd)
example=$PWD/examples/triage

demo=$(mktemp -d /tmp/curbstop-demo-XXXXXX)
export CURBSTOP_DEMO="$demo" PATH="$build:$PATH" LC_ALL=C.UTF-8
unset DBUS_SESSION_BUS_ADDRESS # secrets go to a file in the demo's home, not to your keyring

# A computer of the demo: a home of its own, with its own books and its own practice cloud.
at_computer() {
  export HOME="$demo/$1"
  export XDG_CONFIG_HOME="$HOME/config" XDG_DATA_HOME="$HOME/data" XDG_STATE_HOME="$HOME/state" \
    XDG_CACHE_HOME="$HOME/cache"
  prompt=$2
  mkdir -p "$HOME/project"
  cd "$HOME/project"
}

# Processes of the demo are known by this word in their environment; those on its rented machines
# have none of it, and end with their practice cloud.
processes_of_demo() {
  grep -lzxF "CURBSTOP_DEMO=$demo" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

clean_up() {
  local process computer
  for computer in desk laptop; do
    at_computer "$computer" '$'
    curbstop practice stop --yes >/dev/null 2>&1 || true
  done
  cd /
  for process in $(processes_of_demo); do
    case "$(readlink "/proc/$process/exe" || true)" in
      "$build"/curbstop* | *python3* | */ssh) kill -9 "$process" 2>/dev/null || true ;;
    esac
  done
  chmod -R u+w "$demo" 2>/dev/null || true
  rm -rf "$demo"
}
trap clean_up EXIT

fail() { printf '\nThe demo fell short: %s\n' "$*" >&2; exit 1; }
title() { printf '\n== %s\n' "$*"; }

# Runs a command, shows what it prints, and keeps that in $shown.
finish() {
  "$@" >"$demo/shown" 2>&1 || { cat "$demo/shown"; fail "\`$*\` failed"; }
  cat "$demo/shown"
  shown=$(cat "$demo/shown")
}

# The same, and shows the command first.
show() {
  printf '\n%s %s\n' "$prompt" "$*"
  finish "$@"
}

expect() { grep -qiF -- "$1" <<<"$shown" || fail "the answer does not say \"$1\""; }

# Waits until a command succeeds.
until_true() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < 1800; tries++)); do
    if "$@"; then return; fi
    sleep 0.1
  done
  fail "waited in vain for $what"
}

# The process of the training step, once its first checkpoint is complete.
training() {
  local process
  compgen -G 'checkpoints/step-*' >/dev/null || return 1
  for process in $(processes_of_demo); do
    if { tr '\0' ' ' <"/proc/$process/cmdline"; } 2>/dev/null | grep -q '^/usr/bin/python3 train.py'; then
      victim=$process
      return
    fi
  done
  return 1
}

run_and_kill() {
  printf '\n$ curbstop run train --force --yes &\n'
  curbstop run train --force --yes >"$demo/shown" 2>&1 &
  local run=$!
  until_true "a checkpoint" training
  printf '$ kill -9 %s        # the training, in the middle\n' "$victim"
  kill -9 "$victim"
  printf '$ wait\n'
  wait "$run" || { cat "$demo/shown"; fail "the killed run did not recover"; }
  cat "$demo/shown"
  shown=$(cat "$demo/shown")
}

# `curbstop run`, its supervisor and their ssh: all of ours on the laptop but the practice cloud.
ours_on_laptop() {
  local process words
  for process in $(processes_of_demo); do
    words=$({ tr '\0' ' ' <"/proc/$process/cmdline"; } 2>/dev/null) || continue
    case "$words" in *curbstop\ run\ * | *curbstop\ supervise\ * | ssh\ *) echo "$process" ;; esac
  done
}

machine_ended_itself() { ! curbstop practice status --json | grep -q '"state": "running"'; }

# The first of these commands starts a supervisor again, which looks, and goes on with the work.
gone_is_known() {
  curbstop ps >/dev/null
  curbstop runs | grep -q crashed
}

# ------------------------------------------------------------------------------------------------
started=$SECONDS

title "A laptop rents a machine, and its lid is closed. Nobody comes back to it until the end of this demo."
at_computer laptop 'laptop$'
cat >curbstop.yaml <<'YAML'
run: for hour in $(seq 900); do echo "hour $hour"; sleep 1; done
YAML
show cat curbstop.yaml
printf '\nlaptop$ curbstop run --on practice:vast --lease 60s --yes &\n'
curbstop run --on practice:vast --lease 60s --yes >"$demo/laptop.log" 2>&1 &
until_true "the step on the rented machine" grep -q 'attempt 1 starts' "$demo/laptop.log"
cat "$demo/laptop.log"
grep -q 'rehearsed: the machine can end itself' "$demo/laptop.log" || fail "the end was not rehearsed"
victims=$(ours_on_laptop | xargs)
printf '\nlaptop$ kill -9 %s        # all of curbstop on the laptop\n' "$victims"
# shellcheck disable=SC2086
kill -9 $victims
wait 2>/dev/null || true
show curbstop practice status
expect "running"

title "A desk computer, in the meantime: the example at home."
at_computer desk '$'
cp -r "$example/." .
rm -rf out local checkpoints .curbstop __pycache__

show curbstop assess
show curbstop plan
expect "train"
show curbstop run --yes
show cat out/train/metrics.json
expect "emergency_recall_test"
cp -rL out/train "$demo/at-home"
show curbstop run --yes
expect "unchanged"

run_and_kill
show cmp out/train/metrics.json "$demo/at-home/metrics.json"
echo "(no difference: the run that was killed and resumed ends in the same metrics)"
show curbstop runs
expect "train"
curbstop runs --json >"$demo/shown"
resumed=$(/usr/bin/python3 -c '
import json, sys
runs = json.load(open(sys.argv[1]))["runs"]
print(sum(1 for run in runs if run["step"] == "train" and run["attempts"] >= 2))' "$demo/shown")
[ "$resumed" -ge 1 ] || fail "no run of train has a second attempt"

title "The same step on a rented machine: the practice cloud speaks the API of Vast.ai, in play money."
show curbstop run train --on practice:vast --force --yes
expect "rehearsed: the machine can end itself"
expect "read back gone"
show diff -r out/train "$demo/at-home"
echo "(no difference: the rented machine gives the same bytes)"
show curbstop ps
expect "nothing runs"
show curbstop cost
expect "play money"

title "20,000 lives of a run on a provider that loses answers, kills machines and lies; then one with a bug planted."
printf '\n$ curbstop simulate --disasters 20000 | tail -n 9\n'
curbstop simulate --disasters 20000 >"$demo/shown" 2>"$demo/progress" || fail "a promise was broken"
tail -n 9 "$demo/shown"
shown=$(cat "$demo/shown")
expect "over_reserve: 0"
expect "lost_beyond_print: 0"
expect "unseen_machines: 0"
expect "double_commits: 0"
show curbstop simulate --plant single_404_is_gone
expect "1 of 1 planted bugs caught"
seed=$(awk '$1 == "single_404_is_gone" {print $2}' "$demo/shown")
printf '\n$ curbstop simulate --plant single_404_is_gone --seed %s --trace | tail -n 9\n' "$seed"
curbstop simulate --plant single_404_is_gone --seed "$seed" --trace >"$demo/shown" 2>&1 &&
  fail "the planted bug broke nothing"
tail -n 9 "$demo/shown"
shown=$(cat "$demo/shown")
expect "was taken off the books while it bills"

title "The laptop is opened again."
at_computer laptop 'laptop$'
until_true "the machine's own end" machine_ended_itself
show curbstop practice status
expect "1 ended before"
echo "(nobody told it to: the machine ended itself, within its lease of 60 s)"
until_true "the machine's end in the books" gone_is_known
show curbstop ps
expect "nothing runs"
show curbstop runs
expect "crashed"
show curbstop panic --yes
expect "nothing bills"

printf '\nThe demo held in %s seconds.\n' $((SECONDS - started))
