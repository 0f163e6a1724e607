# peer: jsonschema
"""The real drivers against Prism, which mocks a provider by its API description and validates what it is asked.

`./dev prism` installs Prism and runs this; tests/api/README.md says against what. Whatever Prism finds wrong in a
request fails the test, in an answer only where the description is our own: published examples break their schemas.
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/api"))
# pylint: disable=wrong-import-position
import descriptions
from recorder import Recorder

BUILD = pathlib.Path(os.environ.get("CURBSTOP_BUILD", ROOT / "build" / "dev")).resolve()
PRISM = pathlib.Path(os.environ.get("PEERS_DIR", ROOT / "build" / "peers")) / "prism/node_modules/.bin/prism"
PROVIDERS = ("vast", "runpod")
PATIENCE_S = 120


def mended(description):
    """The published description with what departures.yaml changes in it."""
    for mend in descriptions.departures()["mends"]:
        if mend["provider"] != description.provider:
            continue
        *steps, last = (step.replace("~1", "/").replace("~0", "~") for step in mend["pointer"].split("/")[1:])
        holder = description.document
        for step in steps:
            holder = holder[step]
        holder[last] = [holder[last]] if mend.get("wrap") else mend["value"]
    return description


class Prism:
    """`with Prism(description, folder) as prism:` mocks it at `prism.url`."""

    def __init__(self, description, folder):
        self.base = "/v2" if description.provider == "runpod" else ""
        self.file = folder / "description.yaml"
        self.file.write_text(yaml.safe_dump(description.document), encoding="utf-8")
        self.log = folder / "prism.log"

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([PRISM, "mock", "-p", str(port), "-v", "warn", self.file], stdout=log,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, self.log.read_text()
                time.sleep(0.1)
        self.url = f"http://127.0.0.1:{port}{self.base}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def violations(self, part):
        """What it found wrong in `request` or `response`, in its words."""
        return re.findall(rf"Violation: {part}\S* .*", self.log.read_text(encoding="utf-8"))


def drive(provider, prism):
    """What the driver said of its calls, and every exchange."""
    with Recorder(prism.url, bare_paths=True, without=("RateLimit", "RateLimit-Policy")) as recorder:
        done = subprocess.run([BUILD / "drive_for_tests", provider, recorder.url], input="k\n", text=True, check=False,
                              capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], recorder.exchanges


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("source", ["restated", "published"])
def test_prism_finds_nothing_wrong_in_what_the_driver_sends(provider, source, tmp_path):
    description = getattr(descriptions, source)(provider)
    if description is None:
        pytest.skip("no published descriptions: set API_DESCRIPTIONS to their folder")
    if source == "published":
        description = mended(description)
    with Prism(description, tmp_path) as prism:
        said, exchanges = drive(provider, prism)
        assert prism.violations("request") == []
        if source == "restated":
            assert prism.violations("response") == []
    assert [line for line in said if line["error"]] == []
    assert {line["call"] for line in said} == {"find_offers", "create", "find", "list", "relabel", "pause", "destroy"}
    assert {exchange.status for exchange in exchanges} <= {200, 201, 204}


def test_prism_would_find_it(tmp_path):
    """A description that asks for more than the driver sends: Prism refuses, and the driver tells it."""
    description = descriptions.restated("vast")
    description.document["components"]["schemas"]["Create"]["required"].append("template_hash_id")
    with Prism(description, tmp_path) as prism:
        said, exchanges = drive("vast", prism)
        assert any("template_hash_id" in violation for violation in prism.violations("request"))
    made = next(line for line in said if line["call"] == "create")
    assert made["error"]
    assert [exchange.status for exchange in exchanges if exchange.method == "PUT"][0] >= 400
