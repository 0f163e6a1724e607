#!/usr/bin/env python3
"""Makes the pages that follow from the program: command reference, supervisor's states, completion.

    tools/make_reference.py [--build DIR] [--check]

Writes docs/reference/commands.md and packaging/completions/* from the binary's `--help` and the list
in src/sys/environment.cc, docs/reference/supervisor.md and docs/guides/five-lives.md from `simulate`.
With --check writes nothing and fails where a page is not current.
"""

import argparse
import dataclasses
import pathlib
import re
import subprocess
import sys

import five_lives

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENTRY = re.compile(r"^  (\S.*?)(?:\s{2,}(.*))?$")
VARIABLE = re.compile(r'\{"(\w+)", VariableUse::(\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}')
USES = {"kRead": "read", "kAccountKey": "read", "kSharedKey": "read",
        "kSetForStep": "set for a step", "kTestBuilds": "test builds only"}


@dataclasses.dataclass
class Command:
    words: list  # below `curbstop`: ["config", "schema"]
    text: str
    about: str
    options: list = dataclasses.field(default_factory=list)  # (flags, what)
    children: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return " ".join(["curbstop", *self.words])


def help_of(program, words):
    done = subprocess.run([str(program), *words, "--help"], capture_output=True, text=True,
                          check=True, stdin=subprocess.DEVNULL)
    return done.stdout.rstrip() + "\n"


def sections(text):
    """The indented entries of a help text, by heading; wrapped lines are joined."""
    found, heading = {}, None
    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            heading = line[:-1]
            found[heading] = []
        elif heading and line.startswith("   ") and found[heading]:
            flags, what = found[heading][-1]
            found[heading][-1] = (flags, f"{what} {line.strip()}".strip())
        elif heading and (match := ENTRY.match(line)):
            found[heading].append((match.group(1), match.group(2) or ""))
    return found


def read_command(program, words):
    text = help_of(program, words)
    parts = sections(text)
    command = Command(words, text, text.splitlines()[0], parts.get("Options", []))
    for name, _ in parts.get("Subcommands", []):
        command.children.append(read_command(program, [*words, name.split()[0]]))
    return command


def flat(command):
    yield command
    for child in command.children:
        yield from flat(child)


def variables():
    source = (ROOT / "src" / "sys" / "environment.cc").read_text(encoding="utf-8")
    for name, use, doc in VARIABLE.findall(source):
        yield name, USES[use], "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', doc))


def reference_page(root):
    lines = ["# Commands", "", "Made by `./dev docs` from the program's own help.", ""]
    for command in flat(root):
        lines += [f"{'#' * min(4, 2 + len(command.words) // 2)} `{command.name}`", "", "```",
                  command.text.rstrip(), "```", ""]
    lines += ["## Environment variables", "", "| name | use | what |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {use} | {what} |" for name, use, what in variables()]
    return "\n".join(lines) + "\n"


def long_flags(command, common):
    flags = {flag for text, _ in [*command.options, *common]
             for flag in re.findall(r"--[a-z][a-z-]*", text.split(" ")[0])}
    return sorted(flags)


def bash_completion(root):
    cases = []
    for command in flat(root):
        words = [child.words[-1] for child in command.children] + long_flags(command, root.options)
        cases.append(f'    "{" ".join(command.words)}") words="{" ".join(words)}" ;;')
    depth_two = sorted(" ".join(c.words) for c in flat(root) if c.words)
    known = "|".join(f'"{words}"' for words in depth_two)
    return f"""# bash completion for curbstop; made by `./dev docs`.
_curbstop() {{
  local path="" word words="" current=${{COMP_WORDS[COMP_CWORD]}}
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "${{path:+$path }}$word" in
      {known}) path="${{path:+$path }}$word" ;;
    esac
  done
  case "$path" in
{chr(10).join(cases)}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _curbstop curbstop
"""


def zsh_completion(root):
    quote = lambda text: text.replace("'", "'\\''").replace(":", "\\:")
    lines = ["#compdef curbstop", "# zsh completion for curbstop; made by `./dev docs`.", "_curbstop() {",
             '  local path=""', "  local word", "  for word in ${words[2,CURRENT-1]}; do",
             '    case "${path:+$path }$word" in']
    known = "|".join(f'"{" ".join(c.words)}"' for c in flat(root) if c.words)
    lines += [f'      {known}) path="${{path:+$path }}$word" ;;', "    esac", "  done", "  local -a commands flags",
              '  case "$path" in']
    for command in flat(root):
        entries = " ".join(f"'{child.words[-1]}:{quote(child.about)}'" for child in command.children)
        flags = " ".join(long_flags(command, root.options))
        lines += [f'    "{" ".join(command.words)}") commands=({entries}); flags=({flags}) ;;']
    lines += ["  esac", "  (( ${#commands} )) && _describe command commands", "  compadd -- $flags", "  _files",
              "}", '_curbstop "$@"']
    return "\n".join(lines) + "\n"


def fish_completion(root):
    quote = lambda text: text.replace("\\", "\\\\").replace("'", "\\'")
    lines = ["# fish completion for curbstop; made by `./dev docs`."]
    for command in flat(root):
        if command.words:
            seen = " ".join(f"; and __fish_seen_subcommand_from {word}" for word in command.words)[6:]
        else:
            seen = "__fish_use_subcommand"
        for child in command.children:
            lines.append(f"complete -c curbstop -n '{seen}' -a {child.words[-1]} -d '{quote(child.about)}'")
        for flag in long_flags(command, []):
            lines.append(f"complete -c curbstop -n '{seen}' -l {flag[2:]}")
    return "\n".join(lines) + "\n"


def pages(program):
    root = read_command(program, [])
    drawing = subprocess.run([str(program), "simulate", "--drawing"], capture_output=True, text=True,
                             check=True, stdin=subprocess.DEVNULL)
    return {"docs/reference/commands.md": reference_page(root),
            "docs/reference/supervisor.md": drawing.stdout,
            "docs/guides/five-lives.md": five_lives.page(program),
            "packaging/completions/curbstop.bash": bash_completion(root),
            "packaging/completions/_curbstop": zsh_completion(root),
            "packaging/completions/curbstop.fish": fish_completion(root)}


def main(argv):
    parser = argparse.ArgumentParser(description="Make the command reference and completions.")
    parser.add_argument("--build", default=ROOT / "build" / "dev", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="fail where a page is not current")
    options = parser.parse_args(argv)
    stale = []
    for name, text in pages(options.build / "curbstop").items():
        path = ROOT / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name} {'is not current: run `./dev docs`' if options.check else 'written'}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
