# takes: 330 s
# peer: moto
"""Nobody is there: a step away ends alone, with a named place (on moto's S3) and without one."""

import pathlib
import sqlite3
import subprocess
import time
import urllib.request

import pytest

from s3_peer import s3_server
from test_away import PATIENCE_S, User, active_run, check_books, kill_supervisor, living, no_more_runs, until

STEPS = 100
ALONE_S = 60  # so long a step that has ended waits for somebody
KEY = "AKIDEXAMPLE"
SECRET_KEY = "top-secret-4711-of-the-place"

# Logs to its record beside the steps' lines.
RECORD = r"""
cat >log.py <<'END'
import json, os, sys, urllib.request
def post(call, body):
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/" + call, json.dumps(body).encode(),
        {"Content-Type": "application/json",
         "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]})
    urllib.request.urlopen(request).read()
post("runs/log-metric", {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss",
                         "value": float(sys.argv[1]), "timestamp": 1, "step": int(sys.argv[1])})
END
"""


@pytest.fixture(name="s3", scope="module")
def _s3():
    with s3_server() as url:
        yield url


def keys(url):
    listed = urllib.request.urlopen(f"{url}/my-bucket?list-type=2", timeout=30).read().decode()
    return [part.split("</Key>")[0] for part in listed.split("<Key>")[1:]]


@pytest.fixture(name="user")
def _user(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    for name in [name for name in home if name.startswith("AWS_")]:
        home.pop(name)
    user = User(tmp_path / "project", home)
    user.make(steps=STEPS)
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def use_place(user, url, place="s3://my-bucket/runs"):
    folder = pathlib.Path(user.env["XDG_CONFIG_HOME"]) / "curbstop"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.yaml").write_text(f"place: {place}\nplace_endpoint: {url}\n")
    user.env.update({"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY})


def log_to_the_record(user):
    script = user.folder / "train.sh"
    text = script.read_text().replace('echo "step $i"', 'echo "step $i"; python3 log.py $i', 1)
    script.write_text(RECORD + text)


def detach(user, *words):
    done = user.call("run", "--on", "practice:vast", "--yes", "--detach", *words)
    assert done.returncode == 0, done.stderr
    return active_run(user), done.stderr


def close_lid(user, run, at):
    """The supervisor is killed when the step has come so far; returns how far home has heard it."""
    until(lambda: (user.state / "runs" / run / "step.log").exists() and f"step {at}\n" in user.log(run),
          f"its step {at}")
    kill_supervisor(run)
    return user.log(run).count("\nstep ")


def commits(user):
    with sqlite3.connect(pathlib.Path(user.env["XDG_DATA_HOME"]) / "curbstop/money.db") as money:
        return money.execute("SELECT count(*) FROM events WHERE kind = 'committed'").fetchone()[0]


def losses(user):
    database = pathlib.Path(user.env["XDG_DATA_HOME"]) / "curbstop/mlflow.db"
    with sqlite3.connect(database) as record:
        rows = record.execute("SELECT step, value FROM metrics WHERE key = 'loss' ORDER BY step")
        return rows.fetchall()


def check_whole(user, run):
    assert (user.folder / "out/train/model.txt").read_text() == f"model after {STEPS}\n"
    assert user.run()["metrics"] == {"accuracy": 0.5}
    log = user.log(run)
    assert [log.count(f"step {step}\n") for step in range(1, STEPS + 1)] == [1] * STEPS
    assert commits(user) == 1
    check_books(user)


def check_no_address(user):
    """No presigned address and no key of the place lies in a file, at home or on the machine."""
    for file in pathlib.Path(user.env["HOME"]).rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            assert b"X-Amz-" not in held and SECRET_KEY.encode() not in held, file


def no_address_in_arguments():
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        assert b"X-Amz-Signature" not in words, words[:200]
    return True


def test_with_a_named_place_the_machine_ends_alone_and_all_comes_home(user, s3):
    use_place(user, s3)
    urllib.request.urlopen(urllib.request.Request(f"{s3}/my-bucket/runs/not-ours", b"x", method="PUT"), timeout=30)
    log_to_the_record(user)
    run, said = detach(user)
    assert "its work is kept at s3://my-bucket/runs too" in said
    heard = close_lid(user, run, STEPS // 10)
    assert heard < STEPS // 2
    until(lambda: no_address_in_arguments() and f"runs/{run}/1/out" in keys(s3), "its outputs there")
    check_no_address(user)
    until(lambda: living(user) == [], "the machine's own end")
    assert commits(user) == 0
    no_more_runs(user)
    assert user.run()["state"] == "succeeded", user.run()
    assert user.run()["attempts"] == 1
    check_whole(user, run)
    assert losses(user) == [(step, float(step)) for step in range(1, STEPS + 1)]
    check_no_address(user)
    until(lambda: not [key for key in keys(s3) if run in key], "the end of what the run kept there")
    assert "runs/not-ours" in keys(s3)


def test_a_machine_lost_meanwhile_leaves_its_work_at_the_place(user, s3):
    use_place(user, s3)
    user.make(steps=300)
    run, _ = detach(user)
    close_lid(user, run, 3)
    until(lambda: any(f"runs/{run}/1/checkpoint" in key for key in keys(s3)), "a checkpoint at the place")
    user.strike("{do: vanish}")
    until(lambda: living(user) == [], "the end of the machine")
    assert any(f"runs/{run}/1/checkpoint" in key for key in keys(s3))
    no_more_runs(user)
    assert user.run()["state"] == "crashed", user.run()  # `ps` rents nothing
    assert list(user.folder.glob("ckpt/step-*")), "the checkpoint that was at the place"
    done = user.call("run", "--on", "practice:vast", "--yes")
    assert done.returncode == 0, done.stderr
    assert user.run()["resumed_from"], done.stderr
    assert (user.folder / "out/train/model.txt").read_text() == "model after 300\n"
    assert commits(user) == 1
    check_books(user)


def test_without_a_place_the_machine_waits_for_home(user):
    project = user.folder / "curbstop.yaml"
    project.write_text(project.read_text().replace("spot: never", "spot: auto"))
    run, said = detach(user)
    assert "spot machines are left out" in said
    close_lid(user, run, STEPS // 10)
    until(lambda: "finished" in spool(user, run), "the step's end")
    time.sleep(ALONE_S + 15)
    assert len(living(user)) == 1  # home is the only place that survives
    no_more_runs(user)
    assert user.run()["state"] == "succeeded", user.run()
    check_whole(user, run)


def spool(user, run):
    """What the agent has told, read from the folder that is its machine's disk."""
    spools = list((user.state / "practice/machines").rglob(f"runs/{run}/agent.events"))
    return spools[0].read_text() if spools else ""


def test_spot_alone_with_nobody_to_hold_its_work_is_refused(user):
    user.make(extra="")
    project = user.folder / "curbstop.yaml"
    project.write_text(project.read_text().replace("spot: never", "spot: only"))
    done = user.call("run", "--on", "practice:vast", "--yes", "--detach")
    assert done.returncode != 0
    assert "with `--detach` and no named place nobody would hold its work" in done.stderr
    assert user.answer("ps")["runs"] == []


def test_a_place_that_takes_nothing_refuses_the_run(user, s3):
    use_place(user, s3, "s3://no-such-bucket/runs")
    done = user.call("run", "--on", "practice:vast", "--yes")
    assert done.returncode != 0
    assert "cannot rely on the place of the settings" in done.stderr
    assert user.answer("ps")["runs"] == [] and living(user) == []


def test_keys_of_the_place_may_be_kept_as_secrets(user, s3):
    use_place(user, s3)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        value = user.env.pop(name)
        no_keys = user.call("run", "--on", "practice:vast", "--yes")
        assert no_keys.returncode != 0 and "there are no keys" in no_keys.stderr
        subprocess.run(["curbstop", "secret", "set", name], cwd=user.folder, env=user.env, input=value,
                       text=True, check=True, capture_output=True)
    user.make(steps=5)
    done = user.call("run", "--on", "practice:vast", "--yes")
    assert done.returncode == 0, done.stderr
