# takes: 120 s
"""The agent on a rented machine: what it does while somebody is connected, and when nobody is."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from agent_machine import CHECKPOINTS, until, uptime, machine  # pylint: disable=unused-import


def test_the_probe_says_what_the_machine_is(machine):
    done = subprocess.run(["curbstop-agent", "probe"], env=machine.env, capture_output=True,
                          text=True, check=True)
    found = json.loads(done.stdout)
    assert found["arch"] == os.uname().machine
    assert found["cpus"] >= 1 and found["memory_bytes"] > 0 and found["disk_free_bytes"] > 0
    assert found["self_end"] == {"ok": True, "error": ""}
    assert found["tools"]["python3"] is True
    assert machine.ends() == ["check"]


def test_a_step_that_is_done_waits_for_its_release_and_then_ends_the_machine(machine):
    machine.begin("while [ ! -e go ]; do sleep 0.05; done; echo $SECRET; echo out > $CURBSTOP_OUT/model",
                  {"SECRET": "s3cret-s3cret"})
    home = machine.follow()
    until(lambda: home.told("attempt_started"), "the step")
    (machine.work / "go").touch()
    finished = until(lambda: home.told("finished"), "the end")
    assert finished[0]["outcome"] == "done"
    events = [line["body"]["kind"] for line in home.of("events")]
    assert events[0] == "hello"
    hello = home.told("hello")[0]
    assert hello["rehearsed"] is True and hello["as_promised"] is True
    assert 0 <= hello["age_ms"] < 60_000
    until(lambda: b"***" in home.log(), "the log")
    assert [line["seq"] for line in home.of("events")] == list(range(1, len(events) + 1))
    time.sleep(1)
    until(lambda: len(home.of("life")) >= 2, "its signs of life")
    assert machine.ends() == ["check"]  # somebody is connected
    assert (machine.run / "out" / "model").read_text() == "out\n"
    home.say("release", "a")
    machine.gone()


def test_a_machine_that_is_kept_for_the_next_run_stays(machine):
    machine.begin("true", away={"unconnected_ms": 600_000})
    home = machine.follow()
    until(lambda: home.told("finished"), "the end")
    home.say("release", "a", keep=True)
    until(lambda: not machine.pids("keep") and not machine.pids("work"), "the agent's end")
    assert machine.ends() == ["check"]


def test_nobody_connected_ends_the_machine(machine):
    machine.begin("true")
    machine.gone()
    assert machine.told("finished")[0]["outcome"] == "done"


def test_a_worker_that_dies_after_the_end_runs_nothing_again(machine):
    machine.begin("true", away={"unconnected_ms": 600_000})
    until(lambda: machine.told("finished"), "the end")
    os.kill(machine.pids("work")[0], signal.SIGKILL)
    until(lambda: len(machine.told("started")) == 2, "the second worker")
    home = machine.follow()
    home.say("release", "a")
    machine.gone()
    assert len(machine.told("attempt_started")) == 1
    assert len(machine.told("finished")) == 1


def test_the_end_is_called_until_it_works(machine):
    (machine.home / "end-fails").touch()
    machine.begin("true")
    until(lambda: machine.ends().count("end") >= 3, "three tries")
    (machine.home / "end-fails").unlink()
    machine.gone()


def test_save_stops_the_step_and_tells_its_last_checkpoint(machine):
    machine.begin(CHECKPOINTS)
    home = machine.follow()
    until(lambda: home.told("checkpoint"), "a checkpoint")
    home.say("save", "a")
    saved = until(lambda: home.told("saved"), "saved")[0]
    assert saved["name"] == "late"
    early, late = home.told("checkpoint")
    assert (early["name"], late["name"]) == ("early", "late")
    assert early["complete"] is True and late["complete"] is True
    assert 0 <= early["work_ms"] <= late["work_ms"] == saved["work_ms"]
    assert until(lambda: home.told("finished"), "the end")[0]["outcome"] == "cancelled"
    home.say("save", "b")  # the supervisor asks again after what it took for an end
    until(lambda: len(home.told("saved")) == 2, "saved again")
    home.say("release", "c")
    machine.gone()


def test_a_resumed_step_goes_on_from_what_was_brought(machine):
    (machine.run / "checkpoints").mkdir()
    (machine.run / "checkpoints" / "step-9").write_text("9")
    machine.begin(CHECKPOINTS, keep_checkpoints=True, checkpoints_after_kill=False,
                  away={"checkpoint_work_ms": {"step-9": 90_000}})
    home = machine.follow()
    told = until(lambda: home.told("checkpoint"), "a checkpoint")
    assert [line["name"] for line in told] == ["early"]
    assert told[0]["work_ms"] >= 90_000
    assert home.told("attempt_starting")[0]["resume_from"] == "step-9"


def test_a_folder_that_says_it_is_complete_is_told_while_the_step_runs(machine):
    machine.begin("cd $CURBSTOP_CHECKPOINT_DIR; mkdir a b; touch b/part a/.complete; sleep 1000")
    home = machine.follow()
    until(lambda: home.told("checkpoint"), "a checkpoint")
    time.sleep(3)
    assert [line["name"] for line in home.told("checkpoint")] == ["a"]


def test_the_leases_end_saves_first(machine):
    machine.lease(16)
    machine.begin(CHECKPOINTS, grace_ms=4000)
    until(lambda: machine.told("finished"), "the end")
    left = int((machine.home / "lease").read_text()) - uptime()
    assert left > 1
    assert machine.told("saved")[0]["name"] == "late"
    assert machine.told("finished")[0]["outcome"] == "lease_over"
    machine.gone()


def test_a_longer_lease_lets_the_step_go_on(machine):
    machine.lease(16)
    machine.begin(CHECKPOINTS, grace_ms=2000)
    until(lambda: machine.told("checkpoint"), "a checkpoint")
    machine.lease(1000)
    time.sleep(15)
    assert machine.told("stopping") == []


def test_a_killed_worker_is_replaced_and_costs_no_retry(machine):
    machine.begin(CHECKPOINTS, {"SECRET": "x" * 20})
    until(lambda: machine.told("checkpoint") and "resumed from nothing"
          in (machine.run / "step.log").read_text(), "a checkpoint and a line")
    os.kill(machine.pids("work")[0], signal.SIGKILL)
    until(lambda: len(machine.told("attempt_started")) == 2, "the second attempt")
    assert machine.told("attempt_starting")[1]["attempt"] == 2
    # `late`: the next worker asked what was left running to end, and it saved.
    resumed = machine.told("attempt_starting")[1]["resume_from"]
    assert resumed in ("early", "late")
    assert len(machine.told("hello")) == 1
    assert machine.told("finished") == []
    until(lambda: "/" + resumed in (machine.run / "step.log").read_text(), "the second attempt's log")


def test_a_killed_keeper_lets_the_worker_save_and_end_the_machine(machine):
    machine.begin(CHECKPOINTS)
    until(lambda: machine.told("checkpoint"), "a checkpoint")
    killed = time.monotonic()
    os.kill(machine.pids("keep")[0], signal.SIGKILL)
    until(lambda: machine.told("stopping"), "the worker's notice")
    assert time.monotonic() - killed < 3
    machine.gone()
    assert machine.told("stopping")[0]["why"] == "keeper"
    assert machine.told("saved")[0]["name"] == "late"
    assert machine.told("finished")[0]["outcome"] == "lease_over"


def test_a_worker_that_dies_again_and_again_ends_the_machine(machine):
    (machine.run / "agent.events").write_text("no spool\n")
    machine.order("true", away={"worker_starts": 2})
    subprocess.run(["curbstop-agent", "keep", str(machine.run)], env=machine.env, input="{}",
                   capture_output=True, text=True, check=False)
    machine.gone()
    assert "the worker died too often" in (machine.run / "agent.log").read_text()


def test_secrets_are_in_memory_alone(machine):
    secret = "hush-0123456789abcdef"
    machine.begin("sleep 1000", {"SECRET": secret})
    until(lambda: machine.told("attempt_started"), "the step")
    for pid in machine.pids("keep") + machine.pids("work"):
        for name in ("environ", "cmdline"):
            assert secret.encode() not in pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
        for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(fd)
            assert "memfd" not in target, target
    for file in machine.home.rglob("*"):
        if file.is_file():
            assert secret.encode() not in file.read_bytes(), file


def test_follow_is_cut_and_goes_on_without_doubling_or_skipping(machine):
    machine.begin("i=0; while [ $i -lt 300 ]; do printf 'line %d \\377\\n' $i; i=$((i+1)); "
                  "sleep 0.01; done", away={"unconnected_ms": 600_000})
    events, log = [], b""
    for cut in range(8):
        home = machine.follow(events=len(events), log=len(log))
        time.sleep(0.1 + 0.1 * cut)
        home.cut()
        home.bytes += home.process.stdout.read() or b""
        events += [line["seq"] for line in home.of("events")]
        log += home.log()
    home = machine.follow(events=len(events), log=len(log))
    until(lambda: machine.told("finished"), "the end")
    until(lambda: (log + home.log()).endswith(b"line 299 \377\n"), "the last line")
    until(lambda: len(events) + len(home.of("events")) == len(machine.spool()), "the last event")
    events += [line["seq"] for line in home.of("events")]
    assert events == list(range(1, len(events) + 1))
    whole = log + home.log()
    assert whole == (machine.run / "step.log").read_bytes()


def test_a_command_that_is_repeated_after_a_cut_is_applied_once(machine):
    machine.begin("sleep 1000")
    for _ in range(3):
        home = machine.follow()
        home.say("cancel", "one")
        until(lambda: home.of("commands"), "the answer")  # pylint: disable=cell-var-from-loop
        home.cut()
    assert [line["id"] for line in machine.spool("agent.commands")] == ["one"]


def test_a_second_keeper_is_refused(machine):
    machine.begin("sleep 1000")
    done = subprocess.run(["curbstop-agent", "keep", str(machine.run)], env=machine.env,
                          input="{}", capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "has a keeper" in done.stderr


@pytest.mark.parametrize("words", [["keep"], ["follow", "/nowhere", "--events", "x"], ["moon"], []])
def test_wrong_words_are_refused(machine, words):
    done = subprocess.run(["curbstop-agent", *words], env=machine.env, input="",
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
