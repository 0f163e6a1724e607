"""The record's HTTP server as a hostile or unlucky client meets it; needs no peer."""

import base64
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import time

import pytest

from record_peer import BUILD, TOKEN, free_port, our_server

API = "/api/2.0/mlflow"


class Client:
    def __init__(self, uri):
        self.host, self.port = "127.0.0.1", int(uri.rsplit(":", 1)[1])
        self.connection = http.client.HTTPConnection(self.host, self.port, timeout=180)

    def call(self, method, path, body=None, **headers):
        """(status, body): JSON where it is JSON."""
        headers.setdefault("Authorization", f"Bearer {TOKEN}")
        if isinstance(body, (dict, list)):
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        self.connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items() if v})
        answer = self.connection.getresponse()
        text = answer.read()
        is_json = answer.headers["Content-Type"] == "application/json"
        return answer.status, json.loads(text) if is_json else text

    def new_run(self):
        status, answer = self.call("POST", f"{API}/runs/create", {"experiment_id": "0", "start_time": 1})
        assert status == 200
        return answer["run"]["info"]["run_id"]


@pytest.fixture
def client(tmp_path):
    with our_server(tmp_path) as uri:
        yield Client(uri)


def test_without_the_token_only_health_and_version_answer(client):
    assert client.call("GET", "/health", Authorization=None) == (200, b"OK")
    assert client.call("GET", "/version", Authorization=None) == (200, b"3.17.2")
    for wrong in (None, "Bearer x", "Basic " + base64.b64encode(b"test-token:x").decode()):
        status, answer = client.call("POST", f"{API}/experiments/create", {"name": "x"}, Authorization=wrong)
        assert (status, answer["error_code"]) == (401, "UNAUTHENTICATED")
    basic = "Basic " + base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    assert client.call("GET", f"{API}/experiments/get?experiment_id=0", Authorization=basic)[0] == 200


def test_a_foreign_host_name_is_refused(client):
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example"):
        assert client.call("GET", f"{API}/experiments/get?experiment_id=0", Host=host)[0] == 403
        assert client.call("POST", f"{API}/experiments/create", {"name": host}, Host=host)[0] == 403
    # the refused bodies were read to their end: the same connection goes on
    assert client.call("GET", f"{API}/experiments/get?experiment_id=0", Host="localhost:1")[0] == 200
    assert len(client.call("POST", f"{API}/experiments/search", {"max_results": 9})[1]["experiments"]) == 1


def test_what_we_do_not_serve_is_501_in_mlflows_form(client):
    for method, path in (("POST", f"{API}/registered-models/create"), ("GET", "/"), ("DELETE", "/nothing"),
                         ("GET", "/api/3.0/mlflow/traces/get"), ("PATCH", f"{API}/runs/create")):
        status, answer = client.call(method, path)
        assert (status, answer["error_code"]) == (501, "NOT_IMPLEMENTED"), path


def test_bad_requests_are_answered_in_mlflows_form(client):
    for body in ("{", "[1]", '"x"', "\x00"):
        status, answer = client.call("POST", f"{API}/runs/create", body, Content_Type="application/json")
        assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    status, answer = client.call("POST", f"{API}/runs/create", "{}", Content_Type="text/plain")
    assert status == 400


def test_a_batch_is_written_whole_or_not_at_all(client):
    run = client.new_run()
    assert client.call("POST", f"{API}/runs/log-parameter", {"run_id": run, "key": "lr", "value": "1"})[0] == 200
    batch = {"run_id": run, "metrics": [{"key": "loss", "value": 1, "timestamp": 1, "step": 1}],
             "params": [{"key": "new", "value": "1"}, {"key": "lr", "value": "2"}], "tags": [{"key": "t", "value": "v"}]}
    status, answer = client.call("POST", f"{API}/runs/log-batch", batch)
    assert status == 400 and "Changing param values is not allowed" in answer["message"]
    data = client.call("GET", f"{API}/runs/get?run_id={run}")[1]["run"]["data"]
    assert data["params"] == [{"key": "lr", "value": "1"}] and "metrics" not in data
    assert [tag["key"] for tag in data["tags"]] == ["mlflow.runName"]


def test_a_replayed_batch_changes_nothing(client):
    run = client.new_run()
    batch = {"run_id": run, "metrics": [{"key": "loss", "value": i, "timestamp": i, "step": i} for i in range(1000)]}
    for _ in range(3):
        assert client.call("POST", f"{API}/runs/log-batch", batch)[0] == 200
    status, answer = client.call("GET", f"{API}/metrics/get-history?run_id={run}&metric_key=loss")
    assert len(answer["metrics"]) == 1000


def test_paging_walks_through_all_runs_once(client):
    runs = {client.new_run() for _ in range(7)}
    found, token = [], ""
    while True:
        request = {"experiment_ids": ["0"], "max_results": 3, "page_token": token}
        answer = client.call("POST", f"{API}/runs/search", request)[1]
        found += [run["info"]["run_id"] for run in answer.get("runs", [])]
        token = answer.get("next_page_token", "")
        if not token:
            break
    assert len(found) == 7 and set(found) == runs
    bad = client.call("POST", f"{API}/runs/search", {"experiment_ids": ["0"], "page_token": "nonsense"})
    assert (bad[0], bad[1]["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_deleting_and_restoring_an_experiment_takes_its_runs_along(client):
    run = client.new_run()
    assert client.call("POST", f"{API}/experiments/delete", {"experiment_id": "0"})[0] == 200
    status, answer = client.call("POST", f"{API}/runs/set-tag", {"run_id": run, "key": "a", "value": "b"})
    assert status == 400 and "must be in the 'active' state" in answer["message"]
    assert client.call("POST", f"{API}/experiments/create", {"name": "Default"})[1]["error_code"] == "RESOURCE_ALREADY_EXISTS"
    assert client.call("POST", f"{API}/experiments/restore", {"experiment_id": "0"})[0] == 200
    assert client.call("POST", f"{API}/experiments/restore", {"experiment_id": "0"})[0] == 404
    assert client.call("POST", f"{API}/runs/set-tag", {"run_id": run, "key": "a", "value": "b"})[0] == 200


PROXY = "/api/2.0/mlflow-artifacts/artifacts"


def test_artifacts_stay_inside_their_folder(client, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "artifacts" / "link").symlink_to(tmp_path)
    outside = ("..%2Fsecret", "%252e%252e%252fsecret", "a/../../secret", "%2Fetc/passwd", "link/secret", "C:/x",
               "a%5C..%5Cb", "a%00b", "a%23b", "..", "a//b")
    for path in outside:
        for method in ("GET", "PUT", "DELETE"):
            status, answer = client.call(method, f"{PROXY}/{path}", b"x" if method == "PUT" else None)
            assert (status, answer["message"]) == (400, "Invalid path"), (method, path)
    assert (tmp_path / "secret").read_text() == "secret"
    assert client.call("DELETE", PROXY)[0] == 400


def test_artifacts_go_in_and_out_unchanged(client, tmp_path):
    data = os.urandom(5_000_000)
    assert client.call("PUT", f"{PROXY}/1/a/model.bin", data) == (200, {})
    assert client.call("PUT", f"{PROXY}/1/a/empty", b"") == (200, {})
    assert client.call("GET", f"{PROXY}/1/a/model.bin") == (200, data)
    assert client.call("GET", f"{PROXY}/1/a/empty") == (200, b"")
    status, answer = client.call("GET", f"{PROXY}?path=1/a")
    assert answer["files"] == [{"path": "empty", "is_dir": False, "file_size": 0},
                               {"path": "model.bin", "is_dir": False, "file_size": 5_000_000}]
    assert client.call("DELETE", f"{PROXY}/1/a") == (200, {})
    assert client.call("GET", f"{PROXY}/1/a/model.bin")[0] == 404


def test_an_upload_that_breaks_off_changes_nothing(client, tmp_path):
    assert client.call("PUT", f"{PROXY}/1/x", b"old")[0] == 200
    with socket.create_connection((client.host, client.port)) as broken:
        broken.sendall(f"PUT {PROXY}/1/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
                       "Content-Length: 1000\r\n\r\nnew".encode())
    end = time.monotonic() + 180
    while os.listdir(tmp_path / "artifacts" / "1") != ["x"] and time.monotonic() < end:
        time.sleep(0.05)
    assert os.listdir(tmp_path / "artifacts" / "1") == ["x"]
    assert client.call("GET", f"{PROXY}/1/x") == (200, b"old")


def test_a_taken_port_is_said_and_a_freed_one_is_taken_again(tmp_path):
    port = free_port()
    for _ in range(2):
        with our_server(tmp_path, port=port) as uri:
            client = Client(uri)
            assert client.call("GET", f"{API}/experiments/get?experiment_id=0")[0] == 200
            command = [BUILD / "record_server_for_tests", tmp_path / "b.db", tmp_path / "b", str(port)]
            second = subprocess.run(command, capture_output=True, text=True, input="", check=False, timeout=180)
            assert second.returncode == 1
            assert f"port {port} of 127.0.0.1 is taken by another program" in second.stderr


def test_killed_at_every_write_boundary_the_record_stays_whole(tmp_path):
    """Each point: the client's batch is there whole after a restart and a replay, and never twice."""
    batch = {"metrics": [{"key": "loss", "value": 1, "timestamp": 1, "step": 1}], "params": [{"key": "p", "value": "1"}]}
    for point in ("database.before_commit", "database.after_commit"):
        folder = tmp_path / point
        folder.mkdir()
        with our_server(folder) as uri:
            run = Client(uri).new_run()
        environment = dict(os.environ, CURBSTOP_FAILPOINT=f"{point}:1:kill")
        command = [BUILD / "record_server_for_tests", folder / "mlflow.db", folder / "artifacts", "0"]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        client = Client(f"http://127.0.0.1:{server.stdout.readline().strip()}")
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            client.call("POST", f"{API}/runs/log-batch", {"run_id": run, **batch})
        assert server.wait(timeout=180) == -9
        with our_server(folder) as uri:
            client = Client(uri)
            assert client.call("POST", f"{API}/runs/log-batch", {"run_id": run, **batch})[0] == 200
        rows = sqlite3.connect(folder / "mlflow.db").execute("SELECT (SELECT COUNT(*) FROM metrics), (SELECT COUNT(*) FROM params)")
        assert rows.fetchone() == (1, 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_is_said_and_work_goes_on_after_space_is_freed(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], check=True)
    try:
        with our_server(disk) as uri:
            client = Client(uri)
            run = client.new_run()
            (disk / "ballast").write_bytes(b"x" * 2_000_000)
            status, answer = client.call("PUT", f"{PROXY}/1/big", b"x" * 3_000_000)
            assert (status, answer["error_code"]) == (507, "RESOURCE_EXHAUSTED"), answer
            assert os.listdir(disk / "artifacts" / "1") == []
            fill(disk / "rest")
            statuses = set()
            for i in range(400):
                metrics = [{"key": f"k{i}-{j}", "value": 1, "timestamp": 1, "step": 1} for j in range(50)]
                status, answer = client.call("POST", f"{API}/runs/log-batch", {"run_id": run, "metrics": metrics})
                statuses.add(status)
                if status != 200:
                    break
            assert status == 507 and "disk is full" in answer["message"], (statuses, answer)
            (disk / "ballast").unlink()
            (disk / "rest").unlink()
            assert client.call("POST", f"{API}/runs/set-tag", {"run_id": run, "key": "a", "value": "b"})[0] == 200
        check = sqlite3.connect(disk / "mlflow.db").execute("PRAGMA integrity_check").fetchone()
        assert check == ("ok",)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def fill(file):
    """Writes until the disk is full."""
    with open(file, "wb", buffering=0) as rest:
        try:
            while rest.write(b"x" * 4096):
                pass
        except OSError:
            return
