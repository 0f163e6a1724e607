"""Tests of the example: the generated calls, the split by wording, and a training that is killed."""

import collections
import csv
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402
import grammar  # noqa: E402

PYTHON = "/usr/bin/python3"
# Of the 20,000 calls that `generate.py` makes when nothing else is asked for.
GOLDEN_SHA256 = "55d6770c910acc8c4f897190182ec1f6969447da0c35a4058487ac6ce6383b97"


def make_calls(path, rows, season="winter"):
    generate.write_calls(path, rows, seed=1, season=season)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def calls_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("calls") / "calls.csv"
    make_calls(path, 3000)
    return path


def test_the_shipped_calls_are_the_same_bytes_everywhere(tmp_path):
    make_calls(tmp_path / "calls.csv", 20_000)
    data = (tmp_path / "calls.csv").read_bytes()
    assert 5_000_000 < len(data) < 7_000_000
    assert hashlib.sha256(data).hexdigest() == GOLDEN_SHA256


def test_every_trade_urgency_and_job_occurs_in_every_split(tmp_path):
    calls = make_calls(tmp_path / "calls.csv", 20_000)
    assert len({call["trade"] for call in calls}) == 5
    assert len({call["job"] for call in calls}) == 25
    for split in generate.SPLITS:
        some = [call for call in calls if call["split"] == split]
        assert {call["urgency"] for call in some} == set(grammar.URGENCIES)
        assert len({call["job"] for call in some}) == 25


def lists_of_wording():
    for jobs in grammar.JOBS.values():
        for _, sentences in jobs.values():
            yield sentences
    for table in (grammar.IMPACTS, grammar.ASKS, grammar.ASKS_SPANISH):
        yield from table.values()
    yield from (grammar.OPENERS, grammar.CONTACTS, grammar.DETAILS, grammar.CLOSERS)


def test_no_wording_is_in_two_splits():
    everything = [sentence for sentences in lists_of_wording() for sentence in sentences]
    assert len(everything) == len(set(everything))
    for sentences in lists_of_wording():
        parts = [generate.part_of(sentences, split) for split in generate.SPLITS]
        assert all(parts) and sum(parts, []) == sentences


def test_people_are_made_up_from_reserved_ranges(calls_file):
    text = calls_file.read_text(encoding="utf-8")
    phones = re.findall(r"\b\d{3}-\d{3}-\d{4}\b", text)
    assert len(phones) > 100
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", phone) for phone in phones)
    assert {address.split("@")[1].split(".")[0] for address in re.findall(r"\S+@\S+", text)} == {"example"}


def test_winter_and_summer_differ_in_their_mix(tmp_path):
    winter, summer = (collections.Counter(call["trade"] for call in make_calls(tmp_path / season, 2000, season))
                      for season in ("winter", "summer"))
    assert winter["heating"] > 4 * winter["cooling"]
    assert summer["cooling"] > 4 * summer["heating"]


def train(folder, calls_file, more=None):
    env = {**os.environ, "CURBSTOP_OUT": str(folder / "out"),
           "CURBSTOP_CHECKPOINT_DIR": str(folder / "checkpoints"), **(more or {})}
    return subprocess.Popen([PYTHON, str(HERE / "train.py"), "--data", str(calls_file), "--batch", "32"],
                            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def outputs(folder):
    files = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, calls_file):
    folder = tmp_path_factory.mktemp("undisturbed")
    child = train(folder, calls_file)
    text, _ = child.communicate(timeout=300)
    assert child.returncode == 0, text
    return outputs(folder)


def stop_when_seen(child, word, number):
    for line in child.stdout:
        if word in line:
            child.send_signal(number)
            break
    child.communicate(timeout=300)


def resumed(folder, calls_file):
    newest = max(path.name for path in (folder / "checkpoints").glob("step-*"))
    child = train(folder, calls_file, {"CURBSTOP_RESUME": str(folder / "checkpoints"),
                                       "CURBSTOP_RESUME_FROM": newest})
    text, _ = child.communicate(timeout=300)
    assert child.returncode == 0, text
    assert "resumed at step" in text
    return outputs(folder)


def test_a_killed_training_that_resumes_ends_in_equal_bytes(tmp_path, calls_file, undisturbed):
    child = train(tmp_path, calls_file)
    stop_when_seen(child, "epoch 2 of", signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert resumed(tmp_path, calls_file) == undisturbed


def test_sigterm_saves_a_checkpoint_and_says_so(tmp_path, calls_file, undisturbed):
    child = train(tmp_path, calls_file)
    stop_when_seen(child, "epoch 1 of", signal.SIGTERM)
    assert child.returncode == 128 + signal.SIGTERM
    assert not list((tmp_path / "checkpoints").glob("tmp-*"))
    assert resumed(tmp_path, calls_file) == undisturbed


def test_outputs_hold_no_paths_and_beat_the_baseline(undisturbed):
    metrics = json.loads(undisturbed["out/metrics.json"])
    assert metrics["macro_f1_job"] > 5 * metrics["baseline_macro_f1_job"]
    for data in undisturbed.values():
        assert b"/tmp" not in data and str(HERE).encode() not in data


def test_the_shipped_training_finds_the_emergencies(tmp_path):
    make_calls(tmp_path / "calls.csv", 20_000)
    child = subprocess.run([PYTHON, str(HERE / "train.py"), "--data", str(tmp_path / "calls.csv")],
                           env={**os.environ, "CURBSTOP_OUT": str(tmp_path / "out"),
                                "CURBSTOP_CHECKPOINT_DIR": str(tmp_path / "checkpoints")},
                           check=True, timeout=500)
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert child.returncode == 0
    assert metrics["emergency_recall_test"] >= 0.98
    assert metrics["emergency_precision_test"] >= 0.9
    assert metrics["macro_f1_urgency"] > metrics["baseline_macro_f1_urgency"]


def test_it_runs_without_curbstop(tmp_path, calls_file):
    env = {name: value for name, value in os.environ.items() if not name.startswith("CURBSTOP_")}
    done = subprocess.run([PYTHON, str(HERE / "train.py"), "--data", str(calls_file), "--epochs", "1"],
                          cwd=tmp_path, env=env, check=True, capture_output=True, text=True, timeout=300)
    assert "emergency recall" in done.stdout
    assert (tmp_path / "local" / "out" / "metrics.json").is_file()
