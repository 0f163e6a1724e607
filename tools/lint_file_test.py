"""Tests of tools/lint_file.py: which flags reach clang-tidy, what it says of g++'s own."""

import json
import pathlib
import shutil
import subprocess
import sys

import lint_file
import pytest

TOOL = pathlib.Path(lint_file.__file__)


def build_of(folder, *flags, name="a.cc"):
    """A build folder whose only source file is `name`, compiled with these flags."""
    command = f"/usr/bin/ccache /usr/bin/g++ {' '.join(flags)} -o a.o -c {folder / name}"
    entry = {"directory": str(folder), "file": str(folder / name), "command": command}
    (folder / "compile_commands.json").write_text(json.dumps([entry]), encoding="utf-8")
    return folder


def test_the_compilers_flags_are_taken_but_for_its_warnings_as_errors(tmp_path):
    build = build_of(tmp_path, "-DX=1", "-Winvalid-pch", "-Werror", "-include", "pch.hxx")
    assert lint_file.clang_flags(build, tmp_path / "a.cc") == ["-DX=1", "-include", "pch.hxx"]


def test_a_file_outside_the_build_has_no_flags(tmp_path):
    assert lint_file.clang_flags(build_of(tmp_path), tmp_path / "b.cc") is None


@pytest.mark.skipif(not shutil.which("clang-tidy-19"), reason="clang-tidy-19 is not installed")
def test_a_precompiled_header_of_gcc_is_no_finding(tmp_path):
    header = tmp_path / "pch.hxx"
    header.write_text("struct FromHeader { int value; };\n", encoding="utf-8")
    subprocess.run(["g++", "-x", "c++-header", header, "-o", f"{header}.gch"], check=True)
    (tmp_path / ".clang-tidy").write_text("Checks: '-*,bugprone-*'\nWarningsAsErrors: '*'\n")
    (tmp_path / "a.cc").write_text("int Value(FromHeader it) { return it.value; }\n")
    build = build_of(tmp_path, "-Winvalid-pch", "-Werror", "-include", str(header))
    done = subprocess.run([sys.executable, TOOL, build, tmp_path / "a.cc"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "is clean" in done.stdout, done.stdout
