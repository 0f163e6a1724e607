# takes: 90 s
"""Steps that go on with the machine of the step before, on the practice cloud."""

from test_away import _user, check_books, living, no_more_runs, until  # pylint: disable=unused-import
from test_keep import creates

PROJECT = """\
name: share
data:
  raw: data
steps:
  prepare:
    run: "head -c 2000000 {data.raw}/a.bin > {out}/set.bin"
    outputs: [set.bin]
    where: practice:vast
    needs: {time: 30 s}
  train:
    run: "cat {prepare.set.bin} {data.raw}/a.bin | md5sum > {out}/sum.txt"
    outputs: [sum.txt]
    where: practice:vast
    needs: {time: 30 s}
"""


def share(user):
    (user.folder / "curbstop.yaml").write_text(PROJECT)
    (user.folder / "data").mkdir(exist_ok=True)
    (user.folder / "data/a.bin").write_bytes(bytes(range(256)) * 20_000)


def test_two_steps_rent_one_machine_and_send_each_file_once(user):
    share(user)
    plan = user.answer("plan")
    chosen = {row["step"]: row for row in plan["rows"] if row["chosen"]}
    assert chosen["prepare"]["hands_machine_to"] == "train"
    assert chosen["train"]["takes_machine_of"] == "prepare"
    done = user.call("run", "--yes")
    assert done.returncode == 0, done.stderr
    assert "its machine goes on with `train`" in done.stderr, done.stderr
    assert "sends nothing: the machine has all of" in done.stderr, done.stderr  # prepare's output too
    assert creates(user) == 1
    until(lambda: not living(user), "the machine's end")
    no_more_runs(user)
    check_books(user)


def test_a_machine_that_nobody_takes_is_ended_at_once(user):
    share(user)
    assert user.call("run", "--yes").returncode == 0
    # Other data, of which `prepare` makes the same set: `train` reads it too, so it is pinned down
    # to what `prepare` makes.
    text = PROJECT.replace(" {data.raw}/a.bin | md5sum", " | md5sum")
    (user.folder / "curbstop.yaml").write_text(text)
    assert user.call("run", "--yes").returncode == 0
    with (user.folder / "data/a.bin").open("ab") as data:
        data.write(b"more")
    done = user.call("run", "--yes")
    assert done.returncode == 0, done.stderr
    assert "unchanged" in done.stderr, done.stderr
    until(lambda: not living(user), "the machine's end")
    no_more_runs(user)
    check_books(user)
