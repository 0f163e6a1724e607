# peer: jsonschema
"""The practice cloud as a process: killed and started again, and held against the providers' own
published API descriptions.

The descriptions carry no licence that we could pass on. `API_DESCRIPTIONS` names a folder with
`runpod-rest-v2-openapi.json` and `vast-openapi.yaml`; without it those tests are skipped.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))
# pylint: disable=wrong-import-position
import descriptions

PATIENCE_S = 180


def until(condition, what, pause_s=0.5):
    """Asks again and again, no faster than the providers allow."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(pause_s)


class Cloud:
    """A practice cloud of its own, and a client that knows nothing of ours."""

    def __init__(self, env):
        self.env = env
        self.state = pathlib.Path(env["XDG_STATE_HOME"]) / "curbstop/practice"

    def curbstop(self, *words):
        done = subprocess.run(["curbstop", "practice", *words, "--json"], env=self.env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *words):
        answer = self.curbstop("start", *words)
        credentials = pathlib.Path(self.env["XDG_CONFIG_HOME"]) / "curbstop/credentials"
        secrets = json.loads(credentials.read_text())["secrets"]
        self.key = secrets["PRACTICE_API_KEY"]["value"]
        self.vast, self.runpod = answer["vast_url"], answer["runpod_url"]
        return answer

    def ask(self, method, url, body=None, key=None):
        """The provider's answer; one that says "too many requests" is asked again, as clients do."""
        answers = []
        until(lambda: answers.append(self.ask_once(method, url, body, key)) or answers[-1][0] != 429,
              f"an answer of {url} other than 429")
        return answers[-1]

    def ask_once(self, method, url, body, key):
        request = urllib.request.Request(url, method=method, headers={
            "Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def offers(self):
        _, text = self.ask("POST", f"{self.vast}/api/v0/bundles/", {"num_gpus": {"eq": 1}})
        return json.loads(text)["offers"]

    def rent_vast(self):
        status, text = self.ask("PUT", f"{self.vast}/api/v0/asks/{self.offers()[0]['id']}/",
                                {"image": "ubuntu:24.04", "label": "a", "disk": 10})
        assert status == 200, text
        return json.loads(text)

    def kill(self):
        pid = json.loads((self.state / "server.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + PATIENCE_S
        while self.curbstop("status")["running"]:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(name="cloud")
def _cloud(home):
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)  # the key goes to the file, where the test reads it
    cloud = Cloud(home)
    yield cloud
    subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False, capture_output=True,
                   timeout=PATIENCE_S)


def test_a_killed_server_loses_no_machine_and_no_bill(cloud):
    first = cloud.start()
    machine = cloud.rent_vast()
    cloud.kill()
    before = cloud.curbstop("status")["billed_micro_usd"]
    assert cloud.start() == first

    def listed():
        status, text = cloud.ask("GET", f"{cloud.vast}/api/v1/instances/")
        assert status == 200
        return [row["id"] for row in json.loads(text)["instances"]]
    until(lambda: listed() == [machine["new_contract"]], "the machine in the listing")
    until(lambda: cloud.curbstop("status")["billed_micro_usd"] > before, "a higher bill")
    path = f"{cloud.vast}/api/v0/instances/{machine['new_contract']}/"
    assert cloud.ask("DELETE", path, key=machine["instance_api_key"])[0] == 200
    until(lambda: [row["state"] for row in cloud.curbstop("status")["machines"]] == ["gone"],
          "the machine's end")


def test_no_key_is_readable_by_others_or_shown(cloud):
    answer = cloud.start()
    cloud.rent_vast()
    assert cloud.key not in json.dumps(answer) + json.dumps(cloud.curbstop("status"))
    for file in cloud.state.rglob("*"):
        if file.is_file() and cloud.key.encode() in file.read_bytes():
            assert file.stat().st_mode & 0o077 == 0, file
    assert cloud.state.stat().st_mode & 0o077 == 0


def test_it_listens_on_this_computer_only_and_to_no_foreign_page(cloud):
    cloud.start()
    request = urllib.request.Request(f"{cloud.runpod}/pods", headers={
        "Authorization": f"Bearer {cloud.key}", "Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=PATIENCE_S)
    assert refused.value.code == 403


# ---- against the descriptions ----

def check(provider, method, below, body, status, text):
    """The answer breaks neither our description nor, where it is there, the published one."""
    kind = "application/json" if status < 400 or provider == "vast" else "application/problem+json"
    request = b"" if body is None else json.dumps(body).encode()
    exchange = descriptions.Exchange(method, below, status, request, text, kind)
    for description in (descriptions.restated(provider), descriptions.published(provider)):
        if description is not None:
            assert [breach for breach in description.check(exchange) if breach.part == "answer"] == []


def test_runpods_answers_are_as_described(cloud):
    cloud.start()

    def ask(method, below, body=None):
        status, text = cloud.ask(method, cloud.runpod + below, body)
        check("runpod", method, "/v2" + below, body, status, text)
        return status, json.loads(text or "null")

    _, gpus = ask("GET", "/catalog/gpus?include=AVAILABILITY&product=POD")
    gpu = gpus["gpus"][0]["id"]
    status, pod = ask("POST", "/pods", {"name": "a", "image": "i", "gpu": {"id": gpu}})
    assert status == 201
    assert ask("POST", "/pods", {"name": "a"})[0] == 422
    for wait in (0, 3):
        time.sleep(wait)
        ask("GET", "/pods")
        ask("GET", f"/pods/{pod['id']}")
    assert ask("PATCH", f"/pods/{pod['id']}", {"name": "b"})[1]["name"] == "b"
    assert ask("POST", f"/pods/{pod['id']}/action", {"action": "stop"})[0] == 200
    assert ask("GET", f"/pods/{pod['id']}")[1]["status"] == "EXITED"
    ask("GET", "/billing/pods")
    assert ask("DELETE", f"/pods/{pod['id']}")[0] == 204
    until(lambda: ask("GET", f"/pods/{pod['id']}")[0] == 404, "the pod's end")


def test_vasts_answers_are_as_described(cloud):
    cloud.start()

    def ask(method, below, body=None):
        status, text = cloud.ask(method, cloud.vast + below, body)
        check("vast", method, below, body, status, text)
        return status, json.loads(text)

    _, found = ask("POST", "/api/v0/bundles/", {"limit": 5})
    ask_id = found["offers"][0]["id"]
    status, made = ask("PUT", f"/api/v0/asks/{ask_id}/", {"image": "i", "label": "a"})
    assert status == 200
    one = f"/api/v0/instances/{made['new_contract']}/"
    ask("GET", one)
    until(lambda: len(ask("GET", "/api/v1/instances/")[1]["instances"]) == 1,
          "the instance in the listing", pause_s=2)
    ask("GET", one)
    assert ask("PUT", one, {"label": "b"})[0] == 200
    assert ask("DELETE", one)[0] == 200
    time.sleep(1.5)
    assert ask("PUT", "/api/v0/asks/1/", {"image": "i"})[0] == 404
