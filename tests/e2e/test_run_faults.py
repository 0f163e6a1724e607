# takes: 80 s
"""A run that is disturbed: killed processes, Ctrl-C, full disks, rivals, bad mounts, secrets."""

import base64
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

PATIENCE_S = 180


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def write(project, **files):
    for name, text in files.items():
        (project / name.replace("_yaml", ".yaml").replace("_sh", ".sh")).write_text(text)


def curbstop(project, home, *arguments, stdin=None):
    return subprocess.run(["curbstop", *arguments], cwd=project, env=home, input=stdin,
                          stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def start(project, home, *arguments):
    return subprocess.Popen(["curbstop", *arguments], cwd=project, env=home, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def processes(home, word):
    """Processes of this test's home whose command line holds the word."""
    mark = f"XDG_DATA_HOME={home['XDG_DATA_HOME']}".encode()
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if word.encode() in command and mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def newest(project, home):
    return json.loads(curbstop(project, home, "runs", "--json").stdout)["runs"][0]


COUNTING = """
name: counting
steps:
  count:
    run: sh count.sh
    code: [count.sh]
    checkpoint: {dir: ckpt}
    outputs: [total.txt]
"""
COUNT = """
trap 'exit 143' TERM
n=0
[ -z "$CURBSTOP_RESUME_FROM" ] || n=$(cat "$CURBSTOP_RESUME_FROM")
echo "from $n" >> trace.log
while [ "$n" -lt 20 ]; do
  n=$((n + 1))
  echo "$n" > "$CURBSTOP_CHECKPOINT_DIR/.tmp"
  mv "$CURBSTOP_CHECKPOINT_DIR/.tmp" "$CURBSTOP_CHECKPOINT_DIR/at-$n"
  sleep 0.1
  while [ -e hold ] && [ "$n" -ge 5 ]; do sleep 0.05; done
done
echo "$n" > "$CURBSTOP_OUT/total.txt"
"""


@pytest.fixture
def counting(project, home):
    write(project, curbstop_yaml=COUNTING, count_sh=COUNT)
    return project


@pytest.fixture
def held(counting):
    """Counts to five and goes on once `hold` is gone, so that a slow test finds it at work."""
    (counting / "hold").touch()
    return counting


def let_go(project):
    (project / "hold").unlink()


def saved(project, count):
    return lambda: len(list((project / "ckpt").glob("at-*"))) >= count


@pytest.mark.parametrize("victim", ["count.sh", "curbstop-agent", "supervise"])
def test_whoever_is_killed_the_run_ends_with_the_same_result(held, home, victim):
    run = start(held, home, "run", "--yes")
    until(saved(held, 3), "checkpoints")
    for process in until(lambda: processes(home, victim), victim):
        os.kill(process, signal.SIGKILL)
    let_go(held)
    text, _ = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, text
    assert (held / "out/count/total.txt").read_text() == "20\n"
    if victim != "supervise":
        assert newest(held, home)["resumed_from"].startswith("at-")


def test_when_agent_and_supervisor_die_together_the_next_run_takes_over(held, home):
    run = start(held, home, "run", "--yes")
    until(saved(held, 3), "checkpoints")
    run.kill()
    # All at the same moment: whoever is left for a while would start the others again.
    everybody = [process for word in ("supervise", "curbstop-agent", "count.sh")
                 for process in processes(home, word)]
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in everybody:
            os.kill(process, number)
    # A killed process holds its locks until the kernel has taken it down.
    until(lambda: not json.loads(curbstop(held, home, "ps", "--json").stdout)["runs"], "the end")
    assert newest(held, home)["state"] == "crashed"
    let_go(held)
    again = curbstop(held, home, "run", "--yes")
    assert again.returncode == 0, again.stderr
    assert "takes over the checkpoints" in again.stderr
    assert newest(held, home)["resumed_from"].startswith("at-")


def test_ctrl_c_saves_and_cancels_and_the_next_run_continues(held, home):
    run = start(held, home, "run", "--yes")
    until(saved(held, 3), "checkpoints")
    run.send_signal(signal.SIGINT)
    text, _ = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 130, text
    assert newest(held, home)["state"] == "cancelled"
    assert processes(home, "count.sh") == []
    let_go(held)
    assert curbstop(held, home, "run", "--yes").returncode == 0
    assert newest(held, home)["resumed_from"].startswith("at-")


SAVING = """
trap 'echo 5 > "$CURBSTOP_CHECKPOINT_DIR/at-5"; exit 143' TERM
echo "from $(basename "$CURBSTOP_RESUME_FROM")" >> trace.log
if [ -n "$CURBSTOP_RESUME_FROM" ]; then echo done > "$CURBSTOP_OUT/total.txt"; exit 0; fi
touch ready
while :; do sleep 0.05; done
"""


@pytest.mark.parametrize("how", ["save", "none"])
def test_what_is_written_in_place_on_sigterm_is_what_the_next_run_resumes_from(project, home, how):
    script = SAVING if how == "save" else SAVING.replace("echo 5 > \"$CURBSTOP_CHECKPOINT_DIR/at-5\"; ", "")
    write(project, curbstop_yaml=COUNTING, count_sh=script)
    run = start(project, home, "run", "--yes")
    until(lambda: (project / "ready").exists(), "the step")
    run.send_signal(signal.SIGINT)
    assert run.wait(PATIENCE_S) == 130
    again = start(project, home, "run", "--yes")
    if how == "none":
        until(lambda: (project / "trace.log").read_text() == "from \nfrom \n", "the second run")
        again.send_signal(signal.SIGINT)
    text, _ = again.communicate(timeout=PATIENCE_S)
    if how == "save":
        assert again.returncode == 0 and "newest `at-5`" in text, text
        assert (project / "trace.log").read_text() == "from \nfrom at-5\n"
    else:
        assert "takes over" not in text


def test_force_starts_with_an_empty_checkpoint_folder(counting, home):
    assert curbstop(counting, home, "run", "--yes").returncode == 0
    assert curbstop(counting, home, "run", "--force", "--yes").returncode == 0
    assert (counting / "trace.log").read_text() == "from 0\nfrom 0\n"


def test_detach_returns_at_once_and_cancel_ends_it(held, home):
    assert curbstop(held, home, "run", "--detach", "--yes").returncode == 0
    until(saved(held, 1), "a checkpoint")
    listed = json.loads(curbstop(held, home, "ps", "--json").stdout)["runs"]
    assert [run["step"] for run in listed] == ["count"]
    assert curbstop(held, home, "cancel", "count").returncode == 0
    assert newest(held, home)["state"] == "cancelled"


def test_a_second_run_of_the_same_step_is_refused_with_the_reason(held, home):
    first = start(held, home, "run", "--yes")
    until(saved(held, 1), "a checkpoint")
    second = curbstop(held, home, "run", "--yes")
    assert second.returncode == 4
    assert "already running as run" in second.stderr
    let_go(held)
    assert first.wait(timeout=PATIENCE_S) == 0


def test_a_failing_step_tells_its_code_and_last_lines_and_exits_1(project, home):
    write(project, curbstop_yaml="run: echo the reason; exit 7\n")
    done = curbstop(project, home, "run", "--yes", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["runs"][0]["exit_code"] == 7
    text = curbstop(project, home, "run", "--yes")
    assert "exit code 7" in text.stdout and "the reason" in text.stdout


def test_what_a_step_leaves_running_is_ended_with_it(project, home):
    write(project, curbstop_yaml="run: setsid sleep 300 >/dev/null 2>&1 & echo started\n")
    assert curbstop(project, home, "run", "--yes").returncode == 0
    assert processes(home, "sleep\x00300") == []


def test_a_time_limit_ends_the_step(project, home):
    write(project, curbstop_yaml="run: sleep 300\ndeadline: 1 s\n")
    done = curbstop(project, home, "run", "--yes")
    assert done.returncode == 1
    assert "time limit" in done.stdout


def test_one_byte_of_code_or_input_reruns_exactly_what_stands_behind_it(project, home):
    write(project, curbstop_yaml="""
data: {words: {from: words.txt}}
steps:
  first: {run: "sh first.sh {data.words} > {out}/a", code: [first.sh], outputs: [a]}
  other: {run: "sh other.sh > {out}/b", code: [other.sh], outputs: [b]}
  last: {run: "cat {first.a} > {out}/c", code: [nothing], outputs: [c]}
""", first_sh="cat $1\n", other_sh="echo other\n")
    (project / "words.txt").write_text("one\n")
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)

    def states():
        done = curbstop(project, home, "run", "--yes", "--json")
        assert done.returncode == 0, done.stderr
        return {run["step"]: run["unchanged"] for run in json.loads(done.stdout)["runs"]}

    assert not any(states().values())
    assert all(states().values())
    subprocess.run("git add -A && git -c user.name=a -c user.email=a@b commit -qm x", shell=True,
                   cwd=project, check=True)
    assert all(states().values())
    (project / "words.txt").write_text("two\n")
    assert states() == {"first": False, "other": True, "last": False}
    (project / "other.sh").write_text("echo Other\n")
    assert states() == {"first": True, "other": False, "last": True}
    (project / "README.md").write_text("`code:` leaves this out\n")
    assert all(states().values())


def test_a_full_disk_is_waited_for_and_the_work_goes_on(tmp_path, project, home):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(small)],
                      capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        folder = small / "project"
        folder.mkdir()
        (folder / "curbstop.yaml").write_text(
            "run: head -c 4000000 /dev/urandom > {out}/big; touch ready; "
            f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done\noutputs: [big]\n")
        run = start(folder, home, "run", "--yes")
        until(lambda: (folder / "ready").exists(), "the step")
        filler = small / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except OSError:
                pass
        (tmp_path / "go").touch()
        time.sleep(4)
        assert run.poll() is None
        left = list((folder / ".dvc").rglob("*")) if (folder / ".dvc").exists() else []
        assert not [path for path in left if path.is_file() and path.parent.parent.name == "md5"
                    and path.stat().st_size not in (0, 4_000_000)]
        filler.unlink()
        text, _ = run.communicate(timeout=PATIENCE_S)
        assert run.returncode == 0, text
        assert (folder / "out/main/big").stat().st_size == 4_000_000
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_databases_on_a_9p_mount_are_refused_with_the_reason(counting, home):
    home["CURBSTOP_FAKE_MOUNT"] = f"{home['XDG_DATA_HOME']}=9p"
    done = curbstop(counting, home, "run", "--yes")
    assert done.returncode == 2
    assert "`9p` mount" in done.stderr and "XDG_DATA_HOME" in done.stderr


def token_shapes():
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    for n in range(100):
        body = "".join(alphabet[(n * 7 + i * 13) % len(alphabet)] for i in range(8 + n % 40))
        yield ("ghp_", "hf_", "sk-", "AKIA", "glpat-", "xoxb-", "")[n % 7] + body + (
            "", "+/=", "$&'\"", ".*[x]", "-_%41")[n % 5]


def test_secrets_reach_the_step_and_nothing_else(project, home):
    tokens = list(token_shapes())
    names = [f"TOKEN_{n}" for n in range(len(tokens))]
    for name, token in zip(names, tokens):
        assert curbstop(project, home, "secret", "set", name, stdin=token).returncode == 0
    echo = "; ".join(f'printf "%s\\n" "${name}"' for name in names)
    check = "\n".join(f'[ -n "${name}" ] || exit 9' for name in names)
    write(project, curbstop_yaml=f"secrets: [{', '.join(names)}]\nrun: sh show.sh\n",
          show_sh=f"{check}\n{echo}\nexit 3\n")
    shown = [curbstop(project, home, *words) for words in
             (("run", "--yes"), ("run", "--yes", "--json"), ("logs",), ("runs", "show", "--json"),
              ("ps", "--json"), ("secret", "ls", "--json"))]
    assert "exit code 3" in shown[0].stdout
    everything = "".join(done.stdout + done.stderr for done in shown).encode()
    for file in pathlib.Path(home["HOME"]).rglob("*"):
        if file.is_file() and file.name != "credentials":
            everything += file.read_bytes()
    for token in tokens:
        assert token.encode() not in everything, token
        assert base64.b64encode(token.encode()) not in everything, token
    assert b"***" in everything


def test_two_runs_that_want_the_one_gpu_wait_for_each_other(tmp_path, home):
    home["CURBSTOP_MACHINE_ROOT"] = str(
        pathlib.Path(__file__).resolve().parent.parent / "machines" / "reference-wsl2")
    folders = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "curbstop.yaml").write_text(
            f"name: {name}\nneeds: {{gpu: 8GB..}}\noutputs: [gpus]\n"
            "run: echo $CUDA_VISIBLE_DEVICES > {out}/gpus; touch started; "
            f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done\n")
        folders.append(folder)
    first = start(folders[0], home, "run", "--yes")
    until(lambda: (folders[0] / "started").exists(), "the first run")
    second = start(folders[1], home, "run", "--yes")
    said = []
    for line in second.stdout:
        said.append(line)
        if "waits: GPU 0 is used by run" in line:
            break
    assert said and "waits: GPU 0 is used by run" in said[-1], said
    (tmp_path / "go").touch()
    text, _ = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 0 and first.wait(timeout=PATIENCE_S) == 0, text
    assert (folders[1] / "out/main/gpus").read_text() == "0\n"


def test_a_drill_kills_resumes_and_compares(counting, home):
    text = COUNTING + "    deterministic: true\n"
    write(counting, curbstop_yaml=text)
    done = curbstop(counting, home, "drill", "count", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["passed"] and report["compared"] == "bytes" and report["killed_after_ms"] > 0
    assert not (counting / "out").exists()


def test_a_drill_of_a_step_that_cannot_resume_to_the_same_fails(project, home):
    write(project, curbstop_yaml="""
steps:
  work: {run: "sleep 1; date +%N > {out}/now", deterministic: true, outputs: [now]}
""")
    done = curbstop(project, home, "drill", "work", "--yes")
    assert done.returncode == 1
    assert "the results differ" in done.stdout


def test_an_executable_output_stays_executable_also_when_it_is_linked_again(project, home):
    write(project, curbstop_yaml="run: mkdir {out}/bin; echo 'echo hi' > {out}/bin/hi; chmod +x {out}/bin/hi\n")
    assert curbstop(project, home, "run", "--yes").returncode == 0
    assert os.access(project / "out/main/bin/hi", os.X_OK)
    subprocess.run(["rm", "-rf", str(project / "out")], check=True)
    assert curbstop(project, home, "run", "--yes").returncode == 0
    assert os.access(project / "out/main/bin/hi", os.X_OK)


def test_garbage_is_not_collected_while_a_run_is_active_and_keeps_what_runs_name(held, home):
    run = start(held, home, "run", "--yes")
    until(saved(held, 1), "a checkpoint")
    refused = curbstop(held, home, "data", "gc", "--yes")
    assert refused.returncode == 4 and "is active" in refused.stderr
    let_go(held)
    assert run.wait(timeout=PATIENCE_S) == 0
    (held / "curbstop.lock").unlink()
    assert curbstop(held, home, "data", "gc", "--yes").returncode == 0
    again = curbstop(held, home, "run", "--yes")
    assert "unchanged" in again.stdout


def set_revision(home, revision):
    file = pathlib.Path(home["XDG_DATA_HOME"]) / "curbstop" / "mlflow.db"
    return f"UPDATE alembic_version SET version_num='{revision}'", str(file)


def test_a_record_of_another_revision_is_refused_before_a_run_is_made(counting, home):
    assert curbstop(counting, home, "run", "--yes").returncode == 0
    statement, file = set_revision(home, "ffffffffffff")
    with sqlite3.connect(file) as database:
        database.execute(statement)
    refused = curbstop(counting, home, "run", "--force", "--yes")
    assert refused.returncode == 4 and "`ffffffffffff`" in refused.stderr
    assert len(json.loads(curbstop(counting, home, "runs", "--json").stdout)["runs"]) == 1


def test_the_verdict_stands_when_the_record_is_lost_in_the_middle(project, home):
    statement, file = set_revision(home, "ffffffffffff")
    write(project, curbstop_yaml="run: /usr/bin/python3 change.py; echo 1 > {out}/a\n")
    (project / "change.py").write_text(
        f"import sqlite3\nwith sqlite3.connect({file!r}) as d:\n    d.execute({statement!r})\n")
    done = curbstop(project, home, "run", "--yes")
    assert done.returncode == 0, done.stderr
    assert newest(project, home)["state"] == "succeeded"
    assert (project / "out/main/a").exists()


def test_a_folder_of_tracked_sources_is_refused_for_checkpoints(project, home):
    write(project, curbstop_yaml="run: sh src/work.sh\ncheckpoint: {dir: src}\n")
    (project / "src").mkdir()
    (project / "src/work.sh").write_text("echo 1 > $CURBSTOP_OUT/a\n")
    subprocess.run("git init -q && git add -A", shell=True, cwd=project, check=True)
    refused = curbstop(project, home, "run", "--yes")
    assert refused.returncode == 2 and "git tracks `src/work.sh`" in refused.stderr
    assert (project / "src/work.sh").exists()


def test_what_lay_in_the_checkpoint_folder_is_moved_aside_and_said(counting, home):
    (counting / "ckpt").mkdir()
    (counting / "ckpt/mine").write_text("mine")
    done = curbstop(counting, home, "run", "--yes")
    assert done.returncode == 0
    moved = re.search(r"1 entry of `ckpt` moved to (\S+)", done.stderr)
    assert (pathlib.Path(moved[1]) / "mine").read_text() == "mine"


def test_steps_after_a_failed_one_are_named_as_not_started(project, home):
    write(project, curbstop_yaml="""
steps:
  a: {run: exit 7}
  b: {run: "true", after: a}
  c: {run: "true", after: b}
""")
    done = curbstop(project, home, "run", "--yes")
    assert done.returncode == 1 and "not started after `a` failed: b, c\n" in done.stdout
    listed = curbstop(project, home, "run", "--yes", "--json")
    assert listed.returncode == 1
    states = {run["step"]: (run["state"], run["exit_code"]) for run in json.loads(listed.stdout)["runs"]}
    assert states == {"a": ("failed", 7), "b": ("not_started", None), "c": ("not_started", None)}


@pytest.mark.parametrize("where", ["run: 'echo {token}'\n", "run: 'true'\nparams: {{k: '{token}'}}\n"])
def test_a_secret_that_is_written_in_the_project_is_refused_and_stored_nowhere(project, home, where):
    token = "s3cret-4f9a77c1"
    curbstop(project, home, "secret", "set", "TOKEN", stdin=token)
    write(project, curbstop_yaml="secrets: [TOKEN]\n" + where.format(token=token))
    refused = curbstop(project, home, "run", "--yes")
    assert refused.returncode == 2 and "`$TOKEN`" in refused.stderr
    for file in pathlib.Path(home["HOME"]).rglob("*"):
        if file.is_file() and file.name != "credentials":
            assert token.encode() not in file.read_bytes(), file


def test_a_drill_is_refused_before_it_trains_for_nothing(project, home):
    write(project, curbstop_yaml="run: touch ran; echo {n} > {out}/a\nparams: {n: 1}\n")
    refused = curbstop(project, home, "drill", "--yes")
    assert refused.returncode == 2 and "nothing to compare" in refused.stderr
    write(project, curbstop_yaml="run: touch ran; echo {n} > {out}/a\nparams: {n: 1}\ndeterministic: true\n")
    assert curbstop(project, home, "drill", "--on", "aws", "--yes").returncode == 2
    assert curbstop(project, home, "drill", "--set", "m=1", "--yes").returncode == 2
    assert not (project / "ran").exists()


def test_a_drill_takes_parameters(project, home):
    write(project, curbstop_yaml="run: sleep {n}; echo {n} > {out}/a\nparams: {n: 0}\ndeterministic: true\n")
    done = curbstop(project, home, "drill", "--set", "n=1", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert newest(project, home)["drill"]
    shown = json.loads(curbstop(project, home, "runs", "show", "--json").stdout)
    assert shown["facts"]["params"] == {"n": "1"}


@pytest.mark.parametrize("lease", ["0s", "0 min"])
def test_a_lease_of_no_time_is_refused(project, home, lease):
    write(project, curbstop_yaml="run: 'true'\n")
    refused = curbstop(project, home, "run", "--lease", lease, "--yes")
    assert refused.returncode == 2 and "before it begins" in refused.stderr


def supervisor_log(home):
    logs = pathlib.Path(home["XDG_STATE_HOME"], "curbstop", "runs").glob("*/supervisor.log")
    return "".join(log.read_text() for log in logs)


def test_a_store_whose_settings_the_step_broke_fails_the_run_and_says_why(project, home):
    write(project, curbstop_yaml="run: mkdir -p .dvc; printf '[cache]\\ntype = tape\\n' > .dvc/config; echo 1 > {out}/a\n")
    done = curbstop(project, home, "run", "--yes")
    assert done.returncode == 1
    assert "the outputs cannot be kept" in done.stdout
    assert supervisor_log(home).count("supervisor.started") == 1


def test_a_supervisor_lives_on_while_it_cannot_tell_the_agent(held, home):
    assert curbstop(held, home, "run", "--detach", "--yes").returncode == 0
    until(saved(held, 1), "a checkpoint")
    commands, = pathlib.Path(home["XDG_STATE_HOME"], "curbstop", "runs").glob("*")
    commands /= "agent.commands"
    commands.write_text("no JSON\n")
    cancel = start(held, home, "cancel", "count")
    until(lambda: "supervisor.waits" in supervisor_log(home), "a failure")
    commands.unlink()
    text, _ = cancel.communicate(timeout=PATIENCE_S)
    assert cancel.returncode == 0, text
    assert supervisor_log(home).count("supervisor.started") == 1


def test_a_run_whose_order_was_broken_and_whose_agent_was_killed_ends(held, home):
    run = start(held, home, "run", "--yes")
    until(saved(held, 3), "checkpoints")
    order, = pathlib.Path(home["XDG_STATE_HOME"], "curbstop", "runs").glob("*/order.json")
    order.write_text("{")
    for process in processes(home, "curbstop-agent"):
        os.kill(process, signal.SIGKILL)
    text, _ = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 1, text
    assert "the agent cannot be started" in text
    assert processes(home, "count.sh") == []


def binds(rival, port):
    try:
        rival.bind(("127.0.0.1", port))
    except OSError:  # its last owner is still being taken down
        return False
    return True


def test_a_port_that_another_program_took_is_waited_for(held, home):
    run = start(held, home, "run", "--yes")
    until(saved(held, 1), "a checkpoint")
    port, = pathlib.Path(home["XDG_STATE_HOME"], "curbstop", "runs").glob("*/record.port")
    agent, = processes(home, "curbstop-agent")
    os.kill(agent, signal.SIGSTOP)  # it would start the next supervisor at once
    supervisor, = processes(home, "supervise")
    os.kill(supervisor, signal.SIGKILL)
    with socket.socket() as rival:
        rival.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        until(lambda: binds(rival, int(port.read_text())), "the port")
        rival.listen()
        os.kill(agent, signal.SIGCONT)
        until(lambda: "record.waits" in supervisor_log(home), "the wait")
    let_go(held)
    text, _ = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, text
    assert supervisor_log(home).count("supervisor.started") == 2
