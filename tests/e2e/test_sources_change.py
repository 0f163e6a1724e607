"""Code and inputs that change while a step runs: the outputs are kept, but as no step's result."""

import json
import subprocess

import pytest

PROJECT = """\
steps:
  train:
    run: cat data.txt > {out}/copy && touch started && while [ ! -e go ]; do sleep 0.05; done
    inputs: [data.txt]
    code: [train.sh]
    outputs: [copy]
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "curbstop.yaml").write_text(PROJECT)
    (folder / "data.txt").write_text("one\n")
    (folder / "train.sh").write_text("# code\n")
    return folder


def run(project, home, *arguments):
    return subprocess.run(["curbstop", "run", "--yes", *arguments], cwd=project, env=home,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180,
                          check=False)


def run_and_meanwhile(project, home, act):
    going = subprocess.Popen(["curbstop", "run", "--yes"], cwd=project, env=home, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    wait = subprocess.run(["sh", "-c", "while [ ! -e started ]; do sleep 0.05; done"], cwd=project,
                          timeout=180, check=True)
    assert wait.returncode == 0
    act()
    (project / "go").write_text("")
    said, _ = going.communicate(timeout=180)
    assert going.returncode == 0, said
    return said


@pytest.mark.parametrize("name", ["data.txt", "train.sh"])
def test_outputs_of_changed_sources_are_no_result(project, home, name):
    said = run_and_meanwhile(project, home, lambda: (project / name).write_text("two\n"))
    assert f"not kept as a result: `{name}` changed while it ran" in said
    assert (project / "out/train/copy").read_text() == "one\n"
    assert not (project / "curbstop.lock").exists()
    shown = subprocess.run(["curbstop", "runs", "--json"], cwd=project, env=home, check=True,
                           capture_output=True, text=True, timeout=180)
    row = json.loads(shown.stdout)["runs"][0]
    assert row["state"] == "succeeded"
    assert [output["path"] for output in row["outputs"]] == ["copy"]
    # Also where the change is taken back: what the run read is not known.
    (project / name).write_text("one\n" if name == "data.txt" else "# code\n")
    again = run(project, home)
    assert again.returncode == 0 and "unchanged" not in again.stdout + again.stderr
    last = run(project, home)
    assert "unchanged" in last.stdout + last.stderr


def test_outputs_of_sources_that_stayed_are_a_result(project, home):
    said = run_and_meanwhile(project, home, lambda: None)
    assert "not kept" not in said
    assert (project / "curbstop.lock").exists()
