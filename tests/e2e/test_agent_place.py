# takes: 60 s
"""The agent and the named place: what it puts there, when nobody is connected and while somebody is."""

import collections
import http.server
import io
import json
import os
import pathlib
import signal
import shutil
import tarfile
import threading
import time

import pytest

from agent_machine import CHECKPOINTS, Machine, until, uptime, machine  # pylint: disable=unused-import


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
    machine.lease(16)
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
