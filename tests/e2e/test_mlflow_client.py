# takes: 75 s
"""An unmodified script with the stock MLflow client logs into our record, and stock MLflow reads it."""

import json

import pytest

from record_peer import our_server, run_script, stock_server

RUN = "0123456789abcdef0123456789abcdef"

LOG_EVERYTHING = """
import math, os, pathlib
import mlflow
mlflow.set_experiment("triage")
with mlflow.start_run(run_name="first") as run:
    mlflow.log_param("lr", 0.1)
    mlflow.log_params({"depth": 3, "kind": "nb"})
    for step in range(5):
        mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
    mlflow.log_metrics({"recall": 0.9, "bad": math.nan})
    mlflow.set_tag("team", "dispatch")
    mlflow.log_text("hello", "notes/hello.txt")
    pathlib.Path("big.bin").write_bytes(os.urandom(3_000_000))
    mlflow.log_artifact("big.bin")
    mlflow.log_dict({"a": 1}, "a.json")
with mlflow.start_run(run_name="second"):
    mlflow.log_metric("recall", 0.5)
with mlflow.start_run(run_name="third"):
    mlflow.log_param("lr", "0.2")
print(run.info.run_id)
"""

READ_EVERYTHING = """
import json, math, os
import mlflow
from mlflow import MlflowClient
client = MlflowClient()
found = {}
search = lambda **more: [r.info.run_name for r in mlflow.search_runs(
    experiment_names=["triage"], output_format="list", **more)]
found["all"] = sorted(search())
found["filtered"] = search(filter_string="metrics.recall > 0.6 and params.lr = '0.1' and tags.team LIKE 'disp%'")
found["ordered"] = search(order_by=["metrics.recall DESC"])
found["missing_last"] = search(order_by=["metrics.recall ASC"])
found["by_name"] = search(filter_string="attributes.run_name ILIKE 'SEC%'")
found["nan"] = search(filter_string="metrics.bad >= 0")
found["not_nan"] = search(filter_string="metrics.bad != 1")
frame = mlflow.search_runs(experiment_names=["triage"])
found["columns"] = sorted(c for c in frame.columns if c.startswith(("metrics", "params")))
run = mlflow.search_runs(experiment_names=["triage"], filter_string="run_name = 'first'", output_format="list")[0]
found["params"] = run.data.params
found["loss"] = run.data.metrics["loss"]
found["bad_is_nan"] = math.isnan(run.data.metrics["bad"])
found["status"] = run.info.status
found["history"] = [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, "loss")]
found["artifacts"] = sorted((a.path, a.is_dir) for a in client.list_artifacts(run.info.run_id))
found["inner"] = [(a.path, a.file_size) for a in client.list_artifacts(run.info.run_id, "notes")]
found["text"] = mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/hello.txt")
found["big"] = os.path.getsize(client.download_artifacts(run.info.run_id, "big.bin"))
print(json.dumps(found))
"""

EXPECTED = {
    "all": ["first", "second", "third"],
    "filtered": ["first"],
    "ordered": ["first", "second", "third"],  # 0.9, 0.5, missing
    "missing_last": ["second", "first", "third"],  # 0.5, 0.9, missing
    "by_name": ["second"],
    "nan": [],  # NaN is stored as 0 but satisfies no comparison
    "not_nan": ["first"],  # but `!=`
    "columns": ["metrics.bad", "metrics.loss", "metrics.recall", "params.depth", "params.kind", "params.lr"],
    "params": {"lr": "0.1", "depth": "3", "kind": "nb"},
    "loss": 0.2,  # 1 / 5, the last step
    "bad_is_nan": True,
    "status": "FINISHED",
    "history": [[step, 1 / (step + 1)] for step in range(5)],
    "artifacts": [["a.json", False], ["big.bin", False], ["notes", True]],
    "inner": [["notes/hello.txt", 5]],
    "text": "hello",
    "big": 3_000_000,
}


@pytest.fixture(scope="module", autouse=True)
def mlflow(peer):
    peer("mlflow")


def read_back(uri, cwd):
    return json.loads(run_script(uri, READ_EVERYTHING, cwd).splitlines()[-1])


def test_what_the_stock_client_logs_it_finds_again(tmp_path):
    with our_server(tmp_path) as uri:
        run_script(uri, LOG_EVERYTHING, tmp_path)
        assert read_back(uri, tmp_path) == EXPECTED


def test_stock_server_opens_our_file_and_we_open_it_again(tmp_path):
    with our_server(tmp_path) as uri:
        run_script(uri, LOG_EVERYTHING, tmp_path)
    with stock_server(tmp_path) as uri:
        assert read_back(uri, tmp_path) == EXPECTED
        run_script(uri, LOG_EVERYTHING.replace('"triage"', '"by stock"'), tmp_path)
    with our_server(tmp_path) as uri:
        assert read_back(uri, tmp_path) == EXPECTED
        swapped = READ_EVERYTHING.replace('"triage"', '"by stock"')
        assert json.loads(run_script(uri, swapped, tmp_path).splitlines()[-1]) == EXPECTED


def test_we_open_a_file_that_stock_mlflow_made(tmp_path):
    with stock_server(tmp_path) as uri:
        run_script(uri, LOG_EVERYTHING, tmp_path)
    with our_server(tmp_path) as uri:
        assert read_back(uri, tmp_path) == EXPECTED


def run_step(tmp_path, script):
    """The script as a step whose run curbstop made in experiment `project`: [[name, experiment, step tag]]."""
    with our_server(tmp_path, RUN, "step-1", "project") as uri:
        run_script(uri, script, tmp_path, MLFLOW_RUN_ID=RUN, MLFLOW_EXPERIMENT_ID="1")
        listing = """
import json, mlflow
runs = mlflow.search_runs(search_all_experiments=True, output_format="list", order_by=["start_time ASC"])
names = {e.experiment_id: e.name for e in mlflow.search_experiments()}
print(json.dumps([[r.info.run_id, names[r.info.experiment_id], r.data.tags.get("curbstop.step_id"),
                   r.info.status, r.info.artifact_uri.split("/")[1]] for r in runs]))
"""
        return json.loads(run_script(uri, listing, tmp_path))


def test_a_script_logs_into_the_run_of_its_step(tmp_path):
    runs = run_step(tmp_path, """
import mlflow
with mlflow.start_run():
    mlflow.log_metric("loss", 1)
""")
    assert runs == [[RUN, "project", "step-1", "FINISHED", "1"]]


def test_fluent_calls_without_start_run_use_the_run_of_the_step(tmp_path):
    runs = run_step(tmp_path, 'import mlflow; mlflow.log_param("a", 1); mlflow.log_metric("loss", 1)')
    assert [run[:3] for run in runs] == [[RUN, "project", "step-1"]]


def test_set_experiment_moves_the_still_empty_run(tmp_path):
    runs = run_step(tmp_path, """
import mlflow
mlflow.set_experiment("mine")
with mlflow.start_run():
    mlflow.log_metric("loss", 1)
    mlflow.log_text("x", "x.txt")
""")
    assert runs == [[RUN, "mine", "step-1", "FINISHED", "2"]]


def test_later_runs_are_their_own_and_carry_the_step(tmp_path):
    runs = run_step(tmp_path, """
import mlflow
with mlflow.start_run():
    mlflow.log_metric("loss", 1)
    with mlflow.start_run(nested=True):
        mlflow.log_metric("loss", 2)
mlflow.set_experiment("other")
with mlflow.start_run():
    mlflow.log_metric("loss", 3)
""")
    assert runs[0][:3] == [RUN, "project", "step-1"]
    assert sorted(run[1:3] for run in runs[1:]) == [["other", "step-1"], ["project", "step-1"]]


def test_a_second_attempt_finds_its_run_where_the_first_moved_it(tmp_path):
    script = """
import mlflow
mlflow.set_experiment("mine")
with mlflow.start_run():
    mlflow.log_metric("loss", 1)
"""
    run_step(tmp_path, script)
    assert run_step(tmp_path, script) == [[RUN, "mine", "step-1", "FINISHED", "2"]]


def test_datasets_and_models_of_the_stock_client_work(tmp_path):
    script = """
import json
import numpy as np
import mlflow
class Double(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2
mlflow.set_experiment("models")
with mlflow.start_run() as run:
    data = mlflow.data.from_numpy(np.arange(3), name="calls")
    mlflow.log_input(data, context="training")
    info = mlflow.pyfunc.log_model(name="double", python_model=Double())
loaded = mlflow.pyfunc.load_model(info.model_uri)
run = mlflow.get_run(run.info.run_id)
print(json.dumps({
    "dataset": run.inputs.dataset_inputs[0].dataset.name,
    "context": run.inputs.dataset_inputs[0].tags[0].value,
    "outputs": len(run.outputs.model_outputs),
    "models": [m.name for m in mlflow.search_logged_models(output_format="list")],
    "by_dataset": len(mlflow.search_runs(filter_string="dataset.name = 'calls'", output_format="list")),
    "predicted": loaded.predict(np.array([1, 2])).tolist(),
}))
"""
    with our_server(tmp_path) as uri:
        found = json.loads(run_script(uri, script, tmp_path).splitlines()[-1])
    assert found == {"dataset": "calls", "context": "training", "outputs": 1, "models": ["double"],
                     "by_dataset": 1, "predicted": [2, 4]}
