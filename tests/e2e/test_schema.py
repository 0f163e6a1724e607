# peer: jsonschema
"""The JSON Schema of curbstop.yaml, held against stock `jsonschema`: valid itself, true of good
files, and no of wrong ones."""

import json
import pathlib
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

GOOD = [
    "run: python train.py",
    "run: x\nparams: {lr: 1e-4, deep: true, n: 3}\noutputs: model/\ncheckpoint: ckpt",
    "steps:\n  train: {run: x, needs: {gpu: 10GB.., cpus: 4, memory: 16GB.., time: 20 min, arch: arm64}}\n"
    "  eval: {run: y, after: train, where: local, retries: 3, deadline: 12 h, spot: never}",
    "run: x\nbudget: {cap: 40 USD, per: month, include: energy}\nsecrets: [HF_TOKEN]\n"
    "data: {calls: data/*.csv, more: {from: a.csv}}",
]
WRONG = [
    "name: x", "rnu: x", "run: [a]", "run: x\nsteps: {a: {run: x}}", "steps: {}", "steps: {a: {}}",
    "steps: {a: {run: x}}\nwhere: local", "run: x\nretries: -1", "run: x\nneeds: {tiem: 1 h}",
    "run: x\nat_end: park 48 h", "run: x\ndeterministic: maybe", "run: x\nstages: {name: q}",
    "run: x\nbudget: {per: month}", "run: x\nsecrets: [hf]", "name: a/b\nrun: x",
    "run: x\ncheckpoint: {every: auto}", "deploy: {}\nrun: x",
]


@pytest.fixture(name="validator")
def _validator(home):
    text = subprocess.run(["curbstop", "config", "schema"], env=home, check=True,
                          capture_output=True, text=True).stdout
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("text", GOOD)
def test_good_files_fit(validator, text):
    assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize("text", WRONG)
def test_wrong_files_do_not_fit(validator, text):
    assert list(validator.iter_errors(yaml.safe_load(text)))


def test_what_init_writes_and_the_examples_fit(validator, home, tmp_path):
    subprocess.run(["curbstop", "init", "-C", str(tmp_path)], env=home, check=True, capture_output=True)
    files = [tmp_path / "curbstop.yaml", *ROOT.glob("examples/*/curbstop.yaml")]
    for file in files:
        wrong = [error.message for error in validator.iter_errors(yaml.safe_load(file.read_text()))]
        assert wrong == [], file
