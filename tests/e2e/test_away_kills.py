# takes: 200 s
"""kill -9 of everything that takes part in a step on a rented machine, at every point of its life.

Who dies: the processes at home (at each failpoint that they pass: every journal write, before and
after every effect, every write of a file), and, as soon as the journal has so many events, the
agent's keeper, its worker, the practice cloud's server (which is started again), and the network
(the ssh children: killed, or silent for longer than a dead link is waited for).

A first, undisturbed life says which points there are and what comes out. After each death the same
must come out: nothing bills any more, the ledger holds what the provider's meter does and at most
the declared teardown more, no attempt and no commit twice, every line of the log once.

24 seeded points; with CURBSTOP_ALL_KILLS=1 every one of them (`./dev ci --full`).
"""

import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import time
import traceback

SEED = int(os.environ.get("CURBSTOP_KILLS_SEED", "20261130"))
ALL = os.environ.get("CURBSTOP_ALL_KILLS") == "1"
AT_ONCE = int(os.environ.get("CURBSTOP_KILLS_AT_ONCE", "6"))
PATIENCE_S = 300
STEPS = 40
SILENCE_S = 8  # of a network that neither answers nor refuses

# From the provider table on practice (OnPractice): create limit, L, D, k x T; and Vast.ai's grain.
TEARDOWN_S = 20 + 5 + 5 + 2 * 3
GRAIN_S = 1

PROJECT = f"""\
name: kills
steps:
  train:
    run: sh train.sh {{out}}
    code: [train.sh]
    checkpoint: {{dir: ckpt}}
    outputs: [model.txt]
    metrics: metrics.json
    deterministic: true
    needs: {{time: {STEPS // 10} s}}
    spot: never
"""

TRAIN = f"""\
i=0
if [ -n "$CURBSTOP_RESUME_FROM" ]; then i=$(cat "$CURBSTOP_RESUME_FROM"); fi
echo "attempt $CURBSTOP_ATTEMPT from $i"
while [ "$i" -lt {STEPS} ]; do
  i=$((i + 1)); sleep 0.1; echo "attempt $CURBSTOP_ATTEMPT step $i"
  if [ $((i % 5)) = 0 ]; then
    echo "$i" >"$CURBSTOP_CHECKPOINT_DIR/tmp-$i"
    mv "$CURBSTOP_CHECKPOINT_DIR/tmp-$i" "$CURBSTOP_CHECKPOINT_DIR/$(printf 'step-%04d' $i)"
  fi
done
echo "model after $i" >"$1/model.txt"
echo '{{"accuracy": 0.5}}' >"$1/metrics.json"
"""


@dataclasses.dataclass(frozen=True)
class Death:
    """Who dies when: at a failpoint's n-th passage, or when the journal has n events."""
    who: str  # "home", "keeper", "worker", "server", "network"
    n: int
    point: str = ""  # home: the failpoint; network: "cut" or "silence"

    def __str__(self):
        return "-".join(filter(None, (self.who, self.point, str(self.n))))


def processes():
    """(pid, words of the command line) of every process that can be read."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        yield int(entry.name), words


def send(pids, what):
    for pid in pids:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            pass
    return len(pids)


class World:
    """A project, a home and a practice cloud of its own."""

    def __init__(self, folder, home):
        self.folder = folder / "project"
        self.folder.mkdir(parents=True)
        (self.folder / "curbstop.yaml").write_text(PROJECT)
        (self.folder / "train.sh").write_text(TRAIN)
        self.env = {**home, "HOME": str(folder)}
        self.env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            self.env[f"XDG_{name}_HOME"] = str(folder / name.lower())
        self.state = folder / "state" / "curbstop"
        self.points = folder / "points"

    def call(self, *words):
        return subprocess.run(["curbstop", *words], cwd=self.folder, env=self.env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def answer(self, *words):
        done = self.call(*words, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def practice_start(self, *words):
        done = self.call("practice", "start", *words)
        assert done.returncode == 0, done.stderr

    def run(self, *words, **variables):
        return subprocess.Popen(["curbstop", "run", "--on", "practice:vast", "--yes", *words],
                                cwd=self.folder, env=self.env | variables, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def money(self, sql):
        file = self.folder.parent / "data/curbstop/money.db"
        if not file.exists():
            return []
        base = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
        try:
            return base.execute(sql).fetchall()
        except sqlite3.OperationalError:  # it is being made
            return []
        finally:
            base.close()

    def runs(self):
        return [run for run, in self.money("SELECT id FROM runs ORDER BY created_at_ms, id")]

    def living(self):
        machines = self.answer("practice", "status").get("machines", [])
        return [one for one in machines if one["state"] != "gone"]

    def agents(self, word):
        runs = tuple(self.runs())
        return [pid for pid, words in processes()
                if len(words) > 2 and words[0].endswith("curbstop-agent") and words[1] == word
                and words[2].endswith(runs)] if runs else []

    def server(self):
        mark = f"XDG_STATE_HOME={self.env['XDG_STATE_HOME']}".encode()
        found = []
        for pid, words in processes():
            if words[1:3] != ["practice", "serve"]:
                continue
            try:
                if mark in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(pid)
            except OSError:
                pass
        return found

    def network(self):
        """Everything of ssh that belongs to this world's runs, masters and channels."""
        return [pid for pid, words in processes() if words[0].split("/")[-1].startswith("ssh")
                and any(str(self.state) in word for word in words)]

    # ---- dying ---------------------------------------------------------------------------------

    def kill(self, death):
        """Whether there was somebody to kill."""
        if death.who in ("keeper", "worker"):
            return send(self.agents("keep" if death.who == "keeper" else "work"), signal.SIGKILL)
        if death.who == "network":
            if death.point == "cut":
                return send(self.network(), signal.SIGKILL)
            stopped = self.network()
            send(stopped, signal.SIGSTOP)
            time.sleep(SILENCE_S)
            send(stopped, signal.SIGCONT)
            return len(stopped)
        killed = send(self.server(), signal.SIGKILL)
        time.sleep(1)
        self.practice_start()
        return killed

    def kill_when_due(self, death, running):
        while running.poll() is None:
            events = self.money("SELECT count(*) FROM events")
            if events and events[0][0] >= death.n and self.kill(death):
                return True
            time.sleep(0.02)
        return False

    # ---- afterwards ----------------------------------------------------------------------------

    def wait_until_nothing_runs(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            ps = self.call("ps", "--json")
            if ps.returncode == 0 and not json.loads(ps.stdout)["runs"]:
                return
            time.sleep(2)  # the account answers one call a second, the supervisor's too
        raise AssertionError(f"still running: {ps.stdout} {ps.stderr}")

    def outputs(self):
        return {str(file.relative_to(self.folder)): file.read_bytes()
                for file in sorted((self.folder / "out").rglob("*")) if file.is_file()}

    def check_books(self):
        """Nothing lives; the ledger holds what the meter does, and at most the teardown more."""
        assert self.living() == []
        billed = self.answer("practice", "status")["billed_micro_usd"]
        accrued = sum(row[0] for row in self.money(
            "SELECT micro_usd FROM ledger WHERE kind IN ('accrue', 'correct')"))
        rates = self.money("SELECT max(micro_usd_per_hour) FROM ledger WHERE rental > 0 "
                           "GROUP BY run, rental")
        disk = 125_000 if rates else 0  # what a practice machine's disk adds, at most
        most = sum((rate + disk) * (TEARDOWN_S + GRAIN_S) // 3600 + 1 for rate, in rates)
        assert billed <= accrued <= billed + most, (
            f"billed {billed}, ledger {accrued}, at most {most} more")
        open_reserves = self.money(
            "SELECT sum(CASE kind WHEN 'reserve' THEN micro_usd WHEN 'release' THEN -micro_usd "
            "ELSE 0 END) FROM ledger")
        assert open_reserves[0][0] in (0, None), f"still held: {open_reserves}"
        return accrued - billed, most

    def check_journal(self):
        commits = self.money("SELECT run, count(*) FROM events WHERE kind = 'committed' GROUP BY run")
        assert len(commits) == 1 and commits[0][1] == 1, f"commits: {commits}"
        attempts = [(run, json.loads(data)["attempt"]) for run, data in self.money(
            "SELECT run, data FROM events WHERE kind = 'agent_report' AND "
            "json_extract(data, '$.kind') = 'attempt_started'")]
        assert len(attempts) == len(set(attempts)), f"an attempt ran twice: {attempts}"
        states = [state for state, in self.money("SELECT state FROM runs ORDER BY created_at_ms")]
        assert states[-1] == "succeeded" and states.count("succeeded") == 1, states

    def check_log(self):
        """Every line once, none in the middle missing, and the last attempt came to its end."""
        run = self.money("SELECT id FROM runs WHERE state = 'succeeded'")[0][0]
        lines = (self.state / "runs" / run / "step.log").read_text().splitlines()
        mine = [line for line in lines if line.startswith("attempt ")]
        twice = [line for line, count in collections.Counter(mine).items() if count > 1]
        assert not twice, f"logged twice: {twice}"
        steps = collections.defaultdict(list)
        for line in mine:
            match = re.fullmatch(r"attempt (\d+) (from|step) (\d+)", line)
            assert match, f"a torn line: {line!r}"
            steps[int(match[1])].append(int(match[3]))
        for attempt, numbers in steps.items():
            assert numbers == list(range(numbers[0], numbers[-1] + 1)), (
                f"attempt {attempt} lost lines: {numbers}")
        assert steps[max(steps)][-1] == STEPS, f"the log ends early: {mine[-1]}"

    def stop(self):
        self.call("practice", "stop", "--yes")
        for run in self.runs():
            send([pid for pid, words in processes() if words[1:3] == ["supervise", run]],
                 signal.SIGKILL)

    def tell(self):
        """What happened here, for whoever has to understand a failure."""
        told = []
        for run in self.runs():
            for name in ("supervisor.log", "step.log"):
                file = self.state / "runs" / run / name
                text = file.read_text(errors="replace") if file.exists() else "(none)"
                told.append(f"--- {run}/{name}\n" + "\n".join(text.splitlines()[-60:]))
        told += [str(row)[:220] for row in self.money(
            "SELECT run, seq, kind, effect, data FROM events ORDER BY run, seq")]
        return "\n".join(told)


def calm_life(folder, home):
    world = World(folder, home)
    try:
        world.practice_start("--boot", "300ms", "--list-lag", "200ms")
        running = world.run(CURBSTOP_FAILPOINT_LOG=str(world.points))
        out, _ = running.communicate(timeout=PATIENCE_S)
        assert running.returncode == 0, out
        world.check_books()
        world.check_journal()
        world.check_log()
        events = world.money("SELECT count(*) FROM events")[0][0]
        return collections.Counter(world.points.read_text().split()), events, world.outputs()
    finally:
        world.stop()


def live_through(death, folder, home, outputs):
    """(whether it died there, what the ledger holds more, how much it may, seconds)"""
    world = World(folder, home)
    began = time.monotonic()
    try:
        world.practice_start("--boot", "300ms", "--list-lag", "200ms")
        if death.who == "home":
            running = world.run(CURBSTOP_FAILPOINT_LOG=str(world.points),
                                CURBSTOP_FAILPOINT=f"{death.point}:{death.n}:kill")
            running.communicate(timeout=PATIENCE_S)
            passed = world.points.read_text().split().count(death.point)
            died = passed >= death.n
        else:
            running = world.run()
            died = world.kill_when_due(death, running)
            running.communicate(timeout=PATIENCE_S)
        world.wait_until_nothing_runs()
        if death.who != "home":
            assert len(world.runs()) == 1
            assert running.returncode == 0
        again = world.run()
        out, _ = again.communicate(timeout=PATIENCE_S)
        assert again.returncode == 0, out
        assert death.who == "home" or "unchanged" in out, out
        assert world.outputs() == outputs
        world.check_journal()
        world.check_log()
        more, most = world.check_books()
        return bool(died), more, most, time.monotonic() - began
    except BaseException as error:
        (folder / "told").write_text(f"{traceback.format_exc()}\n{world.tell()}")
        raise AssertionError(f"{error}"[:600]) from error
    finally:
        world.stop()


def all_deaths(points, events):
    deaths = [Death("home", n, name)
              for name, count in sorted(points.items()) for n in range(1, count + 1)]
    for n in range(1, events + 1):
        deaths += [Death("keeper", n), Death("worker", n), Death("server", n),
                   Death("network", n, "cut"), Death("network", n, "silence")]
    return deaths


# Of each of those who may die some, spread over the whole life.
QUOTA = {"journal": 6, "effect": 4, "other": 2, "keeper": 3, "worker": 3, "server": 3, "network": 3}


# No two lives have as many events: what comes at the very end may not come at all, and before the
# agent has begun and after the step's end there is none to kill.
SHARE = {"keeper": (0.2, 0.65), "worker": (0.2, 0.65), "server": (0.05, 0.85),
         "network": (0.2, 0.8)}


def may_come(death, points, events):
    if death.who == "home":
        return death.n == 1 or death.n <= 0.85 * points[death.point]
    first, last = SHARE[death.who]
    return first * events <= death.n <= last * events


def sort_of(death):
    if death.who != "home":
        return death.who
    if death.point.startswith(("journal.", "database.")):
        return "journal"
    return "effect" if death.point.startswith("shell.") else "other"


def chosen_deaths(points, events):
    deaths = all_deaths(points, events)
    if ALL:
        return deaths
    only = os.environ.get("CURBSTOP_KILLS_ONLY")
    if only:
        return [death for death in deaths if str(death) in only.split(",")]
    deaths = [death for death in deaths if may_come(death, points, events)]
    dice, chosen = random.Random(SEED), []
    for sort, count in QUOTA.items():
        of_sort = [death for death in deaths if sort_of(death) == sort]
        of_sort.sort(key=lambda death: death.n)
        share = len(of_sort) / count
        chosen += [of_sort[int((i + dice.random()) * share)] for i in range(count)]
    return chosen


def test_whoever_dies_the_work_comes_home_and_the_machine_ends(tmp_path, home, capsys):
    points, events, outputs = calm_life(tmp_path / "calm", home)
    deaths = chosen_deaths(points, events)
    failures, lines, died = [], [], collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {pool.submit(live_through, death, tmp_path / str(death), home, outputs): death
                   for death in deaths}
        for future in concurrent.futures.as_completed(futures):
            death = futures[future]
            try:
                there, more, most, seconds = future.result()
                died[sort_of(death)] += there
                lines.append(f"{death}: {'died' if there else 'was not there'}, "
                             f"ledger +{more} of {most}, {seconds:.1f} s")
            except Exception as error:  # one line for each, all of them
                failures.append(f"{death}: {error} (more: {tmp_path / str(death) / 'told'})")
                lines.append(failures[-1])
            if ALL:
                with capsys.disabled():
                    print("\n" + lines[-1], end="", flush=True)
    with capsys.disabled():
        print("\n" + "\n".join(sorted(lines)) + f"\naway kill matrix: {len(deaths)} of "
              f"{len(all_deaths(points, events))} points, {sum(died.values())} died there "
              f"({dict(died)}), {len(failures)} failed")
    assert not failures, "\n".join(failures)
    assert sum(died.values()) >= 0.8 * len(deaths)
