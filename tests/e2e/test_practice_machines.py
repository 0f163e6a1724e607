# takes: 190 s
"""Machines of the practice cloud, met by the stock OpenSSH client: rented by the real drivers, born
by the real birth script, hurt by faults, ended by themselves.
"""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import pytest

PATIENCE_S = 180
SKINS = ("vast", "runpod")


def until(condition, what, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


def processes_with(entry):
    """Processes whose environment holds that entry."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if entry.encode() in (folder / "environ").read_bytes().split(b"\0"):
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                found += [int(folder.name)] if state not in "ZX" else []
        except OSError:
            continue
    return found


class Cloud:
    def __init__(self, env, folder):
        self.env, self.folder = env, folder
        self.state = pathlib.Path(env["XDG_STATE_HOME"]) / "curbstop/practice"
        self.identity = folder / "identity"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.identity], check=True)
        self.public = self.identity.with_suffix(".pub").read_text().strip()

    def curbstop(self, *words):
        done = subprocess.run(["curbstop", "practice", *words, "--json"], env=self.env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *words):
        answer = self.curbstop("start", *words)
        credentials = pathlib.Path(self.env["XDG_CONFIG_HOME"]) / "curbstop/credentials"
        self.key = json.loads(credentials.read_text())["secrets"]["PRACTICE_API_KEY"]["value"]
        self.urls = {"vast": answer["vast_url"], "runpod": answer["runpod_url"]}
        return answer

    def faults(self, *faults):
        file = self.folder / "faults.yaml"
        file.write_text(json.dumps({"faults": list(faults)}))
        return "--faults", str(file)

    def strike(self, **fault):
        """Now, however long it took to come so far: its server dies and comes back with the fault."""
        self.kill_server()
        self.start(*self.faults({"on": "time", **fault}))

    def rent(self, skin="vast", lease_s=600):
        done = subprocess.run(["rent_for_tests", skin, self.urls[skin], str(lease_s * 1000), self.public],
                              env=self.env, input=self.key, text=True, capture_output=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        return Machine(self, skin, done.stdout.strip())

    def row(self, machine_id):
        return next(row for row in self.curbstop("status")["machines"] if row["id"] == machine_id)

    def server(self):
        return json.loads((self.state / "server.json").read_text())["pid"]

    def kill_server(self):
        os.kill(self.server(), signal.SIGKILL)
        until(lambda: not self.curbstop("status")["running"], "the server's end")


class Machine:
    def __init__(self, cloud, skin, machine_id):
        self.cloud, self.skin, self.id = cloud, skin, machine_id
        self.home = cloud.state / "machines" / machine_id

    def api(self, method="GET", body=None):
        """What the provider says of it; None: there is none."""
        path = f"/api/v0/instances/{self.id}/" if self.skin == "vast" else f"/pods/{self.id}"
        request = urllib.request.Request(
            self.cloud.urls[self.skin] + path, method=method,
            headers={"Authorization": f"Bearer {self.cloud.key}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        while True:
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                    return json.loads(answer.read() or b"{}")
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                assert error.code == 429
                time.sleep(0.5)

    def address(self):
        """Host and port, where the API names them."""
        said = self.api()
        if said is None:
            return None
        if self.skin == "runpod":
            direct = said["ssh"]["direct"]
            return direct and (direct["host"], direct["port"])
        ports = (said["instances"] or {}).get("ports") or {}
        found = ports.get("22/tcp")
        return found and (said["instances"]["public_ipaddr"], int(found[0]["HostPort"]))

    def options(self, identity=None):
        return ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR",
                "-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={self.cloud.folder}/known",
                "-i", str(identity or self.cloud.identity), "-p", str(self.port())]

    def port(self):
        return self.cloud.row(self.id)["ssh_port"]

    def command(self, *words, options=(), identity=None):
        return ["ssh", *self.options(identity), *options, "root@127.0.0.1", *words]

    def ssh(self, *words, options=(), identity=None, **more):
        more.setdefault("stdin", subprocess.DEVNULL if "input" not in more else None)
        if more["stdin"] is None:
            del more["stdin"]
        return subprocess.run(self.command(*words, options=options, identity=identity), check=False,
                              capture_output=True, timeout=PATIENCE_S, **more)

    def answers(self):
        return self.ssh("true", options=("-o", "ConnectTimeout=5")).returncode == 0

    def up(self):
        until(self.address, "its address")
        until(self.answers, "its login")
        return self

    def say(self, command):
        done = self.ssh(command)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def sign(self):
        return json.loads((self.home / "birth.json").read_text())["sign"]

    def is_gone(self):
        return self.cloud.row(self.id)["state"] == "gone" and not self.home.exists()


@pytest.fixture(name="cloud")
def _cloud(home, tmp_path):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)
    cloud = Cloud(home, tmp_path)
    yield cloud
    signs = [json.loads(file.read_text())["sign"] for file in cloud.state.glob("machines/*/birth.json")]
    done = subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False,
                          capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert [processes_with(sign) for sign in signs] == [[] for _ in signs]
    assert list(cloud.state.glob("machines/*/")) == []


def plain(cloud):
    """bubblewrap as it is where user namespaces are refused."""
    folder = cloud.folder / "bin"
    folder.mkdir()
    (folder / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    (folder / "bwrap").chmod(0o755)
    cloud.env["PATH"] = f"{folder}:{cloud.env['PATH']}"


@pytest.fixture(name="place", params=["bubblewrap", "plain"])
def _place(request, cloud):
    if request.param == "plain":
        plain(cloud)
    cloud.start("--boot", "1 s")
    said = cloud.curbstop("status")
    if request.param == "bubblewrap" and said["place"] == "plain":
        pytest.skip(f"no place of its own here: {said['place_why']}")
    assert said["place"] == request.param
    if request.param == "plain":
        assert "No permissions" in said["place_why"]
    return request.param


@pytest.mark.parametrize("skin", SKINS)
def test_a_rented_machine_was_born_and_can_be_logged_in_to(cloud, place, skin):
    machine = cloud.rent(skin).up()
    assert machine.address() == ("127.0.0.1", machine.port())
    done = machine.ssh("echo out; echo bad >&2; cat; exit 7", input=b"in")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"out\nin", b"bad\n")
    uptime = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    lease = int(machine.say('cat "${CURBSTOP_HOME:-/var/lib/curbstop}/lease"'))
    assert uptime + 500 < lease <= uptime + 601
    machine.say('"${CURBSTOP_HOME:-/var/lib/curbstop}/end-machine" check')
    if place == "bubblewrap":
        assert machine.say("id -u").strip() == "0"
        assert "authorized_keys" in machine.say("ls ~/.ssh")


@pytest.mark.parametrize("way", ["alone", "shared"])
def test_an_exit_code_arrives_though_the_output_ended_before(cloud, way):
    cloud.start("--boot", "1 s")
    machine = cloud.rent().up()
    with tempfile.TemporaryDirectory() as folder:  # a short path, as a socket needs
        shared = () if way == "alone" else ("-o", "ControlMaster=auto", "-o", "ControlPersist=20",
                                            "-o", f"ControlPath={folder}/c")
        done = machine.ssh("exec >&- 2>&-; sleep 0.5; exit 7", options=shared)
    assert done.returncode == 7, done.stderr


def test_only_the_runs_own_key_gets_in(cloud, place):
    machine = cloud.rent().up()
    other = cloud.folder / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    assert b"Permission denied" in machine.ssh("true", identity=other).stderr
    for method in ("password", "keyboard-interactive", "none", "hostbased"):
        done = machine.ssh("true", options=("-o", f"PreferredAuthentications={method}"))
        assert done.returncode == 255 and b"Permission denied" in done.stderr, (place, method)
    stranger = machine.command("true")
    stranger[-2] = "nobody@127.0.0.1"
    assert subprocess.run(stranger, check=False, capture_output=True, timeout=PATIENCE_S).returncode == 255


def test_sessions_are_as_those_of_sshd(cloud):
    cloud.start("--boot", "1 s")
    machine = cloud.rent().up()
    done = machine.ssh("tty && stty size", options=("-tt",))
    assert done.returncode == 0 and b"/dev/pts/" in done.stdout
    assert machine.ssh("tty").stdout == b"not a tty\n"
    done = machine.ssh("kill -TERM $$", options=("-v",))
    assert done.returncode == 255 and b"exit-signal" in done.stderr
    machine.cloud.env["SECRET_X"] = "seen"
    assert machine.ssh("env", options=("-o", "SendEnv=SECRET_X"), env=cloud.env).stdout.find(b"seen") < 0
    assert machine.ssh(input=b"echo from a shell; exit 3\n").returncode == 3
    assert machine.ssh("echo $0 \"a  b\" 'c'").stdout.decode().split(maxsplit=1)[1] == "a  b c\n"


def test_many_channels_share_a_connection_and_ports_are_forwarded(cloud):
    cloud.start("--boot", "1 s")
    machine = cloud.rent().up()
    control = cloud.folder / "control"
    with socket.create_server(("127.0.0.1", 0)) as spare:
        local = spare.getsockname()[1]
    master = subprocess.Popen(machine.command("-N", options=(
        "-M", "-S", str(control), "-L", f"{local}:127.0.0.1:{cloud.urls['vast'].rpartition(':')[2]}")))
    try:
        until(control.exists, "the master")
        shared = ("-S", str(control))
        running = [subprocess.Popen(machine.command(f"sleep 1; echo {i}; cat", options=shared),
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE) for i in range(12)]
        for i, child in enumerate(running):
            out, _ = child.communicate(b"x" * 100_000, timeout=PATIENCE_S)
            assert out == f"{i}\n".encode() + b"x" * 100_000
        request = urllib.request.Request(f"http://127.0.0.1:{local}/api/v0/users/current", headers={
            "Authorization": f"Bearer {cloud.key}"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            assert json.loads(answer.read())["id"] == 7
        refused = machine.ssh("-W", "example.org:80", options=shared)
        assert refused.returncode != 0
    finally:
        master.terminate()
        master.wait()


def test_large_streams_arrive_whole_both_ways_and_wait_for_a_slow_reader(cloud):
    cloud.start("--boot", "1 s")
    machine = cloud.rent().up()
    size = 200_000_000
    zeros = hashlib.sha256(bytes(size)).hexdigest()
    source = cloud.folder / "zeros"
    with source.open("wb") as file:
        file.truncate(size)
    with source.open("rb") as file:
        done = machine.ssh("sha256sum", stdin=file)
    assert done.stdout.split()[0].decode() == zeros
    child = subprocess.Popen(machine.command(f"head -c {size} /dev/zero"), stdout=subprocess.PIPE)
    time.sleep(2)  # nobody reads: nothing may pile up in the server
    first = machine.say("ps -o rss= -C curbstop-machine | sort -n | tail -1")
    assert int(first) < 60_000
    assert hashlib.sha256(child.stdout.read()).hexdigest() == zeros
    assert child.wait(PATIENCE_S) == 0
    # What nobody takes in the machine holds up its sender alone.
    stuck = subprocess.Popen(machine.command("sleep 1000"), stdin=subprocess.PIPE)
    feeder = threading.Thread(target=lambda: feed(stuck.stdin), daemon=True)
    feeder.start()
    time.sleep(2)
    assert int(machine.say("ps -o rss= -C curbstop-machine | sort -n | tail -1")) < 60_000
    stuck.kill()
    stuck.wait()


def feed(pipe):
    try:
        while True:
            pipe.write(bytes(1 << 20))
    except OSError:
        return


def test_twenty_connections_and_rude_clients(cloud):
    cloud.start("--boot", "1 s")
    machine = cloud.rent().up()
    rude = []
    for said in (b"", b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n" + bytes(5000), os.urandom(5000)):
        client = socket.create_connection(("127.0.0.1", machine.port()))
        client.sendall(said)
        rude.append(client)
    begun = time.monotonic()
    running = [subprocess.Popen(machine.command(f"sleep 6; echo {i}"), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE) for i in range(20)]
    assert [child.communicate(timeout=PATIENCE_S)[0] for child in running] == [
        f"{i}\n".encode() for i in range(20)]
    assert time.monotonic() - begun < 90  # at once, not one after the other
    for client in rude:
        client.close()
    assert machine.answers()


def test_a_hang_up_ends_the_process_group_but_not_what_has_left_it(cloud, place):
    machine = cloud.rent().up()
    child = subprocess.Popen(machine.command(
        "setsid sh -c 'echo $$ >~/left; exec sleep 4001' & trap '' HUP; sleep 4002 & echo $! >~/stayed; "
        "until [ -s ~/left ]; do sleep 0.05; done; echo ready; wait"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"ready\n"
    child.kill()
    child.wait()
    until(lambda: machine.ssh("kill -0 $(cat ~/stayed)").returncode != 0, f"the group's end ({place})")
    assert machine.ssh("kill -0 $(cat ~/left)").returncode == 0


def test_it_sees_nothing_of_the_users_and_writes_nowhere_else(cloud):
    cloud.start("--boot", "1 s")
    if cloud.curbstop("status")["place"] == "plain":
        pytest.skip("no place of its own here")
    secret = pathlib.Path(cloud.env["HOME"]) / "secret"
    secret.write_text("mine")
    machine = cloud.rent().up()
    before = sorted(secret.parent.iterdir())
    assert machine.ssh(f"cat {secret}").returncode != 0
    assert machine.ssh(f"ls {cloud.state}").returncode != 0
    for path in ("/x", "/usr/x", "/etc/x", "/bin/x", "/etc/passwd", "/lib/x", "/run/curbstop-machine",
                 "/proc/sys/kernel/hostname", "/etc/ssl/certs/x"):
        assert machine.ssh(f"echo x >{path}").returncode != 0, path
    for attempt in ("mount -t tmpfs x /mnt", "umount /usr", "mknod /tmp/sda b 8 0",
                    "mount -o remount,rw /usr", "umount /proc/sys",
                    f"kill -0 {cloud.server()}", "ls /proc/1/root/proc/1/root/oldroot",
                    f"cat /proc/{cloud.server()}/environ"):
        assert machine.ssh(attempt).returncode != 0, attempt
    assert int(machine.say("ls /proc | grep -c '^[0-9]'")) < 12
    assert machine.say("ls /etc/shadow /etc/ssl/private 2>/dev/null; true") == ""
    # A link of its own making leads nowhere when it is started anew, and when it is removed.
    machine.say(f"rm -rf /var/lib && ln -s {pathlib.Path(cloud.env['HOME'])} /var/lib; ln -s {secret} ~/link; "
                f"mkdir ~/closed && chmod 0 ~/closed")
    machine.api("DELETE")
    until(machine.is_gone, "its end")
    assert secret.read_text() == "mine"
    assert sorted(secret.parent.iterdir()) == before


def command_of(pid):
    """Its command line; one empty word where it is over by now."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]


def test_keys_are_in_no_argument_list_and_the_accounts_key_not_in_the_machine(cloud, place):
    machine = cloud.rent("runpod").up()
    words = {pid: command_of(pid) for pid in processes_with(machine.sign())}
    pid, *_ = [pid for pid, said in words.items() if b"bwrap" not in said[0] and b"practice" in said]
    environ = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    own = environ.split(b"RUNPOD_API_KEY=")[1].split(b"\0")[0]
    if place == "bubblewrap":
        assert own.decode() in machine.say("tr '\\0' '\\n' </proc/1/environ")
    assert cloud.key.encode() not in environ
    host_key = json.loads((machine.home / "birth.json").read_text())["host_key"].encode()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        assert not any(key in words for key in (own, cloud.key.encode(), host_key[40:100])), folder
    for file in machine.home.rglob("*"):
        if file.is_file() and not file.is_symlink():
            text = file.read_bytes()
            assert own not in text and cloud.key.encode() not in text, file
            assert file.name == "birth.json" or host_key[40:100] not in text, file


@pytest.mark.parametrize("tool", ["curl", "wget", "python3"])
@pytest.mark.parametrize("skin", SKINS)
def test_it_ends_itself_with_each_tool(cloud, skin, tool):
    cloud.start("--boot", "1 s")
    if shutil.which(tool, path="/usr/bin:/bin") is None:
        pytest.skip(f"no {tool} on this computer")
    machine = cloud.rent(skin).up()
    only = "mkdir ~/b; for t in sh tr sed head printf cat " + tool + "; do ln -s $(command -v $t) ~/b/; done; PATH=~/b "
    machine.say(only + "/var/lib/curbstop/end-machine check")
    time.sleep(2.1)  # the pace that the provider allows
    assert machine.ssh("PATH=~/b /var/lib/curbstop/end-machine").returncode in (0, 255)
    until(machine.is_gone, "its end")


@pytest.mark.parametrize("skin", SKINS)
def test_where_the_account_forbids_it_the_rehearsal_works_and_the_end_does_not(cloud, skin):
    cloud.start("--boot", "1 s", "--no-self-end")
    machine = cloud.rent(skin).up()
    machine.say("/var/lib/curbstop/end-machine check")
    time.sleep(2.1)
    assert machine.ssh("/var/lib/curbstop/end-machine").returncode not in (0, 255)
    assert cloud.row(machine.id)["state"] == "running"


@pytest.mark.parametrize("skin", SKINS)
def test_with_nobody_left_it_is_gone_soon_after_its_lease(cloud, place, skin):
    """Nobody but the provider is there after the create, and that dies once and comes back."""
    begun = time.monotonic()
    machine = cloud.rent(skin, lease_s=6)
    until((machine.home / "disk").exists, f"its birth ({place})")
    cloud.kill_server()
    time.sleep(2)
    cloud.start()
    until(machine.is_gone, "its end")
    assert time.monotonic() - begun > 6


def test_the_next_server_adopts_it_with_its_port_and_its_sessions(cloud, place):
    machine = cloud.rent().up()
    port = machine.port()
    child = subprocess.Popen(machine.command("cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(b"before\n")
    child.stdin.flush()
    assert child.stdout.readline() == b"before\n"
    cloud.kill_server()
    assert machine.answers()
    cloud.start()
    time.sleep(1)
    out, _ = child.communicate(b"after\n", timeout=PATIENCE_S)
    assert out == b"after\n", place
    assert machine.address() == ("127.0.0.1", port)
    assert machine.say("grep -c ssh-ed25519 ~/.ssh/authorized_keys") == "1\n"  # it was not born again


def test_outbid_it_is_dead_and_comes_back_with_its_folder(cloud):
    cloud.start("--boot", "1 s")
    machine = cloud.rent().up()
    machine.say("echo work >/root/kept; setsid sleep 4003 >/dev/null 2>&1 &")
    lease = machine.say("cat /var/lib/curbstop/lease")
    sign = machine.sign()
    cloud.strike(do="outbid", for_s=20)
    until(lambda: cloud.row(machine.id)["state"] == "paused", "the pause")
    until(lambda: processes_with(sign) == [], "its processes' end", patience_s=10)
    assert not machine.answers()
    assert machine.address() is None
    until(lambda: cloud.row(machine.id)["state"] == "running", "its return")
    machine.up()
    assert machine.say("cat /root/kept; cat /var/lib/curbstop/lease") == "work\n" + lease
    assert machine.ssh("pgrep -f 'sleep 4003'").returncode != 0


def test_offline_it_stalls_and_goes_on(cloud):
    cloud.start("--boot", "1 s")
    machine = cloud.rent().up()
    child = subprocess.Popen(machine.command("while :; do date +%s.%N; sleep 0.2; done"),
                             stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    seen = []
    threading.Thread(target=lambda: seen.extend((time.time(), float(line)) for line in child.stdout),
                     daemon=True).start()
    until(lambda: seen, "its first line")
    cloud.strike(do="offline", for_s=15)
    until(lambda: cloud.row(machine.id)["state"] == "offline", "the loss")
    time.sleep(1)
    assert not machine.ssh("true", options=("-o", "ConnectTimeout=2")).returncode == 0
    until(lambda: cloud.row(machine.id)["state"] == "running", "its return")
    until(machine.answers, "its login")
    time.sleep(1)
    child.kill()
    # It went on meanwhile: the lines of that time came late.
    assert max(came - said for came, said in seen) > 3
    assert max(b[1] - a[1] for a, b in zip(seen, seen[1:])) < 3


def test_vanished_it_leaves_nothing_and_a_bad_host_has_no_machine(cloud):
    cloud.start("--boot", "1 s", *cloud.faults({"on": "create", "skip": 1, "do": "bad_host"}))
    machine = cloud.rent().up()
    bad = cloud.rent("runpod")
    until(lambda: cloud.row(bad.id)["state"] == "broken", "the bad host")
    assert bad.address() is None and not bad.home.exists()
    sign = machine.sign()
    cloud.strike(do="vanish")
    until(machine.is_gone, "its end")
    assert processes_with(sign) == []


@pytest.mark.parametrize("when", ["before it runs", "while it runs", "while it is removed"])
def test_the_server_killed_at_any_step_leaves_no_process(cloud, place, when):
    machine = cloud.rent()
    if when != "before it runs":
        machine.up()
    if when == "while it is removed":
        machine.api("DELETE")
        time.sleep(0.5)
    cloud.kill_server()
    signs = [json.loads(file.read_text())["sign"] for file in cloud.state.glob("machines/*/birth.json")]
    cloud.curbstop("stop", "--yes")
    assert [processes_with(sign) for sign in signs] == [[] for _ in signs], place
