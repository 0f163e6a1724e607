#!/usr/bin/env python3
"""How long `curbstop plan` takes on 10^5 offers and 20 steps, beside reading the same file.

    bench/plan/bench.py [--build DIR] [--offers N] [--steps N] [--times N]

Each start is a process of its own that reads the offers anew. Beside it, on the same file: `wc -l`
(the limit of reading it at all), Python's csv module (splitting it into fields), and `plan` on the
bundled prices. Prints medians in ms, and the most memory that one start took. The search over the
steps alone is timed by bench/plan/search_bench.cc, where that is built. Never a test.
"""

import argparse
import csv
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOAL_MS = 200
GOAL_MB = 150
READ_CSV = "import csv,sys; print(sum(1 for _ in csv.reader(open(sys.argv[1], newline=''))))"
NEEDS = ["{gpu: 10GB..}", "{gpu: 24GB.., memory: 32GB..}", "{gpu: 2 x 40GB..}", "{cpus: 8, memory: 16GB..}",
         "{gpu: A100-SXM4-80GB}"]


def default_build():
    return next((ROOT / "build" / name for name in ("release", "dev") if (ROOT / "build" / name / "curbstop").exists()),
                ROOT / "build" / "dev")


def write_offers(file, count):
    """The catalogue's own rows, again and again with a region and a price of their own."""
    with open(ROOT / "catalog" / "offers.csv", newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    draw = random.Random(1)
    with open(file, "w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        for n in range(count):
            row = dict(rows[n % len(rows)])
            if n >= len(rows):
                row["region"] += f"-{n // len(rows)}"
                for price in ("price_usd_per_hour", "spot_price_usd_per_hour"):
                    if row[price]:
                        row[price] = f"{float(row[price]) * draw.uniform(0.8, 1.3):.4f}"
            writer.writerow(row)


def write_project(file, steps):
    lines = ["name: bench", "budget: {cap: 100000 USD, per: month}", "steps:"]
    for n in range(steps):
        lines.append(f"  step{n}: {{run: 'true', needs: {NEEDS[n % len(NEEDS)][:-1]}, time: {n + 1} h}}}}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def search_alone(build):
    """What bench/plan/search_bench.cc prints, built where ninja is at hand."""
    program = build / "search_bench"
    if not program.exists():
        subprocess.run(["ninja", "-C", str(build), "search_bench"], check=False, stdout=subprocess.DEVNULL)
    return subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout if program.exists() else ""


def most_memory_mb(command, **where):
    """Of one start, by the kernel's own account of its children."""
    count = "import resource,subprocess,sys; subprocess.run(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", count, *command], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **where)
    return int(done.stderr.split()[-1]) / 1000


def processor_ms(command, times, **where):
    """User and system time of one start, which other work on the computer hardly moves."""
    before = os.times()
    for _ in range(times):
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **where)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return 1000 * spent / times


def median_ms(command, times, **where):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, **where)
        taken.append(1000 * (time.perf_counter() - start))
        assert done.returncode in (0, 1), (command, done.returncode)  # 1: no place here for a step
    return statistics.median(taken)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=default_build())
    parser.add_argument("--offers", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--times", type=int, default=11)
    options = parser.parse_args()
    program = str(options.build.resolve() / "curbstop")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        offers = folder / "offers.csv"
        write_offers(offers, options.offers)
        write_project(folder / "curbstop.yaml", options.steps)
        home = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
        where = {"cwd": folder, "env": os.environ | {"HOME": str(folder)} | home}
        print(f"{options.build.name} build, {options.offers} offers ({offers.stat().st_size / 1e6:.1f} MB) x {options.steps} "
              f"steps, median of {options.times}, load {os.getloadavg()[0]:.1f}")
        read = median_ms(["wc", "-l", str(offers)], options.times, **where)
        split = median_ms([sys.executable, "-c", READ_CSV, str(offers)], options.times, **where)
        print(f"wc -l: {read:.1f} ms; python csv: {split:.1f} ms")
        for arguments in ([], ["--json"], ["--soonest"], ["--front"]):
            words = ["plan", "--offers", str(offers), *arguments]
            taken = median_ms([program, *words], options.times, **where)
            goal = f" (goal {GOAL_MS} ms)" if not arguments else ""
            shown = " ".join(["plan", "--offers FILE", *arguments])
            print(f"curbstop {shown}: {taken:.1f} ms, {taken / read:.1f} times `wc -l`, {taken / split:.2f} times python csv{goal}")
        words = [program, "plan", "--offers", str(offers)]
        print(f"processor time: curbstop {processor_ms(words, options.times, **where):.0f} ms, python csv "
              f"{processor_ms([sys.executable, '-c', READ_CSV, str(offers)], options.times, **where):.0f} ms")
        memory = most_memory_mb([program, "plan", "--offers", str(offers)], **where)
        print(f"most memory of one start: {memory:.0f} MB (goal {GOAL_MB} MB)")
        print(search_alone(options.build.resolve()), end="")
        print(f"curbstop plan (bundled prices): {median_ms([program, 'plan'], options.times, **where):.1f} ms")


if __name__ == "__main__":
    main()
