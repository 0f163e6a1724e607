# takes: 95 s
"""A scikit-learn script with stock MLflow logging, run by curbstop, killed, resumed, found again."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

PROJECT = pathlib.Path(__file__).resolve().parent / "projects" / "digits"
PATIENCE_S = 300


@pytest.fixture
def project(tmp_path, home, peer):
    """A copy of the project; its `python` is the one that has scikit-learn and mlflow."""
    folder = tmp_path / "digits"
    shutil.copytree(PROJECT, folder)
    home["PATH"] = f"{peer('mlflow') / 'bin'}:{home['PATH']}"
    return folder


def curbstop(project, home, *arguments):
    done = subprocess.run(["curbstop", *arguments], cwd=project, env=home, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def training_of(home):
    """The process that runs train.py under this test's home."""
    mark = f"XDG_DATA_HOME={home['XDG_DATA_HOME']}".encode()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[1:2] == [b"train.py"] and mark in (process / "environ").read_bytes().split(b"\0"):
                return int(process.name)
        except OSError:
            continue
    return None


def kill_once_it_has_saved(project, home):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        saved = list((project / "ckpt").glob("epoch-*.joblib"))
        process = training_of(home)
        if len(saved) >= 3 and process is not None:
            os.kill(process, signal.SIGKILL)
            return
        time.sleep(0.02)
    pytest.fail("the training saved no checkpoints")


def runs_found_by_mlflow(project, home):
    script = ("import mlflow, json, sys\n"
              "mlflow.set_tracking_uri(sys.argv[1])\n"
              "runs = mlflow.search_runs(experiment_names=['digits'])\n"
              "print(runs.to_json(orient='records'))\n")
    address = f"sqlite:///{home['XDG_DATA_HOME']}/curbstop/mlflow.db"
    done = subprocess.run(["python", "-c", script, address], cwd=project, env=home,
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_killed_training_resumes_and_mlflow_finds_its_runs(project, home):
    curbstop(project, home, "run", "--yes")
    undisturbed = json.loads((project / "out" / "train" / "metrics.json").read_text())

    second = subprocess.Popen(["curbstop", "run", "--force", "--yes"], cwd=project, env=home,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    kill_once_it_has_saved(project, home)
    text, _ = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 0, text
    assert json.loads((project / "out" / "train" / "metrics.json").read_text()) == undisturbed

    listed = json.loads(curbstop(project, home, "runs", "--json"))["runs"]
    assert sorted(run["attempts"] for run in listed) == [1, 2]

    found = runs_found_by_mlflow(project, home)
    assert len(found) == 2
    for run in found:
        assert run["status"] == "FINISHED"
        assert run["params.epochs"] == "40"
        assert run["metrics.macro_f1"] == pytest.approx(undisturbed["macro_f1"])
