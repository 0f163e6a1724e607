# takes: 150 s
"""Stock DVC reads what we write, and we read what it writes."""

import hashlib
import json
import os
import subprocess

import pytest

DVC_VERSION = "3.67.1"


@pytest.fixture
def project(tmp_path, home, peer):
    """A git repository, and functions that run `curbstop data` and `dvc` in it."""
    dvc = peer("dvc") / "bin" / "dvc"
    root = tmp_path / "project"
    root.mkdir()

    class Project:
        path = root

        def run(self, argv, ok=(0,)):
            done = subprocess.run(argv, cwd=root, env={**home, "DVC_NO_ANALYTICS": "1"}, capture_output=True,
                                  text=True, check=False)
            assert done.returncode in ok, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
            return done

        def ours(self, *argv, ok=(0,)):
            return self.run(["curbstop", "--json", "data", *argv], ok)

        def dvc(self, *argv):
            return self.run([str(dvc), *argv])

        def changes(self):
            return json.loads(self.ours("status", ok=(0, 1)).stdout)["changes"]

        def write(self, name, content, mode=0o644):
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            file.chmod(mode)

        def snapshot(self):
            """Contents of the work tree, without anybody's own files."""
            found = {}
            for folder, folders, files in os.walk(root):
                folders[:] = [name for name in folders if name not in (".git", ".dvc", ".curbstop")]
                for name in files:
                    if not name.endswith(".dvc") and name not in (".gitignore", ".dvcignore"):
                        file = os.path.join(folder, name)
                        found[os.path.relpath(file, root)] = open(file, "rb").read()
            return found

        def example(self):
            self.write("d/a.txt", "x")
            self.write("d/a/b.txt", "y")
            self.write("d/a/é.txt", "")
            self.write("d/b.txt", "hello\n")
            self.write("d/日本語/😀 \"quoted\".txt", "smile\n")
            self.write("d/run.sh", "#!/bin/sh\n", 0o755)
            self.write("single.bin", bytes(range(256)) * 40)
            self.write("tool.sh", "#!/bin/sh\nexit 0\n", 0o755)
            self.write("it's: a # name.txt", "odd\n")
            self.write("123", "number\n")
            (root / "empty").mkdir()

    project = Project()
    project.run(["git", "init", "-q"])
    return project


NAMES = ["d", "single.bin", "tool.sh", "it's: a # name.txt", "123", "empty"]


def assert_dvc_is_clean(project):
    assert "up to date" in project.dvc("status").stdout
    # Against git's last commit the pointers are new; nothing else may be said of them.
    status = json.loads(project.dvc("data", "status", "--json").stdout)
    assert not status.get("uncommitted"), status
    assert not status.get("not_in_cache"), status


def test_the_pinned_version(project):
    assert project.dvc("--version").stdout.strip() == DVC_VERSION


def test_dvc_takes_what_we_added(project):
    project.example()
    before = project.snapshot()
    project.ours("add", *NAMES)
    assert_dvc_is_clean(project)
    for name in NAMES:
        project.run(["rm", "-rf", name])
    project.dvc("checkout")
    assert project.snapshot() == before
    assert (project.path / "empty").is_dir()
    assert os.access(project.path / "tool.sh", os.X_OK)
    assert_dvc_is_clean(project)
    assert project.changes() == []


def test_we_take_what_dvc_added(project):
    project.example()
    before = project.snapshot()
    project.dvc("init", "-q")
    project.dvc("add", "-q", *NAMES)
    assert project.changes() == []
    for name in NAMES:
        project.run(["rm", "-rf", name])
    assert {change["change"] for change in project.changes()} == {"deleted"}
    project.ours("checkout")
    assert project.snapshot() == before
    assert (project.path / "empty").is_dir()
    assert os.access(project.path / "tool.sh", os.X_OK)
    assert project.changes() == []
    assert_dvc_is_clean(project)


def test_both_write_the_same_bytes(project):
    project.example()
    project.dvc("init", "-q")
    project.dvc("add", "-q", *NAMES)
    theirs = {name: (project.path / f"{name}.dvc").read_text() for name in NAMES}
    objects = {str(file.relative_to(project.path)): file.read_bytes()
               for file in (project.path / ".dvc/cache/files").rglob("*") if file.is_file()}
    ignored = (project.path / ".gitignore").read_text()
    project.run(["rm", "-rf", ".dvc", ".dvcignore", ".gitignore", *(f"{name}.dvc" for name in NAMES)])
    project.ours("add", *NAMES)
    for name in NAMES:
        ours = (project.path / f"{name}.dvc").read_text()
        if name == "d":  # ours adds which members are executable
            ours = ours[:ours.index("  meta:")]
        assert ours == theirs[name]
    assert objects == {str(file.relative_to(project.path)): file.read_bytes()
                       for file in (project.path / ".dvc/cache/files").rglob("*") if file.is_file()}
    assert (project.path / ".gitignore").read_text() == ignored


def test_members_keep_their_exec_bit_with_us_even_after_dvc_rewrote_the_pointer(project):
    project.example()
    project.ours("add", "d")
    project.write("d/more.txt", "more\n")
    project.dvc("add", "-q", "d")
    assert "run.sh" in (project.path / "d.dvc").read_text()
    assert project.changes() == []
    project.run(["rm", "-rf", "d"])
    project.ours("checkout", "d")
    assert os.access(project.path / "d/run.sh", os.X_OK)
    assert not os.access(project.path / "d/more.txt", os.X_OK)


def test_changes_are_seen_alike(project):
    project.example()
    project.ours("add", "d")
    project.write("d/b.txt", "changed\n")
    project.write("d/new.txt", "new\n")
    (project.path / "d/a.txt").unlink()
    assert project.changes() == [{"path": "d/a.txt", "change": "deleted"},
                                 {"path": "d/b.txt", "change": "modified"},
                                 {"path": "d/new.txt", "change": "added"}]
    theirs = json.loads(project.dvc("data", "status", "--granular", "--json").stdout)["uncommitted"]
    assert {key: sorted(value) for key, value in theirs.items()} == {
        "added": ["d/new.txt"], "deleted": ["d/a.txt"], "modified": ["d/", "d/b.txt"]}
    project.ours("add", "d")
    assert_dvc_is_clean(project)


def test_comments_and_foreign_keys_of_a_pointer_stay(project):
    project.dvc("init", "-q")
    project.write("f", "one")
    project.dvc("add", "-q", "f")
    pointer = project.path / "f.dvc"
    text = "# mine\n" + pointer.read_text() + "  desc: words\nmeta:\n  who: me\n"
    pointer.write_text(text)
    project.write("f", "three")
    project.ours("add", "f")
    one, three = hashlib.md5(b"one").hexdigest(), hashlib.md5(b"three").hexdigest()
    assert pointer.read_text() == text.replace(one, three).replace("size: 3", "size: 5")
    assert_dvc_is_clean(project)


def test_dvcignore_means_the_same(project):
    project.dvc("init", "-q")
    project.write(".dvcignore", "*.tmp\n/d/skip/\n!keep.tmp\n")
    for name in ("a.txt", "x.tmp", "keep.tmp", "skip/y.txt", "sub/skip/z.txt"):
        project.write(f"d/{name}", name)
    project.dvc("add", "-q", "d")
    theirs = (project.path / "d.dvc").read_text()
    assert project.changes() == []
    (project.path / "d.dvc").unlink()
    project.ours("add", "d")
    assert (project.path / "d.dvc").read_text() == theirs
    project.write("d/sub/.dvcignore", "z.txt\n")  # DVC refuses rules inside of data, so do we
    assert "d/sub/.dvcignore" in project.ours("add", "d", ok=(2,)).stderr


@pytest.mark.parametrize("kind", ["copy", "hardlink", "symlink"])
def test_each_link_kind_serves_both(project, kind):
    project.example()
    project.dvc("init", "-q")
    project.dvc("config", "cache.type", kind)
    before = project.snapshot()
    project.ours("add", "d", "single.bin")
    assert_dvc_is_clean(project)
    project.run(["rm", "-rf", "d", "single.bin"])
    project.dvc("checkout")
    assert project.changes() == []
    project.run(["rm", "-rf", "d", "single.bin"])
    project.ours("checkout")
    assert_dvc_is_clean(project)
    assert project.snapshot() == before


def test_a_cache_elsewhere_is_found(project):
    project.dvc("init", "-q")
    project.dvc("cache", "dir", "../elsewhere")
    project.write("f", "one")
    project.ours("add", "f")
    md5 = hashlib.md5(b"one").hexdigest()
    assert (project.path.parent / "elsewhere/files/md5" / md5[:2] / md5[2:]).read_text() == "one"
    assert_dvc_is_clean(project)
    assert project.ours("gc", ok=(2,)).stdout  # others may use it


def test_pointers_of_dvc_2(project):
    """DVC 3 still reads them, so it is the judge of a cache made by hand."""
    project.dvc("init", "-q")
    text, unix = b"a\r\nb\r\n", b"a\nb\n"
    binary = b"\0\r\n" * 10
    member = hashlib.md5(unix).hexdigest()
    other = hashlib.md5(binary).hexdigest()
    listing = json.dumps([{"md5": other, "relpath": "bin"}, {"md5": member, "relpath": "t.txt"}], sort_keys=True).encode()
    folder = hashlib.md5(listing).hexdigest() + ".dir"
    for name, content in ((member, text), (other, binary), (folder, listing)):
        project.write(f".dvc/cache/{name[:2]}/{name[2:]}", content, 0o444)
    project.write("f.txt.dvc", f"outs:\n- md5: {member}\n  size: 6\n  path: f.txt\n")
    project.write("d.dvc", f"outs:\n- md5: {folder}\n  size: 36\n  nfiles: 2\n  path: d\n")
    project.ours("checkout")
    assert (project.path / "f.txt").read_bytes() == text
    assert (project.path / "d/bin").read_bytes() == binary
    assert project.changes() == []
    assert_dvc_is_clean(project)
    project.write("f.txt", unix)  # only the line ends differ
    assert project.changes() == []
    assert "up to date" in project.dvc("status").stdout
    project.ours("add", "f.txt")  # becomes a pointer of DVC 3
    assert "hash: md5" in (project.path / "f.txt.dvc").read_text()
    assert_dvc_is_clean(project)


def test_our_collection_keeps_what_dvc_needs(project):
    project.example()
    project.ours("add", *NAMES)
    project.run(["git", "add", "."])
    project.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "data"])
    project.write("single.bin", "newer")
    project.ours("add", "single.bin")
    project.write("loose", "nobody's")
    project.ours("add", "loose")
    (project.path / "loose.dvc").unlink()
    done = json.loads(project.ours("gc", "--yes").stdout)
    md5 = hashlib.md5(b"nobody's").hexdigest()
    assert [item["path"] for item in done["objects"]] == [
        str(project.path / ".dvc/cache/files/md5" / md5[:2] / md5[2:])]
    project.run(["git", "checkout", "-q", "single.bin.dvc"])
    project.dvc("checkout", "-f")
    assert_dvc_is_clean(project)
