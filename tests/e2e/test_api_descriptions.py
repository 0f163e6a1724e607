# peer: jsonschema
"""What the real drivers send, and what the practice cloud answers, against the providers' descriptions.

A driver goes through all its calls in front of the practice cloud; a recorder between them keeps every
request and answer. tests/api/README.md says what the descriptions are.
"""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))
# pylint: disable=wrong-import-position
import descriptions
from recorder import Recorder

PROVIDERS = ("vast", "runpod")
CALLS = {"find_offers", "create", "find", "list", "relabel", "pause", "destroy"}
PATIENCE_S = 180


def drive(provider, url, key, env):
    """What the driver saw, by call; each must have gone well."""
    done = subprocess.run(["drive_for_tests", provider, url], env=env, input=key + "\n", text=True, check=False,
                          capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in said if line["error"]] == []
    assert {line["call"] for line in said} == CALLS
    return said


@pytest.fixture(name="exchanges", params=PROVIDERS)
def _exchanges(request, home):
    """Everything that went between one provider's driver and the practice cloud."""
    home.pop("DBUS_SESSION_BUS_ADDRESS", None)  # the key goes to the file, where the test reads it
    started = subprocess.run(["curbstop", "practice", "start", "--json"], env=home, check=True, capture_output=True,
                             timeout=PATIENCE_S)
    try:
        secrets = json.loads((pathlib.Path(home["XDG_CONFIG_HOME"]) / "curbstop/credentials").read_text())["secrets"]
        with Recorder(json.loads(started.stdout)[f"{request.param}_url"]) as recorder:
            drive(request.param, recorder.url, secrets["PRACTICE_API_KEY"]["value"], home)
        yield request.param, recorder.exchanges
    finally:
        subprocess.run(["curbstop", "practice", "stop", "--yes"], env=home, check=False, capture_output=True,
                       timeout=PATIENCE_S)


def is_at(breach, entry):
    place = ("any", "any") if entry["method"] == "any" else (breach.method, breach.path)
    return (entry["method"], entry["path"]) == place and entry["part"] == breach.part and (
        breach.at.startswith(entry["at"]))


def known(provider, breach):
    return any(entry["provider"] == provider and is_at(breach, entry)
               for entry in descriptions.departures()["departures"])


def test_driver_and_practice_cloud_keep_to_the_description(exchanges):
    provider, seen = exchanges
    ours = descriptions.restated(provider)
    assert [breach for exchange in seen for breach in ours.check(exchange)] == []
    assert {exchange.status for exchange in seen} <= {200, 201, 204, 429}  # a call that came a moment too soon
    assert has_met_a_machine_that_can_be_reached(provider, seen)

    theirs = descriptions.published(provider)
    if theirs is None:
        return
    breaches = [breach for exchange in seen for breach in theirs.check(exchange)]
    assert [breach for breach in breaches if not known(provider, breach)] == []
    for entry in descriptions.departures()["departures"]:
        if entry["provider"] == provider and not entry.get("seldom"):
            assert any(is_at(breach, entry) for breach in breaches), f"nothing departs there any more: {entry}"


def has_met_a_machine_that_can_be_reached(provider, seen):
    """Whether the fields that only a running machine has were among what was checked."""
    path = {"vast": "/api/v0/instances/", "runpod": "/v2/pods/"}[provider]
    machines = [json.loads(exchange.answer) for exchange in seen
                if exchange.method == "GET" and exchange.path.startswith(path) and exchange.status == 200]
    if provider == "vast":
        return any(machine["instances"].get("ports") for machine in machines)
    return any(machine["ssh"]["direct"] for machine in machines)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_check_finds_what_is_wrong(provider):
    """One breach of each kind, in requests and answers."""
    ours = descriptions.restated(provider)

    def places(method, path, status, request, answer, kind="application/json"):
        exchange = descriptions.Exchange(method, path, status, json.dumps(request).encode() if request else b"",
                                         json.dumps(answer).encode() if answer is not None else b"", kind)
        return [(breach.part, breach.at) for breach in ours.check(exchange)]

    if provider == "vast":
        good = {"image": "i", "price": 0.1}
        assert places("PUT", "/api/v0/asks/1/", 200, good, {"success": True, "new_contract": 1}) == []
        assert places("PUT", "/api/v0/asks/1/", 200, {"image": 1, "price": 200}, {"success": True, "new_contract": "1"}) == [
            ("request", "$.image"), ("request", "$.price"), ("answer", "$.new_contract")]
        assert places("GET", "/api/v1/instances/?limit=26&page=2", 200, None, {"instances": [{"id": "a"}]}) == [
            ("query", "limit"), ("query", "page"), ("answer", "$.instances[].id")]
        assert places("DELETE", "/api/v0/instances/", 200, None, {}) == [("request", "$")]
    else:
        good = {"name": "a", "image": "i"}
        assert places("POST", "/v2/pods", 422, {"colour": "red"}, {"title": "t", "status": 422},
                      "application/problem+json") == [("request", "$")] * 3
        assert places("POST", "/v2/pods", 201, good, {"id": 1})[:1] == [("answer", "$")]
        assert places("DELETE", "/v2/pods/a", 204, None, {"id": 1}) == [("answer", "$")]
        assert places("GET", "/v2/catalog/gpus?count=0&cloud=HOME", 200, None, {"gpus": []}) == [
            ("query", "count"), ("query", "cloud")]


def routes_of(description):
    return [(method, path) for path, operations in description.document["paths"].items()
            for method in operations if method in ("get", "post", "put", "patch", "delete")]


def of_content(description, method, path, *steps):
    """The JSON schema there, or None."""
    try:
        holder = description.resolved(["paths", path, method, *steps])
    except KeyError:
        return None
    content = holder.get("content", {})
    return content.get("application/json", {}).get("schema")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_restated_is_published(provider):
    ours, theirs = descriptions.restated(provider), descriptions.published(provider)
    if theirs is None:
        pytest.skip("no published descriptions: set API_DESCRIPTIONS to their folder")
    data = descriptions.departures()
    unlisted = {(entry["method"].lower(), entry["path"]) for entry in data["unlisted"] if entry["provider"] == provider}
    strange = []
    for method, path in routes_of(ours):
        if (method, path) in unlisted:
            continue
        assert method in theirs.document["paths"].get(path, {}), (method, path)
        names = {item["name"] for item in theirs.parameters(method, path)}
        strange += [(method, path, item["name"]) for item in ours.parameters(method, path)
                    if item["in"] == "query" and item["name"] not in names]
        for part, steps in (("request", ["requestBody"]), ("answer", ["responses", "200"]), ("answer", ["responses", "201"])):
            mine, published = of_content(ours, method, path, *steps), of_content(theirs, method, path, *steps)
            if mine is None or published is None:
                continue
            strange += [(method, path, part, at, what) for at, what in descriptions.beyond(ours, theirs, mine, published)]
    said = {(entry["method"].lower(), entry["path"], entry["part"], entry["at"])
            for entry in data["departures"] + data["extras"] if entry["provider"] == provider}
    assert [entry for entry in strange if entry[:4] not in said] == []
    extras = {(entry["method"].lower(), entry["path"], entry["part"], entry["at"])
              for entry in data["extras"] if entry["provider"] == provider}
    assert extras <= {entry[:4] for entry in strange}, "the description names it by now"
