# peer: moto
"""The link to a machine: transfers over a real sshd and a link that is cut, and a named place on
moto's S3, written by each of the tools that an image may have."""

import hashlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from conftest import BUILD
from s3_peer import s3_server

TOOL = BUILD / "link-tool"
AGENT = BUILD / "curbstop-agent"
PATIENCE_S = 180


class Server:
    """A `link-tool` that serves until its stdin ends; `words` is what it said first."""

    def __init__(self, *words):
        self.process = subprocess.Popen([TOOL, *map(str, words)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.words = self.process.stdout.readline().split()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)


@pytest.fixture
def sshd(tmp_path):
    if not os.path.exists("/usr/sbin/sshd") and os.environ.get("CI") != "true":
        pytest.skip("no sshd here (package openssh-server)")
    server = Server("sshd", tmp_path / "sshd")
    yield server, tmp_path / "sshd"
    server.stop()


def tree(folder):
    """Contents by path, without the index that hashing at home leaves."""
    return {str(file.relative_to(folder)): hashlib.md5(file.read_bytes()).hexdigest()
            for file in sorted(folder.rglob("*"))
            if file.is_file() and ".curbstop" not in file.relative_to(folder).parts}


def make_tree(folder):
    for i in range(500):
        file = folder / f"{i % 7}" / f"{i}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(4096))
    (folder / "big.bin").write_bytes(os.urandom(5_000_000))


def transfer(what, port, sshd_folder, far, local):
    return subprocess.run([TOOL, what, str(port), str(sshd_folder), str(far), str(local), str(AGENT)],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.mark.parametrize("what", ["send", "fetch"])
def test_a_transfer_goes_on_after_the_link_was_cut(sshd, tmp_path, what):
    server, folder = sshd
    source, target = tmp_path / "source", tmp_path / "target"
    make_tree(source)
    far, local = (target, source) if what == "send" else (source, target)
    proxy = Server("proxy", server.words[0], 1_000_000, 10)  # 7 s, so that a slow test comes in between
    running = subprocess.Popen([TOOL, what, proxy.words[0], folder, far, local, AGENT],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    parts = target / ".curbstop-transfer"
    end = time.monotonic() + PATIENCE_S
    while not (parts.is_dir() and len(tree(target)) > 50) and time.monotonic() < end:
        time.sleep(0.02)
    proxy.process.kill()
    proxy.process.wait()
    _, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 6, said  # unavailable: again
    kept = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    proxy = Server("proxy", server.words[0], 0, 0)
    done = transfer(what, proxy.words[0], folder, far, local)
    proxy.stop()
    assert done.returncode == 0, done.stderr
    assert tree(target) == tree(source)
    assert kept > 0
    assert int(done.stdout) <= 500 * 4096 + 5_000_000 - kept + 4096


def test_a_far_end_without_an_agent_says_so(sshd, tmp_path):
    server, folder = sshd
    (tmp_path / "source").mkdir()
    done = subprocess.run([TOOL, "send", server.words[0], folder, tmp_path / "target",
                           tmp_path / "source", "/no/agent"], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)
    assert done.returncode == 3, done.stderr
    assert "no agent" in done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def s3(tmp_path):
    """Environment of an S3 account whose bucket `my-bucket` is there."""
    with s3_server() as url:
        yield {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
               "AWS_SECRET_ACCESS_KEY": "top-secret-4711", "AWS_ENDPOINT_URL": url,
               "AWS_REGION": "us-east-1"}


def tool(env, *words, stdin=""):
    return subprocess.run([TOOL, *map(str, words)], env=env, input=stdin, capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)


def presign(env, action, name):
    done = tool(env, "presign", action, "s3://my-bucket/runs/a b", name)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["curl", "wget", "python3", "any"])
def test_a_tool_puts_a_file_at_a_presigned_address(s3, tmp_path, name):
    if name != "any" and not shutil.which(name):
        pytest.skip(f"no {name} here")
    file = tmp_path / "checkpoint.tar"
    file.write_bytes(os.urandom(300_000))
    done = tool(s3, "put", name, file, stdin=presign(s3, "put", "step 7/ü+%.tar"))
    assert done.returncode == 0, done.stderr
    with urllib.request.urlopen(presign(s3, "get", "step 7/ü+%.tar"), timeout=30) as answer:
        assert answer.read() == file.read_bytes()


@pytest.mark.parametrize("name", ["curl", "wget", "python3"])
def test_a_tools_failures_have_kinds_and_show_no_signature(s3, tmp_path, name):
    file = tmp_path / "x"
    file.write_bytes(b"x")
    gone = presign({**s3, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}, "put", "x")
    done = tool(s3, "put", name, file, stdin=gone)
    assert done.returncode == 6, done.stderr
    no_bucket = tool(s3, "presign", "put", "s3://no-such-bucket/x", "x").stdout
    missing = tool(s3, "put", name, file, stdin=no_bucket)
    assert missing.returncode == 3, missing.stderr
    assert "X-Amz" not in done.stderr + missing.stderr
    evil = tool(s3, "put", name, file, stdin='http://127.0.0.1/"\noutput = "/tmp/x')
    assert evil.returncode == 2


def test_the_write_test_and_what_it_prints(s3):
    assert tool(s3, "test-place", "s3://my-bucket/runs").returncode == 0
    missing = tool(s3, "test-place", "s3://no-such-bucket/runs")
    assert missing.returncode == 3
    keyless = tool({**s3, "AWS_SECRET_ACCESS_KEY": ""}, "test-place", "s3://my-bucket/runs")
    assert keyless.returncode == 5
    for done in (missing, keyless):
        assert "top-secret" not in done.stderr and "AKID" not in done.stderr
