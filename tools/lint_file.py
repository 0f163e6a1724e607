#!/usr/bin/env python3
"""clang-tidy-19 on one source file, with the flags of a build folder's compile_commands.json.

    tools/lint_file.py build/dev src/base/text.cc
"""

import json
import pathlib
import shlex
import subprocess
import sys

# Compiler warnings are g++'s to give. With -Werror (which CI sets) clang's own would be findings,
# first of all that it does not read g++'s precompiled headers, in every test file.
SKIP = {"-Winvalid-pch", "-Werror"}


def clang_flags(build, source):
    """The file's compiler flags, or None where the build does not compile it."""
    wanted = pathlib.Path(source).resolve()
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        if pathlib.Path(entry["file"]).resolve() == wanted:
            words = shlex.split(entry["command"])
            start = next(i for i, word in enumerate(words) if word.endswith(("g++", "c++"))) + 1
            stop = words.index("-o")
            return [word for word in words[start:stop] if word not in SKIP]
    return None


def main(argv):
    build, source = pathlib.Path(argv[0]), argv[1]
    flags = clang_flags(build, source)
    if flags is None:
        print(f"lint: {source} is in no build, skipped")
        return 0
    done = subprocess.run(["clang-tidy-19", "--quiet", source, "--", *flags],
                          capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout)
    if done.returncode != 0:
        sys.stdout.write(done.stderr)
    print(f"lint: {source} {'has findings' if done.returncode else 'is clean'}", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
