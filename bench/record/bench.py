#!/usr/bin/env python3
"""Requests per second of the record's server beside stock MLflow, and the disk's fdatasync rate.

    bench/record/bench.py [--build DIR] [--seconds S] [--no-stock] [--folder DIR]

Each client is a process with one kept-alive connection that sends the same ready-made request (another
step number each time). Prints one line per measure and the ratios; figures go with the disk's rate,
because a durable request cannot be faster than its wait for the disk.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import socket
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "e2e"))
import record_peer  # noqa: E402

API = "/api/2.0/mlflow"


def request(port, path, body):
    text = json.dumps(body).encode()
    head = (f"POST {API}/{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {record_peer.TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n")
    return head.encode() + text


def read_answer(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        assert piece, "the server closed the connection"
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == b"200", data
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)


def one_client(port, run, number, rows, seconds, counts):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end, step = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        metrics = [{"key": f"loss{number}", "value": 0.5, "timestamp": 1, "step": step * rows + i} for i in range(rows)]
        if rows == 1:
            connection.sendall(request(port, "runs/log-metric", {"run_id": run, **metrics[0]}))
        else:
            connection.sendall(request(port, "runs/log-batch", {"run_id": run, "metrics": metrics}))
        read_answer(connection)
        step += 1
    counts.put(step)


def rate(port, run, clients, rows, seconds):
    counts = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=one_client, args=(port, run, i, rows, seconds, counts)) for i in range(clients)]
    for worker in workers:
        worker.start()
    total = sum(counts.get() for _ in workers)
    for worker in workers:
        worker.join()
    return total / seconds


def make_run(port):
    text = request(port, "runs/create", {"experiment_id": "0", "start_time": 1}).split(b"\r\n\r\n", 1)[1]
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{API}/runs/create", text, {
        "Content-Type": "application/json", "Authorization": f"Bearer {record_peer.TOKEN}"})
    return json.load(urllib.request.urlopen(asked))["run"]["info"]["run_id"]


MEASURES = (("log-metric, 1 client", 1, 1), ("log-metric, 16 clients", 16, 1), ("log-metric, 64 clients", 64, 1),
            ("log-batch of 1000, 1 client", 1, 1000))


def measure(uri, seconds):
    port = int(uri.rsplit(":", 1)[1])
    found = {}
    for name, clients, rows in MEASURES:
        run = make_run(port)
        found[name] = rate(port, run, clients, rows, seconds) * rows
    return found


def disk_rate(folder, seconds):
    """4 KiB appends, each with an fdatasync, per second."""
    fd = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT)
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        os.write(fd, b"x" * 4096)
        os.fdatasync(fd)
        count += 1
    os.close(fd)
    return count / seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--no-stock", action="store_true")
    parser.add_argument("--folder", default=record_peer.ROOT / "build", help="on the disk to measure")
    options = parser.parse_args()
    if options.build:
        record_peer.BUILD = pathlib.Path(options.build)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        (folder / "ours").mkdir()
        (folder / "stock").mkdir()
        before = disk_rate(folder, 2)
        with record_peer.our_server(folder / "ours") as uri:
            ours = measure(uri, options.seconds)
        after = disk_rate(folder, 2)
        stock = {}
        if not options.no_stock:
            with record_peer.stock_server(folder / "stock") as uri:
                stock = measure(uri, options.seconds)
        print(f"disk: {before:.0f} and {after:.0f} fdatasync/s before and after; load {os.getloadavg()[0]:.1f}")
        for key, value in ours.items():
            unit = "rows/s" if "batch" in key else "requests/s"
            peer = f", stock {stock[key]:.0f}, ratio {value / max(stock[key], 0.01):.1f}" if stock else ""
            print(f"{key}: {value:.0f} {unit}{peer}")


if __name__ == "__main__":
    main()
