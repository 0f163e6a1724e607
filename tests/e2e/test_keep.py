# takes: 360 s
"""`run --keep` and `--keep-on-failure`: a machine that stays after its run, on the practice cloud."""

import pathlib
import re
import sqlite3
import time

from test_away import PATIENCE_S, _user, check_books, kill_supervisor, living, no_more_runs, until  # pylint: disable=unused-import

FAILING = """\
echo "looked at" >notes.txt
mkdir -p "$1"; echo half >"$1/half.txt"
echo "here it breaks"; sleep 1
exit 3
"""


def creates(user):
    with sqlite3.connect(pathlib.Path(user.env["XDG_DATA_HOME"]) / "curbstop/money.db") as money:
        return money.execute("SELECT count(*) FROM effects WHERE kind = 'create'").fetchone()[0]


def kept_run(user):
    kept = [run for run in user.answer("ps")["runs"] if run["kept"]]
    return kept[0]["id"] if kept else None


def run_kept(user, *words):
    done = user.call("run", "--on", "practice:vast", "--yes", *words)
    return done, kept_run(user)


def test_the_next_run_takes_the_kept_machine_over_and_rents_none(user):
    begun = time.monotonic()
    done, first = run_kept(user, "--keep", "10m")
    renting_s = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    assert "kept 10 min: at most" in done.stderr  # said before it was asked for
    assert re.search(r"is kept until \d\d:\d\d:\d\d UTC · .* USD/h", done.stderr), done.stderr
    assert first and len(living(user)) == 1
    assert user.run()["state"] == "succeeded"
    machine = living(user)[0]["id"]
    text = user.call("ps").stdout
    assert "kept" in text and machine in text
    begun = time.monotonic()
    done = user.call("run", "--on", "practice:vast", "--yes", "--set", "steps=20")
    taking_s = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    assert f"takes over machine {machine} of run {first}" in done.stderr, done.stderr
    assert (user.folder / "out/train/model.txt").read_text() == "model after 20\n"
    print(f"first run {renting_s:.1f} s, with the kept machine {taking_s:.1f} s")
    assert creates(user) == 1
    no_more_runs(user)
    assert len(user.practice()["machines"]) == 1  # that the provider ever made
    check_books(user)
    spent = {run["id"]: run["micro_usd"] for run in user.answer("runs")["runs"]}
    assert len(spent) == 2 and all(spent.values())  # each pays its part


def test_it_ends_when_its_time_is_over(user):
    done, run = run_kept(user, "--keep", "15s")
    assert done.returncode == 0 and run, done.stderr
    until(lambda: not living(user), "its end")
    no_more_runs(user)
    check_books(user)


def test_cancel_ends_it_before_and_the_run_stays_what_it_was(user):
    done, run = run_kept(user, "--keep", "1h")
    assert done.returncode == 0, done.stderr
    ended = user.call("cancel", run)
    assert ended.returncode == 0, ended.stderr
    assert user.run()["state"] == "succeeded"
    check_books(user)


def lease_left_s(user):
    """Of its one machine, by the file that its birth loop reads."""
    file, = (user.state / "practice/machines").glob("*/disk/var/lib/curbstop/lease")
    return int(file.read_text()) - float(pathlib.Path("/proc/uptime").read_text().split()[0])


def test_with_everything_of_ours_dead_a_kept_machine_ends_by_its_lease(user):
    done, run = run_kept(user, "--keep", "40s")
    assert done.returncode == 0, done.stderr
    until(lambda: lease_left_s(user) < 90, "its new lease")
    kill_supervisor(run)
    end = time.monotonic()
    until(lambda: not living(user), "its own end")
    print(f"gone {time.monotonic() - end:.0f} s after all was killed")
    no_more_runs(user)
    assert user.run()["state"] == "succeeded"
    check_books(user)


def test_a_failed_steps_machine_can_be_looked_at(user):
    (user.folder / "train.sh").write_text(FAILING)
    begun = time.monotonic()
    done, run = run_kept(user, "--keep-on-failure", "10m")
    assert done.returncode == 1, done.stderr
    assert time.monotonic() - begun < PATIENCE_S
    assert f"curbstop exec {run}" in done.stderr and f"curbstop cancel {run}" in done.stderr
    assert user.run()["state"] == "failed"
    looked = user.call("exec", run, "--", "cat", "notes.txt")
    assert looked.stdout == "looked at\n", looked.stderr
    assert user.call("pull", run).returncode == 0
    assert (user.folder / f"pulled-{run}/out/half.txt").read_text() == "half\n"
    assert user.call("cancel", run).returncode == 0
    assert user.run()["state"] == "failed"
    check_books(user)


def test_without_the_flag_a_failed_steps_machine_ends_at_once(user):
    (user.folder / "train.sh").write_text(FAILING)
    done, run = run_kept(user, "--keep", "10m")  # which is for the next run
    assert done.returncode == 1 and run is None, done.stderr
    check_books(user)


def test_panic_ends_a_kept_machine(user):
    done, _ = run_kept(user, "--keep", "1h")
    assert done.returncode == 0, done.stderr
    assert user.call("panic", "--yes").returncode == 0
    assert living(user) == []
    no_more_runs(user)
    check_books(user)


def test_a_machine_that_does_not_serve_is_named_and_another_is_rented(user):
    done, first = run_kept(user, "--keep", "10m")
    assert done.returncode == 0, done.stderr
    file = user.folder / "curbstop.yaml"
    file.write_text(file.read_text().replace("needs: {", "needs: {cpus: 1, "))
    done = user.call("run", "--on", "practice:vast", "--yes", "--force")
    assert done.returncode == 0, done.stderr
    assert f"that run {first} keeps: it was rented for other needs" in done.stderr, done.stderr
    assert creates(user) == 2
    assert user.call("cancel", first).returncode == 0
    check_books(user)


def test_wrong_times_and_nothing_to_keep_are_refused(user):
    for flag in ("--keep", "--keep-on-failure"):
        for wrong in ("soon", "0s", "30d"):
            done = user.call("run", "--on", "practice:vast", "--yes", flag, wrong)
            assert done.returncode == 2 and f"`{flag}" in done.stderr, done.stderr
        done = user.call("run", "--on", "local", "--yes", flag, "30m")
        assert done.returncode == 2 and f"`{flag}` keeps a rented machine" in done.stderr
    assert not user.answer("runs")["runs"]
