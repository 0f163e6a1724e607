#!/usr/bin/env python3
"""Checks that the rooms of the house depend on each other only as ARCHITECTURE.md allows.

Reads each `curbstop_module(NAME DEPS … HEADERS … SOURCES … TESTING … TESTS …)` under src/ and
fails on

- an include of a room that DEPS (with what those DEPS link) does not cover,
- a cycle, or an arrow that points to a higher floor,
- a header of another room that is not in its HEADERS, `internal/` or `testing/` of another room
  from production code, a source file on disk that no CMakeLists.txt lists,
- a fenced header outside its home, `<iostream>`, a clock read outside sys/clock.cc,
- two types of one name outside unnamed namespaces: the linker takes one room's destructor for both.

    tools/check_layers.py [ROOT]
"""

import dataclasses
import pathlib
import re
import sys

# The floor of each top folder of src/; an arrow points down or sideways.
FLOORS = {"base": 0, "sys": 1, "project": 2, "machine": 2, "fit": 2, "market": 2, "plan": 3,
          "cloud": 3, "store": 3, "data": 3, "run": 4, "record": 4, "ship": 4, "face": 5}

# Header pattern, the places that may include it, and why.
FENCES = [
    (r"CLI/.*", ["face/cli/"], "CLI11 costs 4 seconds per file"),
    (r"iostream", [], "its initialisation costs every start"),
    (r"sqlite3\.h", ["sys/"], "the database is behind sys/sqlite"),
    (r"openssl/(evp|md5|sha)\.h", ["sys/", "store/"], "hashing is behind sys/hash"),
    (r"openssl/.*", ["sys/"], "TLS is behind sys"),
    (r"(curl/.*|httplib\.h|libssh/.*)", ["sys/"], "the network is behind sys"),
    (r"nlohmann/.*", ["base/json.cc"], "JSON is base/json.h"),
    (r"yaml-cpp/.*", ["base/yaml.cc", "project/"], "YAML has one reader"),
]
CLOCK_READ = re.compile(r"\b(system|steady|high_resolution|utc|file)_clock::now\b")
CLOCK_HOME = "sys/clock.cc"
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: : [^;{]*)? \{", re.MULTILINE)
UNNAMED = re.compile(r"^namespace \{$.*?^\}  // namespace$", re.MULTILINE | re.DOTALL)
KEYWORDS = ("DEPS", "LIBS", "HEADERS", "SOURCES", "TESTING", "TESTS", "TEST_DEPS")


@dataclasses.dataclass
class Room:
    name: str
    folder: str
    lists: dict

    def __getitem__(self, keyword):
        return self.lists.get(keyword, [])

    @property
    def floor(self):
        return FLOORS.get(self.folder.split("/")[0])

    def owned(self, keyword):
        return {f"{self.folder}/{name}" for name in self[keyword]}


def without_comments(text):
    return re.sub(r"#.*", "", text)


def parse_rooms(src):
    rooms = {}
    for file in sorted(src.glob("**/CMakeLists.txt")):
        text = without_comments(file.read_text(encoding="utf-8"))
        for call in re.findall(r"curbstop_module\(([^)]*)\)", text):
            words = call.split()
            lists, keyword = {}, None
            for word in words[1:]:
                if word in KEYWORDS:
                    keyword = word
                elif keyword:
                    lists.setdefault(keyword, []).append(word)
            folder = file.parent.relative_to(src).as_posix()
            rooms[words[0]] = Room(words[0], folder, lists)
    return rooms


def reachable(rooms, start):
    """Rooms that `start` links, through others too."""
    seen, todo = set(), list(start)
    while todo:
        name = todo.pop()
        if name in rooms and name not in seen:
            seen.add(name)
            todo += rooms[name]["DEPS"]
    return seen


def graph_problems(rooms):
    for room in rooms.values():
        if room.floor is None:
            yield f"{room.folder}: is no room of ARCHITECTURE.md; tools/check_layers.py lists them"
        for name in room["DEPS"]:
            if name not in rooms:
                yield f"{room.folder}: DEPS names `{name}`, which is no room"
            elif None not in (room.floor, rooms[name].floor) and rooms[name].floor > room.floor:
                yield f"{room.folder}: DEPS names `{name}`, which is on a higher floor"
        if room.name in reachable(rooms, room["DEPS"]):
            yield f"{room.folder}: is part of a cycle of DEPS"


def owner_of(path, rooms):
    """The room in whose folder the file lies, the deepest one."""
    holders = [room for room in rooms.values() if path.startswith(room.folder + "/")]
    return max(holders, key=lambda room: len(room.folder), default=None)


def is_test_code(path):
    return path.endswith(("_test.cc", "_fuzz.cc", "_bench.cc")) or "/testing/" in path


def include_problem(path, room, target, rooms, allowed):
    """What is wrong with `path` (of `room`) including `target`, or empty."""
    home = owner_of(target, rooms)
    if home is None:
        return f"includes `{target}`, which lies in no room"
    if home is room:
        return ""
    if "/internal/" in target:
        return f"includes `{target}`, which is internal to `{home.name}`"
    if "/testing/" in target:
        return "" if is_test_code(path) else f"includes `{target}` from production code"
    if home.name not in allowed:
        return f"includes `{target}`, but DEPS of `{room.name}` does not name `{home.name}`"
    if target not in home.owned("HEADERS"):
        return f"includes `{target}`, which is not in HEADERS of `{home.name}`"
    return ""


def fence_problem(path, header):
    for pattern, homes, why in FENCES:
        if re.fullmatch(pattern, header):
            if any(path == home or (home.endswith("/") and path.startswith(home)) for home in homes):
                return ""
            return f"includes <{header}>, which belongs to {' or '.join(homes) or 'no file'}: {why}"
    return ""


def file_problems(path, text, rooms):
    room = owner_of(path, rooms)
    if CLOCK_READ.search(text) and path != CLOCK_HOME:
        yield f"{path}: reads a clock; only {CLOCK_HOME} may"
    deps = room["DEPS"] + (room["TEST_DEPS"] if is_test_code(path) else []) if room else []
    tests_of = [name.removesuffix("_testing") for name in deps]
    allowed = reachable(rooms, tests_of)
    for quoted, angled in INCLUDE.findall(text):
        problem = fence_problem(path, quoted or angled)
        if not problem and quoted and room:
            problem = include_problem(path, room, quoted, rooms, allowed)
        if problem:
            yield f"{path}: {problem}"


def unlisted_problems(src, rooms):
    listed = set()
    for room in rooms.values():
        for keyword in ("HEADERS", "SOURCES", "TESTING", "TESTS"):
            listed |= room.owned(keyword)
    for file in sorted(src.glob("**/*.cc")):
        path = file.relative_to(src).as_posix()
        cmake = (src / path).parent / "CMakeLists.txt"
        named = any(file.relative_to(folder).as_posix() in (folder / "CMakeLists.txt").read_text("utf-8")
                    for folder in file.parents
                    if folder.is_relative_to(src) and (folder / "CMakeLists.txt").is_file())
        if path not in listed and not named:
            yield f"{path}: no CMakeLists.txt lists it ({cmake.relative_to(src)})"


def twin_problems(texts):
    """`texts`: each file's text by its path."""
    homes = {}
    for path, text in texts.items():
        for name in TYPE.findall(UNNAMED.sub("", text)):
            first = homes.setdefault(name, path)
            if first != path:
                yield f"{path}: defines `{name}`, which {first} defines too"


def problems(root):
    src = root / "src"
    rooms = parse_rooms(src)
    yield from graph_problems(rooms)
    texts = {file.relative_to(src).as_posix(): file.read_text("utf-8")
             for file in sorted([*src.glob("**/*.h"), *src.glob("**/*.cc")])}
    for path, text in texts.items():
        yield from file_problems(path, text, rooms)
    yield from twin_problems(texts)
    yield from unlisted_problems(src, rooms)


def main(argv):
    root = pathlib.Path(argv[0]) if argv else pathlib.Path(__file__).resolve().parent.parent
    found = list(problems(root))
    for problem in found:
        print(f"src/{problem}")
    print(f"layers: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
