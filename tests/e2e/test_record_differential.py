"""The same raw requests to stock MLflow and to ours: equal statuses, error codes and answers."""

import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

from record_peer import PYTHON, TOKEN, our_server

API = "/api/2.0/mlflow/"


def ask(uri, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(uri + API + path, data, {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def normal(value, ids):
    """Without what may differ: ids made at random, times of the server's clock, order of tags."""
    if isinstance(value, dict):
        return {k: normal(v, ids) for k, v in value.items() if k not in ("creation_time", "last_update_time", "workspace")}
    if isinstance(value, list):
        items = [normal(item, ids) for item in value]
        is_pairs = all(isinstance(item, dict) and "key" in item for item in items)
        return sorted(items, key=lambda item: item["key"]) if is_pairs and len({i["key"] for i in items}) == len(items) else items
    if isinstance(value, str):
        return re.sub(r"[0-9a-f]{32}", lambda found: ids.setdefault(found.group(), f"id-{len(ids)}"), value)
    return value


def conversation(uri):
    """Yields (what was asked, status, answer)."""
    ids = {}

    def say(method, path, body=None):
        status, answer = ask(uri, method, path, body)
        if status != 200:
            answer = {"error_code": answer["error_code"]}
        said.append((f"{method} {path} {json.dumps(body)}".replace(run, "RUN") if run else f"{method} {path}", status, normal(answer, ids)))
        return ask_result(status, answer)

    def ask_result(status, answer):
        return answer if status == 200 else {}

    said, run = [], ""
    say("POST", "experiments/create", {"name": "a", "tags": [{"key": "k", "value": "v"}]})
    say("POST", "experiments/create", {"name": "a"})
    say("POST", "experiments/create", {"name": ""})
    say("POST", "experiments/create", {"name": 5})
    say("GET", "experiments/get?experiment_id=1")
    say("GET", "experiments/get?experiment_id=99")
    say("GET", "experiments/get-by-name?experiment_name=a")
    say("GET", "experiments/get-by-name?experiment_name=nope")
    say("POST", "experiments/search", {"max_results": 10, "order_by": ["name ASC"]})
    say("POST", "experiments/search", {"max_results": 10, "filter": "name LIKE 'a%' AND tags.k = 'v'"})
    say("POST", "experiments/search", {"max_results": 1, "order_by": ["name DESC"]})
    run = say("POST", "runs/create", {"experiment_id": "1", "user_id": "u", "start_time": 1000, "run_name": "one",
                                      "tags": [{"key": "t", "value": "1"}]})["run"]["info"]["run_id"]
    say("POST", "runs/create", {"experiment_id": "1", "run_name": "x", "tags": [{"key": "mlflow.runName", "value": "y"}]})
    say("POST", "runs/create", {"experiment_id": "99"})
    points = [(1, 1, 0), (2, 5, 1), (3, 5, 1), (4, 2, 1), ("NaN", 1, 3), (9, 9, 0)]
    for value, at, step in points:
        say("POST", "runs/log-metric", {"run_id": run, "key": "m", "value": value, "timestamp": at, "step": step})
    say("POST", "runs/log-metric", {"run_id": run, "key": "inf", "value": "Infinity", "timestamp": 1})
    for broken in ({"key": "m"}, {"key": "m", "value": "x", "timestamp": 1}, {"key": "../m", "value": 1, "timestamp": 1},
                   {"key": "m", "value": 1, "timestamp": -1}, {"key": "", "value": 1, "timestamp": 1}, {"key": "k" * 251, "value": 1, "timestamp": 1}):
        say("POST", "runs/log-metric", {"run_id": run, **broken})
    say("POST", "runs/log-metric", {"run_id": "f" * 32, "key": "m", "value": 1, "timestamp": 1})
    say("POST", "runs/log-parameter", {"run_id": run, "key": "p", "value": "1"})
    say("POST", "runs/log-parameter", {"run_id": run, "key": "p", "value": "1"})
    say("POST", "runs/log-parameter", {"run_id": run, "key": "p", "value": "2"})
    say("POST", "runs/log-batch", {"run_id": run, "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "1"}]})
    say("POST", "runs/log-batch", {"run_id": run, "params": [{"key": f"q{i}", "value": "1"} for i in range(101)]})
    say("POST", "runs/log-batch", {"run_id": run, "params": [{"key": "b", "value": "2"}], "tags": [{"key": "x", "value": "1"}, {"key": "x", "value": "2"}]})
    say("POST", "runs/set-tag", {"run_id": run, "key": "mlflow.runName", "value": "renamed"})
    say("POST", "runs/set-tag", {"run_id": run, "key": "long", "value": "v" * 9000})
    say("POST", "runs/delete-tag", {"run_id": run, "key": "t"})
    say("POST", "runs/delete-tag", {"run_id": run, "key": "t"})
    say("GET", f"runs/get?run_id={run}&run_uuid={run}")
    say("GET", "runs/get?run_id=nope")
    say("GET", "runs/get")
    say("GET", f"metrics/get-history?run_id={run}&metric_key=m")
    say("GET", f"metrics/get-history?run_id={run}&metric_key=m&max_results=2")
    say("GET", f"metrics/get-history?run_id={run}&metric_key=m&max_results=0")
    say("POST", "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 2000, "run_name": "last"})
    for text in ("", "metrics.m > 0", "metrics.m != 5", "params.p = '1'", "params.p != '1'", "params.none != '1'", "tags.x LIKE '2'",
                 "tags.x ILIKE '2%' AND status = 'FINISHED'", "run_name = 'last'", "attributes.start_time > 999", "tags.none IS NULL",
                 "run_id IN ('a', 'b')", "status IN ('a')", "a OR b", "params.p = 1", "metrics.m > 'x'", "attribute.lifecycle_stage = 'x'",
                 "dataset.name = 'x'", "user_id = 'u'", "end_time <= 2000"):
        say("POST", "runs/search", {"experiment_ids": ["1"], "filter": text})
    for order in (["metrics.m DESC"], ["params.p"], ["start_time ASC", "attribute.run_name DESC"], ["nope.x"], ["metrics.m sideways"]):
        say("POST", "runs/search", {"experiment_ids": ["1"], "order_by": order})
    say("POST", "runs/search", {"experiment_ids": ["1"], "max_results": 50001})
    say("POST", "runs/search", {"experiment_ids": ["1"], "page_token": "!!"})
    say("POST", "runs/delete", {"run_id": run})
    say("POST", "runs/set-tag", {"run_id": run, "key": "a", "value": "b"})
    say("POST", "runs/search", {"experiment_ids": ["1"], "run_view_type": "DELETED_ONLY"})
    say("POST", "runs/restore", {"run_id": run})
    say("POST", "experiments/update", {"experiment_id": "1", "new_name": "b"})
    say("POST", "experiments/set-experiment-tag", {"experiment_id": "1", "key": "z", "value": "1"})
    say("POST", "experiments/delete", {"experiment_id": "1"})
    say("POST", "experiments/delete", {"experiment_id": "1"})
    say("POST", "experiments/update", {"experiment_id": "1", "new_name": "c"})
    say("POST", "runs/create", {"experiment_id": "1"})
    say("POST", "experiments/create", {"name": "b"})
    say("GET", f"runs/get?run_id={run}")
    say("POST", "experiments/restore", {"experiment_id": "1"})
    say("POST", "experiments/restore", {"experiment_id": "1"})
    say("GET", f"artifacts/list?run_id={run}")
    return said


# Stock's own request handlers in a process of their own, without the seconds its server takes to start.
STOCK = """
import json, sys
sys.path.insert(0, sys.argv[1])
import test_record_differential as differential
from mlflow.server import app
client = app.test_client()
def ask(uri, method, path, body=None):
    answer = client.open("/api/2.0/mlflow/" + path, method=method, json=body, headers={"Host": "localhost"})
    return answer.status_code, answer.get_json(force=True)
differential.ask = ask
print(json.dumps(differential.conversation("")))
"""


def stock_conversation(folder):
    environment = dict(os.environ, _MLFLOW_SERVER_FILE_STORE=f"sqlite:///{folder}/stock.db", _MLFLOW_SERVER_SERVE_ARTIFACTS="true",
                       _MLFLOW_SERVER_ARTIFACT_ROOT="mlflow-artifacts:/", _MLFLOW_SERVER_ARTIFACT_DESTINATION=str(folder / "stock"),
                       MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    done = subprocess.run([PYTHON, "-c", STOCK, pathlib.Path(__file__).parent], env=environment, cwd=folder,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_answers_equal_those_of_stock_mlflow(tmp_path, peer):
    peer("mlflow")
    theirs = stock_conversation(tmp_path)
    with our_server(tmp_path) as uri:
        ours = json.loads(json.dumps(conversation(uri)))
    assert len(theirs) > 80
    differences = [f"{asked}\n  stock {status} {json.dumps(answer)[:600]}\n  ours  {our_status} {json.dumps(our_answer)[:600]}"
                   for (asked, status, answer), (_, our_status, our_answer) in zip(theirs, ours, strict=True)
                   if (status, answer) != (our_status, our_answer)]
    assert not differences, "\n".join(differences)
