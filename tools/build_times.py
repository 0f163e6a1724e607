#!/usr/bin/env python3
"""Prints the ten files of a build that took longest, from Ninja's log.

    tools/build_times.py build/release
"""

import pathlib
import sys


def durations(log):
    """Seconds per output; a later line of the log replaces an earlier one."""
    found = {}
    for line in log.splitlines():
        fields = line.split("\t")
        if len(fields) >= 4:
            found[fields[3]] = (int(fields[1]) - int(fields[0])) / 1000
    return found


def main(argv):
    log = (pathlib.Path(argv[0]) / ".ninja_log").read_text(encoding="utf-8")
    slowest = sorted(durations(log).items(), key=lambda item: -item[1])[:10]
    for output, seconds in slowest:
        print(f"{seconds:7.1f} s  {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
