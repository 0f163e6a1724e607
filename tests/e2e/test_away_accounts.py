# takes: 160 s
"""A run that may rent from two accounts: the practice cloud addressed as RunPod's and as Vast.ai's.

Its price list says that RunPod is cheaper; on sale it is the other way round, so that a machine
that is lost at RunPod is replaced at Vast.ai.
"""

import json
import pathlib
import socket
import subprocess

import pytest

from test_away import PATIENCE_S, living, until
from test_away_money import LIST, Payer

ROW = "{provider},us,,1x-ANY,RTX-3060,1,12,8,32,{price},,test,2026-10-10\n"
STEPS = 200


@pytest.fixture(name="user")
def _user(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = Payer(tmp_path / "project", home)
    user.folder.mkdir()
    faults = tmp_path / "faults.yaml"
    faults.write_text("faults:\n  - {at_s: 20, do: vanish}\n")
    started = user.answer("practice", "start", "--faults", str(faults))
    credentials = pathlib.Path(home["XDG_CONFIG_HOME"]) / "curbstop/credentials"
    key = json.loads(credentials.read_text())["secrets"]["PRACTICE_API_KEY"]["value"]
    home.update({"VAST_API_KEY": key, "CURBSTOP_VAST_URL": started["vast_url"],
                 "RUNPOD_API_KEY": key, "CURBSTOP_RUNPOD_URL": started["runpod_url"],
                 "CURBSTOP_OFFERS": str(tmp_path / "offers.csv")})
    header = LIST.split("\n", maxsplit=1)[0] + "\n"
    (tmp_path / "offers.csv").write_text(header + ROW.format(provider="runpod", price=10) +
                                         ROW.format(provider="vastai", price=12))
    user.make_at(user.folder, 5000)
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def start(user, *words, on="cloud"):
    return subprocess.Popen(["curbstop", "run", "--on", on, "--yes", *words], cwd=user.folder,
                            env=user.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def check_is_done(user, done, said):
    assert done.returncode == 0, said
    assert (user.folder / "out/train/model.txt").read_text() == f"model after {STEPS}\n"
    until(lambda: living(user) == [], "the machines' end")
    held = sum(amount if kind == "reserve" else -amount if kind == "release" else 0
               for kind, amount in user.money("SELECT kind, micro_usd FROM ledger"))
    assert held == 0


def test_a_machine_that_is_lost_at_one_account_is_replaced_at_the_other(user):
    project = user.folder / "curbstop.yaml"
    project.write_text(project.read_text().replace("steps: 30", f"steps: {STEPS}"))
    run = start(user)
    until(lambda: any(one["attempts"] == 2 for one in user.answer("runs").get("runs", [])),
          "its second attempt", 2 * PATIENCE_S)
    moved = user.call("exec", user.run()["id"], "--", "echo", "here I am")
    assert moved.returncode == 0 and "here I am" in moved.stdout, moved.stderr
    machines = user.answer("ps")["machines"]
    assert machines and all("vast" in one["provider"] for one in machines), machines
    said, _ = run.communicate(timeout=300)
    assert "machines may also be rented at vast, within the same worst case" in said
    rents = [line for line in said.splitlines() if "rents " in line]
    assert len(rents) == 2 and " · vast host " in rents[1] and "vast" not in rents[0], said
    check_is_done(user, run, said)


def test_with_its_first_account_out_of_reach_it_rents_at_the_other(user):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        user.env["CURBSTOP_RUNPOD_URL"] = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert start(user, "--detach").wait(timeout=PATIENCE_S) == 0
        rented = until(lambda: living(user), "a machine")
    assert [one["provider"] for one in rented] == ["vast"], rented
    panic = user.call("panic", "--yes")
    assert panic.returncode == 1 and "`runpod` could not be read, it may bill" in panic.stdout, panic.stdout
    until(lambda: living(user) == [], "the machine's end")


def test_whoever_names_a_place_stays_there(user):
    run = start(user, "--detach", on="runpod")
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 0 and "machines may also" not in said, said
    wish = json.loads((user.state / "runs" / user.run()["id"] / "rent.json").read_text())
    assert wish["place"] == "runpod" and wish["also"] == []
    assert user.call("panic", "--yes").returncode == 0
    until(lambda: living(user) == [], "the machine's end")
