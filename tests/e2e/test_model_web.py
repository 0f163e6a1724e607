# peer: headers
"""Models on a web server, read by ranges over real sockets: what is asked for, and what bad servers do."""

import http.server
import json
import re
import resource
import struct
import subprocess
import threading
import time

import gguf
import numpy
import pytest
import safetensors.numpy


class Server(http.server.ThreadingHTTPServer):
    """Serves `files` (bytes by path) with ranges. `mode` spoils the answers; `sent` counts bytes of bodies."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.mode, self.sent, self.asked = {}, "", 0, []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Zeros:
    """A sparse file of many gigabytes behind some real bytes."""
    def __init__(self, head, size):
        self.head, self.size = head, size

    def __len__(self):
        return self.size

    def __getitem__(self, part):
        real = self.head[part.start:part.stop]
        return real + bytes(part.stop - part.start - len(real))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)

    def do_GET(self):
        mode, path = self.server.mode, self.path.partition("?")[0]
        self.server.asked.append((self.path, self.headers.get("Range")))
        if mode == "redirect" and not path.startswith("/cdn"):
            self.send(302, Location="/cdn" + self.path)
            return
        body = self.server.files.get(path.removeprefix("/cdn"))
        if body is None:
            self.send(404)
            return
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        if mode == "no ranges" or not span:
            self.whole(body)
            return
        first, last = int(span[1]), min(int(span[2]), len(body) - 1)
        part = body[first:last + 1]
        shown = f"bytes {first}-{last}/{len(body)}"
        if mode == "short":
            self.send_response(206)
            self.send_header("Content-Range", shown)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part[:len(part) // 2])
            self.close_connection = True
        elif mode == "drip":
            self.send_response(206)
            self.end_headers()
            self.until_refused(b"x", 0.2)
        elif mode == "endless headers":
            self.wfile.write(b"HTTP/1.1 206 Partial Content\r\n")
            self.until_refused(b"X-A: " + b"b" * 1000 + b"\r\n", 0)
        elif mode == "other part":
            self.send(206, part, Content_Range=f"bytes {first + 1}-{last + 1}/{len(body)}")
        else:
            self.send(206, part, Content_Range=shown, ETag='"1"')

    def until_refused(self, piece, pause):
        self.close_connection = True
        try:
            while True:
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            return

    def whole(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for first in range(0, len(body), 1 << 16):
            part = body[first:min(first + (1 << 16), len(body))]
            try:
                self.wfile.write(part)
            except OSError:  # the reader has seen enough
                return
            self.server.sent += len(part)


@pytest.fixture
def server():
    one = Server()
    threading.Thread(target=one.serve_forever, daemon=True).start()
    yield one
    one.shutdown()
    one.server_close()


@pytest.fixture
def fit(home):
    """Asks in 96 MiB of memory, whatever the server sends."""
    def ask(url, code=0, timeout=60):
        limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (96 << 20, 96 << 20))
        done = subprocess.run(["curbstop", "model", "fit", url, "--gpu", "RTX-3080", "--json"], env=home, capture_output=True,
                              text=True, check=False, timeout=timeout, preexec_fn=limit)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)
    return ask


def small_gguf(path, tokens=96, part=None):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("small")
    writer.add_block_count(2)
    writer.add_embedding_length(256)
    writer.add_feed_forward_length(512)
    writer.add_head_count(4)
    writer.add_token_list([f"a token of some length, number {i}" for i in range(tokens)])
    if part:
        writer.add_uint16("split.no", part[0])
        writer.add_uint16("split.count", part[1])
    for name in ("token_embd.weight", "output.weight"):
        writer.add_tensor(name, numpy.zeros((tokens, 256), dtype=numpy.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


def test_a_gguf_on_the_web_is_as_the_same_file_here(tmp_path, server, fit):
    server.files["/m/small.gguf"] = small_gguf(tmp_path / "small.gguf", 30_000)
    here, there = fit(str(tmp_path / "small.gguf")), fit(server.url + "/m/small.gguf")
    assert here == there
    header = gguf.GGUFReader(tmp_path / "small.gguf").data_offset
    assert header > 1_000_000
    assert server.sent < header + (2 << 20)


def test_forty_gigabytes_cost_their_header(tmp_path, server, fit):
    head = small_gguf(tmp_path / "small.gguf")
    server.files["/big.gguf"] = Zeros(head, 40 << 30)
    assert fit(server.url + "/big.gguf")["model"] == "small"
    assert server.sent <= 256 << 10


def test_a_server_without_ranges_is_cut_off(tmp_path, server, fit):
    server.mode = "no ranges"
    server.files["/big.gguf"] = Zeros(small_gguf(tmp_path / "small.gguf"), 40 << 30)
    assert fit(server.url + "/big.gguf")["model"] == "small"
    server.files["/long.gguf"] = Zeros(small_gguf(tmp_path / "long.gguf", 400_000)[:9 << 20], 40 << 30)
    error = fit(server.url + "/long.gguf", code=6)["error"]
    assert "gives no ranges" in error["message"] and "download" in error["hint"]
    assert server.sent < 64 << 20  # 8 MiB each, and what sockets hold


def test_redirects_lead_to_the_file(tmp_path, server, fit):
    server.mode = "redirect"
    server.files["/small.gguf"] = small_gguf(tmp_path / "small.gguf")
    assert fit(server.url + "/small.gguf?download=true")["model"] == "small"
    assert [path for path, _ in server.asked] == ["/small.gguf?download=true", "/cdn/small.gguf?download=true"]


def test_parts_of_a_gguf_are_found_beside_the_one_that_is_named(tmp_path, server, fit):
    count = None
    for part in range(3):
        name = f"m-{part + 1:05}-of-00003.gguf"
        server.files[f"/x/{name}"] = small_gguf(tmp_path / name, part=(part, 3))
        count = sum(int(tensor.n_elements) for tensor in gguf.GGUFReader(tmp_path / name).tensors)
    assert fit(server.url + "/x/m-00002-of-00003.gguf")["parameters"] == 3 * count
    del server.files["/x/m-00003-of-00003.gguf"]
    assert "m-00003-of-00003.gguf" in fit(server.url + "/x/m-00001-of-00003.gguf", code=3)["error"]["message"]


def test_a_repository_is_read_by_its_index(tmp_path, server, fit):
    config = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
              "intermediate_size": 128, "vocab_size": 1000, "tie_word_embeddings": False}
    base, count, index = "/org/name/resolve/main/", 0, {}
    for part in range(2):
        tensors = {f"w{part}": numpy.zeros((1000, 64), dtype=numpy.float16)}
        safetensors.numpy.save_file(tensors, tmp_path / "t")
        server.files[f"{base}m-{part}.safetensors"] = (tmp_path / "t").read_bytes()
        index[f"w{part}"] = f"m-{part}.safetensors"
        count += 64_000
    server.files[base + "config.json"] = json.dumps(config).encode()
    server.files[base + "model.safetensors.index.json"] = json.dumps({"weight_map": index}).encode()
    found = fit(server.url + base)
    assert found["model"] == "name" and found["parameters"] == count
    assert fit(server.url + base + "config.json")["parameters"] == count


@pytest.mark.parametrize("mode, code, words", [("short", 6, "no answer"), ("other part", 8, "asked for"),
                                               ("endless headers", 6, "no answer")])
def test_bad_servers_end_in_words(tmp_path, server, fit, mode, code, words):
    server.mode = mode
    server.files["/small.gguf"] = small_gguf(tmp_path / "small.gguf", 30_000)
    assert words in fit(server.url + "/small.gguf", code=code)["error"]["message"]


def test_a_server_that_drips_ends_after_its_time(tmp_path, server, fit):
    server.mode = "drip"
    server.files["/small.gguf"] = small_gguf(tmp_path / "small.gguf")
    start = time.monotonic()
    assert fit(server.url + "/small.gguf", code=6)["error"]["kind"] == "unavailable"
    assert time.monotonic() - start < 40  # one try of 20 s


def test_what_is_not_there_and_what_is_cut(tmp_path, server, fit):
    assert fit(server.url + "/none.gguf", code=3)["error"]["kind"] == "not_found"
    server.files["/cut.gguf"] = small_gguf(tmp_path / "small.gguf")[:-1]
    assert "is cut" in fit(server.url + "/cut.gguf", code=8)["error"]["message"]
    server.files["/bad.safetensors"] = struct.pack("<Q", 1 << 62) + b"{}"
    assert "offset 0" in fit(server.url + "/bad.safetensors", code=8)["error"]["message"]
    server.files["/empty.gguf"] = b""
    assert fit(server.url + "/empty.gguf", code=8)["error"]["kind"] == "corrupt"
