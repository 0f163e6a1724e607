"""The agent away, without a cloud: a machine is a folder with a lease and a fake `end-machine`.

Real processes throughout; `end-machine` notes its calls and then, like the real one, takes the
agent's processes with it.
"""

import base64
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

PATIENCE_S = 180

# The machine's end is the end of every process of ours on it.
END_MACHINE = """#!/bin/sh
echo "${1:-end}" >> "$(dirname "$0")/ends"
[ "$1" = check ] && exit 0
[ -e "$(dirname "$0")/end-fails" ] && exit 22
for word in keep work; do
  for process in /proc/[0-9]*; do
    tr '\\000' ' ' <"$process/cmdline" 2>/dev/null | grep -q "curbstop-agent $word $(dirname "$0")/" &&
      kill -9 "${process#/proc/}"
  done
done
"""


def until(condition, what, patience=PATIENCE_S):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def uptime():
    return float(pathlib.Path("/proc/uptime").read_text().split()[0])


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] not in "ZX"
    except OSError:
        return False


class Machine:
    """A rented machine's folder, one run on it, and what home sees of it."""

    def __init__(self, folder, env):
        self.home = folder / "machine"
        self.run = self.home / "runs" / "r0"
        self.work = self.home / "work" / "r0"
        for made in (self.run, self.work):
            made.mkdir(parents=True)
        self.env = {**env, "CURBSTOP_HOME": str(self.home)}
        (self.home / "end-machine").write_text(END_MACHINE)
        (self.home / "end-machine").chmod(0o700)
        self.lease(3600)
        self.name = f"r0-{os.getpid()}-{folder.name}"
        self.followers = []

    def lease(self, seconds):
        (self.home / "lease.tmp").write_text(f"{int(uptime() + seconds)}\n")
        (self.home / "lease.tmp").rename(self.home / "lease")

    def order(self, command, away=None, **order):
        (self.run / "order.json").write_text(json.dumps(
            {"version": 1, "run": "r0", "step_id": self.name, "root": str(self.work),
             "command": command, "project": "p", "step": "s",
             "step_lock": str(self.home / "step.lock"), "grace_ms": 5000,
             "checkpoint_dir": str(self.run / "checkpoints"), "hang_floor_ms": 900_000,
             "away": {"home": str(self.home), "unconnected_ms": 0, "lease_margin_ms": 1000,
                      "end_pause_ms": 200, "lease_at_birth_ms": 3_600_000, **(away or {})},
             **order}))

    def keep(self, secrets=None, **env):
        done = subprocess.run(["curbstop-agent", "keep", str(self.run)], env={**self.env, **env},
                              input=json.dumps(secrets or {}), capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        return self

    def begin(self, command, secrets=None, away=None, **order):
        self.order(command, away, **order)
        return self.keep(secrets)

    def pids(self, word):
        """Of the programs `curbstop-agent WORD RUN`: keep, work."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                argv = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if argv[1:3] == [word.encode(), str(self.run).encode()] and is_alive(entry.name):
                found.append(int(entry.name))
        return found

    def spool(self, name="agent.events"):
        file = self.run / name
        text = file.read_text() if file.exists() else ""
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def told(self, kind):
        return [line for line in self.spool() if line["kind"] == kind]

    def ends(self):
        file = self.home / "ends"
        return file.read_text().split() if file.exists() else []

    def follow(self, *, events=0, log=0, calls=0):
        follower = Follower(self, events, log, calls)
        self.followers.append(follower)
        return follower

    def gone(self):
        until(lambda: "end" in self.ends(), "the call of end-machine")
        until(lambda: not self.pids("keep") and not self.pids("work"), "the processes' end")

    def sweep(self):
        for follower in self.followers:
            follower.stop()
        for word in ("keep", "work"):
            for pid in self.pids(word):
                os.kill(pid, signal.SIGKILL)
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if f"CURBSTOP_STEP_ID={self.name}".encode() in (entry / "environ").read_bytes():
                        os.kill(int(entry.name), signal.SIGKILL)
                except OSError:
                    pass


class Follower:
    """One connection from home."""

    def __init__(self, machine, events, log, calls):
        self.process = subprocess.Popen(
            ["curbstop-agent", "follow", str(machine.run), "--events", str(events), "--log",
             str(log), "--calls", str(calls)], env=machine.env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.bytes = b""

    def lines(self):
        self.bytes += self.process.stdout.read() or b""
        return [json.loads(line) for line in self.bytes[:self.bytes.rfind(b"\n") + 1].splitlines()]

    def of(self, name):
        return [line for line in self.lines() if line["from"] == name]

    def told(self, kind):
        return [line["body"] for line in self.of("events") if line["body"]["kind"] == kind]

    def log(self):
        return b"".join(base64.b64decode(line["base64"]) if "base64" in line
                        else line["text"].encode() for line in self.of("log"))

    def say(self, kind, name, **more):
        order = {"to": "commands", "body": {"id": name, "kind": kind, **more}}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def cut(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()


@pytest.fixture
def machine(tmp_path, home):
    made = Machine(tmp_path, home)
    yield made
    made.sweep()


CHECKPOINTS = """
trap 'echo late > "$CURBSTOP_CHECKPOINT_DIR/x.tmp"
      mv "$CURBSTOP_CHECKPOINT_DIR/x.tmp" "$CURBSTOP_CHECKPOINT_DIR/late"; exit 0' TERM
echo early > "$CURBSTOP_CHECKPOINT_DIR/x.tmp"
mv "$CURBSTOP_CHECKPOINT_DIR/x.tmp" "$CURBSTOP_CHECKPOINT_DIR/early"
echo "resumed from ${CURBSTOP_RESUME_FROM:-nothing}"
while :; do sleep 0.1; done
"""
