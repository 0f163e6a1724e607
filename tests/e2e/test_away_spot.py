"""A step on a machine that was bid for: outbid, replaced, and what that came to."""

import json
import re
import subprocess

import pytest

from test_away import User, check_books

STEPS = 120


@pytest.fixture(name="bidder")
def _bidder(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = User(tmp_path / "project", home)
    user.make(steps=STEPS)
    project = user.folder / "curbstop.yaml"
    project.write_text(project.read_text().replace("    deterministic", "    spot: only\n    deterministic"))
    (tmp_path / "faults.yaml").write_text("faults:\n  - {at_s: 12, do: outbid, for_s: 30}\n")
    assert user.call("practice", "start", "--faults", str(tmp_path / "faults.yaml")).returncode == 0
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=120)


def test_outbid_it_goes_on_elsewhere_and_says_what_that_came_to(bidder):
    plan = json.loads(bidder.call("plan", "--on", "practice:vast", "--json").stdout)
    chosen = next(row for row in plan["rows"] if row["chosen"])
    assert chosen["checkpoint_interval_s"] == 120  # sqrt(2 x 1 s x 2 h)
    said = bidder.call("plan", "--on", "practice:vast").stdout
    assert "takes at most 2 min of work with it" in " ".join(said.split())

    done = bidder.call("run", "--on", "practice:vast", "--yes", timeout=300)
    assert done.returncode == 0, done.stderr
    assert "its provider paused it without notice; its disk still bills" in done.stderr
    lost = re.search(r"lost (\S+) (ms|s|min) of work, since `step-\d+`", done.stderr)
    assert lost, done.stderr
    resumed = re.search(r"attempt 2 starts, resumes from checkpoint `step-(\d+)`", done.stderr)
    assert resumed and int(resumed[1]) > 0, done.stderr
    assert re.search(r"effective saving \d+ %, the list said \d+ %"
                     r"|no saving: \d+ % dearer than on demand, the list said \d+ % cheaper", done.stderr)
    ledger, meter = re.search(r"ledger (\S+) USD >= the practice cloud's own meter (\S+) USD",
                              done.stdout).groups()
    assert float(ledger) >= float(meter) > 0
    assert (bidder.folder / "out/train/model.txt").read_text() == f"model after {STEPS}\n"
    log = bidder.log(bidder.run()["id"])
    assert all(log.count(f"step {step}\n") >= 1 for step in range(1, STEPS + 1))
    check_books(bidder)
