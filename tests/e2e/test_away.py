# takes: 450 s
"""A step on a rented machine: the practice cloud's real processes, the real drivers and agent."""

import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import pytest

PATIENCE_S = 300
STEPS = 40

# On demand: the practice market outbids, which only tests about bids are to meet.
PROJECT = """\
name: away
steps:
  train:
    run: sh train.sh {out} {steps}
    params: {steps: %d}
    checkpoint: {dir: ckpt}
    outputs: [model.txt]
    metrics: metrics.json
    deterministic: true
    needs: {time: 20 s}
    spot: never
"""

TRAIN = """\
i=0
if [ -n "$CURBSTOP_RESUME_FROM" ]; then i=$(cat "$CURBSTOP_RESUME_FROM"); fi
echo "from $i, secret ${TOKEN-none}"
while [ "$i" -lt "$2" ]; do
  i=$((i + 1)); sleep 0.1; echo "step $i"
  if [ $((i % 5)) = 0 ]; then
    echo "$i" >"$CURBSTOP_CHECKPOINT_DIR/tmp-$i"
    mv "$CURBSTOP_CHECKPOINT_DIR/tmp-$i" "$CURBSTOP_CHECKPOINT_DIR/$(printf 'step-%04d' $i)"
  fi
done
echo "model after $i" >"$1/model.txt"
echo '{"accuracy": 0.5}' >"$1/metrics.json"
"""


class User:
    """Somebody with a project and a practice cloud of his own."""

    def __init__(self, folder, env):
        self.folder, self.env = folder, env
        self.state = pathlib.Path(env["XDG_STATE_HOME"]) / "curbstop"

    def make(self, steps=STEPS, extra=""):
        self.folder.mkdir(exist_ok=True)
        (self.folder / "curbstop.yaml").write_text(PROJECT % steps + extra)
        (self.folder / "train.sh").write_text(TRAIN)

    def call(self, *words, timeout=PATIENCE_S):
        return subprocess.run(["curbstop", *words], cwd=self.folder, env=self.env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout)

    def answer(self, *words):
        done = self.call(*words, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def practice(self):
        return self.answer("practice", "status")

    def start(self, *words, on="practice:vast"):
        return subprocess.Popen(["curbstop", "run", "--on", on, "--yes", *words],
                                cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def strike(self, fault):
        """Now, however long it took to come so far: the cloud dies and comes back with that fault."""
        os.kill(json.loads((self.state / "practice/server.json").read_text())["pid"], signal.SIGKILL)
        until(lambda: not self.practice()["running"], "the cloud's end")
        script = self.folder.parent / "strike.yaml"
        script.write_text(f"faults: [{fault}]\n")
        done = self.call("practice", "start", "--faults", str(script))
        assert done.returncode == 0, done.stderr

    def run(self):
        return self.answer("runs")["runs"][0]

    def log(self, run):
        return (self.state / "runs" / run / "step.log").read_text()

    def ledger(self):
        with sqlite3.connect(pathlib.Path(self.env["XDG_DATA_HOME"]) / "curbstop/money.db") as money:
            return money.execute("SELECT kind, class, micro_usd FROM ledger").fetchall()

    def rentals(self):
        """Numbers of the machines that money was held for."""
        with sqlite3.connect(pathlib.Path(self.env["XDG_DATA_HOME"]) / "curbstop/money.db") as money:
            return [row[0] for row in money.execute("SELECT DISTINCT rental FROM ledger")]

    def attempts_begun(self):
        with sqlite3.connect(pathlib.Path(self.env["XDG_DATA_HOME"]) / "curbstop/money.db") as money:
            return money.execute("SELECT count(*) FROM events WHERE kind = 'agent_report' AND "
                                 "json_extract(data, '$.kind') = 'attempt_started'").fetchone()[0]

    def accrued(self):
        return sum(row[2] for row in self.ledger() if row[0] in ("accrue", "correct"))

    def supervisor(self, run):
        return json.loads(self.call("runs", "show", run, "--json").stdout)


def until(condition, what, patience_s=PATIENCE_S, pause_s=0.2):
    end = time.monotonic() + patience_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(pause_s)


def no_more_runs(user):
    """The account answers one call a second: whoever looks all the time keeps the supervisor waiting."""
    until(lambda: user.answer("ps")["runs"] == [], "the end in the books", pause_s=3)


@pytest.fixture(name="user")
def _user(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = User(tmp_path / "project", home)
    user.make()
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def living(user):
    return [one for one in user.practice().get("machines", []) if one["state"] != "gone"]


def check_books(user):
    """Nothing lives, and the ledger holds what the provider's own meter does, and hardly more."""
    assert living(user) == []
    bill = user.practice()["billed_micro_usd"]
    accrued = user.accrued()
    assert accrued >= bill > 0
    assert {row[1] for row in user.ledger()} == {"practice"}
    held = sum(row[2] if row[0] == "reserve" else -row[2] if row[0] == "release" else 0
               for row in user.ledger())
    assert held == 0


def test_a_step_runs_on_a_rented_machine_and_its_outputs_come_home(user):
    done = user.call("run", "--on", "practice:vast", "--yes")
    assert done.returncode == 0, done.stderr
    assert (user.folder / "out/train/model.txt").read_text() == f"model after {STEPS}\n"
    run = user.run()
    assert run["state"] == "succeeded" and run["metrics"] == {"accuracy": 0.5}
    assert f"step {STEPS}\n" in user.log(run["id"])
    assert user.log(run["id"]).count("step 7\n") == 1
    # Before it is sent: what, how long, what the machine costs meanwhile.
    assert re.search(r"train  sends 1 file, \d+ B · about 1 s at 100 Mbit/s, assumed · "
                     r"machine waits = 0\.\d+ USD\n", done.stderr), done.stderr
    check_books(user)
    assert user.answer("ps")["month"]["spent_micro_usd"] == 0  # play money
    again = user.call("run", "--on", "practice:vast", "--yes")
    assert "unchanged" in again.stderr


def test_outputs_equal_those_at_home(user):
    assert user.call("run", "--yes").returncode == 0
    home = [(row["path"], row["md5"]) for row in user.run()["outputs"]]
    done = user.call("run", "--on", "practice:vast", "--yes", "--force")
    assert done.returncode == 0, done.stderr
    assert [(row["path"], row["md5"]) for row in user.run()["outputs"]] == home


def supervisors(run):
    """Processes that look after the run; it may be in the books as over before they are."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[1:3] == [b"supervise", run.encode()]:
            found.append(int(entry.name))
    return found


def kill_supervisor(run):
    for process in supervisors(run):
        os.kill(process, signal.SIGKILL)


def active_run(user):
    runs = user.answer("ps")["runs"]
    return runs[0]["id"] if runs else None


def test_a_killed_supervisor_goes_on_where_it_was(user):
    running = user.start()
    run = until(lambda: active_run(user), "the run")
    until(lambda: (user.state / "runs" / run / "step.log").exists() and "step 10" in user.log(run),
          "its tenth step")
    kill_supervisor(run)
    out, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, out
    assert user.log(run).count("step 12\n") == 1
    assert user.run()["attempts"] == 1
    assert user.rentals() == [1]  # the lease counts on as if nothing had happened
    check_books(user)


def end_behind_our_back(user, machine):
    """As if somebody else had ended it in the provider's console."""
    practice = user.answer("practice", "start")
    secrets = json.loads((pathlib.Path(user.env["XDG_CONFIG_HOME"]) / "curbstop/credentials").read_text())
    key = secrets["secrets"]["PRACTICE_API_KEY"]["value"]
    request = urllib.request.Request(f"{practice['vast_url']}/api/v0/instances/{machine['id']}/", method="DELETE",
                                     headers={"Authorization": f"Bearer {key}"})

    def accepted():
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as error:
            assert error.code == 429
            return False
    until(accepted, "its end to be accepted")


def test_a_lost_machine_is_replaced_and_the_work_goes_on(user):
    user.make(steps=200)
    running = user.start()
    until(lambda: list((user.folder / "ckpt").glob("step-*")), "a checkpoint at home")
    end_behind_our_back(user, living(user)[0])
    out, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, out
    assert (user.folder / "out/train/model.txt").read_text() == "model after 200\n"
    run = user.run()
    assert run["resumed_from"] and run["attempts"] == 2, out
    assert "sends checkpoints: " in out, out
    check_books(user)


def test_cancel_saves_and_ends_the_machine(user):
    user.make(steps=1000)
    running = user.start()
    run = until(lambda: active_run(user), "the run")
    until(lambda: (user.state / "runs" / run / "step.log").exists() and "step 10" in user.log(run),
          "its tenth step")
    assert user.call("cancel", "train").returncode == 0
    running.communicate(timeout=PATIENCE_S)
    assert user.run()["state"] == "cancelled"
    assert any(name.name.startswith("step-") for name in (user.folder / "ckpt").iterdir())
    check_books(user)


def test_panic_ends_all_without_a_database(user):
    user.make(steps=1000)
    running = user.start()
    until(lambda: any(one["state"] == "running" for one in user.practice().get("machines", [])),
          "a running machine")
    money = pathlib.Path(user.env["XDG_DATA_HOME"]) / "curbstop/money.db"
    for part in ("", "-wal", "-shm"):
        money.with_name(money.name + part).unlink(missing_ok=True)
    done = user.call("panic", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert living(user) == []
    running.kill()
    time.sleep(3)
    assert living(user) == []


def test_panic_ends_the_machines_of_both_accounts_and_their_runs(user, tmp_path):
    other = User(tmp_path / "other", user.env)
    for one in (user, other):
        one.make(steps=1000)
    running = [user.start(), other.start(on="practice:runpod")]
    until(lambda: {one["provider"] for one in living(user) if one["state"] == "running"}
          == {"vast", "runpod"}, "a running machine on each account")
    done = user.call("panic", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["ended"] == 2
    assert living(user) == []
    for one in running:
        one.communicate(timeout=PATIENCE_S)
    assert [run["state"] for run in user.answer("runs")["runs"]] == ["cancelled", "cancelled"]
    check_books(user)


def test_with_everything_of_ours_dead_the_machine_ends_itself_and_ps_books_it(user):
    user.make(steps=100000)
    running = user.start("--lease", "60s")
    machine = until(lambda: living(user), "a machine")[0]
    run = active_run(user)
    running.kill()
    kill_supervisor(run)
    until(lambda: machine["id"] not in [one["id"] for one in living(user)], "its own end")
    no_more_runs(user)  # and nothing new is rented
    assert user.run()["state"] == "crashed"
    check_books(user)


def test_a_secret_reaches_the_step_and_nothing_else(user):
    token = "hunter2-hunter2-hunter2"
    user.make(extra="secrets: [TOKEN]\n")
    subprocess.run(["curbstop", "secret", "set", "TOKEN"], cwd=user.folder, env=user.env,
                   input=token, text=True, check=True, capture_output=True)
    done = user.call("run", "--on", "practice:vast", "--yes")
    assert done.returncode == 0, done.stderr
    assert "secret none" not in user.log(user.run()["id"])
    credentials = pathlib.Path(user.env["XDG_CONFIG_HOME"]) / "curbstop/credentials"
    for file in pathlib.Path(user.env["HOME"]).rglob("*"):
        if file.is_file() and file != credentials:
            assert token.encode() not in file.read_bytes(), file
