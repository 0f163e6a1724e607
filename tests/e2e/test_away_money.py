# takes: 150 s
"""Real money, as far as it can be tried: the practice cloud addressed as a real account.

In test builds `CURBSTOP_VAST_URL` and `CURBSTOP_OFFERS` put an account's address and the price list
elsewhere. Everything else is as on a real account: rent in the ledger, caps, grade B*.
"""

import json
import pathlib
import sqlite3
import subprocess

import pytest

from test_away import PATIENCE_S, PROJECT, TRAIN, User, living, until

# The practice cloud's prices are sixty times the list's; its disks, too.
LIST = """\
provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,price_usd_per_hour,spot_price_usd_per_hour,source,as_of
vastai,us,,1x-ANY,RTX-3060,1,12,8,32,{price},,test,2026-10-10
"""


class Payer(User):
    def make_at(self, folder, cap, name="payer", extra=""):
        folder.mkdir(exist_ok=True)
        text = (PROJECT % 30 + extra).replace("name: away", f"name: {name}")
        budget = f"budget: {{cap: {cap} USD, per: month}}\n" if cap else ""
        (folder / "curbstop.yaml").write_text(text + budget)
        (folder / "train.sh").write_text(TRAIN)

    def run_in(self, folder, *words):
        return subprocess.Popen(["curbstop", "run", "--on", "vast", "--yes", *words], cwd=folder,
                                env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def money(self, question):
        file = pathlib.Path(self.env["XDG_DATA_HOME"]) / "curbstop/money.db"
        with sqlite3.connect(file) as money:
            return money.execute(question).fetchall()


@pytest.fixture(name="user")
def _user(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = Payer(tmp_path / "project", home)
    user.folder.mkdir()
    started = user.answer("practice", "start")
    credentials = pathlib.Path(home["XDG_CONFIG_HOME"]) / "curbstop/credentials"
    home["VAST_API_KEY"] = json.loads(credentials.read_text())["secrets"]["PRACTICE_API_KEY"]["value"]
    home["CURBSTOP_VAST_URL"] = started["vast_url"]
    home["CURBSTOP_OFFERS"] = str(tmp_path / "offers.csv")
    (tmp_path / "offers.csv").write_text(LIST.format(price=10))
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def test_without_a_budget_nothing_is_prepared(user):
    user.make_at(user.folder, None)
    done = user.run_in(user.folder)
    out, _ = done.communicate(timeout=PATIENCE_S)
    assert done.returncode == 9 and "budget" in out
    assert not (user.state / "runs").exists() and living(user) == []


def test_without_a_key_run_refuses_and_plan_says_login_needed(user):
    user.make_at(user.folder, 5000)
    del user.env["VAST_API_KEY"]
    plan = json.loads(user.call("plan", "--on", "vast", "--json").stdout)
    chosen = [row for row in plan["rows"] if row["chosen"]]
    assert len(chosen) == 1 and chosen[0]["login_needed"]
    done = user.run_in(user.folder)
    out, _ = done.communicate(timeout=PATIENCE_S)
    assert done.returncode == 5 and "VAST_API_KEY" in out, out
    assert user.answer("runs")["runs"] == []


def test_a_price_above_the_plans_worst_case_is_refused_with_by_how_much(user, tmp_path):
    (tmp_path / "offers.csv").write_text(LIST.format(price="0.01"))
    user.make_at(user.folder, 5000)
    done = user.run_in(user.folder)
    out, _ = done.communicate(timeout=PATIENCE_S)
    assert done.returncode == 9 and "more than is left" in out, out
    assert user.money("SELECT count(*) FROM ledger WHERE kind = 'reserve'") == [(0,)]
    assert living(user) == []


def test_two_runs_at_once_cannot_both_take_the_last_of_a_cap(user, tmp_path):
    plan_of = lambda folder: json.loads(subprocess.run(
        ["curbstop", "plan", "--on", "vast", "--json"], cwd=folder, env=user.env, check=False,
        capture_output=True, text=True, timeout=PATIENCE_S).stdout)
    folders = [tmp_path / "one", tmp_path / "two"]
    user.make_at(folders[0], 5000)
    worst = plan_of(folders[0])["worst_micro_usd"]
    cap = -(-worst // 1_000_000)  # the plan's worst case, in whole dollars
    for folder in folders:
        user.make_at(folder, cap)
    (tmp_path / "offers.csv").write_text(LIST.format(price=10))
    runs = [user.run_in(folder) for folder in folders]
    out = [run.communicate(timeout=PATIENCE_S)[0] for run in runs]
    codes = sorted(run.returncode for run in runs)
    assert codes in ([0, 9], [0, 0]), "\n".join(out)  # both, where the first was over before the second began
    most = held = 0
    for kind, amount in user.money("SELECT kind, micro_usd FROM ledger ORDER BY rowid"):
        held += amount if kind == "reserve" else -amount if kind == "release" else 0
        most = max(most, held)
    assert 0 < most <= cap * 1_000_000 and held == 0
    assert user.money("SELECT DISTINCT class FROM ledger WHERE class <> 'energy'") == [("rent",)]
    month = json.loads(subprocess.run(["curbstop", "ps", "--json"], cwd=folders[0], env=user.env,
                                      check=False, capture_output=True, text=True).stdout)["month"]
    assert month["spent_micro_usd"] == user.money(
        "SELECT sum(micro_usd) FROM ledger WHERE kind IN ('accrue', 'correct') AND class = 'rent'")[0][0]
    until(lambda: living(user) == [], "the machines' end")
