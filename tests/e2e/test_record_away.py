"""The step's MLflow endpoint away: the stock client logs to it, and home replays each call once."""

import json
import os
import pathlib
import sqlite3
import subprocess

import pytest

from record_peer import BUILD, PEERS, our_server, run_script
from agent_machine import Machine, until

RUN = "0123456789abcdef0123456789abcdef"
STEP = "r0-train"
PYTHON = PEERS / "mlflow" / "bin" / "python"

# Uses everything a training script uses; made so that it logs the same wherever it runs.
LOG_EVERYTHING = """
import math, os, pathlib
import mlflow
mlflow.set_experiment("triage")
with mlflow.start_run() as run:
    assert run.info.run_id == "0123456789abcdef0123456789abcdef", run.info.run_id
    mlflow.log_param("lr", 0.1)
    mlflow.log_params({"depth": 3, "kind": "nb"})
    for step in range(5):
        mlflow.log_metric("loss", 1.0 / (step + 1), step=step, timestamp=1000 + step)
    mlflow.log_metrics({"recall": 0.9, "bad": math.nan, "far": math.inf}, timestamp=2000)
    mlflow.MlflowClient().log_batch(run.info.run_id, metrics=[
        mlflow.entities.Metric("batch", value, 3000 + value, value) for value in range(200)])
    mlflow.set_tag("team", "dispatch")
    mlflow.set_tags({"a": "1", "umlaut": "h\\u00e4user"})
    mlflow.log_text("hello", "notes/hello.txt")
    pathlib.Path("big.bin").write_bytes(b"x" * 3_000_000)
    mlflow.log_artifact("big.bin")
    pathlib.Path("empty.bin").write_bytes(b"")
    mlflow.log_artifact("empty.bin", "some folder/100%")
    mlflow.log_dict({"a": 1}, "a.json")
    again = mlflow.get_run(run.info.run_id)
    assert again.data.params == {"lr": "0.1", "depth": "3", "kind": "nb"}, again.data.params
    assert again.data.metrics["loss"] == 0.2 and math.isnan(again.data.metrics["bad"])
    assert again.data.tags["team"] == "dispatch"
    names = sorted(a.path for a in mlflow.MlflowClient().list_artifacts(run.info.run_id))
    assert names == ["a.json", "big.bin", "notes", "some folder"], names
    assert mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/hello.txt") == "hello"
    try:
        mlflow.log_param("lr", 0.2)
        raise SystemExit("a changed param was taken")
    except mlflow.exceptions.MlflowException as error:
        assert "Changing param values is not allowed" in str(error), error
with mlflow.start_run(run_name="second") as second:
    mlflow.log_metric("recall", 0.5, timestamp=4000)
    with mlflow.start_run(run_name="inner", nested=True):
        mlflow.log_param("lr", "0.2")
assert second.info.run_id != run.info.run_id
found = mlflow.search_runs(experiment_names=["triage"], filter_string="tags.team = 'dispatch'",
                           output_format="list")
assert [r.info.run_id for r in found] == [run.info.run_id], found
assert len(mlflow.search_runs(experiment_names=["triage"], output_format="list")) == 3
print("LOGGED EVERYTHING")
"""


@pytest.fixture(autouse=True)
def stock(peer):
    peer("mlflow")


def home_call(home, *words, env=None):
    done = subprocess.run([BUILD / "record_replay_for_tests", words[0], home / "mlflow.db",
                           home / "artifacts", RUN, STEP, *words[1:]],
                          env=env, capture_output=True, text=True, check=False)
    return done


def start_at_home(home):
    home.mkdir()
    done = home_call(home, "start", "project")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def replay(home, run, env=None):
    return home_call(home, "apply", "m1", run / "record.calls", run / "record.artifacts", env=env)


def seen(home):
    """What a reader sees of the record, with names for ids that differ from place to place."""
    database = sqlite3.connect(home / "mlflow.db")
    rows = lambda sql: database.execute(sql).fetchall()
    # The step's run is the oldest; the others have names.
    run = {uuid: "own" if uuid == RUN else name
           for uuid, name in rows("SELECT run_uuid, name FROM runs")}
    tags = [(run[uuid], key, run.get(value, value))
            for uuid, key, value in rows("SELECT run_uuid, key, value FROM tags")
            if not key.startswith(("curbstop.record_calls.", "mlflow.source", "mlflow.log-model"))]
    root = {uuid: home / "artifacts" / uri.split(":/")[1]
            for uuid, uri in rows("SELECT run_uuid, artifact_uri FROM runs")}
    return {
        "experiments": sorted(rows("SELECT name, lifecycle_stage FROM experiments")),
        "runs": sorted((run[uuid], name, status, experiment) for uuid, name, status, experiment in
                       rows("SELECT run_uuid, runs.name, status, experiments.name FROM runs "
                            "JOIN experiments USING (experiment_id)")),
        "metrics": sorted((run[uuid], *more) for uuid, *more in rows(
            "SELECT run_uuid, key, value, timestamp, step, is_nan FROM metrics")),
        "latest": sorted((run[uuid], *more) for uuid, *more in rows(
            "SELECT run_uuid, key, value, step, is_nan FROM latest_metrics")),
        "params": sorted((run[uuid], *more) for uuid, *more in rows(
            "SELECT run_uuid, key, value FROM params")),
        "tags": sorted(tags),
        "artifacts": sorted((run[uuid], str(file.relative_to(folder)), file.read_bytes()[:20],
                             file.stat().st_size)
                            for uuid, folder in root.items() for file in folder.rglob("*")
                            if file.is_file() and not file.name.startswith(".curbstop-part-")),
    }


def step_environment(away):
    return {"MLFLOW_RUN_ID": RUN, "MLFLOW_EXPERIMENT_ID": away["run"]["info"]["experiment_id"],
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet", "USER": "tester",
            "LOGNAME": "tester"}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The same script against the record at home."""
    folder = tmp_path_factory.mktemp("reference")
    with our_server(folder, RUN, STEP, "project") as uri:
        out = run_script(uri, LOG_EVERYTHING, folder, MLFLOW_RUN_ID=RUN, MLFLOW_EXPERIMENT_ID="1",
                         USER="tester", LOGNAME="tester")
    assert "LOGGED EVERYTHING" in out
    return seen(folder)


@pytest.fixture(scope="module")
def logged(tmp_path_factory, peer):
    """The script run away once: the run's folder, and what home had before."""
    peer("mlflow")
    folder = tmp_path_factory.mktemp("away")
    env = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"}
    machine = Machine(folder, {key: value for key, value in env.items()
                               if not key.startswith("MLFLOW")})
    away = start_at_home(folder / "home")
    (machine.work / "train.py").write_text(LOG_EVERYTHING)
    try:
        machine.begin(f"{PYTHON} train.py", {"MLFLOW_TRACKING_TOKEN": "tok-0123456789abcdef"},
                      environment=step_environment(away),
                      away={"record": away, "unconnected_ms": 600_000})
        finished = until(lambda: machine.told("finished"), "the end", 120)
        log = (machine.run / "step.log").read_text()
        assert finished[0]["outcome"] == "done", log
        assert "LOGGED EVERYTHING" in log
        follower = machine.follow()
        calls = machine.spool("record.calls")
        until(lambda: len(follower.of("calls")) == len(calls), "the calls at home")
        assert [line["body"] for line in follower.of("calls")] == calls
    finally:
        machine.sweep()
    return machine.run


def fresh_home(folder):
    start_at_home(folder)
    return folder


def test_the_stock_client_logs_away_what_it_logs_at_home(logged, reference, tmp_path):
    home = fresh_home(tmp_path / "home")
    done = replay(home, logged)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["refused"] == 0, outcome
    found = seen(home)
    for part, wanted in reference.items():
        assert found[part] == wanted, part


def test_a_replay_killed_anywhere_and_repeated_makes_the_same_record(logged, reference, tmp_path):
    home = fresh_home(tmp_path / "home")
    log = tmp_path / "points"
    done = replay(home, logged, {"CURBSTOP_FAILPOINT_LOG": str(log)})
    assert done.returncode == 0, done.stderr
    points = log.read_text().split()
    assert len(points) > 20
    counts = {}
    for number, name in enumerate(points):
        counts[name] = counts.get(name, 0) + 1
        if number % max(1, len(points) // 12) != 0 and number != len(points) - 1:
            continue
        home = fresh_home(tmp_path / f"home-{number}")
        killed = replay(home, logged, {"CURBSTOP_FAILPOINT": f"{name}:{counts[name]}:kill"})
        assert killed.returncode == -9, (name, killed.stderr)
        for _ in range(2):
            again = replay(home, logged)
            assert again.returncode == 0, again.stderr
        assert seen(home) == reference, (name, counts[name])


def test_a_worker_killed_at_a_call_loses_and_doubles_nothing(tmp_path, home):
    """The client's calls that were answered are in the spool; the next attempt goes on with them."""
    machine = Machine(tmp_path, {key: value for key, value in home.items()
                                 if not key.startswith("MLFLOW")})
    away = start_at_home(tmp_path / "home-record")
    script = """
import os, mlflow
attempt = int(os.environ["CURBSTOP_ATTEMPT"])
with mlflow.start_run():
    run = mlflow.active_run().info.run_id
    for step in range(100 * attempt, 100 * attempt + 20):
        mlflow.log_metric("loss", step, step=step, timestamp=step)
        open("answered", "a").write(f"{step}\\n")
    assert mlflow.get_run(run).data.metrics["loss"] == 100 * attempt + 19
"""
    (machine.work / "train.py").write_text(script)
    try:
        machine.order(f"{PYTHON} train.py", environment=step_environment(away),
                      away={"record": away, "unconnected_ms": 600_000})
        machine.keep({"MLFLOW_TRACKING_TOKEN": "t" * 20}, CURBSTOP_FAILPOINT="record.after_call:9:kill",
                     CURBSTOP_FAILPOINT_LOG=str(tmp_path / "points"))
        finished = until(lambda: machine.told("finished"), "the end", 120)[0]
        assert finished["outcome"] == "done", (machine.run / "step.log").read_text()
        assert len(machine.told("attempt_started")) == 2
    finally:
        machine.sweep()
    done = replay(tmp_path / "home-record", machine.run)
    assert done.returncode == 0, done.stderr
    steps = [row[4] for row in seen(tmp_path / "home-record")["metrics"]]
    answered = [int(line) for line in (machine.work / "answered").read_text().split()]
    assert set(answered) <= set(steps)
    assert len(steps) == len(set(steps))


def test_without_the_token_nobody_is_let_in(tmp_path, home):
    machine = Machine(tmp_path, home)
    away = start_at_home(tmp_path / "home-record")
    try:
        machine.begin("sleep 1000", {"MLFLOW_TRACKING_TOKEN": "tok-0123456789abcdef"},
                      away={"record": away})
        port = until(lambda: (machine.run / "record.port").exists()
                     and (machine.run / "record.port").read_text(), "the port")
        ask = lambda *more: subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *more,
             f"http://127.0.0.1:{port}/api/2.0/mlflow/runs/get?run_id={RUN}"],
            capture_output=True, text=True, check=True).stdout
        assert ask() == "401"
        assert ask("-H", "Authorization: Bearer tok-0123456789abcdee") == "401"
        assert ask("-H", "Authorization: Bearer tok-0123456789abcdef") == "200"
        assert ask("-u", "x:tok-0123456789abcdef") == "200"
        assert ask("-H", "Authorization: Bearer tok-0123456789abcdef", "-H", "Host: evil") == "403"
        for file in pathlib.Path(machine.home).rglob("*"):
            if file.is_file():
                assert b"tok-0123456789abcdef" not in file.read_bytes(), file
    finally:
        machine.sweep()
