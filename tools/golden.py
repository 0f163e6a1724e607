#!/usr/bin/env python3
"""Runs golden tests: prose around indented commands, compared with what the real binary prints.

    $ command          run by /bin/sh in a folder of the file's own
    > more             continues the command (here-documents)
    plain line         expected stdout
    ! line             expected stderr
    ? 2                expected exit code, 0 where the line is missing
    ~ REGEX NAME       masks what REGEX matches, in the rest of the file

Every such line is indented by two spaces. Each file gets a temporary folder as its working
folder, with its own HOME and XDG folders; locale, zone, width and colour are fixed. Run ids,
times, ports, durations, process ids and the temporary folder are masked.

    tools/golden.py [--build DIR] [--accept] [FILE...]
"""

import argparse
import dataclasses
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT_S = 120

# In this order: a longer thing before what it holds.
MASKS = [
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "CLOCK"),
    (re.compile(r"\b(127\.0\.0\.1|localhost|\[::1\]):\d+"), r"\1:PORT"),
    (re.compile(r"\bpid \d+"), "pid N"),
    (re.compile(r'("[a-z_]*_ms": ?)\d+'), r"\1N"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "N s"),
]


@dataclasses.dataclass
class Block:
    """One command with the lines it must print; `start` and `end` are its lines in the file."""

    command: str
    start: int
    end: int


@dataclasses.dataclass
class Outcome:
    out: str
    err: str
    code: int


def parse(lines):
    """The blocks of a file and its own masks, as (line, regex, name)."""
    blocks, masks = [], []
    for number, line in enumerate(lines):
        body = line[2:] if line.startswith("  ") else None
        if body is not None and body.startswith("$ "):
            blocks.append(Block(body[2:], number, number + 1))
        elif body is not None and body.startswith("~ "):
            pattern, _, name = body[2:].rpartition(" ")
            masks.append((number, re.compile(pattern), name))
        elif body is not None and blocks and blocks[-1].end == number:
            block = blocks[-1]
            block.end = number + 1
            if body.startswith("> ") and block.command.count("\n") == number - block.start - 1:
                block.command += "\n" + body[2:]
    return blocks, masks


def environment(folder, build):
    """What a command sees: nothing of the caller's but the programs in the usual places."""
    home = folder / "home"
    values = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
        "TMPDIR": folder / "tmp",
        "PATH": f"{build}:/usr/bin:/bin:/usr/sbin:/sbin",
        "SOURCE": ROOT,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    return {name: str(value) for name, value in values.items()}


def run_command(command, folder, env):
    child = subprocess.Popen(["/bin/sh", "-c", command], cwd=folder / "work", env=env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = child.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        err += f"golden.py: ended after {TIMEOUT_S} seconds\n".encode()
    text = lambda data: data.decode("utf-8", "backslashreplace")
    return Outcome(text(out), text(err), child.returncode)


class Masks:
    """Replaces what differs from run to run. Run ids are those that have a folder of logs."""

    def __init__(self, folder, build, own):
        self.runs_folder = folder / "home" / "state" / "curbstop" / "runs"
        self.places = [(str(folder / "work"), "WORK"), (str(folder), "TEMP"), (str(build), "BUILD"),
                       (str(ROOT), "SOURCE")]
        self.own = own
        self.runs = {}

    def learn_runs(self, text):
        known = [p.name for p in self.runs_folder.glob("*")] if self.runs_folder.is_dir() else []
        fresh = [name for name in known if name not in self.runs and name in text]
        for name in sorted(fresh, key=text.find):
            self.runs[name] = f"RUN{len(self.runs) + 1}"

    def apply(self, text, line):
        for place, name in self.places:
            text = text.replace(place, name)
        for run, name in self.runs.items():
            text = text.replace(run, name)
        for number, pattern, name in self.own:
            if number < line:
                text = pattern.sub(name, text)
        for pattern, replacement in MASKS:
            text = pattern.sub(replacement, text)
        return text


def expected_form(outcome):
    """The lines that the file should hold below the command."""
    lines = [f"  {line}".rstrip() if line else "  " for line in outcome.out.splitlines()]
    lines += [f"  ! {line}".rstrip() for line in outcome.err.splitlines()]
    if outcome.code != 0:
        lines.append(f"  ? {outcome.code}")
    return lines


def end_leftovers(folder):
    """Ends processes that the file's commands left behind, found by the file's own HOME."""
    mark = f"HOME={folder / 'home'}".encode()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue


def rewritten(path, build):
    """The file's lines with the outputs as they are now."""
    lines = path.read_text(encoding="utf-8").splitlines()
    blocks, own = parse(lines)
    with tempfile.TemporaryDirectory(prefix="curbstop-golden-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name).resolve()
        for sub in ("home", "work", "tmp"):
            (folder / sub).mkdir()
        env = environment(folder, build)
        masks = Masks(folder, build, own)
        result, at = [], 0
        for block in blocks:
            outcome = run_command(block.command, folder, env)
            masks.learn_runs(outcome.out + outcome.err)
            outcome.out = masks.apply(outcome.out, block.start)
            outcome.err = masks.apply(outcome.err, block.start)
            head = block.start + 1 + block.command.count("\n")
            result += lines[at:head] + expected_form(outcome)
            at = block.end
        end_leftovers(folder)
    return lines, result + lines[at:]


def check_file(path, build, accept):
    """The difference as text, empty if there is none (or it was accepted)."""
    old, new = rewritten(path, build)
    if not any(line.startswith("  $ ") for line in old):
        return f"{path}: holds no command\n"
    if old == new:
        return ""
    if accept:
        path.write_text("\n".join(new) + "\n", encoding="utf-8")
        print(f"accepted {path}")
        return ""
    return "\n".join(difflib.unified_diff(old, new, str(path), "what it prints now", lineterm="")) + "\n"


def golden_files():
    return sorted((ROOT / "tests" / "golden").glob("**/*.t"))


def main(argv):
    parser = argparse.ArgumentParser(description="Run golden tests.")
    parser.add_argument("--build", default=ROOT / "build" / "dev", type=pathlib.Path)
    parser.add_argument("--accept", action="store_true", help="rewrite the expected output")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args(argv)
    failed = 0
    files = options.files or golden_files()
    for path in files:
        difference = check_file(path, options.build.resolve(), options.accept)
        failed += bool(difference)
        sys.stdout.write(difference)
    print(f"golden: {len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
