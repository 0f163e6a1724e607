# takes: 200 s
"""A step that this computer could do as well goes on here when no machine is to be had any more."""

import pathlib

import pytest

from test_away import living, until
from test_away_money import _user, LIST, Payer  # noqa: F401 (fixture)

STEPS = 200


@pytest.fixture(name="dear")
def _dear(user, tmp_path):
    """Rented machines are listed as cheaper than the electricity here."""
    (tmp_path / "offers.csv").write_text(LIST.format(price=10))
    settings = pathlib.Path(user.env["XDG_CONFIG_HOME"]) / "curbstop/settings.yaml"
    settings.write_text("electricity: {price: 90000 USD}\n")
    user.make_at(user.folder, 5000)
    project = user.folder / "curbstop.yaml"
    project.write_text(project.read_text().replace("steps: 30", f"steps: {STEPS}"))
    return user


def test_with_no_machine_to_be_had_it_goes_on_here(dear):
    run = dear.start("--force", on="auto")  # which does not undo what it has just done
    until(lambda: dear.answer("runs")["runs"] and "step 40\n" in log_of(dear), "its step 40")
    dear.strike("{do: vanish}, {on: create, do: no_stock, times: 100}")
    said, _ = run.communicate(timeout=600)
    assert run.returncode == 0, said
    assert "without a machine to be had train goes on here" in said, said
    assert "no provider made a machine" in said and "it goes on here" in said, said
    away, here = sorted(dear.answer("runs")["runs"], key=lambda one: one["place"] == "local")
    assert away["state"] == "failed" and here["state"] == "succeeded" and here["place"] == "local"
    assert (dear.folder / "out/train/model.txt").read_text() == f"model after {STEPS}\n"
    begins = int(dear.log(here["id"]).split("from ", 1)[1].split(",")[0])
    assert begins >= 35, begins  # the newest checkpoint that was home
    assert living(dear) == []


def log_of(user):
    log = user.state / "runs" / user.run()["id"] / "step.log"
    return log.read_text() if log.exists() else ""
