#!/usr/bin/env python3
"""Our deadline policy on the windows of SkyNomad's artifact, beside its published figures.

    bench/spot/bench.py [--build DIR] [--only v100|ratio|regions|checkpoint]
    bench/spot/bench.py --robust     where it was not tuned, and its time: bench/spot/spot_bench.cc

Prints, for each row of the published tables, USD: ours, SkyNomad, Uniform Progress with failover, the
optimum as published, and the optimum counted here, which bills the last tick that the artifact leaves
out. Source: andylizf/skynomad-artifact at 62b9aaa (Apache-2.0), expected results. Never a test.
"""

import argparse
import json
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
R0 = 51.833333333333336
V100_STARTS = "179.725,299.5416666666667,419.35833333333335,479.26666666666665,838.7166666666667"
H100_STARTS = ",".join(repr(R0 * i) for i in range(5)) + ",259.1666666666667"
SIX = "us-central1-a,us-west1-a,europe-west1-c,europe-west3-c,asia-southeast1-b,asia-south2-b"
ORDER = ("asia-southeast1-c,asia-south2-b,us-west1-b,europe-west3-c,us-west1-a,us-east4-a,europe-west1-c,us-central1-c,"
         "us-central1-b,asia-southeast1-b,us-central1-a,us-east5-a,us-east4-b").split(",")
# SkyNomad, UP with failover, optimum
RATIOS = {1.0: (4294.1, 4294.1, 4294.1), 1.05: (881.6, 1187.6, 840.1), 1.1: (837.2, 1128.8, 792.8),
          1.15: (800.2, 1073.5, 755.0), 1.2: (766.2, 1024.1, 720.7), 1.3: (707.0, 936.1, 662.0),
          1.5: (606.4, 795.0, 571.4), 2.0: (443.5, 569.0, 426.2), 3.0: (297.8, 343.8, 285.3)}
REGIONS = {1: (2945.5, 2994.3, 2765.7), 2: (2051.5, 2228.1, 1956.6), 3: (2037.5, 2228.6, 1956.1),
           4: (1636.9, 2215.9, 1605.8), 5: (1345.3, 1976.8, 1181.9), 6: (723.2, 1237.8, 681.0),
           8: (706.6, 746.3, 665.6), 10: (707.7, 697.2, 665.6), 13: (684.2, 691.2, 646.9)}
CHECKPOINTS = {0: (764.5, 1022.9, 719.8), 200: (753.8, 1027.6, 723.5), 500: (770.2, 1034.6, 728.6),
               1000: (776.9, 1046.2, 736.3), 2000: (803.8, 1069.6, 744.4), 4000: (849.3, 1116.2, 749.1)}
V100 = {"mean": (41.73, 47.02, 37.37)}


def rows():
    yield from (("v100", k, "v100", "us-east-1c,us-east-2b,us-west-2a", 39.93888888888889, 59.90833333333333, 50, V100_STARTS, v)
                for k, v in V100.items())
    yield from (("ratio", k, "h100", SIX, R0 / k, R0, 50, H100_STARTS, v) for k, v in RATIOS.items())
    yield from (("regions", k, "h100", ",".join(ORDER[:k]), R0 / 1.2, R0, 50, H100_STARTS, v) for k, v in REGIONS.items())
    yield from (("checkpoint", k, "h100", SIX, R0 / 1.2, R0, k, H100_STARTS, v) for k, v in CHECKPOINTS.items())


def robust(build):
    """What bench/spot/spot_bench.cc prints, built where ninja is at hand."""
    subprocess.run(["ninja", "-C", str(build), "spot_bench"], check=True, stdout=subprocess.DEVNULL)
    for what in (["split"], ["unseen"], ["gangs", ROOT / "bench" / "spot" / "gangs"], ["time"]):
        print(f"\n{what[0]}", flush=True)
        subprocess.run([build / "spot_bench", *what], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--only", choices=["v100", "ratio", "regions", "checkpoint"])
    parser.add_argument("--policies", default="ours,optimum")
    parser.add_argument("--robust", action="store_true")
    options = parser.parse_args()
    if options.robust:
        robust(options.build)
        return
    print(f"{'set':<11}{'row':>6}{'ours':>10}{'SkyNomad':>10}{'/ Sky':>7}{'UP(S)':>9}{'optimum':>9}{'counted':>9}{'missed':>8}{'s':>6}")
    for name, key, trace, zones, work, deadline, gigabytes, starts, (sky, failover, optimum) in rows():
        if options.only and name != options.only:
            continue
        begun = time.monotonic()
        done = subprocess.run(
            [options.build / "curbstop", "simulate", "spot", "--trace", trace, "--zones", zones, "--work", repr(work), "--deadline",
             repr(deadline), "--overhead", "720", "--checkpoint-gb", str(gigabytes), "--egress", "0.02", "--starts", starts + ",",
             "--policy", options.policies, "--json"], capture_output=True, text=True, check=True)
        answer = json.loads(done.stdout)
        ours = answer["mean"]["ours"]
        missed = sum(w["missed"] for w in answer["windows"] if w["policy"] == "ours")
        print(f"{name:<11}{key!s:>6}{ours:>10.2f}{sky:>10.2f}{ours / sky:>7.3f}{failover:>9.1f}{optimum:>9.1f}"
              f"{answer['mean'].get('optimum', 0):>9.2f}{missed:>8}{time.monotonic() - begun:>6.1f}", flush=True)


if __name__ == "__main__":
    main()
