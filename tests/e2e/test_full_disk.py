# takes: 55 s
"""A rented machine whose disk is full: the step fails, and its run says so."""

import subprocess

import pytest

from test_away import PATIENCE_S, User, check_books

PROJECT = """\
name: full
steps:
  train:
    run: |
      i=0
      while [ "$i" -lt 100 ]; do
        i=$((i + 1)); head -c 5000000 /dev/zero >"{out}/part-$i"; echo "part $i"; sleep 0.3
      done
    outputs: [part-1]
    needs: {time: 20 s}
"""


@pytest.fixture(name="user")
def _user(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = User(tmp_path / "project", home)
    user.make()
    (user.folder / "curbstop.yaml").write_text(PROJECT)
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def test_a_full_disk_ends_the_run_and_it_says_so(user):
    """50 MB hold nine parts and the agent; the books close, and nothing bills on."""
    assert user.call("practice", "start", "--disk", "50MB").returncode == 0
    done = user.call("run", "--on", "practice:vast", "--yes")
    assert done.returncode == 1, done.stderr
    assert "the machine's disk was full" in done.stderr, done.stderr
    run = user.run()
    assert run["state"] == "failed"
    log = user.log(run["id"])
    assert "part 5\n" in log and "part 20\n" not in log
    assert "[curbstop] the machine's disk was full" in log
    check_books(user)


def test_one_file_alone_is_never_larger_than_the_disk(user):
    project = user.folder / "curbstop.yaml"
    project.write_text(PROJECT.replace("5000000", "60000000"))
    assert user.call("practice", "start", "--disk", "50MB").returncode == 0
    done = user.call("run", "--on", "practice:vast", "--yes")
    assert done.returncode == 1, done.stderr
    log = user.log(user.run()["id"])
    assert "part 1\n" not in log
    # By the step's own word, or, where that had no room any more, by ours.
    assert "File too large" in log or "the machine's disk was full" in done.stderr, done.stderr + log
    check_books(user)
