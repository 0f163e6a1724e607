"""The promises over simulated disasters, as the command tells them."""

import json
import subprocess

import pytest

from conftest import BUILD

LIVES = 100_000
PROMISES = ("over_reserve", "lost_beyond_print", "unseen_machines", "double_commits", "unfinished")


def simulate(*arguments):
    return subprocess.run([str(BUILD / "curbstop"), "simulate", *arguments], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=600)


@pytest.fixture(scope="module", name="report")
def _report():
    done = simulate("--disasters", str(LIVES), "--seed", "1", "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_a_hundred_thousand_lives_keep_every_promise(report):
    assert report["runs"] == LIVES
    assert {name: report[name] for name in PROMISES} == dict.fromkeys(PROMISES, 0)


def test_every_disaster_is_met_by_thousands(report):
    assert len(report["faults"]) >= 45
    assert min(report["faults"].values()) > 5_000


def test_most_pairs_of_state_and_event_are_met_and_the_others_have_a_reason(report):
    assert report["pairs_reached"] >= 180
    assert report["pairs_reached"] >= 0.8 * report["pairs_total"]
    possible = [one for one in report["pairs_not_reached"] if one["why"].startswith("possible")]
    assert len(possible) == report["pairs_total"] - report["pairs_reached"]
    assert all(one["why"] for one in report["pairs_not_reached"])


def test_every_planted_bug_is_caught_and_named():
    done = simulate("--plant", "all", "--json")
    assert done.returncode == 0, done.stdout
    plants = json.loads(done.stdout)["plants"]
    assert len(plants) >= 37
    for plant in plants:
        assert plant["caught"] and plant["broke"] in PROMISES[:4], plant


def test_a_planted_bug_is_told_and_its_seed_is_clean_without_it():
    found = json.loads(simulate("--plant", "price_rise_accepted", "--json").stdout)
    seed = str(found["plants"][0]["seed"])
    told = simulate("--seed", seed, "--trace", "--plant", "price_rise_accepted")
    assert told.returncode == 1
    assert "over_reserve:" in told.stdout
    clean = simulate("--seed", seed, "--trace")
    assert clean.returncode == 0
    assert clean.stdout.endswith("every promise was kept\n")


def test_the_same_seed_is_the_same_life_for_any_number_of_threads():
    def answer(threads):
        done = simulate("--disasters", "3000", "--seed", "9", "--threads", threads, "--json")
        return {key: value for key, value in json.loads(done.stdout).items()
                if key != "runs_per_second"}
    assert answer("1") == answer("5")


@pytest.mark.parametrize("arguments, code, words", [
    ((), 2, "nothing to simulate"),
    (("--disasters", "0"), 2, "--disasters"),
    (("--disasters", "-5"), 2, "--disasters"),
    (("--disasters", "1e6"), 2, "--disasters"),
    (("--disasters", "10", "--threads", "0"), 2, "--threads"),
    (("--plant", "price_rise_acepted"), 2, "price_rise_accepted"),
    (("--plant", "all", "--trace"), 2, "name one plant"),
])
def test_wrong_wishes_are_refused_with_the_reason(arguments, code, words):
    done = simulate(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
