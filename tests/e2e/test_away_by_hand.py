# takes: 105 s
"""What a person does with the machine of a run: looks in, forwards a port, takes what is there, parks."""

import os
import pty
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from test_away import PATIENCE_S, User, check_books, living, until  # pylint: disable=unused-import

SLOW = """\
echo 'a b' >"my file"
i=0
while [ "$i" -lt 6000 ]; do
  i=$((i + 1)); sleep 0.1
  if [ $((i % 10)) = 0 ]; then
    echo "$i" >"$CURBSTOP_CHECKPOINT_DIR/tmp-$i"
    mv "$CURBSTOP_CHECKPOINT_DIR/tmp-$i" "$CURBSTOP_CHECKPOINT_DIR/$(printf 'step-%04d' $i)"
  fi
done
"""


@pytest.fixture(name="at_work")
def _at_work(home, tmp_path):
    """A user whose step works on a rented machine and has a checkpoint at home."""
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = User(tmp_path / "project", home)
    user.make()
    (user.folder / "train.sh").write_text(SLOW)
    terminal = user.start()
    until(lambda: list(user.folder.glob("ckpt/step-*")), "a checkpoint at home")
    yield user
    if terminal.poll() is None:
        user.call("cancel", "train")
    terminal.communicate(timeout=PATIENCE_S)
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def test_a_command_runs_in_the_steps_folder_with_its_words_as_they_are(at_work):
    line = at_work.call("exec", "train", "--", 'cat "my file"; echo bad >&2; exit 7')
    assert (line.returncode, line.stdout, line.stderr) == (7, "a b\n", "bad\n")
    words = at_work.call("exec", "train", "--", "sh", "-c", 'echo "$1" "$2"', "x", "it's  so", "$HOME;")
    assert (words.returncode, words.stdout) == (0, "it's  so $HOME;\n")
    assert at_work.call("exec", "train", "--", "no-such-program").returncode == 127


def test_pull_brings_what_there_is_while_the_step_goes_on(at_work):
    before = sorted(path.name for path in at_work.folder.glob("ckpt/step-*"))
    done = at_work.call("pull", "train", "--to", "looked", "--json")
    assert done.returncode == 0, done.stderr
    pulled = sorted(path.name for path in (at_work.folder / "looked/checkpoints").glob("step-*"))
    assert pulled and set(before) <= set(pulled)
    assert (at_work.folder / "looked/checkpoints/step-0010").read_text() == "10\n"
    # On a terminal it shows how far it is.
    keys, screen = pty.openpty()
    done = subprocess.run(["curbstop", "pull", "train", "--to", "seen"], cwd=at_work.folder, env=at_work.env,
                          stdin=screen, stdout=subprocess.PIPE, stderr=screen, timeout=PATIENCE_S, check=False)
    os.close(screen)
    said = os.read(keys, 65536)
    os.close(keys)
    assert done.returncode == 0 and re.search(rb"checkpoints: 100 %, \d+ B of \d+ B", said), said
    assert living(at_work) and at_work.run()["state"] == "working"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def read(terminal, pattern):
    """What a terminal says until the pattern is there."""
    said = b""

    def look():
        nonlocal said
        said += os.read(terminal, 4096)
        return re.search(pattern, said)

    return until(look, f"{pattern!r} on the terminal")


def test_a_login_shell_and_a_port_that_leads_there(at_work):
    """As a notebook is used: its server runs there, its page opens here."""
    here, there = free_port(), free_port()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(at_work.folder)
        os.execvpe("curbstop", ["curbstop", "ssh", "train", "-L", f"{here}:localhost:{there}"], at_work.env)
    os.write(terminal, f"python3 -m http.server --bind 127.0.0.1 {there} >/dev/null 2>&1 & echo up-$((1 + 1))\n".encode())
    read(terminal, rb"up-2")

    def page():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{here}/", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    assert "my%20file" in until(page, "the page")
    os.write(terminal, b"kill %1; exit 5\n")
    until(lambda: os.waitpid(child, os.WNOHANG) != (0, 0), "the end of the shell")
    os.close(terminal)
    assert at_work.run()["state"] == "working"


def test_a_parked_run_keeps_its_disk_and_says_what_that_costs(at_work):
    asked = at_work.call("park", "train")
    assert asked.returncode == 5  # nobody to ask
    parked = at_work.call("park", "train", "--yes")
    assert parked.returncode == 0, parked.stderr
    assert re.search(r"bills \d+\.\d+ USD/h, \d+\.\d+ USD a month", parked.stderr)
    until(lambda: at_work.run()["state"] == "parked", "the parked run")
    assert [one["state"] for one in living(at_work)] == ["stopped"]
    for words in (("exec", "train", "--", "true"), ("pull", "train")):
        done = at_work.call(*words)
        assert done.returncode != 0 and "parked" in done.stderr, done.stderr
    again = at_work.call("run", "train", "--on", "practice:vast", "--yes")
    assert again.returncode == 4 and "parked" in again.stderr, again.stderr
    assert at_work.call("cancel", "train").returncode == 0
    until(lambda: not living(at_work), "the end of the disk")
    until(lambda: at_work.run()["state"] == "cancelled", "the end of the run")
    check_books(at_work)
