# takes: 40 s
"""examples/triage on a rented machine: numpy of the distribution there, the same bytes as here."""

import hashlib
import pathlib
import shutil
import subprocess

import pytest

from conftest import ROOT
from test_away import User, check_books

PATIENCE_S = 300


@pytest.fixture(name="triage")
def _triage(home, tmp_path):
    if subprocess.run(["/usr/bin/python3", "-c", "import numpy"], check=False,
                      capture_output=True).returncode != 0:
        pytest.skip("the distribution's Python has no numpy")
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    shutil.copytree(ROOT / "examples" / "triage", tmp_path / "triage",
                    ignore=shutil.ignore_patterns("out", "checkpoints", ".curbstop", "__pycache__"))
    yield User(tmp_path / "triage", home)
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def hashes(folder):
    return {str(file.relative_to(folder)): hashlib.md5(file.read_bytes()).hexdigest()
            for file in sorted(pathlib.Path(folder).rglob("*")) if file.is_file()}


def test_triage_gives_the_same_bytes_at_home_and_away(triage):
    done = triage.call("run", "--yes", timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    at_home = hashes(triage.folder / "out" / "train")
    assert {"metrics.json", "report.txt"} < set(at_home)

    assert triage.call("practice", "start", "--still").returncode == 0  # it may bid
    done = triage.call("run", "train", "--on", "practice:vast", "--force", "--yes",
                       timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    run = triage.run()
    assert run["state"] == "succeeded" and run["place"] == "practice:vast"
    assert hashes(triage.folder / "out" / "train") == at_home
    check_books_of_rent(triage)


def check_books_of_rent(triage):
    """As in test_away, beside the electricity of what ran at home."""
    rent = [row for row in triage.ledger() if row[1] == "practice"]
    triage.ledger = lambda: rent
    check_books(triage)
