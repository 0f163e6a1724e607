#!/usr/bin/env python3
"""Estimates with and without measured runs of the same device, on tables of measurements.

    bench/fit/calibrated.py --curbstop build/dev/curbstop FILE.csv...

Each row is asked with what N other rows of its device and engine teach (`model fit --verify FILE
--calibrate N`), N = 0 is the class estimate. Printed for all rows and for those of llama.cpp alone,
grades A and B.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile

LLAMA = ("llama.cpp", "llama-bench", "ollama", "llama-cli", "llama-server")


def verify(curbstop, table, runs):
    command = [curbstop, "model", "fit", "--verify", table, "--json"]
    if runs:
        command += ["--calibrate", str(runs)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["metrics"]


def subset(table, folder):
    """The rows of llama.cpp in a table of their own; None where there are none."""
    with open(table, newline="") as source:
        reader = csv.DictReader(source)
        rows = [r for r in reader if any(word in r["technique"].lower() for word in LLAMA)]
    if not rows:
        return None
    path = pathlib.Path(folder) / pathlib.Path(table).name
    with open(path, "w", newline="") as target:
        writer = csv.DictWriter(target, reader.fieldnames)
        writer.writeheader()
        writer.writerows(rows)
    return path


def print_table(curbstop, title, table):
    print(f"{title}\n\n| metric | grade | runs known | asked | median | p90 | p95 | covered | width |")
    print("|---|---|---|---|---|---|---|---|---|")
    for runs in (0, 1, 2, 3, 5):
        for m in verify(curbstop, table, runs):
            if m["grade"] not in "AB" or "median" not in m or m["understood"] < 6:
                continue
            figures = [f"{m.get(k, 0):.1f}"
                       for k in ("median", "p90", "p95", "coverage", "mean_relative_width")]
            print(f"| {m['metric']} | {m['grade']} | {runs} | {m['understood']} | "
                  + " | ".join(figures) + " |")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curbstop", default="build/release/curbstop")
    parser.add_argument("tables", nargs="+")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for table in arguments.tables:
            print_table(arguments.curbstop, pathlib.Path(table).name, table)
            if part := subset(table, folder):
                print_table(arguments.curbstop, f"{pathlib.Path(table).name}, llama.cpp alone",
                            part)


if __name__ == "__main__":
    main()
