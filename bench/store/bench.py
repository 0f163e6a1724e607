#!/usr/bin/env python3
"""The store beside stock DVC and beside what the machine can do.

    python3 bench/store/bench.py [BUILD] [--files 20000] [--size 100000] [--repeat 3] [--no-peer]

Prints medians in seconds and ratios. BUILD defaults to build/release; the peer is installed by
`tools/peers.sh dvc`. Needs about four times files x size of free disk in the temporary folder.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def timed(argv, folder, env):
    start = time.perf_counter()
    subprocess.run(argv, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def make_files(folder, count, size):
    """`count` files in folders of 100, each of its own bytes."""
    block = os.urandom(size)
    for i in range(count):
        if i % 100 == 0:
            (folder / f"{i // 100:04}").mkdir(parents=True)
        with open(folder / f"{i // 100:04}" / f"{i:06}.bin", "wb") as file:
            file.write(i.to_bytes(8, "little") + block[8:])
    os.sync()


def stat_all(folder):
    start = time.perf_counter()
    for parent, _, names in os.walk(folder):
        descriptor = os.open(parent, os.O_RDONLY)
        for name in names:
            os.stat(name, dir_fd=descriptor)
        os.close(descriptor)
    return time.perf_counter() - start


def fdatasync_rate(folder, count=200):
    file = folder / "sync-probe"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    start = time.perf_counter()
    for _ in range(count):
        os.write(descriptor, b"x" * 512)
        os.fdatasync(descriptor)
    elapsed = time.perf_counter() - start
    os.close(descriptor)
    file.unlink()
    return count / elapsed


def copy_durably(source, target):
    start = time.perf_counter()
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)
    subprocess.run(["sync", "-f", str(target)], check=True)
    elapsed = time.perf_counter() - start
    shutil.rmtree(target)
    return elapsed


def measure(data, workspace, commands, env, repeat, config):
    """add from nothing, add again, status; each `repeat` times."""
    times = {"add": [], "add unchanged": [], "status": []}
    for _ in range(repeat):
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=workspace, check=True)
        for argv in commands["init"]:
            subprocess.run(argv, cwd=workspace, env=env, check=True)
        if config:
            (workspace / ".dvc").mkdir(exist_ok=True)
            (workspace / ".dvc/config").write_text(config)
        os.rename(data, workspace / "data")
        times["add"].append(timed(commands["add"], workspace, env))
        for _ in range(3):
            times["add unchanged"].append(timed(commands["add"], workspace, env))
            times["status"].append(timed(commands["status"], workspace, env))
        os.rename(workspace / "data", data)
    shutil.rmtree(workspace)
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default="build/release")
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    curbstop = str((ROOT / options.build / "curbstop").resolve())
    dvc = str(ROOT / "build/peers/dvc/bin/dvc")
    if not os.access(dvc, os.X_OK):
        options.no_peer = True
        print("no peer: `tools/peers.sh dvc` installs it")
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name)
        env = {**os.environ, "HOME": name, "DVC_NO_ANALYTICS": "1"}
        for part in ("CONFIG", "DATA", "STATE", "CACHE"):
            env[f"XDG_{part}_HOME"] = str(base / part.lower())
        data = base / "data"
        make_files(data, options.files, options.size)
        ours = {"init": [], "add": [curbstop, "data", "add", "data"], "status": [curbstop, "data", "status"]}
        rows = {"curbstop, copy or reflink (default)": measure(data, base / "w", ours, env, options.repeat, "")}
        if not options.no_peer:
            theirs = {"init": [[dvc, "init", "-q"]], "add": [dvc, "add", "-q", "data"], "status": [dvc, "status"]}
            rows["dvc, copy or reflink (default)"] = measure(data, base / "w", theirs, env, 1, "")
        limits = {"add": copy_durably(data, base / "copy"), "status": stat_all(data)}
        links = "[cache]\n    type = hardlink\n"
        rows["curbstop, hardlink"] = measure(data, base / "w", ours, env, 1, links)
        print(f"{options.files} files of {options.size} bytes, median seconds; load {os.getloadavg()[0]:.1f}, "
              f"fdatasync {fdatasync_rate(base):.0f}/s")
        print(f"{'':38}{'add':>9}{'unchanged':>11}{'status':>9}")
        for label, row in rows.items():
            print(f"{label:38}{row['add']:9.3f}{row['add unchanged']:11.3f}{row['status']:9.3f}")
        print(f"{'limit: cp -r and sync; stat by Python':38}{limits['add']:9.3f}{'':>11}{limits['status']:9.3f}")
        us = rows["curbstop, copy or reflink (default)"]
        if not options.no_peer:
            peer = rows["dvc, copy or reflink (default)"]
            print("dvc / curbstop: " + ", ".join(f"{name} {peer[name] / us[name]:.1f}" for name in us))
        print(f"curbstop / limit: add {us['add'] / limits['add']:.2f}, status {us['status'] / limits['status']:.2f}")


if __name__ == "__main__":
    main()
