"""The agent away, without a cloud: a machine is a folder with a lease and a fake `end-machine`.

Real processes throughout; `end-machine` notes its calls and then, like the real one, takes the
agent's processes with it.
"""

import base64
import collections
import http.server
import io
import json
import os
import pathlib
import signal
import shutil
import subprocess
import tarfile
import threading
import time

import pytest

PATIENCE_S = 60

# The machine's end is the end of every process of ours on it.
END_MACHINE = """#!/bin/sh
echo "${1:-end}" >> "$(dirname "$0")/ends"
[ "$1" = check ] && exit 0
[ -e "$(dirname "$0")/end-fails" ] && exit 22
for word in keep work; do
  for process in /proc/[0-9]*; do
    tr '\\000' ' ' <"$process/cmdline" 2>/dev/null | grep -q "curbstop-agent $word $(dirname "$0")/" &&
      kill -9 "${process#/proc/}"
  done
done
"""


def until(condition, what, patience=PATIENCE_S):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def uptime():
    return float(pathlib.Path("/proc/uptime").read_text().split()[0])


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] not in "ZX"
    except OSError:
        return False


class Machine:
    """A rented machine's folder, one run on it, and what home sees of it."""

    def __init__(self, folder, env):
        self.home = folder / "machine"
        self.run = self.home / "runs" / "r0"
        self.work = self.home / "work" / "r0"
        for made in (self.run, self.work):
            made.mkdir(parents=True)
        self.env = {**env, "CURBSTOP_HOME": str(self.home)}
        (self.home / "end-machine").write_text(END_MACHINE)
        (self.home / "end-machine").chmod(0o700)
        self.lease(3600)
        self.name = f"r0-{os.getpid()}-{folder.name}"
        self.followers = []

    def lease(self, seconds):
        (self.home / "lease.tmp").write_text(f"{int(uptime() + seconds)}\n")
        (self.home / "lease.tmp").rename(self.home / "lease")

    def order(self, command, away=None, **order):
        (self.run / "order.json").write_text(json.dumps(
            {"version": 1, "run": "r0", "step_id": self.name, "root": str(self.work),
             "command": command, "project": "p", "step": "s",
             "step_lock": str(self.home / "step.lock"), "grace_ms": 5000,
             "checkpoint_dir": str(self.run / "checkpoints"), "hang_floor_ms": 900_000,
             "away": {"home": str(self.home), "unconnected_ms": 0, "lease_margin_ms": 1000,
                      "end_pause_ms": 200, "lease_at_birth_ms": 3_600_000, **(away or {})},
             **order}))

    def keep(self, secrets=None, **env):
        done = subprocess.run(["curbstop-agent", "keep", str(self.run)], env={**self.env, **env},
                              input=json.dumps(secrets or {}), capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        return self

    def begin(self, command, secrets=None, away=None, **order):
        self.order(command, away, **order)
        return self.keep(secrets)

    def pids(self, word):
        """Of the programs `curbstop-agent WORD RUN`: keep, work."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                argv = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if argv[1:3] == [word.encode(), str(self.run).encode()] and is_alive(entry.name):
                found.append(int(entry.name))
        return found

    def spool(self, name="agent.events"):
        file = self.run / name
        text = file.read_text() if file.exists() else ""
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def told(self, kind):
        return [line for line in self.spool() if line["kind"] == kind]

    def ends(self):
        file = self.home / "ends"
        return file.read_text().split() if file.exists() else []

    def follow(self, *, events=0, log=0, calls=0):
        follower = Follower(self, events, log, calls)
        self.followers.append(follower)
        return follower

    def gone(self):
        until(lambda: "end" in self.ends(), "the call of end-machine")
        until(lambda: not self.pids("keep") and not self.pids("work"), "the processes' end")

    def sweep(self):
        for follower in self.followers:
            follower.stop()
        for word in ("keep", "work"):
            for pid in self.pids(word):
                os.kill(pid, signal.SIGKILL)
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if f"CURBSTOP_STEP_ID={self.name}".encode() in (entry / "environ").read_bytes():
                        os.kill(int(entry.name), signal.SIGKILL)
                except OSError:
                    pass


class Follower:
    """One connection from home."""

    def __init__(self, machine, events, log, calls):
        self.process = subprocess.Popen(
            ["curbstop-agent", "follow", str(machine.run), "--events", str(events), "--log",
             str(log), "--calls", str(calls)], env=machine.env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.bytes = b""

    def lines(self):
        self.bytes += self.process.stdout.read() or b""
        return [json.loads(line) for line in self.bytes[:self.bytes.rfind(b"\n") + 1].splitlines()]

    def of(self, name):
        return [line for line in self.lines() if line["from"] == name]

    def told(self, kind):
        return [line["body"] for line in self.of("events") if line["body"]["kind"] == kind]

    def log(self):
        return b"".join(base64.b64decode(line["base64"]) if "base64" in line
                        else line["text"].encode() for line in self.of("log"))

    def say(self, kind, name, **more):
        order = {"to": "commands", "body": {"id": name, "kind": kind, **more}}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def cut(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()


@pytest.fixture
def machine(tmp_path, home):
    made = Machine(tmp_path, home)
    yield made
    made.sweep()


CHECKPOINTS = """
trap 'echo late > "$CURBSTOP_CHECKPOINT_DIR/x.tmp"
      mv "$CURBSTOP_CHECKPOINT_DIR/x.tmp" "$CURBSTOP_CHECKPOINT_DIR/late"; exit 0' TERM
echo early > "$CURBSTOP_CHECKPOINT_DIR/x.tmp"
mv "$CURBSTOP_CHECKPOINT_DIR/x.tmp" "$CURBSTOP_CHECKPOINT_DIR/early"
echo "resumed from ${CURBSTOP_RESUME_FROM:-nothing}"
while :; do sleep 0.1; done
"""


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
    machine.begin("echo $SECRET; echo out > $CURBSTOP_OUT/model", {"SECRET": "s3cret-s3cret"})
    home = machine.follow()
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
    assert machine.ends() == ["check"]  # somebody is connected
    assert len(home.of("life")) >= 2
    assert (machine.run / "out" / "model").read_text() == "out\n"
    home.say("release", "a")
    machine.gone()


def test_a_machine_that_is_kept_for_the_next_run_stays(machine):
    machine.begin("true", away={"unconnected_ms": 60_000})
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
    machine.begin("true", away={"unconnected_ms": 60_000})
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
    machine.lease(10)
    machine.begin(CHECKPOINTS, grace_ms=4000)
    until(lambda: machine.told("finished"), "the end", 20)
    left = int((machine.home / "lease").read_text()) - uptime()
    assert left > 1
    assert machine.told("saved")[0]["name"] == "late"
    assert machine.told("finished")[0]["outcome"] == "lease_over"
    machine.gone()


def test_a_longer_lease_lets_the_step_go_on(machine):
    machine.lease(9)
    machine.begin(CHECKPOINTS, grace_ms=2000)
    until(lambda: machine.told("checkpoint"), "a checkpoint")
    machine.lease(1000)
    time.sleep(8)
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
                  "sleep 0.01; done", away={"unconnected_ms": 60_000})
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


class Place(http.server.BaseHTTPRequestHandler):
    """An object store that takes what is PUT at addresses with the right signature."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_signed = self.path.endswith("?sig=hush%2Fhush%3D")
        name = self.path.split("?")[0].strip("/")
        if is_signed and not self.server.fails:
            self.server.puts.append(name)
            self.server.objects[name] = body
        self.send_response(200 if is_signed and not self.server.fails else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def place():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Place)
    server.puts, server.objects, server.fails = [], {}, False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = lambda name: f"http://127.0.0.1:{server.server_port}/{name}?sig=hush%2Fhush%3D"
    server.secrets = {"away": {"put_checkpoint": [url("c1"), url("c2")], "put_out": url("out"),
                               "put_spools": url("spools")}}
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def unpack(body):
    """What any tar says is in it, by name; and what it is."""
    with tarfile.open(fileobj=io.BytesIO(body)) as pack:
        found = {one.name: pack.extractfile(one).read() for one in pack.getmembers() if one.isfile()}
    return json.loads(found.pop("curbstop.json")), found


def only(tool, folder):
    """A PATH with that one of the three tools."""
    folder.mkdir()
    for name in os.listdir("/usr/bin"):
        if name not in ("curl", "wget") and not name.startswith("python"):
            (folder / name).symlink_to(f"/usr/bin/{name}")
    (folder / tool).symlink_to(shutil.which(tool) if tool != "python3" else
                               os.path.realpath("/usr/bin/python3"))


@pytest.mark.parametrize("tool", ["curl", "wget", "python3"])
def test_nobody_connected_puts_everything_at_the_place(machine, place, tmp_path, tool):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not here")
    folder = tmp_path / "bin"
    agent = shutil.which("curbstop-agent", path=machine.env["PATH"])
    only(tool, folder)
    (folder / "curbstop-agent").symlink_to(agent)
    machine.env["PATH"] = str(folder)
    machine.begin("""
        mkdir "$CURBSTOP_CHECKPOINT_DIR/x.tmp"; echo 1 > "$CURBSTOP_CHECKPOINT_DIR/x.tmp/weights"
        mv "$CURBSTOP_CHECKPOINT_DIR/x.tmp" "$CURBSTOP_CHECKPOINT_DIR/step-1"
        mkdir $CURBSTOP_OUT/deep; echo model > $CURBSTOP_OUT/deep/model; echo done""",
                  place.secrets, away={"at_end": "save"})
    machine.gone()
    assert machine.told("hello")[0]["place"] is True
    about, files = unpack(place.objects["c1"])
    assert (about["kind"], about["name"], about["run"]) == ("checkpoint", "step-1", "r0")
    assert files == {"step-1/weights": b"1\n"}
    about, files = unpack(place.objects["out"])
    assert files == {"out/deep/model": b"model\n"}
    about, files = unpack(place.objects["spools"])
    assert about["ending"]["outcome"] == "done"
    assert files["step.log"].endswith(b"done\n")
    assert [line["name"] for line in machine.told("safe")] == ["step-1"]
    assert place.puts.index("c1") < place.puts.index("out") < len(place.puts) - 1


def test_checkpoints_are_put_as_they_come_and_in_turn(machine, place):
    machine.begin("""for i in 1 2 3; do
        echo $i > "$CURBSTOP_CHECKPOINT_DIR/x.tmp"; mv "$CURBSTOP_CHECKPOINT_DIR/x.tmp" "$CURBSTOP_CHECKPOINT_DIR/$i"
        while [ ! -e go-$i ]; do sleep 0.02; done
        done; sleep 1000""", place.secrets)
    for number in "123":
        safe = until(lambda: [line for line in machine.told("safe") if line["name"] == number],
                     "it to be safe")
        assert safe[0]["work_ms"] >= 0
        (machine.work / f"go-{number}").touch()
    assert place.puts == ["spools", "c1", "c2", "c1"]
    assert unpack(place.objects["c1"])[0]["name"] == "3"
    assert unpack(place.objects["c2"])[0]["name"] == "2"
    os.kill(machine.pids("work")[0], signal.SIGKILL)  # the next worker goes on in turn
    until(lambda: len(machine.told("safe")) == 4, "the fourth")
    assert place.puts[-1] == "c2"


def test_a_place_that_refuses_is_told_and_the_save_tried_again(machine, place):
    place.fails = True
    machine.begin("echo 1 > $CURBSTOP_OUT/model", place.secrets, away={"at_end": "save"})
    told = until(lambda: machine.told("not_saved"), "the word of it")
    assert machine.told("hello")[0]["place"] is False
    assert "403" in machine.told("hello")[0]["place_error"]
    assert "sig=" not in json.dumps(machine.spool()) and told
    place.fails = False
    machine.gone()
    assert unpack(place.objects["out"])[1] == {"out/model": b"1\n"}


def test_a_place_that_never_answers_does_not_outlive_the_lease(machine, place):
    place.fails = True
    machine.lease(30)  # the margin is what a busy machine needs to get its end through
    machine.begin("true", place.secrets, away={"at_end": "save", "save_time_ms": 1000,
                                               "unconnected_ms": 1000, "lease_margin_ms": 15000})
    machine.gone()
    assert len(machine.told("not_saved")) > 1
    assert uptime() < int((machine.home / "lease").read_text())


def test_without_a_place_home_is_waited_for_until_the_lease_ends(machine):
    machine.lease(9)
    machine.begin("true", away={"at_end": "save"})
    until(lambda: machine.told("finished"), "the end")
    time.sleep(2)
    assert "end" not in machine.ends()
    machine.gone()


def test_the_addresses_of_the_place_are_in_memory_alone(machine, place):
    machine.begin(CHECKPOINTS, place.secrets)
    until(lambda: machine.told("safe"), "a checkpoint at the place")
    for pid in machine.pids("keep") + machine.pids("work"):
        for name in ("environ", "cmdline"):
            assert b"sig=" not in pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
    for file in machine.home.rglob("*"):
        if file.is_file():
            assert b"sig=" not in file.read_bytes(), file


# Two checkpoints, then the outputs; a restart goes on from what there is.
WORKS = """
for i in 1 2; do
  case "$CURBSTOP_RESUME_FROM" in */$i|*/2) continue ;; esac
  sleep 0.3
  echo $i > "$CURBSTOP_CHECKPOINT_DIR/x.tmp"; mv "$CURBSTOP_CHECKPOINT_DIR/x.tmp" "$CURBSTOP_CHECKPOINT_DIR/$i"
done
cat "$CURBSTOP_CHECKPOINT_DIR/2" > $CURBSTOP_OUT/model
"""


def test_a_worker_killed_at_each_point_changes_no_result(home, tmp_path, place):
    """SIGKILL of the worker at every place where it says so; the keeper brings the run to its end."""
    def run(name, **env):
        folder = tmp_path / name
        folder.mkdir()
        machine = Machine(folder, home)
        try:
            machine.order(WORKS, away={"at_end": "save"})
            machine.keep(place.secrets, **env)
            machine.gone()
            return machine
        finally:
            machine.sweep()
    log = tmp_path / "points"
    run("undisturbed", CURBSTOP_FAILPOINT_LOG=str(log))
    points = log.read_text().split()
    if not points:
        pytest.skip("no failpoints in this build")
    counted, seen = [], collections.Counter()
    for name in points:
        seen[name] += 1
        counted.append((name, seen[name]))
    wanted = [point for point in counted if not point[0].startswith("keeper.")]
    assert len(wanted) > 10
    for number, (name, passage) in enumerate(wanted[::max(1, len(wanted) // 6)]):
        place.objects.clear()
        passed = tmp_path / f"passed-{number}"
        machine = run(f"m{number}", CURBSTOP_FAILPOINT=f"{name}:{passage}:kill",
                      CURBSTOP_FAILPOINT_LOG=str(passed))
        where = f"{name}:{passage}"
        assert "worker ended with signal 9" in (machine.run / "agent.log").read_text(), where
        assert unpack(place.objects["out"])[1] == {"out/model": b"2\n"}, where
        assert len(machine.told("finished")) == 1, where
        assert machine.told("finished")[0]["outcome"] == "done", where
        attempts = [line["attempt"] for line in machine.told("attempt_starting")]
        assert attempts == list(range(1, len(attempts) + 1)), where
        assert [line["seq"] for line in machine.spool()] == list(range(1, len(machine.spool()) + 1))
