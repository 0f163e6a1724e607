#!/usr/bin/env python3
"""Deletes each guard of the supervisor, one by one, and sees that a test or the simulator notices.

    tools/mutate_supervisor.py [--build DIR] [--lives N] [--only TEXT]

A guard is an `if` that leaves the function. All are compiled into one program, each switched off by
number, so that hundreds of supervisors need one build. A guard without which every unit test passes
and N simulated lives keep every promise is a survivor: tools/mutation_survivors.txt says why it may
stay; one that is not in it fails, and so does an entry that no longer survives.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ["event.cc", "record.cc"]  # words and bytes: record_test and the journals' tests hold these
ROOM = ROOT / "src" / "run" / "supervisor"
SOURCES = sorted(str(file.relative_to(ROOM)) for file in ROOM.rglob("*.cc")
                 if not file.name.endswith("_test.cc") and file.name not in KEPT
                 and "testing" not in file.parts)
GUARD = re.compile(r"^(\s*)(?:else )?if \(", re.M)
PROBE = """
#include <cstdlib>
#include "run/simulate/simulate.h"
namespace curbstop {
bool IsMutant(int id) {
  static const char* const wanted = std::getenv("MUTANT");
  static const int mutant = wanted == nullptr ? -1 : std::atoi(wanted);
  return id == mutant;
}
}
"""
LIVES = """
int main(int, char** argv) {
  const auto report = curbstop::SimulateDisasters(std::atoll(argv[1]), 1, 1, {});
  return report.broken[0] == report.runs ? 0 : 1;
}
"""


@dataclasses.dataclass
class Guard:
    id: int
    file: str
    line: int
    condition: str

    @property
    def name(self):
        return f"{self.file}: {self.condition}"


def closing(text, opening):
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("a parenthesis is not closed")


def is_guard(condition, body):
    leaves = re.match(r"\s*(\{[^{}]*?\breturn\b|return\b|continue\b)", body)
    planted = "Plant::" in condition or "trusts" in condition
    declares = re.match(r"(const )?[\w:<>]+[*&]? ?\w+ = ", condition) or ";" in condition
    return bool(leaves) and not planted and not declares


def find_guards(name, text, first_id):
    """The guards of a source, and its text with each behind its number."""
    guards, out, last = [], [], 0
    for match in GUARD.finditer(text):
        start, end = match.end(), closing(text, match.end() - 1)
        condition = text[start:end]
        if not is_guard(condition, text[end + 1:]):
            continue
        one_line = " ".join(condition.split())
        guard = Guard(first_id + len(guards), name, text.count("\n", 0, start) + 1, one_line)
        guards.append(guard)
        out += [text[last:start], f"!IsMutant({guard.id}) && ({condition})"]
        last = end
    return guards, "".join(out) + text[last:]


def write_mutants(folder):
    guards = []
    target = folder / "src" / "run" / "supervisor"
    (target / "internal").mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        text = (ROOM / name).read_text(encoding="utf-8")
        found, changed = find_guards(name, text, len(guards))
        guards += found
        declared = "namespace curbstop { bool IsMutant(int id); }\n"
        (target / name).write_text(declared + changed, encoding="utf-8")
    (folder / "probe.cc").write_text(PROBE, encoding="utf-8")
    (folder / "lives.cc").write_text(PROBE + LIVES, encoding="utf-8")
    return guards


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, command))}\n{done.stderr}")


def compile_all(folder, build):
    sources = [folder / "src" / "run" / "supervisor" / name for name in SOURCES]
    sources += [ROOM / name for name in KEPT]
    sources += [folder / "probe.cc", folder / "lives.cc"]
    flags = ["g++", "-std=c++20", "-O1", f"-I{ROOT / 'src'}"]
    objects = {}

    def one(source):
        objects[source.name] = folder / (source.name + ".o")
        run([*flags, "-c", str(source), "-o", str(objects[source.name])])

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, sources))
    mutants = [path for name, path in objects.items() if name not in ("probe.cc", "lives.cc")]
    libraries = ["-Wl,--start-group", *sorted(map(str, build.glob("src/**/lib*.a"))), "-Wl,--end-group",
                 "-lfmt", "-lxxhash", "-lsqlite3", "-lpthread"]
    libraries = [one for one in libraries if not one.endswith("librun_supervisor.a")]
    tests = [*build.glob("src/run/supervisor/CMakeFiles/run_supervisor_test.dir/**/*_test.cc.o"),
             *build.glob("src/run/simulate/CMakeFiles/run_simulate_test.dir/**/runner_test.cc.o"),
             *build.glob("src/run/simulate/CMakeFiles/run_simulate_test.dir/**/drawing_test.cc.o")]
    needed = [name for name in libraries if name.startswith("-") or re.search(
        r"lib(run_simulate|run_supervisor_testing|plan|plan_spot|market|base|project|machine)\.a$", name)]
    run(["g++", *map(str, mutants), str(objects["probe.cc"]), *map(str, tests), "-o",
         str(folder / "tests"), *needed, "-lgtest", "-lgtest_main", "-lgmock", "-lrapidcheck"])
    run(["g++", *map(str, mutants), str(objects["lives.cc"]), "-o", str(folder / "lives"), *needed])


def fails(command, guard, seconds):
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL,
                              env={**os.environ, "MUTANT": str(guard.id)},
                              preexec_fn=limit_memory)
        return done.returncode != 0
    except subprocess.TimeoutExpired:
        return True


def limit_memory():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def who_notices(folder, guard, lives):
    if fails([str(folder / "tests"), "--gtest_brief=1"], guard, 60):
        return "test"
    for count in (1000, lives):
        if fails([str(folder / "lives"), str(count)], guard, 60 + count // 100):
            return "simulator"
    return "nobody"


def explained():
    path = ROOT / "tools" / "mutation_survivors.txt"
    reasons = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        if line and not line.startswith("#"):
            name, _, why = line.partition("  # ")
            reasons[name.strip()] = why
    return reasons


def main(argv):
    parser = argparse.ArgumentParser(description="Delete each guard of the supervisor, one by one.")
    parser.add_argument("--build", default=ROOT / "build" / "dev", type=pathlib.Path)
    parser.add_argument("--lives", default=30_000, type=int)
    parser.add_argument("--only", default="", help="guards whose name holds this text")
    options = parser.parse_args(argv)
    folder = ROOT / "build" / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    guards = [guard for guard in write_mutants(folder) if options.only in guard.name]
    compile_all(folder, options.build)
    none = Guard(-1, "", 0, "")
    if who_notices(folder, none, options.lives) != "nobody":
        sys.exit("error: without any mutation something fails")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda guard: who_notices(folder, guard, options.lives), guards))
    return report(guards, found, bool(options.only))


def report(guards, found, is_part):
    reasons, bad = explained(), 0
    alive = {guard.name for guard, who in zip(guards, found) if who == "nobody"}
    for guard, who in zip(guards, found):
        why = reasons.get(guard.name, "")
        if who == "nobody":
            bad += not why
            print(f"survives  {guard.file}:{guard.line}  {guard.condition}  ({why or 'NOT EXPLAINED'})")
        elif guard.name in reasons.keys() - alive:
            bad += 1
            print(f"explained, and noticed by {who}: {guard.name}")
    for name in reasons.keys() - {guard.name for guard in guards}:
        if not is_part:
            bad += 1
            print(f"explained, and no guard: {name}")
    print(f"{len(guards)} guards: {found.count('test')} missed by a test, "
          f"{found.count('simulator')} by the simulator, {found.count('nobody')} survive; {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
