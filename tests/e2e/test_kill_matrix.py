# takes: 110 s
"""kill -9 at every write boundary of a run, in whichever process passes it.

A first, undisturbed run lists the points passed (CURBSTOP_FAILPOINT_LOG). Then one run for each of
them dies exactly there; `ps` and a new `run` must bring it to the same end: nothing lost, no
attempt and no commit twice, nobody left behind. The number of points is printed.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import sqlite3
import subprocess
import time

PATIENCE_S = 300
STEP = """
set -eu
echo "$CURBSTOP_STEP_ID $CURBSTOP_ATTEMPT" >> "$ATTEMPTS"
from=0
[ -z "$CURBSTOP_RESUME_FROM" ] || from=$(cat "$CURBSTOP_RESUME_FROM")
for n in 1 2 3; do
  [ "$n" -gt "$from" ] || continue
  echo "$n" > "$CURBSTOP_CHECKPOINT_DIR/.n.tmp"
  mv "$CURBSTOP_CHECKPOINT_DIR/.n.tmp" "$CURBSTOP_CHECKPOINT_DIR/step-$n"
done
echo "result" > "$CURBSTOP_OUT/result.txt"
echo '{"score": 0.5}' > "$CURBSTOP_OUT/metrics.json"
"""
PROJECT = """
name: matrix
steps:
  work:
    run: sh step.sh
    code: [step.sh]
    checkpoint: {dir: ckpt}
    outputs: [result.txt]
    metrics: metrics.json
"""


class World:
    """A project and a home of its own."""

    def __init__(self, folder, home):
        self.folder = folder / "project"
        self.folder.mkdir(parents=True)
        (self.folder / "curbstop.yaml").write_text(PROJECT)
        (self.folder / "step.sh").write_text(STEP)
        self.env = dict(home)
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            self.env[f"XDG_{name}_HOME"] = str(folder / name.lower())
        self.attempts = folder / "attempts"
        self.env["ATTEMPTS"] = str(self.attempts)
        self.log = folder / "points"

    def curbstop(self, *arguments, **variables):
        return subprocess.run(["curbstop", *arguments], cwd=self.folder, env=self.env | variables,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)

    def money(self, sql, name="money.db"):
        base = sqlite3.connect(f"file:{self.env['XDG_DATA_HOME']}/curbstop/{name}?mode=ro", uri=True)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()

    def wait_until_nothing_runs(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            ps = self.curbstop("ps", "--json")
            if ps.returncode == 0 and not json.loads(ps.stdout)["runs"]:
                return
            time.sleep(0.1)
        raise AssertionError(f"still running: {ps.stdout} {ps.stderr}")

    def processes(self):
        mark = f"ATTEMPTS={self.attempts}".encode()
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes())
            except OSError:
                continue
        return found

    def check_all_is_well(self):
        end = time.monotonic() + PATIENCE_S
        while self.processes() and time.monotonic() < end:
            time.sleep(0.1)
        assert self.processes() == []
        attempts = self.attempts.read_text().split("\n")[:-1]
        assert len(attempts) == len(set(attempts)), f"an attempt ran twice: {attempts}"
        commits = self.money("SELECT run, count(*) FROM events WHERE kind = 'committed' GROUP BY run")
        assert all(count == 1 for _, count in commits), commits
        assert len(self.money("SELECT * FROM results")) == 1
        assert (self.folder / "out/work/result.txt").read_text() == "result\n"
        states = [state for state, in self.money("SELECT state FROM runs ORDER BY created_at_ms")]
        assert states[-1] == "succeeded" and states.count("succeeded") == 1, states
        points = self.money("SELECT count(*) FROM metrics WHERE key = 'score' GROUP BY run_uuid",
                            "mlflow.db")
        assert points and all(count == 1 for count, in points), points
        sums = self.money("SELECT r.micro_usd, (SELECT coalesce(sum(l.micro_usd), 0) FROM ledger l "
                          "WHERE l.run = r.id) FROM runs r")
        assert all(row == ledger for row, ledger in sums), sums


def points_of_an_undisturbed_run(folder, home):
    world = World(folder, home)
    done = world.curbstop("run", "--yes", CURBSTOP_FAILPOINT_LOG=str(world.log))
    assert done.returncode == 0, done.stderr
    world.wait_until_nothing_runs()
    world.check_all_is_well()
    return collections.Counter(world.log.read_text().split())


def die_at(folder, home, name, passage):
    world = World(folder, home)
    world.curbstop("run", "--yes", CURBSTOP_FAILPOINT_LOG=str(world.log),
                   CURBSTOP_FAILPOINT=f"{name}:{passage}:kill")
    world.wait_until_nothing_runs()
    again = world.curbstop("run", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr
    world.check_all_is_well()
    return collections.Counter(world.log.read_text().split())[name] >= passage


def test_a_kill_at_every_write_loses_and_doubles_nothing(tmp_path, home, capsys):
    points = points_of_an_undisturbed_run(tmp_path / "calm", home)
    deaths = [(name, n) for name, count in sorted(points.items()) for n in range(1, count + 1)]
    failures, reached = [], 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(2, (os.cpu_count() or 2))) as pool:
        futures = {pool.submit(die_at, tmp_path / f"{name}-{n}", home, name, n): (name, n)
                   for name, n in deaths}
        for future in concurrent.futures.as_completed(futures):
            name, n = futures[future]
            try:
                reached += future.result()
            except Exception as error:  # one line per point, all of them
                failures.append(f"{name}:{n}: {error}")
    with capsys.disabled():
        print(f"\nkill matrix: {len(deaths)} points ({len(points)} names), {reached} died there, "
              f"{len(failures)} failed")
    assert not failures, "\n".join(failures)
    assert reached >= 0.9 * len(deaths)
