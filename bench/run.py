#!/usr/bin/env python3
"""Runs every benchmark, bench/NAME/bench.py; each prints its own figures and ratios."""

import pathlib
import subprocess
import sys

failed = [bench for bench in sorted(pathlib.Path(__file__).parent.glob("*/bench.py"))
          if print(f"== {bench.parent.name}", flush=True) or subprocess.run([sys.executable, bench], check=False).returncode]
sys.exit(1 if failed else 0)
