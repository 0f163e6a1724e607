#!/usr/bin/env python3
"""Many small files over a slow link: our transfer beside the raw stream, rsync and scp.

    python3 bench/transfer/bench.py [BUILD] [--files 5000] [--size 4096] [--rate 12500000]
        [--delay 25] [--repeat 3] [--full] [--no-scp] [--cut SECONDS]

The link is a proxy on loopback before a real sshd: RATE bytes a second each way and DELAY ms one
way (so 100 Mbit/s and 50 ms there and back). `raw` is the same bytes in one file through
`ssh cat`. --full is 100,000 files. BUILD defaults to build/dev: the proxy belongs to the tests;
optimised as what users run is

    cmake --preset release -DCURBSTOP_TESTS=ON -B build/bench
    ninja -C build/bench link-tool curbstop-agent

The far end is BUILD/curbstop-agent. Ours hashes the files while it sends them. Prints medians in
seconds and ratios to raw. (*) scp: 100 files, multiplied. --cut: in place of all that, resets the
link after so many seconds and sends again; prints what went twice.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

SCP_FILES = 100
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Server:
    def __init__(self, tool, *words):
        self.process = subprocess.Popen([tool, *map(str, words)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.words = self.process.stdout.readline().split()

    def stop(self):
        """What it said last."""
        self.process.stdin.close()
        last = self.process.stdout.read().split()
        self.process.wait()
        return last


def make_files(folder, count, size):
    for i in range(count):
        if i % 500 == 0:
            (folder / f"{i // 500:04}").mkdir(parents=True)
        (folder / f"{i // 500:04}" / f"{i:06}.bin").write_bytes(os.urandom(size))


def timed(argv, stdin=None):
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default="build/dev")
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--rate", type=int, default=12_500_000)
    parser.add_argument("--delay", type=int, default=25)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--no-scp", action="store_true")
    parser.add_argument("--cut", type=float, default=0)
    options = parser.parse_args()
    if options.full:
        options.files = 100_000
    build = (ROOT / options.build).resolve()
    tool = str(build / "link-tool")
    if not os.access(tool, os.X_OK) or not os.access("/usr/sbin/sshd", os.X_OK):
        print("needs link-tool (preset dev) and sshd (package openssh-server)")
        return
    base = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        run(options, build, tool, base)
    finally:
        shutil.rmtree(base)


def cut(options, build, tool, base, sshd, source, target):
    def send(seconds):
        """Bytes on the link, what the sender said, its exit code."""
        proxy = Server(tool, "proxy", sshd.words[0], options.rate, options.delay)
        sender = subprocess.Popen([tool, "send", proxy.words[0], str(base / "sshd"), str(target), str(source),
                                   str(build / "curbstop-agent")], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        if not seconds:
            sender.wait()
        time.sleep(seconds)
        link = int(proxy.stop()[0])
        return link, sender.stdout.read(), sender.wait()

    first, _, code = send(options.cut)
    assert code == 6, "it was over before the cut"
    kept = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    second, moved, code = send(0)
    assert code == 0, "the second try failed"
    share = int(moved) / second  # of what is on the link: names, hashes, ssh
    print(f"cut after {first / 1e6:.1f} MB on the link: {kept / 1e6:.1f} MB were there, "
          f"{(first * share - kept) / 1e6:.2f} MB went again; load {os.getloadavg()[0]:.1f}")


def run(options, build, tool, base):
    source = base / "source"
    make_files(source, options.files, options.size)
    raw = base / "raw"
    with open(raw, "wb") as out:
        for file in sorted(source.rglob("*.bin")):
            out.write(file.read_bytes())
    sshd = Server(tool, "sshd", base / "sshd")
    proxy = Server(tool, "proxy", sshd.words[0], options.rate, options.delay)
    port, user = proxy.words[0], sshd.words[1]
    ssh = ["ssh", "-p", port, "-i", str(base / "sshd/user/ssh-key"), "-o", "BatchMode=yes",
           "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={base}/kh", "-F", "/dev/null"]
    target = base / "target"
    if options.cut:
        proxy.stop()
        for _ in range(options.repeat):
            cut(options, build, tool, base, sshd, source, target)
            shutil.rmtree(target)
        sshd.stop()
        return

    def ours(what, far, local):
        return timed([tool, what, port, str(base / "sshd"), str(far), str(local),
                      str(build / "curbstop-agent")])
    ways = {
        "raw: ssh cat": lambda: timed([*ssh, f"{user}@127.0.0.1", f"cat > {base}/far"], open(raw, "rb")),
        "curbstop": lambda: ours("send", target, source),
        "curbstop, back": lambda: ours("fetch", source, target),
    }
    if shutil.which("rsync"):
        ways["rsync -r"] = lambda: timed(["rsync", "-r", "-e", " ".join(ssh), f"{source}/",
                                          f"{user}@127.0.0.1:{target}/"])
    if shutil.which("scp") and not options.no_scp:
        part = base / "part"  # scp waits for an answer several times a file
        shutil.copytree(source / "0000", part, ignore=lambda _, names: sorted(names)[SCP_FILES:])
        scale = options.files / min(options.files, SCP_FILES)
        ways["scp -r (*)"] = lambda: scale * timed(["scp", "-r", "-P", port, *ssh[3:], str(part),
                                                    f"{user}@127.0.0.1:{target}"])
    times = {name: [] for name in ways}
    for _ in range(options.repeat):  # turn about, so that a busy minute hits all
        for name, way in ways.items():
            shutil.rmtree(target, ignore_errors=True)
            times[name].append(way())
    proxy.stop()
    sshd.stop()
    print(f"{options.files} files of {options.size} bytes, {options.rate * 8 / 1e6:.0f} Mbit/s, "
          f"{2 * options.delay} ms there and back, {options.repeat} rounds; load {os.getloadavg()[0]:.1f}")
    base_time = statistics.median(times["raw: ssh cat"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:14}{median:9.2f} s  {median / base_time:6.2f} x raw   "
              f"({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
