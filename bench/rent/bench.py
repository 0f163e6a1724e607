#!/usr/bin/env python3
"""From "create answered" to "step running" on the practice cloud, and from the first sign of a lost
machine to the journalled decision: medians, phase by phase.

    bench/rent/bench.py [--build DIR] [--times N]

The boot (0.5 s, by setting) is the provider's and taken off; the rest is our own share. The goals
are 2 s and 5 s.
"""

import argparse
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOOT_MS = 500
GOAL_START_MS, GOAL_LOST_MS = 2000, 5000
PROJECT = """\
name: rent
steps:
  train: {run: "sh train.sh {out}", checkpoint: {dir: ckpt}, needs: {time: 20 s}}
"""
TRAIN = """\
for i in $(seq 60); do sleep 0.25; : >"$CURBSTOP_CHECKPOINT_DIR/step-$i"; done
echo done >"$1/model.txt"
"""


def default_build():
    return next((ROOT / "build" / name for name in ("release", "dev") if (ROOT / "build" / name / "curbstop").exists()),
                ROOT / "build" / "dev")


class Life:
    """One run of one step in a home of its own."""

    def __init__(self, folder, build):
        self.folder = folder
        self.env = os.environ | {"HOME": str(folder), "PATH": f"{build}:{os.environ['PATH']}"} | {
            f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        self.env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        project = folder / "project"
        project.mkdir()
        (project / "curbstop.yaml").write_text(PROJECT)
        (project / "train.sh").write_text(TRAIN)

    def call(self, *words):
        return subprocess.run(["curbstop", *words], cwd=self.folder / "project", env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)

    def run(self, *start):
        assert self.call("practice", "start", "--boot", f"{BOOT_MS}ms", *start).returncode == 0
        done = self.call("run", "--on", "practice:vast", "--yes")
        assert done.returncode == 0, done.stderr
        self.call("practice", "stop", "--yes")
        with sqlite3.connect(self.folder / "data/curbstop/money.db") as money:
            rows = money.execute("SELECT kind, at_ms, data FROM events ORDER BY seq").fetchall()
        return [(kind, at_ms, json.loads(data)) for kind, at_ms, data in rows]


def first(events, kind, word="", after=0):
    return next(at for name, at, data in events
                if at >= after and name == kind and (not word or data.get("kind") == word))


def start_phases(events):
    answered = first(events, "create_answered")
    marks = [("boot and reach", first(events, "connected")), ("accept", first(events, "agent_report", "hello")),
             ("stage", first(events, "agent_report", "staging")),
             ("start the agent", first(events, "agent_report", "attempt_started"))]
    phases, before = {}, answered
    for name, at in marks:
        phases[name], before = at - before, at
    phases["own share"] = marks[-1][1] - answered - BOOT_MS
    return phases


def lost_phases(events):
    """The first sign is the cut, the decision the next `decided`."""
    cut = first(events, "disconnected")
    return {"lost to decided": first(events, "decided", after=cut) - cut}


def measure(times, build, phases_of, *start):
    found = []
    for _ in range(times):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            found.append(phases_of(Life(pathlib.Path(folder), build).run(*start)))
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=default_build())
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    build = options.build.resolve()
    for name, ms in measure(options.times, build, start_phases).items():
        print(f"{name:18} {ms:7.0f} ms" + (f"   {ms / GOAL_START_MS:.2f} of the goal of 2 s" if name == "own share" else ""))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as faults:
        faults.write("faults:\n  - {at_s: 12, do: vanish}\n")
        faults.flush()
        for name, ms in measure(options.times, build, lost_phases, "--faults", faults.name).items():
            print(f"{name:18} {ms:7.0f} ms   {ms / GOAL_LOST_MS:.2f} of the goal of 5 s")


if __name__ == "__main__":
    main()
