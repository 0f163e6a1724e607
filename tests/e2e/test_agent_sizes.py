# takes: 170 s
"""The agent's file as it travels: small, static, for both processors; the arm64 one runs under qemu."""

import json
import os
import shutil
import struct
import subprocess

import pytest

from conftest import BUILD, ROOT

MOST_BYTES = 3_000_000
MACHINES = {"x86_64": 62, "aarch64": 183}  # e_machine of ELF


def lacks(what):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not here")
    pytest.skip(f"{what} is not here")


@pytest.fixture(scope="module")
def agents():
    """Builds both; where there is no cross compiler, the one of this computer."""
    done = subprocess.run(["cmake", "--build", BUILD, "--target", "agents"], cwd=ROOT,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def agent(processor):
    if processor != os.uname().machine and not shutil.which(f"{processor}-linux-gnu-g++"):
        lacks(f"{processor}-linux-gnu-g++")
    return BUILD / f"curbstop-agent-{processor}"


@pytest.mark.parametrize("processor", MACHINES)
def test_the_file_is_small_static_and_for_its_processor(agents, processor):
    file = agent(processor)
    header = file.read_bytes()[:64]
    assert header[:5] == b"\x7fELF\x02"
    assert struct.unpack_from("<H", header, 18)[0] == MACHINES[processor]
    assert file.stat().st_size <= MOST_BYTES, f"{file.stat().st_size} bytes"
    segments, size, count = struct.unpack_from("<Q", header, 32)[0], *struct.unpack_from("<HH", header, 54)
    content = file.read_bytes()
    kinds = {struct.unpack_from("<I", content, segments + i * size)[0] for i in range(count)}
    assert 3 not in kinds  # PT_INTERP: no dynamic linker is asked for
    assert b".symtab" not in content


def test_the_arm_agent_probes_and_runs_a_step(agents, tmp_path, home):
    file = agent("aarch64")
    qemu = shutil.which("qemu-aarch64-static") or lacks("qemu-aarch64-static")
    env = {**home, "CURBSTOP_HOME": str(tmp_path)}
    (tmp_path / "end-machine").write_text("#!/bin/sh\n[ \"$1\" = check ]\n")
    (tmp_path / "end-machine").chmod(0o700)
    found = json.loads(subprocess.run([qemu, file, "probe"], env=env, capture_output=True,
                                      text=True, check=True).stdout)
    assert found["arch"] == "aarch64"
    assert found["self_end"]["ok"] is True
    run = tmp_path / "runs" / "r0"
    run.mkdir(parents=True)
    (run / "order.json").write_text(json.dumps(
        {"version": 1, "run": "r0", "step_id": f"r0-{os.getpid()}-arm", "root": str(tmp_path),
         "command": "echo $SECRET; echo out > $CURBSTOP_OUT/model", "step_lock": str(tmp_path / "l"),
         "grace_ms": 200, "hang_floor_ms": 900_000}))
    (run / "agent.commands").write_text('{"seq": 1, "kind": "release"}\n')
    subprocess.run([qemu, file, run], env=env, input='{"SECRET": "hush-hush"}', text=True, check=True,
                   timeout=120)
    assert (run / "out" / "model").read_text() == "out\n"
    assert "***" in (run / "step.log").read_text()
    words = [json.loads(line)["kind"] for line in (run / "agent.events").read_text().splitlines()]
    assert words[-1] == "finished"
    done = subprocess.run([qemu, file, "follow", run, "--events", "2", "--log", "0", "--calls", "0"],
                          env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True, timeout=60)
    seqs = [line["seq"] for line in map(json.loads, done.stdout.splitlines())
            if line["from"] == "events"]
    assert seqs == list(range(3, len(words) + 1)) or seqs == []
