"""The simulator proves the product's own supervisor: there is one, and both link it."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("CURBSTOP_BUILD", "build/dev")
# The fold, the runner that journals before effects begin, and the ledger's arithmetic.
PARTS = ["curbstop::Apply(curbstop::RunState&, curbstop::Event const&, long, curbstop::Plants)",
         "curbstop::Runner::Append(", "curbstop::DueAt(",
         "curbstop::EncodeEvent(curbstop::Event const&, long)", "curbstop::ReserveFor(",
         "curbstop::Decide("]


def symbols(path, kind):
    done = subprocess.run(["nm", "-C", f"--{kind}-only", str(path)], capture_output=True, text=True,
                          check=True)
    return done.stdout


def test_the_supervisor_is_defined_once_in_the_program():
    program = symbols(BUILD / "curbstop", "defined")
    for part in PARTS:
        lines = [line for line in program.splitlines() if f" T {part}" in line]
        assert len(lines) == 1, (part, lines)


def test_simulator_and_shell_use_it_and_have_none_of_their_own():
    for library in ("src/run/simulate/librun_simulate.a", "src/run/librun.a"):
        defined = symbols(BUILD / library, "defined")
        assert not [part for part in PARTS if f" T {part}" in defined], library
        assert "curbstop::Runner::Append(" in symbols(BUILD / library, "undefined"), library
