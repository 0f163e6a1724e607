# takes: 90 s
"""kill -9 at home while a run takes over the machine that an earlier run keeps.

A first, undisturbed pair of lives says which failpoints the taking run passes. After a death at
each of them the same command succeeds, on the kept machine where it still stands; once that one is
cancelled nothing bills any more, the books hold what the meter does, and no attempt and no commit
came twice.

6 seeded points; with CURBSTOP_ALL_KILLS=1 every one of them (`./dev kills`).
"""

import collections
import concurrent.futures
import json
import os
import random
import time
import traceback

from test_away_kills import ALL, AT_ONCE, PATIENCE_S, SEED, Death, World

ONLY = os.environ.get("CURBSTOP_KILLS_ONLY")  # how the name of a death begins
KEPT = "10m"
POINTS = 6


def start(folder, home):
    """A world with a machine that its first run keeps."""
    world = World(folder, home)
    try:
        world.practice_start("--boot", "300ms", "--list-lag", "200ms")
        first = world.run("--keep", KEPT)
        out, _ = first.communicate(timeout=PATIENCE_S)
        assert first.returncode == 0, out
        return world
    except BaseException:
        world.stop()
        raise


def wait_until_only_kept(world):
    """Whatever began has ended; ids of the runs whose machine still waits for a next one."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        runs = world.answer("ps")["runs"]
        if all(run["kept"] for run in runs):
            return [run["id"] for run in runs]
        time.sleep(2)  # the account answers one call a second, the supervisor's too
    raise AssertionError(f"still running: {runs}")


def end_kept(world):
    for run in wait_until_only_kept(world):
        done = world.call("cancel", run)
        assert done.returncode == 0 or "is over" in done.stderr, done.stderr
    world.wait_until_nothing_runs()


def check_no_work_twice(world):
    commits = world.money("SELECT run, count(*) FROM events WHERE kind = 'committed' GROUP BY run")
    assert all(count == 1 for _, count in commits), f"commits: {commits}"
    attempts = [(run, json.loads(data)["attempt"]) for run, data in world.money(
        "SELECT run, data FROM events WHERE kind = 'agent_report' AND "
        "json_extract(data, '$.kind') = 'attempt_started'")]
    assert len(attempts) == len(set(attempts)), f"an attempt ran twice: {attempts}"


def calm_lives(folder, home):
    """(points that the taking run passes, outputs)"""
    world = start(folder, home)
    try:
        second = world.run("--force", CURBSTOP_FAILPOINT_LOG=str(world.points))
        out, _ = second.communicate(timeout=PATIENCE_S)
        assert second.returncode == 0 and "takes over machine" in out, out
        world.wait_until_nothing_runs()
        world.check_books()
        check_no_work_twice(world)
        return collections.Counter(world.points.read_text().split()), world.outputs()
    finally:
        world.stop()


def live_through(death, folder, home, outputs):
    """Whether it died there."""
    world = start(folder, home)
    try:
        second = world.run("--force", CURBSTOP_FAILPOINT_LOG=str(world.points),
                           CURBSTOP_FAILPOINT=f"{death.point}:{death.n}:kill")
        second.communicate(timeout=PATIENCE_S)
        wait_until_only_kept(world)
        again = world.run("--force")
        out, _ = again.communicate(timeout=PATIENCE_S)
        assert again.returncode == 0, out
        end_kept(world)
        assert world.outputs() == outputs
        check_no_work_twice(world)
        world.check_books()
        return world.points.read_text().split().count(death.point) >= death.n
    except BaseException as error:
        (folder / "told").write_text(f"{traceback.format_exc()}\n{world.tell()}")
        raise AssertionError(f"{error}"[:600]) from error
    finally:
        world.stop()


def chosen_deaths(points):
    deaths = [Death("home", n, name)
              for name, count in sorted(points.items()) for n in range(1, count + 1)]
    if ALL:
        return deaths
    if ONLY:
        return [death for death in deaths if str(death).startswith(ONLY)]
    early = [death for death in deaths if death.n == 1 or death.n <= 0.85 * points[death.point]]
    return random.Random(SEED).sample(early, POINTS)


def test_whoever_dies_at_a_hand_over_nothing_is_left(tmp_path, home, capsys):
    points, outputs = calm_lives(tmp_path / "calm", home)
    deaths = chosen_deaths(points)
    failures, died = [], 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {pool.submit(live_through, death, tmp_path / str(death), home, outputs): death
                   for death in deaths}
        for future in concurrent.futures.as_completed(futures):
            death = futures[future]
            try:
                there = future.result()
                died += there
                line = f"{death}: {'died' if there else 'was not there'}"
            except Exception as error:  # one line for each, all of them
                line = f"{death}: {error} (more: {tmp_path / str(death) / 'told'})"
                failures.append(line)
            if ALL:
                with capsys.disabled():
                    print("\n" + line, end="", flush=True)
    with capsys.disabled():
        print(f"\nhand-over kill matrix: {len(deaths)} of {sum(points.values())} points, "
              f"{died} died there, {len(failures)} failed")
    assert not failures, "\n".join(failures)
    assert died >= 0.8 * len(deaths)
