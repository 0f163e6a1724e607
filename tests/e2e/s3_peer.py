"""An S3 on loopback: moto's server, for tests that run under the peer `moto`."""

import contextlib
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

PATIENCE_S = 180


@contextlib.contextmanager
def s3_server():
    """The address of an S3 with the bucket `my-bucket`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([pathlib.Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1",
                               "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(f"{url}/my-bucket", method="PUT"), timeout=60)
            break
        except OSError:
            assert time.monotonic() < end, "moto did not start"
            time.sleep(0.2)
    try:
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE_S)
