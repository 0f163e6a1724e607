"""Starts our record server and stock MLflow beside each other, for the tests of the record."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CURBSTOP_BUILD", ROOT / "build" / "dev"))
PEERS = pathlib.Path(os.environ.get("PEERS_DIR", ROOT / "build" / "peers"))
PYTHON = PEERS / "mlflow" / "bin" / "python"
TOKEN = "test-token"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def our_server(folder, *step, port=0):
    """Yields the tracking URI; `step` is (run_uuid, step_id, experiment) or nothing."""
    command = [BUILD / "record_server_for_tests", folder / "mlflow.db", folder / "artifacts", str(port), *step]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        assert line, "the server did not start"
        yield f"http://127.0.0.1:{line.strip()}"
    finally:
        server.stdin.close()
        assert server.wait(timeout=180) == 0


@contextlib.contextmanager
def stock_server(folder):
    port = free_port()
    environment = dict(os.environ, MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    command = [PYTHON, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", str(port),
               "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
               "--artifacts-destination", str(folder / "artifacts")]
    log = open(folder / "stock.log", "w")
    server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=180)
        log.close()


def wait_for(url, server, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, "the server ended"
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            return urllib.request.urlopen(url, timeout=60).read()
        time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def client_environment(uri, **more):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    return dict(environment, MLFLOW_TRACKING_URI=uri, MLFLOW_TRACKING_TOKEN=TOKEN,
                MLFLOW_HTTP_REQUEST_MAX_RETRIES="1", MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true",
                GIT_PYTHON_REFRESH="quiet", **more)


def run_script(uri, script, cwd, **more):
    """Runs Python text with the stock client; its stdout."""
    done = subprocess.run([PYTHON, "-c", script], env=client_environment(uri, **more), cwd=cwd,
                          capture_output=True, text=True, timeout=300, check=False)
    sys.stderr.write(done.stderr[-4000:])
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
