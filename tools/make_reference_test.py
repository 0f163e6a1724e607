"""Tests of tools/make_reference.py on a small program that answers `--help`."""

import subprocess

import pytest

import make_reference

PROGRAM = r"""#!/bin/sh
case "$*" in
  "data add --help") printf 'Add files\nUsage: x\n\nOptions:\n  -h,--help   Print help\n  --link KIND  How the\n              copy is made\n' ;;
  "data --help") printf 'Data: kept by content\nUsage: x\n\nOptions:\n  -h,--help  Help\n\nSubcommands:\n  add   Add files\n' ;;
  "--help") printf 'curbstop: the valve\nUsage: x\n\nOptions:\n  --json  One object\n\nSubcommands:\n  data   Data\n' ;;
esac
"""


@pytest.fixture
def root(tmp_path):
    program = tmp_path / "curbstop"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return make_reference.read_command(program, [])


def test_every_command_is_found_with_its_options(root):
    assert [command.name for command in make_reference.flat(root)] == [
        "curbstop", "curbstop data", "curbstop data add"]
    assert root.children[0].children[0].options[1] == ("--link KIND", "How the copy is made")


def test_the_page_holds_every_help_text_and_every_variable(root):
    page = make_reference.reference_page(root)
    assert "`curbstop data add`" in page and "How the" in page
    assert "| `CURBSTOP_OUT` | set for a step |" in page


@pytest.mark.parametrize("typed, offered", [
    ("curbstop d", "data"), ("curbstop data ", "add"), ("curbstop data add --l", "--link"),
    ("curbstop data add --j", "--json")])
def test_bash_offers_what_fits(root, tmp_path, typed, offered):
    script = tmp_path / "completion.bash"
    script.write_text(make_reference.bash_completion(root))
    words = typed.split(" ")
    done = subprocess.run(
        ["bash", "-c", f'source {script}; COMP_WORDS=({" ".join(repr(word) for word in words)}); '
         f'COMP_CWORD={len(words) - 1}; _curbstop; printf "%s\\n" "${{COMPREPLY[@]}}"'],
        capture_output=True, text=True, check=True)
    assert offered in done.stdout.split()
