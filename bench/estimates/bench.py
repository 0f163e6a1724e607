#!/usr/bin/env python3
"""Estimates a second beside their limit (bench/estimates/estimates.cc), for one core; nothing here is a timed test.

    bench/estimates/bench.py [BUILD]
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release").resolve()

subprocess.run(["cmake", "--build", BUILD, "--target", "fit-estimates"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([BUILD / "fit-estimates"], check=True)
