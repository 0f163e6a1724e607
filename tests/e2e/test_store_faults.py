"""`curbstop data add` and `checkout` die at every write boundary, or run out of disk: nothing half
is left, and the next run completes."""

import collections
import hashlib
import json
import os
import pathlib
import subprocess

import pytest


def run(argv, root, env, ok=(0,)):
    done = subprocess.run(argv, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in ok, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def make_project(root):
    (root / "d/s").mkdir(parents=True)
    for name, content in (("a", "one"), ("s/b", "two"), ("s/c", "three" * 2_000_000)):
        (root / "d" / name).write_text(content)


def check_objects(root):
    """Every object is what its name says, and there is no list without its members."""
    objects = root / ".dvc/cache/files/md5"
    for file in objects.rglob("*"):
        if file.is_dir():
            continue
        name = file.parent.name + file.name
        content = file.read_bytes()
        assert hashlib.md5(content).hexdigest() == name.removesuffix(".dir"), file
        assert file.stat().st_mode & 0o777 == 0o444
        if name.endswith(".dir"):
            for member in json.loads(content):
                assert (objects / member["md5"][:2] / member["md5"][2:]).exists()
    pointer = root / "d.dvc"
    if pointer.exists():
        text = pointer.read_text()
        md5 = text.split("md5: ")[1].split()[0]
        assert text.endswith("path: d\n")
        assert (objects / md5[:2] / md5[2:]).exists()


def temporaries(root):
    return [str(file) for file in root.rglob("*")
            if "tmp" in file.name or file.parent.name in ("curbstop-tmp", "tmp")]


def points_passed(argv, root, env, log):
    run(argv, root, {**env, "CURBSTOP_FAILPOINT_LOG": str(log)})
    return collections.Counter(log.read_text().split())


def has_failpoints(home, tmp_path):
    probe = tmp_path / "probe"
    make_project(probe)
    return points_passed(["curbstop", "data", "add", "d"], probe, home, tmp_path / "probe.log")


def test_add_dies_at_each_point(tmp_path, home):
    points = has_failpoints(home, tmp_path)
    assert points["store.object_published"] == 4 and points["file.after_rename"] >= 2
    count = 0
    for name, passages in sorted(points.items()):
        for n in range(1, passages + 1):
            root = tmp_path / f"{name}-{n}"
            make_project(root)
            killed = run(["curbstop", "data", "add", "d"], root,
                         {**home, "CURBSTOP_FAILPOINT": f"{name}:{n}:kill"}, ok=(-9,))
            assert killed.returncode == -9
            check_objects(root)
            run(["curbstop", "data", "add", "d"], root, home)
            check_objects(root)
            run(["curbstop", "data", "status"], root, home)
            assert temporaries(root) == []
            count += 1
    print(f"kill matrix of `data add`: {count} points")


def test_checkout_dies_at_each_point(tmp_path, home):
    root = tmp_path / "listed"

    def before(root):
        make_project(root)
        run(["curbstop", "data", "add", "d"], root, home)
        (root / "d/a").unlink()
        (root / "d/s/b").write_text("one")  # known to the store, so nothing is lost
        (root / "d/extra").write_text("two")

    before(root)
    points = points_passed(["curbstop", "data", "checkout"], root, home, tmp_path / "log")
    assert points["checkout.file_in_place"] == 2
    for name, passages in sorted(points.items()):
        for n in range(1, passages + 1):
            root = tmp_path / f"{name}-{n}"
            before(root)
            run(["curbstop", "data", "checkout"], root, {**home, "CURBSTOP_FAILPOINT": f"{name}:{n}:kill"}, ok=(-9,))
            for file in (root / "d").rglob("*"):
                assert file.is_dir() or file.read_text() in ("one", "two", "three" * 2_000_000)
            run(["curbstop", "data", "checkout"], root, home)
            run(["curbstop", "data", "status"], root, home)
            assert temporaries(root) == []


FULL_DISK = """
set -eu
mount -t tmpfs -o size={size}k tmpfs "$1"
cp -r "$2/." "$1/"
cd "$1"
set +e
curbstop data add d 2> "$3/err"
echo $? > "$3/rc"
find . -path ./d -prune -o -type f -print > "$3/files"
if [ -e d.dvc ]; then cp d.dvc "$3/"; fi
mount -o remount,size=200m "$1"
curbstop data add d > "$3/again" 2>&1
echo $? > "$3/rc_again"
curbstop data status > "$3/status" 2>&1
echo $? > "$3/rc_status"
find . -name '*tmp*' > "$3/temporaries"
"""


def test_a_full_disk_at_any_moment(tmp_path, home):
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces here")
    source = tmp_path / "source"
    (source / "d").mkdir(parents=True)
    for i in range(40):
        (source / f"d/{i}").write_bytes(os.urandom(20_000))
    refused = 0
    # The data takes 800 kB, its copy in the store as much again, names and folders some more.
    for size in range(840, 2300, 60):
        mount = tmp_path / f"mount-{size}"
        notes = tmp_path / f"notes-{size}"
        mount.mkdir()
        notes.mkdir()
        run(["unshare", "-m", "sh", "-c", FULL_DISK.format(size=size), "sh", str(mount), str(source), str(notes)],
            tmp_path, home)
        read = lambda name: (notes / name).read_text()
        if read("rc").strip() != "0":
            refused += 1
            assert read("rc").strip() == "7", read("err")
            assert "No space left on device" in read("err") and "hint: " in read("err")
            assert not (notes / "d.dvc").exists()
            assert "curbstop-tmp" not in read("files")
        assert read("rc_again").strip() == "0", read("again")
        assert read("rc_status").strip() == "0", read("status")
        assert read("temporaries") == ""
    assert refused >= 5


@pytest.mark.parametrize("name", [b"new\nline", b"not-utf8-\xff", b"back\\slash"])
def test_hostile_names_are_refused_with_their_place(tmp_path, home, name):
    root = tmp_path / "project"
    (root / "d/sub").mkdir(parents=True)
    with open(os.fsencode(root) + b"/d/sub/" + name, "wb") as file:
        file.write(b"x")
    done = run(["curbstop", "data", "add", "d"], root, home, ok=(2,))
    assert "the path `sub/" in done.stderr
    assert done.stderr.isprintable() or "\n" in done.stderr
    assert not pathlib.Path(root / "d.dvc").exists()


def test_two_at_once(tmp_path, home):
    root = tmp_path / "project"
    make_project(root)
    (root / "e").mkdir()
    for i in range(300):
        (root / f"e/{i}").write_text(str(i))
    started = [subprocess.Popen(["curbstop", "data", "add", name], cwd=root, env=home, stderr=subprocess.PIPE)
               for name in ("d", "e", "d", "e")]
    for process in started:
        assert process.wait() == 0, process.stderr.read()
    check_objects(root)
    run(["curbstop", "data", "status"], root, home)


def test_a_network_mount_is_refused(tmp_path, home):
    root = tmp_path / "project"
    make_project(root)
    done = run(["curbstop", "data", "add", "d"], root, {**home, "CURBSTOP_FAKE_MOUNT": f"{root}=9p"}, ok=(2,))
    assert "9p" in done.stderr
