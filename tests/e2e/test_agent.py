"""The agent by itself, as `curbstop-agent RUN_FOLDER`, with orders written here."""

import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

PATIENCE_S = 180


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


class Run:
    """One run's folder, and the agent in it."""

    def __init__(self, folder, env, command, **order):
        self.folder = folder / "runs" / "r0"
        self.folder.mkdir(parents=True)
        self.env = env
        self.order = {"version": 1, "run": "r0", "step_id": f"r0-{os.getpid()}-{folder.name}",
                      "root": str(folder), "command": command, "project": "p", "step": "s",
                      "step_lock": str(folder / "step.lock"), "grace_ms": 200,
                      "hang_floor_ms": 900_000, **order}
        (self.folder / "order.json").write_text(json.dumps(self.order))
        self.agent = None

    def start(self):
        self.agent = subprocess.Popen(["curbstop-agent", str(self.folder)], env=self.env,
                                      stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        return self

    def say(self, *kinds):
        """What a supervisor would have written into agent.commands."""
        lines = [json.dumps({"seq": number, "kind": kind}) for number, kind in enumerate(kinds, 1)]
        (self.folder / "agent.commands").write_text("".join(line + "\n" for line in lines))

    def spool(self):
        file = self.folder / "agent.events"
        text = file.read_text() if file.exists() else ""
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def told(self, kind):
        return [line for line in self.spool() if line["kind"] == kind]

    def finish(self):
        """Lets the agent go when it has finished; its last word."""
        finished = until(lambda: self.told("finished"), "the end")
        self.say("release")
        assert self.agent.wait(PATIENCE_S) == 0, self.agent.stderr.read()
        return finished[0]


@pytest.fixture
def make(tmp_path, home):
    """`make(command, **order)`: a started run; its agent is ended with the test."""
    runs = []

    def begin(command, **order):
        runs.append(Run(tmp_path, home, command, **order))
        return runs[-1]
    yield begin
    for run in runs:
        if run.agent and run.agent.poll() is None:
            run.say("kill", "release")
            run.agent.wait(PATIENCE_S)


def test_a_silent_step_hangs(make):
    end = make("sleep 1000", hang_floor_ms=300).start().finish()
    assert end["outcome"] == "failed"
    assert end["reason"].startswith("no sign of life")


def test_a_silent_step_whose_record_is_written_to_is_alive(make):
    # 6 s: one look counts at most 5, so a busy machine alone makes no hang.
    run = make("exec sleep 1000", hang_floor_ms=6000).start()
    until(lambda: run.told("attempt_started"), "the step")
    for _ in range(80):
        (run.folder / "record.life").touch()
        time.sleep(0.1)
    assert run.told("stopping") == []
    run.say("cancel")
    until(lambda: run.told("finished"), "the end")
    run.say("cancel", "release")
    assert run.agent.wait(PATIENCE_S) == 0


def test_a_supervisor_that_cannot_start_is_tried_again_with_pauses(make, tmp_path):
    tries = tmp_path / "tries"
    run = make("true", supervisor=["/bin/sh", "-c", f"echo >> '{tries}'"]).start()
    until(lambda: run.told("finished"), "the end")
    until(lambda: tries.exists() and len(tries.read_text()) >= 3, "three tries")
    assert run.agent.poll() is None  # it waits to be released, however long that takes
    run.finish()


def test_an_agent_whose_run_was_removed_ends(make):
    run = make("true").start()
    until(lambda: run.told("finished"), "the end")
    shutil.rmtree(run.folder)
    assert run.agent.wait(PATIENCE_S) == 0


DAEMON = """
setsid env -i /bin/sh -c 'trap "" TERM; (trap "" TERM; exec sleep 1000) & echo $! > daemon.tmp
                          mv daemon.tmp daemon.pid' &
while [ ! -e daemon.pid ]; do sleep 0.01; done
"""


def may_make_a_cgroup():
    return any(os.access(f"/sys/fs/cgroup{place}/cgroup.procs", os.W_OK)
               for place in ("", "/unified", "/freezer", "/pids"))


def runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.skipif(not may_make_a_cgroup(), reason="no cgroup may be made here")
def test_a_daemon_that_hides_from_the_agent_ends_with_the_attempt(make, tmp_path):
    run = make(DAEMON, grace_ms=100).start()
    assert run.finish()["outcome"] == "done"
    assert not runs((tmp_path / "daemon.pid").read_text().strip())
    assert not pathlib.Path((run.folder / "step.cgroup").read_text().strip()).exists()


@pytest.mark.skipif(not may_make_a_cgroup(), reason="no cgroup may be made here")
def test_the_agent_after_a_killed_one_ends_what_hid_from_it(make, tmp_path):
    run = make(DAEMON + "[ -e again ] || sleep 1000", grace_ms=100).start()
    daemon = until(lambda: (tmp_path / "daemon.pid").exists()
                   and (tmp_path / "daemon.pid").read_text().strip(), "the daemon")
    run.agent.kill()
    run.agent.wait(PATIENCE_S)
    assert runs(daemon)
    (tmp_path / "again").touch()
    assert run.start().finish()["outcome"] == "done"
    assert not runs(daemon)


FORGET = "exec env -i /bin/sh -c 'echo $$ > hidden.tmp; mv hidden.tmp hidden.pid; sleep 1000; :'"


def test_without_a_cgroup_too_the_agent_after_a_killed_one_ends_a_step_that_hid(make, tmp_path):
    run = make(f"[ -e again ] || {FORGET}", grace_ms=100).start()
    hidden = until(lambda: (tmp_path / "hidden.pid").exists()
                   and (tmp_path / "hidden.pid").read_text().strip(), "the step")
    until(lambda: run.told("attempt_started"), "the report")
    run.agent.kill()
    run.agent.wait(PATIENCE_S)
    (run.folder / "step.cgroup").unlink(missing_ok=True)
    (tmp_path / "again").touch()
    assert run.start().finish()["outcome"] == "done"
    assert not runs(hidden)


def test_an_attempt_finds_its_record_where_it_is_by_now(make, tmp_path):
    run = make("echo $WHERE >> where; [ -e again ]", retries=1, environment={"WHERE": "here"}).start()
    until(lambda: run.told("backoff"), "the first attempt's end")
    (run.folder / "order.new").write_text(json.dumps({**run.order, "environment": {"WHERE": "there"}}))
    (run.folder / "order.new").rename(run.folder / "order.json")
    (tmp_path / "again").touch()
    assert run.finish()["outcome"] == "done"
    assert (tmp_path / "where").read_text() == "here\nthere\n"


def boot_ms():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


def test_a_new_agent_gives_the_step_no_new_time(make):
    run = make("sleep 1000", time_limit_ms=3_600_000)
    boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    lost = {"seq": 1, "kind": "started", "boot_ms": boot_ms() - 3_700_000, "boot_id": boot_id}
    (run.folder / "agent.events").write_text(json.dumps(lost) + "\n")
    end = run.start().finish()
    assert (end["outcome"], end["reason"]) == ("failed", "the time limit of 1 h was reached")


def test_the_time_limit_ends_a_wait_for_another_run_too(make, tmp_path):
    with open(tmp_path / "step.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = make("true", time_limit_ms=100).start()
        assert run.finish()["reason"] == "the time limit of 100 ms was reached"
    assert run.told("attempt_starting") == []


def test_a_setup_that_was_cut_off_is_not_done_whatever_its_exit_code(make, tmp_path):
    marker = tmp_path / "markers" / "m"
    run = make("touch ran", setup="trap 'exit 0' TERM; echo ready; sleep 1000 & wait",
               setup_marker=str(marker), hang_floor_ms=3000, grace_ms=60_000)
    end = run.start().finish()
    assert run.told("setup_ended")[0]["exit_code"] == 0
    assert end["outcome"] == "failed"
    assert end["reason"].startswith("no sign of life")
    assert not marker.exists()
    assert not (tmp_path / "ran").exists()


def test_output_of_many_megabytes_arrives_whole(make):
    run = make("head -c 30000000 /dev/zero | tr '\\0' x").start()
    assert run.finish()["outcome"] == "done"
    assert (run.folder / "step.log").read_bytes().count(b"x") >= 30_000_000


LOGGING = """
name: logging
steps:
  log:
    run: exec /usr/bin/python3 log.py
"""
LOG = """
import json, os, pathlib, time, urllib.request
def post(path, body):
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + path, json.dumps(body).encode(),
        {"Content-Type": "application/json",
         "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]})
    urllib.request.urlopen(request).read()
life = pathlib.Path(os.environ["CURBSTOP_OUT"]).parent / "record.life"
assert not life.exists()
for step in range(2):
    post("runs/log-metric", {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "value": 1.0,
                             "timestamp": 1, "step": step})
    end = time.monotonic() + 60
    while not life.exists():
        assert time.monotonic() < end, "no sign of life"
        time.sleep(0.02)
    life.unlink()
pathlib.Path(os.environ["CURBSTOP_OUT"], "done").touch()
"""


def test_the_supervisor_passes_on_that_the_step_logs(tmp_path, home):
    (tmp_path / "curbstop.yaml").write_text(LOGGING)
    (tmp_path / "log.py").write_text(LOG)
    ran = subprocess.run(["curbstop", "run", "--yes"], cwd=tmp_path, env=home, text=True,
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
                         check=False)
    assert ran.returncode == 0, ran.stderr
    assert pathlib.Path(tmp_path, "out/log/done").exists()


SAVING = """
import os, pathlib, signal, sys, time
asked = 0
def ask(*_):
    global asked
    asked += 1
signal.signal(signal.SIGTERM, ask)
pathlib.Path("ready").touch()
while not asked:
    time.sleep(0.01)
for line in range(4000):
    print("saving", line, "x" * 100, flush=True)
time.sleep(0.5)
pathlib.Path(os.environ["CURBSTOP_CHECKPOINT_DIR"] or ".", "saved").write_text(str(asked))
print("saved", flush=True)
sys.exit(143)
"""


def stopped_while_saving(make, tmp_path, **order):
    (tmp_path / "save.py").write_text(SAVING)
    run = make("/usr/bin/python3 save.py; true", **{"grace_ms": 600_000, **order}).start()
    until(lambda: (tmp_path / "ready").exists(), "the step")
    return run


def test_a_stopped_step_gets_one_sigterm_and_the_time_to_save_and_tell(make, tmp_path):
    run = stopped_while_saving(make, tmp_path)
    run.say("cancel")
    until(lambda: run.told("finished"), "the end")
    assert (tmp_path / "saved").read_text() == "1"
    log = (run.folder / "step.log").read_text()
    assert "saving 3999" in log and log.endswith("saved\n")
    run.say("cancel", "release")
    assert run.agent.wait(PATIENCE_S) == 0


def test_a_time_limit_gives_the_time_to_save_too(make, tmp_path):
    run = stopped_while_saving(make, tmp_path, time_limit_ms=6000)  # after it has begun to listen
    assert "time limit" in run.finish()["reason"]
    assert (tmp_path / "saved").read_text() == "1"


STUBBORN = "(trap '' TERM; touch ready; sleep 1000; sleep 1000) & wait"


@pytest.mark.parametrize("command", [STUBBORN, STUBBORN.replace("& wait", "& until [ -e ready ]; do sleep 0.01; done")])
def test_a_kill_request_kills_at_once_also_what_is_being_ended(make, tmp_path, command):
    run = make(command, grace_ms=600_000).start()
    until(lambda: (tmp_path / "ready").exists(), "the step")
    run.say("cancel")
    if "wait" in command:
        until(lambda: run.told("stopping"), "the stop")
    time.sleep(0.5)
    assert run.told("attempt_ended") == []
    run.say("cancel", "kill")
    until(lambda: run.told("finished"), "the end")
    run.say("cancel", "kill", "release")
    assert run.agent.wait(PATIENCE_S) == 0
