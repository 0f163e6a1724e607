"""Caps as a user meets them: at home, where electricity is what costs, with `include: energy`."""

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import pytest

PATIENCE_S = 300
OVER_BUDGET = 9


def curbstop(folder, home, *arguments):
    return subprocess.run(["curbstop", *arguments], cwd=folder, env=home, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def answer(folder, home, *arguments):
    return json.loads(curbstop(folder, home, *arguments, "--json").stdout)


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def make(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "curbstop.yaml").write_text(text)
    return folder


def usd(micro):
    return f"{micro // 1_000_000}.{micro % 1_000_000:06} USD"


@pytest.fixture(name="dear")
def _dear(home):
    """Electricity at 1000 USD per kWh, so that seconds are worth counting."""
    folder = pathlib.Path(home["XDG_CONFIG_HOME"]) / "curbstop"
    folder.mkdir(parents=True)
    (folder / "settings.yaml").write_text("electricity: {price: 1000 USD}\n")
    return home


@pytest.fixture(name="rate")
def _rate(tmp_path, dear):
    """What an hour costs here, in micro-dollars."""
    folder = make(tmp_path / "probe", "run: sleep 1\n")
    return answer(folder, dear, "plan")["rows"][0]["micro_usd_per_hour"]


def seconds_worth(rate, seconds):
    return rate * seconds // 3600


def sql(home, question, *values):
    database = sqlite3.connect(f"file:{home['XDG_DATA_HOME']}/curbstop/money.db?mode=ro", uri=True)
    try:
        return database.execute(question, values).fetchall()
    finally:
        database.close()


def held(home):
    return sql(home, "SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN micro_usd WHEN 'release' "
                     "THEN -micro_usd ELSE 0 END), 0) FROM ledger")[0][0]


def spent(home):
    return sql(home, "SELECT coalesce(sum(micro_usd), 0) FROM ledger WHERE kind = 'accrue'")[0][0]


STEP = """
name: shop
budget:
  cap: {cap}
  include: energy
steps:
  work:
    run: echo begins; touch began; sleep {sleep}
    code: [none]
    where: local
    {keys}
"""


def test_a_step_that_could_cross_the_cap_is_refused_before_anything_starts(tmp_path, dear, rate):
    cap = seconds_worth(rate, 600)
    project = make(tmp_path / "p", STEP.format(cap=usd(cap), sleep=1, keys="deadline: 20 min"))
    done = curbstop(project, dear, "run", "--yes")
    assert done.returncode == OVER_BUDGET
    assert "step `work` can run nowhere now" in done.stderr
    assert "(20 min, by deadline)" in done.stderr
    assert "raise `cap` in curbstop.yaml, line 4" in done.stderr
    assert not (project / "began").exists()
    assert answer(project, dear, "runs")["runs"] == []
    assert curbstop(project, dear, "plan").returncode == OVER_BUDGET
    # What the hint offers works.
    assert "`curbstop run --lease \"" in done.stderr
    again = curbstop(project, dear, "run", "--yes", "--lease", "9 min")
    assert again.returncode == 0, again.stderr
    assert "of the cap (9 min, by --lease)" in again.stderr


def test_json_tells_a_refusal_by_its_kind(tmp_path, dear, rate):
    project = make(tmp_path / "p", STEP.format(cap=usd(seconds_worth(rate, 60)), sleep=1,
                                               keys="deadline: 2 min"))
    done = curbstop(project, dear, "run", "--yes", "--json")
    assert done.returncode == OVER_BUDGET
    assert json.loads(done.stdout)["error"]["kind"] == "over_budget"


def test_what_a_run_holds_is_given_back_and_shown(tmp_path, dear, rate):
    cap = seconds_worth(rate, 3600)
    project = make(tmp_path / "p", STEP.format(cap=usd(cap), sleep=600, keys="deadline: 20 min"))
    run = answer(project, dear, "run", "--yes", "--detach")
    until((project / "began").exists, "the step")
    third = seconds_worth(rate, 1200)
    assert abs(run["month"]["held_micro_usd"] - third) <= 1
    month = answer(project, dear, "cost")["caps"][0]
    assert month["per"] == "month" and month["cap_micro_usd"] == cap
    assert abs(month["held_micro_usd"] + month["spent_micro_usd"] - third) <= 1
    assert "held" in curbstop(project, dear, "ps").stdout.splitlines()[-1]
    assert curbstop(project, dear, "cancel", "work").returncode == 0
    assert held(dear) == 0
    month = answer(project, dear, "cost")["caps"][0]
    assert month["held_micro_usd"] == 0 and month["spent_micro_usd"] == spent(dear) > 0
    assert month["left_micro_usd"] == cap - spent(dear)


def test_the_cap_saves_and_ends_a_step_of_unknown_time_and_the_next_run_goes_on(tmp_path, dear, rate):
    cap = seconds_worth(rate, 39)
    save = ("name: shop\nbudget: {{cap: {cap}, include: energy}}\n"
            "checkpoint: ckpt\ncode: [none]\nrun: |\n"
            "  [ -z \"$CURBSTOP_RESUME_FROM\" ] || exit 0\n"
            "  trap 'echo 1 > $CURBSTOP_CHECKPOINT_DIR/.t; mv $CURBSTOP_CHECKPOINT_DIR/.t "
            "$CURBSTOP_CHECKPOINT_DIR/step-1; exit 143' TERM\n"
            "  while :; do sleep 0.1; done\n")
    project = make(tmp_path / "p", save.format(cap=usd(cap)))
    plan = curbstop(project, dear, "plan")
    assert plan.returncode == 0
    assert "ended by the cap after 3" in " ".join(plan.stdout.split())
    done = curbstop(project, dear, "run", "--yes")
    assert done.returncode == 1, done.stderr
    assert "holds" in done.stderr and "its time is unknown" in done.stderr
    assert "stops the step, so that it can save: the cap is reached" in done.stderr
    row = answer(project, dear, "runs")["runs"][0]
    assert row["state"] == "failed"
    assert row["reason"].startswith("the cap of ") and row["reason"].endswith("per month is reached")
    assert 0 < spent(dear) <= cap
    assert held(dear) == 0
    refused = curbstop(project, dear, "run", "--yes")
    assert refused.returncode == 0 or "too little is left" in refused.stderr
    make(project, save.format(cap=usd(10 * cap)))
    again = curbstop(project, dear, "run", "--yes")
    assert again.returncode == 0, again.stderr
    assert answer(project, dear, "runs")["runs"][0]["resumed_from"] == "step-1"


def supervisors(home):
    return [int(pid) for (pid,) in sql(home, "SELECT pid FROM owners WHERE role = 'supervisor'")]


def test_a_cap_that_is_lowered_ends_what_runs(tmp_path, dear, rate):
    text = STEP.format(cap=usd(seconds_worth(rate, 3600)), sleep=300, keys="")
    project = make(tmp_path / "p", text)
    assert curbstop(project, dear, "run", "--yes", "--detach").returncode == 0
    until((project / "began").exists, "the step")
    make(project, STEP.format(cap="0 USD", sleep=300, keys=""))
    # The caps are read each minute, and by whoever takes the run over: no need to wait here.
    os.kill(until(lambda: supervisors(dear), "a supervisor")[0], signal.SIGKILL)
    row = until(lambda: next((run for run in answer(project, dear, "runs")["runs"]
                              if run["state"] == "failed"), None), "the end")
    assert row["reason"] == "the cap of 0.00 USD per month is reached"


def test_starts_at_the_same_time_share_one_cap_wherever_their_folders_lie(tmp_path, dear, rate):
    cap = seconds_worth(rate, 3600)
    text = STEP.format(cap=usd(cap), sleep=600, keys="deadline: 19 min")
    projects = [make(tmp_path / f"copy{number}", text) for number in range(6)]
    starts = [subprocess.Popen(["curbstop", "run", "--yes", "--detach"], cwd=project, env=dear,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True) for project in projects]
    outcomes = [(start.wait(PATIENCE_S), start.stderr.read()) for start in starts]
    try:
        assert sorted(code for code, _ in outcomes) == [0, 0, 0] + 3 * [OVER_BUDGET], outcomes
        assert held(dear) <= cap
        over = next(text for code, text in outcomes if code == OVER_BUDGET)
        assert "held by" in over and "wait for what runs" in over
    finally:
        for run in answer(tmp_path, dear, "ps")["runs"]:
            curbstop(tmp_path, dear, "cancel", run["id"])
    assert held(dear) == 0


def test_without_include_energy_electricity_is_outside_the_cap(tmp_path, dear):
    project = make(tmp_path / "p", "name: shop\nbudget: {cap: 0 USD}\ncode: [none]\n"
                                   "deadline: 10 h\nrun: sleep 0.1\n")
    done = curbstop(project, dear, "run", "--yes")
    assert done.returncode == 0, done.stderr
    assert "holds" not in done.stderr
    assert "Electricity at home is outside the cap." in done.stderr.replace("\n", " ")
    assert done.stdout.splitlines()[-1] == "month 0.00 of 0.00"
    assert held(dear) == 0 < spent(dear)


@pytest.mark.parametrize("budget, told", [
    ("{cap: 0 USD, include: energy}", "cap of 0.00 USD per month"),
    ("{cap: 40 USD, day: 0 USD, include: energy}", "cap of 0.00 USD per day"),
    ("{cap: 40 USD, run: 0 USD, include: energy}", "cap of 0.00 USD per run"),
])
def test_nothing_may_be_spent(tmp_path, dear, budget, told):
    project = make(tmp_path / "p", f"name: shop\nbudget: {budget}\nrun: touch began\n")
    done = curbstop(project, dear, "run", "--yes")
    assert done.returncode == OVER_BUDGET
    assert told in done.stderr
    assert not (project / "began").exists()


@pytest.mark.parametrize("budget, told", [
    ("{cap: -1 USD}", "`-1 USD` is negative"),
    ("{cap: 40 EUR}", "only USD is understood"),
    ("{cap: 40, day: €5}", "only USD is understood"),
    ("{cap: 40, per: week}", "found `week`, expected `month`"),
    ("{cap: 40, run: -2}", "`-2` is negative"),
    ("{cap: 40, run: 99999999999}", "99999999999"),
    ("{cap: 40, include: rent}", "found `rent`, expected `energy`"),
    ("{day: 5 USD}", "`cap` is missing"),
    ("{cap: 40, week: 5}", "unknown key `week`"),
    ("40", "found `40`"),
])
def test_a_wrong_budget_is_told_with_its_place(tmp_path, home, budget, told):
    project = make(tmp_path / "p", f"name: shop\nbudget: {budget}\nrun: touch began\n")
    done = curbstop(project, home, "run", "--yes")
    assert done.returncode == 2
    assert "curbstop.yaml:2:" in done.stderr and told in done.stderr
    assert not (project / "began").exists()
