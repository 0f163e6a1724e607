# takes: 350 s
"""Machines that are taken away: outbid and replaced, lost one after another, and what that came to."""

import json
import re
import subprocess

import pytest

from test_away import PATIENCE_S, User, active_run, check_books, until

STEPS = 250


@pytest.fixture(name="user")
def _user(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = User(tmp_path / "project", home)
    user.make(steps=STEPS)
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def start_practice(user, *faults):
    """Its market holds still: a machine is lost where the script says so, however slow this computer is."""
    script = user.folder.parent / "faults.yaml"
    script.write_text(f"faults: [{', '.join(faults)}]\n")
    assert user.call("practice", "start", "--still", "--faults", str(script)).returncode == 0


def test_outbid_it_goes_on_elsewhere_and_says_what_that_came_to(user):
    project = user.folder / "curbstop.yaml"
    project.write_text(project.read_text().replace("spot: never", "spot: only"))
    start_practice(user)
    plan = json.loads(user.call("plan", "--on", "practice:vast", "--json").stdout)
    chosen = next(row for row in plan["rows"] if row["chosen"])
    assert chosen["checkpoint_interval_s"] == 120  # sqrt(2 x 1 s x 2 h)
    said = user.call("plan", "--on", "practice:vast").stdout
    assert "takes at most 2 min of work with it" in " ".join(said.split())

    running = user.start()
    until(lambda: list(user.folder.glob("ckpt/step-*")), "a checkpoint at home")
    user.strike("{do: outbid, for_s: 30}")
    said, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said
    assert "its provider paused it without notice; its disk still bills" in said
    lost = re.search(r"lost (\S+) (ms|s|min) of work, since `step-\d+`", said)
    assert lost, said
    resumed = re.search(r"attempt 2 starts, resumes from checkpoint `step-(\d+)`", said)
    assert resumed and int(resumed[1]) > 0, said
    assert re.search(r"effective saving \d+ %, the list said \d+ %"
                     r"|no saving: \d+ % dearer than on demand, the list said \d+ % cheaper", said)
    ledger, meter = re.search(r"ledger (\S+) USD >= the practice cloud's own meter (\S+) USD",
                              said).groups()
    assert float(ledger) >= float(meter) > 0
    assert (user.folder / "out/train/model.txt").read_text() == f"model after {STEPS}\n"
    log = user.log(user.run()["id"])
    assert all(log.count(f"step {step}\n") >= 1 for step in range(1, STEPS + 1))
    check_books(user)


def test_machines_that_bring_the_work_no_further_end_the_run(user):
    start_practice(user)
    (user.folder / "train.sh").write_text("sleep 1000\n")
    running = user.start()
    until(lambda: active_run(user), "the run")
    for machine in (1, 2, 3):
        until(lambda: user.attempts_begun() == machine, "a machine that works")  # pylint: disable=cell-var-from-loop
        user.strike("{do: vanish}")
    said, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 1, said
    assert "3 machines in a row brought the work no further" in said
    assert user.run()["state"] == "failed" and len(user.rentals()) == 3
    check_books(user)


def test_a_step_with_a_deadline_follows_the_policy_and_says_what_is_sure(user):
    project = user.folder / "curbstop.yaml"
    text = project.read_text()
    project.write_text(text.replace("    spot: never", "    deadline: 2 h\n    spot: auto"))
    start_practice(user, "{at_s: 24, do: outbid, for_s: 30}")
    done = user.call("run", "--on", "practice:vast", "--yes", timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert re.search(r"rents .* USD/h, spot · lease .*\n.*deadline and caps are sure to hold", done.stderr), done.stderr
    assert (user.folder / "out/train/model.txt").read_text() == f"model after {STEPS}\n"
    check_books(user)


def test_a_deadline_without_a_known_time_is_said_to_be_judged_by_price(user):
    project = user.folder / "curbstop.yaml"
    text = project.read_text().replace("    needs: {time: 20 s}\n", "")
    project.write_text(text.replace("    spot: never", "    deadline: 2 h\n    spot: auto"))
    start_practice(user)
    done = user.call("run", "--on", "practice:vast", "--yes", timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert "by price alone: how long the step takes is not known" in done.stderr


def test_a_kept_plan_is_done_as_it_says(user):
    """On demand where it was to be sooner, by a bid where it was to be cheaper."""
    project = user.folder / "curbstop.yaml"
    project.write_text(project.read_text().replace("spot: never", "spot: auto"))
    start_practice(user)
    for words, on_bid in ((("--soonest",), False), ((), True)):
        kept = user.call("plan", "--on", "practice:vast", *words, "--out", "kept.json")
        assert kept.returncode == 0, kept.stderr
        step = json.loads((user.folder / "kept.json").read_text())["steps"][0]
        assert step["on_bid"] == on_bid
        done = user.call("run", "--plan", "kept.json", "--force", "--yes", timeout=PATIENCE_S)
        rents = re.findall(r"rents .* USD/h.*", done.stderr)
        assert rents and (", spot ·" in rents[0]) == on_bid, done.stderr
        assert done.returncode == 0, done.stderr
        (user.folder / "kept.json").unlink()
