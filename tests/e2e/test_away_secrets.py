# takes: 40 s
"""A thousand secrets of many shapes go through a run on a rented machine and are found nowhere else.

Each holds one of a few marks that stand nowhere else, so that also a part of a secret, or a form of
it, is found by searching for the marks.
"""

import base64
import itertools
import json
import pathlib
import random
import subprocess

import pytest

from test_away import PATIENCE_S, User, active_run, until

MARK = "decafc0ffee15bad"  # as well hex, base64, a word of a password
SECRETS = 1000

SHOW = """\
import json, os, sys, urllib.parse, base64
mine = {name: value for name, value in os.environ.items() if name.startswith("SHAPE_")}
assert len(mine) == int(sys.argv[2]), len(mine)
assert all(%s in value.lower() for value in mine.values())
for out in (sys.stdout, sys.stderr):
    for name, value in sorted(mine.items()):
        print("as it is", value, file=out)
        print("json", json.dumps(value), file=out)
        print("url", urllib.parse.quote(value, safe=""), file=out)
        print("base64", base64.b64encode(value.encode()).decode(), file=out)
        print("hex", value.encode().hex(), file=out)
    out.flush()
import time
print("shown", flush=True)
for _ in range(3000):  # whoever looks has all the time
    if os.path.exists("seen"):
        break
    time.sleep(0.1)
with open(os.path.join(sys.argv[1], "model.txt"), "w") as model:
    print("done", file=model)
"""

PROJECT = """\
name: secrets
steps:
  train:
    run: python3 show.py {out} %d
    outputs: [model.txt]
    needs: {time: 20 s}
secrets: [%s]
"""


def shapes():
    """Tokens as providers and people make them, all different."""
    random.seed(4711)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    some = lambda n, of=letters: "".join(random.choice(of) for _ in range(n))
    made = [
        lambda: "hf_" + some(9) + MARK + some(9),
        lambda: "ghp_" + MARK + some(20),
        lambda: "sk-ant-" + some(12) + "-" + MARK + "-" + some(6),
        lambda: "AKIA" + MARK.upper() + some(6, letters[:26]),
        lambda: "xoxb-" + some(11, "0123456789") + "-" + MARK + some(4),
        lambda: f"eyJ{some(20)}.{MARK}{some(15)}.{some(20)}-_",
        lambda: some(12, "0123456789abcdef") + MARK + some(4, "0123456789abcdef"),
        lambda: some(10) + MARK + some(5) + "+/" + some(3) + "==",
        lambda: f"{some(4)}'{MARK}\" $HOME `id` \\{some(5)}",
        lambda: f"p%41ss&{MARK}={some(6)}?#;|<>{some(2)}",
        lambda: f"{some(3)}.*[{MARK}](x)+^{some(5)}$",
        lambda: f"Grüße-{some(4)}-{MARK}-ß€😀{some(4)}",
        lambda: f"-----BEGIN KEY-----\n{some(30)}{MARK}\n{some(12)}{MARK}{some(9)}\n-----END KEY-----",
        lambda: f"postgres://me:{some(5)}{MARK}@db.example/x?sslmode=on",
    ]
    for n, shape in zip(range(SECRETS), itertools.cycle(made)):
        yield f"{shape()}{n:03d}"


def marks():
    """The mark and what encodings make of it, wherever in a text it begins."""
    forms = [MARK.encode(), MARK.upper().encode()]
    for word in list(forms):
        forms += [word.hex().encode(), word.hex().upper().encode()]
        for before in range(3):
            encoded = base64.b64encode(b"\0" * before + word)
            forms.append(encoded[4 if before else 0:len(encoded) - 4])
    return forms


MARKS = marks()


def leaks(data):
    return [mark for mark in MARKS if mark in data]


def files_of(user):
    """All that lies in the user's folders, the machines' disks among them, but for the store of secrets."""
    credentials = pathlib.Path(user.env["XDG_CONFIG_HOME"]) / "curbstop/credentials"
    for file in pathlib.Path(user.env["HOME"]).rglob("*"):
        try:
            if file.is_file() and not file.is_symlink() and file != credentials:
                yield file, file.read_bytes()
        except OSError:
            pass  # gone by now


def arguments():
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield entry, entry.read_bytes()
        except OSError:
            pass


@pytest.fixture(name="user")
def _user(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    user = User(tmp_path / "project", home)
    user.folder.mkdir()
    yield user
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                   capture_output=True, timeout=PATIENCE_S)


def keep_secrets(user):
    """As `secret set` writes them; a thousand calls of it are another test's (test_run_faults.py)."""
    values = {f"SHAPE_{n:04d}": value for n, value in enumerate(shapes())}
    assert len(set(values.values())) == SECRETS
    assert user.call("practice", "start").returncode == 0  # keeps its key there
    credentials = pathlib.Path(user.env["XDG_CONFIG_HOME"]) / "curbstop/credentials"
    kept = json.loads(credentials.read_text())
    for name, value in values.items():
        kept["secrets"][name] = {"in": "file", "value": value}
    credentials.write_text(json.dumps(kept))
    return list(values), kept["secrets"]["PRACTICE_API_KEY"]["value"]


def test_no_secret_and_no_account_key_is_on_any_disk_or_in_any_answer(user):
    names, key = keep_secrets(user)
    (user.folder / "curbstop.yaml").write_text(PROJECT % (SECRETS, ", ".join(names)))
    # In two halves, or the script itself would be found.
    (user.folder / "show.py").write_text(SHOW % f"'{MARK[:8]}' + '{MARK[8:]}'")
    running = user.start()
    run = until(lambda: active_run(user), "the run")
    log = user.state / "runs" / run / "step.log"
    until(lambda: log.exists() and "shown" in log.read_text(), "what the step shows")
    machines = list((user.state / "practice/machines").iterdir())
    assert machines, "the machine's own disk is looked at, too"
    for file, data in itertools.chain(files_of(user), arguments()):
        assert not leaks(data), (file, leaks(data))
    answers = [user.call(*words) for words in
               (("ps", "--json"), ("ps",), ("runs", "--json"), ("runs", "show", run, "--json"),
                ("machine", "ls", "--json"))]
    work, = (user.state / "practice/machines").glob(f"*/disk/var/lib/curbstop/work/{run}")
    (work / "seen").touch()
    out, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, out
    answers += [user.call(*words) for words in
                (("logs", run), ("runs", "--json"), ("runs", "show", run, "--json"), ("ps", "--json"),
                 ("cost", "--json"), ("plan", "--json"))]
    for done in answers:
        assert not leaks((done.stdout + done.stderr).encode()), done.args
    assert not leaks(out.encode())
    assert log.read_text().count("***") >= 5 * SECRETS  # they were there to be seen

    # The account's key: known to the practice cloud and to the store of secrets, and to nobody else.
    server = user.state / "practice"
    for file, data in files_of(user):
        assert not leaks(data), (file, leaks(data))
        if file.parent == server:
            continue
        assert key.encode() not in data, file
    for done in answers:
        assert key not in done.stdout + done.stderr, done.args
