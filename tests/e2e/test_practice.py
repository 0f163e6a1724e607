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
import time
import urllib.error
import urllib.request

import jsonschema
import pytest
import referencing
import referencing.jsonschema
import yaml

PATIENCE_S = 30


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


# ---- against the published descriptions ----

def description(name):
    folder = os.environ.get("API_DESCRIPTIONS")
    if not folder or not (pathlib.Path(folder) / name).exists():
        pytest.skip(f"no published description `{name}`: set API_DESCRIPTIONS to their folder")
    text = (pathlib.Path(folder) / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


class Published:
    """Answers held against the schemas of an OpenAPI 3.1 description."""

    def __init__(self, document):
        self.document = document
        resource = referencing.Resource(contents=document, specification=referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:api", resource)

    def check(self, method, path, status, body):
        answer = self.document["paths"][path][method.lower()]["responses"][str(status)]
        if "$ref" in answer:
            for part in ["#", *answer["$ref"].split("/")[1:]]:
                answer = self.document if part == "#" else answer[part]
        kind = next(iter(answer["content"]))
        steps = ["paths", path, method.lower(), "responses", str(status), "content", kind, "schema"]
        inside = answer["content"][kind]["schema"]
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
        reference = inside if "$ref" in inside else {"$ref": f"#/{pointer}"}
        schema = {"$ref": "urn:api" + reference["$ref"]}
        validator = jsonschema.Draft202012Validator(schema, registry=self.registry)
        wrong = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(json.loads(body))]
        assert wrong == [], (method, path)


def test_runpods_answers_are_as_published(cloud):
    api = Published(description("runpod-rest-v2-openapi.json"))
    cloud.start()

    def ask(method, path, below, body=None):
        status, text = cloud.ask(method, cloud.runpod + below, body)
        if text:
            api.check(method, "/v2" + path, status, text)
        return status, json.loads(text or "null")

    _, gpus = ask("GET", "/catalog/gpus", "/catalog/gpus?include=AVAILABILITY&product=POD")
    gpu = gpus["gpus"][0]["id"]
    status, pod = ask("POST", "/pods", "/pods", {"name": "a", "image": "i", "gpu": {"id": gpu}})
    assert status == 201
    assert ask("POST", "/pods", "/pods", {"name": "a"})[0] == 422
    for wait in (0, 3):
        time.sleep(wait)
        ask("GET", "/pods", "/pods")
        ask("GET", "/pods/{id}", f"/pods/{pod['id']}")
    assert ask("PATCH", "/pods/{id}", f"/pods/{pod['id']}", {"name": "b"})[1]["name"] == "b"
    assert ask("POST", "/pods/{id}/action", f"/pods/{pod['id']}/action", {"action": "stop"})[0] == 200
    assert ask("GET", "/pods/{id}", f"/pods/{pod['id']}")[1]["status"] == "EXITED"
    ask("GET", "/billing/pods", "/billing/pods")
    assert ask("DELETE", "/pods/{id}", f"/pods/{pod['id']}")[0] == 204
    until(lambda: ask("GET", "/pods/{id}", f"/pods/{pod['id']}")[0] == 404, "the pod's end")


def test_vasts_answers_are_as_published(cloud):
    api = Published(description("vast-openapi.yaml"))
    cloud.start()

    def ask(method, path, below, body=None):
        status, text = cloud.ask(method, cloud.vast + below, body)
        api.check(method, path, status, text)
        return status, json.loads(text)

    _, found = ask("POST", "/api/v0/bundles", "/api/v0/bundles/", {"limit": 5})
    ask_id = found["offers"][0]["id"]
    status, made = ask("PUT", "/api/v0/asks/{id}", f"/api/v0/asks/{ask_id}/", {"image": "i", "label": "a"})
    assert status == 200
    one = f"/api/v0/instances/{made['new_contract']}/"
    ask("GET", "/api/v0/instances/{id}", one)
    until(lambda: len(ask("GET", "/api/v1/instances", "/api/v1/instances/")[1]["instances"]) == 1,
          "the instance in the listing", pause_s=2)
    ask("GET", "/api/v0/instances/{id}", one)
    assert ask("PUT", "/api/v0/instances/{id}", one, {"label": "b"})[0] == 200
    assert ask("DELETE", "/api/v0/instances/{id}", one)[0] == 200
    time.sleep(1.5)
    assert ask("PUT", "/api/v0/asks/{id}", "/api/v0/asks/1/", {"image": "i"})[0] == 404
