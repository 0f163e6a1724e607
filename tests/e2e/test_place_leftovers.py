# takes: 150 s
# peer: moto
"""What runs leave at the user's named place does not stay there for ever."""

from test_away import check_books, supervisors, until
from test_lid_closed import (_s3, _user, close_lid, commits, detach, keys,  # noqa: F401 (fixtures)
                             no_more_runs, use_place)


def give_up(user, s3):
    """A run that has left a checkpoint at the place; its id."""
    run, _ = detach(user)
    close_lid(user, run, 3)
    until(lambda: any(f"runs/{run}/1/checkpoint" in key for key in keys(s3)), "a checkpoint at the place")
    assert user.call("panic", "--yes").returncode == 0
    no_more_runs(user)
    return run


def test_what_runs_left_at_the_place_is_removed_by_whoever_comes_next(user, s3):
    """Of a run that was given up, with it or once a later one succeeded; and of one whose supervisor died last of all."""
    use_place(user, s3)
    user.make(steps=300)
    removed, first = give_up(user, s3), give_up(user, s3)
    assert user.call("runs", "rm", removed, "--yes").returncode == 0
    left = keys(s3)
    assert not [key for key in left if removed in key]
    assert any(first in key for key in left)  # it may be all that is left of the work

    user.env["CURBSTOP_FAILPOINT"] = "place.before_clear:1:kill"  # a supervisor alone passes it
    done = user.call("run", "--on", "practice:vast", "--yes")
    del user.env["CURBSTOP_FAILPOINT"]
    assert done.returncode == 0, done.stderr
    # By its note: whoever is asked (`runs` as well) clears what a dead supervisor left.
    second, = {note.name for note in (user.state / "at-place").iterdir()} - {first}
    until(lambda: not supervisors(second), "the death of its supervisor")
    assert any(second in key for key in keys(s3))
    assert user.call("ps").returncode == 0
    until(lambda: not [key for key in keys(s3) if first in key or second in key], "the end of what they left")
    until(lambda: not list((user.state / "at-place").iterdir()), "the end of the notes")
    assert commits(user) == 1
    check_books(user)
