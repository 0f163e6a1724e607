#!/usr/bin/env python3
"""Recordings of how many machines could be had at once, as traces of gangs: a zone is up while all can.

    bench/spot/gangs.py FOLDER      rewrites bench/spot/gangs from counts of andylizf/skynomad-artifact

FOLDER holds the artifact's counts: v100_multinode_raw/{16-nodes,4-nodes-real-preemption}/ZONE_v100_1.json (its
own files, 300 s) and h100_13zones_2025-10-03/instances_created.csv (a row for each of its 2,104 probe records: the
time, and how many of 16 started in each zone; 600 s). Columns as in catalog/traces.
V100: the first ticks that all three zones have, at 1.2649 USD spot and 3.06 USD on demand. H100: the gap in
the recording is filled with what was seen before it; prices are those of the bundled trace.
"""

import csv
import datetime
import itertools
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
TRACES = HERE.parents[1] / "catalog" / "traces"
V100 = {"aws-v100-x16": ("16-nodes", 16, ["us-east-2b", "us-west-2a", "us-west-2c"]),
        "aws-v100-x4": ("4-nodes-real-preemption", 4, ["us-east-1f", "us-east-2a", "us-west-2c"])}


def v100(root, folder, gang, zones):
    """{zone: [up]} of the ticks that all zones have."""
    counts = [json.loads((root / "v100_multinode_raw" / folder / f"{zone}_v100_1.json").read_text()) for zone in zones]
    assert all(c["metadata"]["gap_seconds"] == 300 for c in counts)
    ticks = min(len(c["data"]) for c in counts)
    return {zone: [n >= gang for n in c["data"][:ticks]] for zone, c in zip(zones, counts)}


def h100(root, gang=16):
    """{zone: [up]}, a round every 600 s."""
    rounds = list(csv.DictReader((root / "h100_13zones_2025-10-03" / "instances_created.csv").open()))
    times = [datetime.datetime.fromisoformat(row.pop("scheduled_at")) for row in rounds]
    ups = {zone: [] for zone in rounds[0]}
    for row, begun, following in itertools.zip_longest(rounds, times, times[1:]):
        ticks = round((following - begun).total_seconds() / 600) if following else 1
        for zone, started in row.items():
            ups[zone] += [int(started) >= gang] * ticks
    return ups


def bundled_h100():
    """{zone: (spot, on demand)} in USD per hour."""
    spot = {row["zone"]: row["spot_usd_per_hour"] for row in csv.DictReader((TRACES / "gcp-h100-2025-10.csv").open())}
    zones = csv.DictReader((TRACES / "zones.csv").open())
    return {row["zone"]: (spot[row["zone"]], row["on_demand_usd_per_hour"]) for row in zones if row["zone"] in spot}


def changes_of(ups, prices):
    yield "zone,tick,available,spot_usd_per_hour"
    for zone, up in ups.items():
        yield from (f"{zone},{tick},{int(now)},{prices[zone][0]}" for tick, (was, now) in enumerate(zip([None, *up], up)) if was != now)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    # All is read before anything is written.
    traces = [(name, 300, v100(root, *what), dict.fromkeys(what[2], ("1.2649", "3.06"))) for name, what in V100.items()]
    traces.append(("gcp-h100-x16", 600, h100(root), bundled_h100()))
    zones = ["trace,zone,tick_s,ticks,on_demand_usd_per_hour"]
    for name, tick_s, ups, prices in traces:
        zones += [f"{name},{zone},{tick_s},{len(up)},{prices[zone][1]}" for zone, up in ups.items()]
        (HERE / "gangs" / f"{name}.csv").write_text("\n".join(changes_of(ups, prices)) + "\n")
    (HERE / "gangs" / "zones.csv").write_text("\n".join(zones) + "\n")


if __name__ == "__main__":
    main()
