#!/usr/bin/env python3
"""How long `curbstop --help` takes, and `curbstop ps` with 10,000 runs on record, beside `true`.

    bench/start/bench.py [--build DIR] [--runs N] [--times N]

Prints the median in ms and as a ratio to /bin/true, which is what starting any process costs here.
"""

import argparse
import os
import pathlib
import sqlite3
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOALS_MS = {"--help": 10, "ps": 50}


def default_build():
    return next((ROOT / "build" / name for name in ("release", "dev") if (ROOT / "build" / name / "curbstop").exists()),
                ROOT / "build" / "dev")


def world(folder):
    """A project of one step, and a home of its own."""
    (folder / "project").mkdir()
    (folder / "project" / "curbstop.yaml").write_text("name: start\nrun: 'true'\n")
    return os.environ | {"HOME": str(folder)} | {f"XDG_{name}_HOME": str(folder / name.lower())
                                                 for name in ("CONFIG", "DATA", "STATE", "CACHE")}


def copies_of(row, count):
    """The one real run again and again, each with an id, a record and a time of its own."""
    for n in range(count):
        yield tuple((row | {"id": f"{n:010d}", "record_run": f"{n:032x}",
                            "created_at_ms": row["created_at_ms"] - 60_000 * (n + 1)}).values())


def fill(money, count):
    """`count` runs, and the ledger's rows that belong to them."""
    base = sqlite3.connect(money)
    base.row_factory = sqlite3.Row
    run = dict(base.execute("SELECT * FROM runs").fetchone())
    assert run["active"] == 0, "the real run has not ended"
    marks = ",".join("?" * len(run))
    base.executemany(f"INSERT INTO runs({','.join(run)}) VALUES({marks})", copies_of(run, count - 1))
    kept = [name for name in base.execute("SELECT * FROM ledger").fetchone().keys() if name not in ("seq", "run")]
    base.execute(f"INSERT INTO ledger(run,{','.join(kept)}) SELECT r.id,{','.join('l.' + name for name in kept)} "
                 "FROM runs r, ledger l WHERE r.id <> l.run")
    base.commit()
    counts = [base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("runs", "ledger")]
    base.close()
    return counts


def median_ms(command, times, **where):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **where)
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=default_build())
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=30)
    options = parser.parse_args()
    program = str(options.build.resolve() / "curbstop")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        where = {"cwd": folder / "project", "env": world(folder)}
        subprocess.run([program, "run", "--yes"], check=True, capture_output=True, **where)
        runs, ledger = fill(folder / "data" / "curbstop" / "money.db", options.runs)
        print(f"{options.build.name} build, {runs} runs and {ledger} ledger rows on record, median of {options.times}, "
              f"load {os.getloadavg()[0]:.1f}")
        start = median_ms(["/bin/true"], options.times, **where)
        print(f"true: {start:.1f} ms")
        for argument, goal in GOALS_MS.items():
            taken = median_ms([program, argument], options.times, **where)
            print(f"curbstop {argument}: {taken:.1f} ms, {taken / start:.1f} times `true` (goal {goal} ms)")


if __name__ == "__main__":
    main()
