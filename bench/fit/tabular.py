#!/usr/bin/env python3
"""Peaks of memory and times of models for tables, measured on this computer's CPU.

`tabular.py measure > rows-tabular.csv` runs each case in a process of its own (one thread) and
writes the peak of its resident memory; `tabular.py compare PROGRAM` asks curbstop for the same
cases and prints its errors. Needs numpy, scikit-learn, lightgbm and xgboost for `measure`.

Column `set`: the rules of fit/tabular.cc were made from the cases `made`; `held` were measured and
not looked at until the rules stood; `seen` were meant to be, and were looked at before.
"""
import csv
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

ROWS = pathlib.Path(__file__).with_name("rows-tabular.csv")
# family, rows, columns, trees or clusters, set
CASES = [
    ("linear-regression", 400_000, 50, 0, "made"),
    ("linear-regression", 1_000_000, 20, 0, "seen"),
    ("linear-regression", 100_000, 300, 0, "seen"),
    ("logistic-regression", 400_000, 50, 0, "made"),
    ("logistic-regression", 1_000_000, 20, 0, "seen"),
    ("logistic-regression", 100_000, 300, 0, "seen"),
    ("random-forest", 50_000, 50, 20, "made"),
    ("random-forest", 100_000, 20, 30, "made"),
    ("random-forest", 200_000, 30, 10, "held"),
    ("random-forest", 30_000, 100, 50, "held"),
    ("random-forest-regression", 30_000, 20, 20, "made"),
    ("random-forest-regression", 60_000, 10, 20, "held"),
    ("hist-gradient-boosting", 400_000, 50, 50, "made"),
    ("hist-gradient-boosting", 1_000_000, 20, 30, "held"),
    ("hist-gradient-boosting", 100_000, 300, 30, "held"),
    ("lightgbm", 400_000, 50, 50, "made"),
    ("lightgbm", 1_000_000, 20, 30, "held"),
    ("lightgbm", 100_000, 300, 30, "held"),
    ("xgboost", 400_000, 50, 50, "made"),
    ("xgboost", 1_000_000, 20, 30, "seen"),
    ("xgboost", 100_000, 300, 30, "seen"),
    ("k-means", 400_000, 50, 8, "made"),
    ("k-means", 1_000_000, 20, 16, "held"),
    ("k-means", 100_000, 300, 8, "held"),
    ("svm", 10_000, 50, 0, "made"),
    ("svm", 20_000, 20, 0, "held"),
    ("svm", 15_000, 100, 0, "held"),
    ("k-nearest-neighbours", 400_000, 50, 0, "made"),
    ("k-nearest-neighbours", 400_000, 10, 0, "made"),
    ("k-nearest-neighbours", 1_000_000, 12, 0, "held"),
    ("k-nearest-neighbours", 100_000, 300, 0, "held"),
]


def model_of(family, count):
    """The model as its library makes it without further settings, on one thread."""
    if family == "linear-regression":
        from sklearn.linear_model import LinearRegression
        return LinearRegression()
    if family == "logistic-regression":
        from sklearn.linear_model import LogisticRegression
        return LogisticRegression()
    if family == "random-forest":
        from sklearn.ensemble import RandomForestClassifier
        return RandomForestClassifier(count, n_jobs=1, random_state=1)
    if family == "random-forest-regression":
        from sklearn.ensemble import RandomForestRegressor
        return RandomForestRegressor(count, n_jobs=1, random_state=1)
    if family == "hist-gradient-boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier
        return HistGradientBoostingClassifier(max_iter=count)
    if family == "lightgbm":
        from lightgbm import LGBMClassifier
        return LGBMClassifier(n_estimators=count, n_jobs=1, verbose=-1)
    if family == "xgboost":
        from xgboost import XGBClassifier
        return XGBClassifier(n_estimators=count, n_jobs=1)
    if family == "k-means":
        from sklearn.cluster import KMeans
        return KMeans(count, random_state=1)
    if family == "svm":
        from sklearn.svm import SVC
        return SVC()
    from sklearn.neighbors import KNeighborsClassifier
    return KNeighborsClassifier()


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def measure_one(family, rows, columns, count):
    """Prints resident bytes before the table, the peak, seconds of fit, and nodes of trees."""
    import numpy
    model = model_of(family, count)
    before = resident()
    draw = numpy.random.default_rng(7)
    table = draw.random((rows, columns))
    score = table[:, 0] + table[:, 1] * table[:, 2] + 0.3 * draw.standard_normal(rows)
    if family in ("linear-regression", "random-forest-regression"):
        wanted = score
    else:
        wanted = (score > numpy.median(score)).astype(numpy.int64)
    began = time.monotonic()
    model.fit(table, wanted)
    seconds = time.monotonic() - began
    if family == "k-nearest-neighbours":  # its work is in the answers
        model.predict(table[:1000])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    nodes = 0
    if family.startswith("random-forest"):
        nodes = sum(tree.tree_.node_count for tree in model.estimators_)
    print(before, peak, round(seconds, 2), nodes)


def measure():
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["family", "rows", "columns", "count", "set", "before_bytes", "peak_bytes",
                     "seconds", "nodes"])
    for family, rows, columns, count, part in CASES:
        run = subprocess.run([sys.executable, __file__, "one", family, str(rows), str(columns),
                              str(count)], capture_output=True, text=True, check=True,
                             env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
        writer.writerow([family, rows, columns, count, part, *run.stdout.split()])
        sys.stdout.flush()


def ask(program, case):
    words = [program, "model", "fit", case["family"], "--rows", case["rows"], "--columns",
             case["columns"], "--memory", "1TiB", "--json"]
    if int(case["count"]) > 0:
        words += ["--clusters" if case["family"] == "k-means" else "--trees", case["count"]]
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def compare(program):
    errors = {"made": [], "seen": [], "held": []}
    covered = {"made": 0, "seen": 0, "held": 0}
    with open(ROWS, encoding="utf-8", newline="") as file:
        for case in csv.DictReader(file):
            answer = ask(program, case)
            peak, true = answer["peak_bytes"], int(case["peak_bytes"])
            errors[case["set"]].append(abs(peak["mid"] / true - 1) * 100)
            covered[case["set"]] += peak["low"] <= true <= peak["high"]
            seconds = answer.get("seconds")
            told = f"{seconds['low']:.1f}..{seconds['high']:.1f} s" if seconds else "time unknown"
            print(f"{case['set']} {case['family']:26} {case['rows']:>8} x {case['columns']:>3}"
                  f" {true >> 20:6} MiB, told {peak['mid'] >> 20:6}"
                  f" ({peak['low'] >> 20}..{peak['high'] >> 20}); {case['seconds']} s, {told}")
    for part, list_ in errors.items():
        print(f"{part}: {len(list_)} cases, error median {statistics.median(list_):.1f} %, worst"
              f" {max(list_):.1f} %, covered {covered[part]}")


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] == "measure":
        measure()
    elif len(sys.argv) == 3 and sys.argv[1] == "compare":
        compare(sys.argv[2])
    elif len(sys.argv) == 6 and sys.argv[1] == "one":
        measure_one(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        sys.exit(__doc__)
