#!/usr/bin/env python3
"""Runs every kind of test and counts cases: C++ programs, golden files, Python tests.

One line per program; at the end `N passed, N failed`, with `, N skipped` and the reasons where
something was skipped. Exits with 1 if a case failed or none ran.

    tools/run_tests.py [--build DIR] [--only unit,golden,tools,e2e] [--jobs N]

Test files under tests/e2e run under the distribution's Python; one whose first lines say
`# peer: NAME` runs under that peer's environment (tools/peers.sh NAME), because it imports it.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

import golden

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
PROGRAM_TIMEOUT_S = 600
E2E_TIMEOUT_S = 1800
FIXED_SEED = "20261124"


@dataclasses.dataclass
class Tally:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    detail: str = ""
    repeat: str = ""
    seconds: float = 0.0


def run(command, env, timeout):
    """Exit code and both outputs as text; 124 where the time was up."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode("utf-8", "backslashreplace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode("utf-8", "backslashreplace")
        return 124, text + f"\nended after {timeout} seconds\n"


def test_environment(build):
    """The caller's environment with a home of its own, so that no test touches the real one."""
    home = build / "test-home"
    folders = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state",
               "XDG_CACHE_HOME": "cache"}
    env = dict(os.environ)
    env.update({name: str(home / folder) for name, folder in folders.items()})
    env.update({"CURBSTOP_BUILD": str(build), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                "PYTHONDONTWRITEBYTECODE": "1"})
    if "RC_PARAMS" not in env:
        env["RC_PARAMS"] = f"seed={FIXED_SEED}"
    return env


def unit_programs(build):
    listed = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"],
                            capture_output=True, check=True)
    tests = json.loads(listed.stdout)["tests"]
    return sorted(test["command"][0] for test in tests if "command" in test)


def run_unit(program, build, env):
    """One GoogleTest program, counted from its own report."""
    name = pathlib.Path(program).name
    report = build / "results" / f"{name}.json"
    report.unlink(missing_ok=True)
    tally = Tally(name, repeat=f"{os.path.relpath(program, ROOT)} --gtest_filter=…")
    start = time.monotonic()
    code, text = run([program, f"--gtest_output=json:{report}", "--gtest_brief=1"], env,
                     PROGRAM_TIMEOUT_S)
    tally.seconds = time.monotonic() - start
    if report.is_file():
        for suite in json.loads(report.read_text(encoding="utf-8"))["testsuites"]:
            count_suite(suite, tally)
    if code != 0:
        tally.failed = max(tally.failed, 1)
        tally.detail = text[-20_000:]
    return tally


def count_suite(suite, tally):
    for case in suite["testsuite"]:
        if case.get("failures"):
            tally.failed += 1
        elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
            reasons = case.get("skipped") or [{"message": "skipped by the test"}]
            tally.skipped[reasons[0]["message"].strip().split("\n")[-1]] += 1
        else:
            tally.passed += 1


def run_pytest(name, python, paths, build, env, timeout):
    report = build / "results" / f"{name.replace('/', '-')}.xml"
    report.unlink(missing_ok=True)
    tally = Tally(name, repeat=f"CURBSTOP_BUILD={os.path.relpath(build, ROOT)} {python} -m pytest "
                  + " ".join(os.path.relpath(path, ROOT) for path in paths))
    start = time.monotonic()
    code, text = run([str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
                      f"--junitxml={report}", *map(str, paths)], env, timeout)
    tally.seconds = time.monotonic() - start
    if report.is_file():
        count_report(xml.etree.ElementTree.parse(report), tally)
    if code not in (0, 5):
        tally.failed = max(tally.failed, 1)
        tally.detail = text[-20_000:]
    return tally


def count_report(report, tally):
    for case in report.iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed += 1
        elif skipped is not None:
            tally.skipped[skipped.get("message", "skipped by the test")] += 1
        else:
            tally.passed += 1


def run_golden(path, build):
    tally = Tally(f"golden/{path.stem}", repeat=f"./dev golden {path.relative_to(ROOT)}")
    start = time.monotonic()
    tally.detail = golden.check_file(path, build, accept=False)
    tally.seconds = time.monotonic() - start
    tally.failed = int(bool(tally.detail))
    tally.passed = 1 - tally.failed
    return tally


def peer_of(path):
    """The peer whose Python a test file needs, or empty."""
    head = path.read_text(encoding="utf-8")[:1000]
    match = re.search(r"^# peer: (\S+)$", head, re.MULTILINE)
    return match.group(1) if match else ""


def seconds_of(path):
    """About how long a test file takes, as its first lines say; 0: not long."""
    head = path.read_text(encoding="utf-8")[:1000]
    match = re.search(r"^# takes: (\d+) s$", head, re.MULTILINE)
    return int(match.group(1)) if match else 0


def run_e2e(path, build, env):
    name = f"e2e/{path.stem}"
    peer = peer_of(path)
    if not peer:
        return run_pytest(name, PYTHON, [path], build, env, E2E_TIMEOUT_S)
    code, text = run(["sh", "tools/peers.sh", peer], env, E2E_TIMEOUT_S)
    if code == 0:
        python = pathlib.Path(env.get("PEERS_DIR", ROOT / "build" / "peers")) / peer / "bin" / "python"
        return run_pytest(name, python, [path], build, env, E2E_TIMEOUT_S)
    tally = Tally(name, repeat=f"tools/peers.sh {peer}")
    if os.environ.get("CI") == "true":
        tally.failed, tally.detail = 1, text
    else:
        tally.skipped[f"the peer `{peer}` could not be installed"] += 1
    return tally


def show(tally):
    skipped = sum(tally.skipped.values())
    more = f", {skipped} skipped" if skipped else ""
    word = "FAIL" if tally.failed else "ok  "
    print(f"{word} {tally.name}: {tally.passed} passed, {tally.failed} failed{more} "
          f"({tally.seconds:.1f} s)", flush=True)
    if tally.failed:
        print(tally.detail.rstrip())
        print(f"repeat it with: {tally.repeat}", flush=True)


def jobs_for(kinds, build, env):
    """Everything to run, as callables that return a Tally; the longest first."""
    if "e2e" in kinds:
        paths = sorted((ROOT / "tests" / "e2e").glob("test_*.py"))
        for path in sorted(paths, key=seconds_of, reverse=True):
            yield lambda path=path: run_e2e(path, build, env)
    if "unit" in kinds:
        for program in unit_programs(build):
            yield lambda program=program: run_unit(program, build, env)
    if "golden" in kinds:
        for path in golden.golden_files():
            yield lambda path=path: run_golden(path, build)
    if "tools" in kinds:
        for folder in (ROOT / "tools", ROOT / "examples"):
            tests = sorted(folder.glob("**/*_test.py"))
            if tests:
                yield lambda tests=tests, folder=folder: run_pytest(
                    folder.name, PYTHON, tests, build, env, PROGRAM_TIMEOUT_S)


def summary(tallies):
    passed = sum(tally.passed for tally in tallies)
    failed = sum(tally.failed for tally in tallies)
    reasons = sum((tally.skipped for tally in tallies), collections.Counter())
    for reason, count in sorted(reasons.items()):
        print(f"skipped {count}: {reason}")
    skipped = sum(reasons.values())
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


def main(argv):
    parser = argparse.ArgumentParser(description="Run every kind of test.")
    parser.add_argument("--build", default=ROOT / "build" / "dev", type=pathlib.Path)
    parser.add_argument("--only", default="unit,golden,tools,e2e")
    # Most of the long ones wait for machines to come up and to end; more at once make each other late.
    parser.add_argument("--jobs", default=max(2, 3 * (os.cpu_count() or 1) // 2), type=int)
    options = parser.parse_args(argv)
    build = options.build.resolve()
    (build / "results").mkdir(parents=True, exist_ok=True)
    env = test_environment(build)
    tallies = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(job) for job in jobs_for(options.only.split(","), build, env)]
        for job in concurrent.futures.as_completed(jobs):
            tallies.append(job.result())
            show(tallies[-1])
    return summary(tallies)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
