"""What every end-to-end test gets: the built programs, a home of its own, and its peers.

`CURBSTOP_BUILD` names the folder of the binaries, default build/dev.
"""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("CURBSTOP_BUILD", ROOT / "build" / "dev")).resolve()
PEERS = pathlib.Path(os.environ.get("PEERS_DIR", ROOT / "build" / "peers"))


@pytest.fixture
def home(tmp_path):
    """Environment with a home and XDG folders inside the test's own folder."""
    env = dict(os.environ)
    base = tmp_path / "home"
    base.mkdir()
    env.update({"HOME": str(base), "NO_COLOR": "1", "COLUMNS": "100",
                "PATH": f"{BUILD}:{env['PATH']}"})
    for name, folder in (("CONFIG", "config"), ("DATA", "data"), ("STATE", "state"),
                         ("CACHE", "cache")):
        env[f"XDG_{name}_HOME"] = str(base / folder)
    return env


@pytest.fixture(scope="session")
def peer():
    """`peer("dvc")`: the folder of that peer's virtual environment, installed on first use.

    Where it can't be installed the test fails in CI and is skipped elsewhere.
    """
    def install(name):
        done = subprocess.run(["sh", str(ROOT / "tools" / "peers.sh"), name], cwd=ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return PEERS / name
        if os.environ.get("CI") == "true":
            pytest.fail(f"the peer `{name}` could not be installed:\n{done.stderr}")
        return pytest.skip(f"the peer `{name}` could not be installed")
    return install
