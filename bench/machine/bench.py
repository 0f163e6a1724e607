#!/usr/bin/env python3
"""The rates of `curbstop assess --measure` beside peers, as ratios; nothing here is a timed test.

Memory: one `mbw -t0` (memcpy) per CPU at the same time, each byte counted once read and once
written; ours counts the triad as STREAM does. Disk: `dd` with O_DIRECT on a file of the same size.

    bench/machine/bench.py [BUILD]
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


BUILD = pathlib.Path(__file__).resolve().parents[2] / "build" / "release"


def ours(build, folder):
    env = dict(os.environ, HOME=folder, **{f"XDG_{n}_HOME": folder for n in ("DATA", "CONFIG", "STATE", "CACHE")})
    program = pathlib.Path(build).resolve() / "curbstop"
    run = subprocess.run([program, "assess", "--measure", "--json"], cwd=folder, env=env,
                         capture_output=True, check=True, text=True)
    return json.loads(run.stdout)["calibration"]


def mbw_gbps():
    if not shutil.which("mbw"):
        return None
    count = len(os.sched_getaffinity(0))
    runs = [subprocess.Popen(["mbw", "-q", "-t0", "-n", "5", "128"], stdout=subprocess.PIPE, text=True)
            for _ in range(count)]
    total = 0.0
    for run in runs:
        average = re.search(r"AVG.*Copy: ([\d.]+) MiB/s", run.communicate()[0])
        total += float(average.group(1)) * 2 * 2**20 / 1e9
    return total


def dd_mbps(folder, arguments):
    run = subprocess.run(["dd", "bs=4M", "count=64", *arguments], cwd=folder, capture_output=True,
                         check=True, text=True, env=dict(os.environ, LC_ALL="C"))
    moved, seconds = re.search(r"(\d+) bytes .* copied, ([\d.e-]+) s", run.stderr).groups()
    return int(moved) / 1e6 / float(seconds)


def row(name, value, peer, peer_value):
    ratio = "-" if peer_value is None else f"{value / peer_value:.2f}"
    shown = "not installed" if peer_value is None else f"{peer_value:.1f}"
    print(f"{name:<24} {value:>9.1f}   {peer} {shown:>9}   ratio {ratio}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        mine = ours(sys.argv[1] if len(sys.argv) > 1 else BUILD, folder)
        row("memory, GB/s", mine["memory_gbps"], "mbw", mbw_gbps())
        write = dd_mbps(folder, ["if=/dev/zero", "of=file", "oflag=direct", "conv=fdatasync"])
        row("disk write, MB/s", mine["disk_write_mbps"], "dd", write)
        row("disk read, MB/s", mine["disk_read_mbps"], "dd", dd_mbps(folder, ["if=file", "of=/dev/null", "iflag=direct"]))


if __name__ == "__main__":
    main()
