# takes: 25 s
"""`model fit --probe`: three real steps of real scripts, and nothing left of them afterwards."""

import json
import os
import signal
import subprocess
import time

import pytest

PATIENCE_S = 300
MIB = 1 << 20
ASKED = ("qwen2.5-0.5b", "--method", "lora", "--sequence", "64", "--batch", "1", "--checkpointing", "none")

# Holds 1.5 GiB, more than the 0.9 of the model's weights, and says so in the way that `{say}` does.
SCRIPT = """
import os, sys, time
held = bytearray(1500 << 20)
for i in range(0, len(held), 4096): held[i] = 1
for step in range(1, 100):
    time.sleep(0.5)
    {say}
"""

TINY = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "intermediate_size": 172,
        "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2, "vocab_size": 500,
        "max_position_embeddings": 512, "tie_word_embeddings": False}


class World:
    def __init__(self, folder, env):
        self.folder = folder
        self.env = env

    def call(self, *arguments):
        return subprocess.run(["curbstop", *arguments], cwd=self.folder, env=self.env, text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)

    def probe(self, *arguments, code=0):
        command = list(arguments)
        at = command.index("--") if "--" in command else len(command)
        command[at:at] = ["--probe", "--json"]
        done = self.call("model", "fit", *command)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def rooms(self):
        folder = os.path.join(self.env["XDG_STATE_HOME"], "curbstop", "probes")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def processes(self, mark):
        """Processes whose environment has the test's mark."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as environ:
                    if f"PROBED_BY={mark}".encode() in environ.read().split(b"\0"):
                        found.append(int(pid))
            except OSError:
                pass
        return found


@pytest.fixture
def world(tmp_path, home):
    folder = tmp_path / "work"
    folder.mkdir()
    home["PROBED_BY"] = str(tmp_path)
    one = World(folder, home)
    yield one
    assert one.rooms() == []
    assert one.processes(tmp_path) == []


def write(world, say, name="train.py"):
    (world.folder / name).write_text(SCRIPT.format(say=say))


def test_memory_and_time_of_a_script_are_measured(world):
    write(world, "print('step', step, flush=True)")
    answer = world.probe(*ASKED, "--", "python3", "train.py")
    probe = answer["probe"]
    assert probe["steps"] >= 3 and probe["device"] == "host" and not probe["out_of_memory"]
    assert 0.45 <= probe["seconds_per_step"] < 2  # what is told is told within 10 %; a busy computer sleeps longer
    assert 1500 * MIB < probe["whole_bytes"] < 1600 * MIB
    assert answer["peak_bytes"]["mid"] == sum(part["mid"] for part in answer["components"])
    assert abs(answer["tokens_per_second"]["mid"] * probe["seconds_per_step"] / 64 - 1) < 0.01
    # It is kept, and corrects the next estimate of like work.
    later = world.call("model", "fit", *ASKED, "--json")
    assert json.loads(later.stdout)["peak_measured_runs"] == 1


@pytest.mark.parametrize("say", ["print('curbstop: ' + __import__('json').dumps({'step': step, 'tokens': 640}), flush=True)",
                                 "print(f'\\r {step}%|#  | {step}/100 [00:01<01:40]', end='', file=sys.stderr, flush=True)"])
def test_steps_are_seen_in_other_words_too(world, say):
    write(world, say)
    answer = world.probe(*ASKED, "--", "python3", "train.py")
    assert answer["probe"]["steps"] >= 3
    assert answer["probe"].get("tokens_per_step", 640) == 640


# As a stock client would log it, by MLflow's REST.
def test_steps_that_are_logged_to_mlflow_are_seen_and_thrown_away(world):
    write(world, "log(step)")
    text = (world.folder / "train.py").read_text()
    (world.folder / "train.py").write_text('''
import json, os, urllib.request
def log(step):
    body = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "value": 1.0, "timestamp": 0, "step": step})
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric", body.encode(),
                                     {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]})
    urllib.request.urlopen(request).read()
''' + text)
    assert world.probe(*ASKED, "--", "python3", "train.py")["probe"]["steps"] >= 3
    assert sorted(os.listdir(world.folder)) == ["train.py"]


def test_a_step_of_the_project_brings_its_model(world):
    write(world, "print('step', step, flush=True)")
    (world.folder / "curbstop.yaml").write_text("""
steps:
  train:
    run: test "$CURBSTOP_OUT" = {out} && test {rate} = 3 && exec python3 train.py
    params: {rate: 3}
    model: {name: qwen2.5-0.5b, method: lora, sequence: 128, checkpointing: none}
  eval: {run: echo}
""")
    answer = world.probe("--step", "train")
    assert answer["model"] == "qwen2.5-0.5b" and answer["probe"]["steps"] >= 3
    assert not (world.folder / "out").exists()


def test_out_of_memory_is_a_fact(world):
    answer = world.probe(*ASKED, "--", "python3", "-c", "print('step 1', flush=True); x = bytearray(10**15)", code=1)
    assert answer["verdict"] == "no" and answer["probe"]["out_of_memory"]
    assert "peak_measured_runs" not in json.loads(world.call("model", "fit", *ASKED, "--json").stdout)


@pytest.mark.parametrize("line, code, words", [
    ("echo step 1; echo no such file; exit 7", 1, "failed with exit code 7, 1 of 3 steps seen"),
    ("echo hello", 1, "ended after 0 of 3 steps seen"),
    ("for i in 1 2 3 4; do echo step $i; sleep 0.1; done; sleep 9", 1, "less than the weights"),
])
def test_what_kept_it_from_three_steps_is_told(world, line, code, words):
    done = world.call("model", "fit", *ASKED, "--probe", "--", line)
    assert done.returncode == code and words in done.stderr, done.stderr


ENDLESS = "trap '' TERM INT; setsid sleep 600 & while :; do sleep 1; done"


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_nothing_is_left_of_an_interrupted_probe(world, number, code):
    probe = subprocess.Popen(["curbstop", "model", "fit", *ASKED, "--probe", "--", ENDLESS], cwd=world.folder,
                             env=world.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE_S
    while len(world.processes(world.env["PROBED_BY"])) < 5 and time.monotonic() < end:  # we, leash, shell, its two sleeps
        time.sleep(0.05)
    assert len(world.rooms()) == 1
    probe.send_signal(number)
    assert probe.wait(PATIENCE_S) == code
    while (world.rooms() or world.processes(world.env["PROBED_BY"])) and time.monotonic() < end:
        time.sleep(0.05)


def test_without_torch_it_is_said_what_to_install(world):
    fake = world.folder / "python"
    fake.write_text("#!/bin/sh\necho 'curbstop: {\"missing\": \"torch\"}'\nexit 4\n")
    fake.chmod(0o755)
    done = world.call("model", "fit", *ASKED, "--probe", "--python", str(fake))
    assert done.returncode == 3 and "needs the Python package `torch`" in done.stderr


def torch_python():
    """The distribution's Python with its torch (python3-torch), or None."""
    for python in ("/usr/bin/python3", "python3"):
        try:
            found = subprocess.run([python, "-c", "import torch"], check=False, capture_output=True, timeout=PATIENCE_S)
        except OSError:
            continue
        if found.returncode == 0:
            return python
    return None


@pytest.fixture(scope="session")
def torch():
    python = torch_python()
    if python is None:
        pytest.skip("no Python here has torch (python3-torch)")
    return python


@pytest.fixture
def tiny(world):
    (world.folder / "tiny").mkdir()
    (world.folder / "tiny" / "config.json").write_text(json.dumps(TINY))
    world.env["OMP_NUM_THREADS"] = "1"
    return "./tiny"


# 4 bytes each of 2 x 500 x 64 in table and head, 2 x (64 x 64 x 2 + 64 x 32 x 2 + 3 x 64 x 172 + 2 x 64) in layers, 64.
WEIGHTS = 4 * (2 * 500 * 64 + 2 * (64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 172 + 2 * 64) + 64)


@pytest.mark.parametrize("method", [("--method", "full"), ("--method", "lora"), ("--method", "full", "--checkpointing", "none"),
                                    ("--method", "full", "--optimizer", "sgd", "--chunked-loss"),
                                    ("--engine", "transformers", "--context", "128")])
def test_the_script_that_is_made_for_it_trains_in_the_asked_shape(world, torch, tiny, method):
    answer = world.probe(tiny, "--quant", "fp32", "--sequence", "64", "--batch", "2", *method, "--python", torch)
    assert answer["parameters"] == WEIGHTS // 4
    probe = answer["probe"]
    assert probe["steps"] == 3 and probe["seconds_per_step"] > 0
    assert probe["allocated_bytes"] <= probe["whole_bytes"]
    assert answer["tokens_per_second"]["mid"] > 0


# Memory that runs out in torch: an address space that holds the libraries and little more.
def test_torch_out_of_memory_is_understood(world, torch, tiny):
    asked = f"ulimit -v 900000; exec curbstop model fit {tiny} --method full --quant fp32 --sequence 512 --batch 2000 --probe --json --python {torch}"
    done = subprocess.run(["sh", "-c", asked], cwd=world.folder, env=world.env, text=True, check=False,
                          capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["probe"]["out_of_memory"]
