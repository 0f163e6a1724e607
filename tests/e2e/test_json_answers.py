# peer: jsonschema
"""`--json` of every command: one object on stdout, nothing else, as docs/reference/json says.

Failures give `{"error": …}` and the exit code of their kind.
"""

import json
import pathlib
import subprocess
import time

import jsonschema
import pytest
import referencing

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMAS = {file.name.removesuffix(".schema.json"): json.loads(file.read_text())
           for file in (ROOT / "docs/reference/json").glob("*.schema.json")}
REGISTRY = referencing.Registry().with_resources(
    (schema["$id"], referencing.Resource.from_contents(schema)) for schema in SCHEMAS.values())
EXIT_CODES = {"no": 1, "invalid_input": 2, "not_found": 3, "conflict": 4, "denied": 5, "unavailable": 6,
              "exhausted": 7, "corrupt": 8, "over_budget": 9, "internal": 70, "cancelled": 130}
PATIENCE_S = 300

PROJECT = """
name: answers
budget: {cap: 5 USD, per: month}
steps:
  work:
    run: sh step.sh {n}
    params: {n: 1}
    code: [step.sh]
    checkpoint: {dir: ckpt}
    outputs: [result.txt]
    metrics: metrics.json
  fail:
    run: printf 'caf\\351 \\377\\n'; exit 7
    code: [step.sh]
  slow:
    run: echo begins; sleep 600
    code: [step.sh]
"""
STEP = """
set -eu
from=0
[ -z "$CURBSTOP_RESUME_FROM" ] || from=$(cat "$CURBSTOP_RESUME_FROM")
for n in 1 2 3; do
  [ "$n" -gt "$from" ] || continue
  echo "$n" > "$CURBSTOP_CHECKPOINT_DIR/.n.tmp"
  mv "$CURBSTOP_CHECKPOINT_DIR/.n.tmp" "$CURBSTOP_CHECKPOINT_DIR/step-$n"
  sleep 0.2
done
echo "result $1" > "$CURBSTOP_OUT/result.txt"
echo '{"score": 0.5}' > "$CURBSTOP_OUT/metrics.json"
"""


def only_object(text):
    """The one object that stands in `text`, in JSON as RFC 8259 has it."""
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")
    answer = json.loads(text, parse_constant=refuse)
    assert isinstance(answer, dict)
    return answer


def mistakes(name, answer):
    validator = jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]


def empty_texts(answer, path=""):
    """Where an empty text stands for "none" or "not known": that is null's part. A log may be empty."""
    if answer == "" and path not in {".log", ".facts.params"}:
        yield path
    items = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else []
    for name, value in items:
        yield from empty_texts(value, f"{path}.{name}")


class World:
    """A project and a home of its own."""

    def __init__(self, folder, home):
        self.folder = folder / "project"
        self.folder.mkdir()
        (self.folder / "curbstop.yaml").write_text(PROJECT)
        (self.folder / "step.sh").write_text(STEP)
        self.env = home

    def curbstop(self, *arguments, cwd=None, stdin=""):
        return subprocess.run(["curbstop", *map(str, arguments)], cwd=cwd or self.folder, env=self.env,
                              input=stdin.encode(), capture_output=True, timeout=PATIENCE_S, check=False)

    def ask(self, schema, *arguments, code=0, **where):
        """The answer, held against its schema."""
        done = self.curbstop(*arguments, "--json", **where)
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        answer = only_object(done.stdout.decode("utf-8"))
        assert mistakes(schema, answer) == [], answer
        assert list(empty_texts(answer)) == [], answer
        return answer

    def fail(self, kind, *arguments, **where):
        error = self.ask("error", *arguments, code=EXIT_CODES[kind], **where)["error"]
        assert error["kind"] == kind
        return error

    def wait_for_attempt(self, run):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            ps = self.ask("ps", "ps")
            if [row["attempt"] for row in ps["runs"] if row["id"] == run] == [1]:
                return ps
            time.sleep(0.1)
        raise AssertionError(f"run {run} never began")


@pytest.fixture(name="world")
def _world(tmp_path, home):
    return World(tmp_path, home)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"{name}.schema.json"


def test_every_command_has_a_schema(world):
    pages = (ROOT / "docs/reference/commands.md").read_text().splitlines()
    commands = [line.strip("#` ").removeprefix("curbstop ") for line in pages if line.startswith("#") and "`curbstop " in line]
    nouns = {"config", "secret", "data", "model", "practice", "machine"}
    silent = {"ssh", "exec"}  # they become another program
    wanted = {command.replace(" ", "-") for command in commands if command not in nouns | silent}
    assert len(wanted) > 20
    other_answers = {name for name in SCHEMAS if name.startswith(("model-fit-", "offers-"))}  # of `model fit`, `offers`
    parts = {"error", "run-record", "machine-record", "version"}
    assert wanted == set(SCHEMAS) - parts - other_answers


def test_rented_machines(world, request):
    request.addfinalizer(lambda: subprocess.run(["curbstop", "practice", "stop", "--yes"], env=world.env, check=False,
                                                capture_output=True, timeout=PATIENCE_S))
    assert world.ask("login", "login", "practice")["account"] == "practice"
    assert world.ask("machine-ls", "machine", "ls")["machines"] == []
    assert world.ask("machine-sweep", "machine", "sweep")["orphans"] == []
    assert world.ask("panic", "panic", "--yes")["ended"] == 0
    world.ask("error", "login", "vast", code=2)
    world.ask("error", "pull", "train", code=3)
    world.ask("error", "park", "train", code=3)


def test_simulated_lives(world):
    report = world.ask("simulate", "simulate", "--disasters", "40", "--seed", "1")
    assert report["runs"] == 40 and report["over_reserve"] == 0 and report["faults"]["sleep"] > 0
    found = world.ask("simulate", "simulate", "--plant", "ledger_rounds_down")["plants"]
    assert found[0]["caught"] and found[0]["broke"] == "over_reserve"
    told = world.ask("simulate", "simulate", "--seed", "3", "--trace")
    assert told["broke"] is None and len(told["lines"]) > 10
    spot = world.ask("simulate-spot", "simulate", "spot", "--trace", "h100", "--zones", "us-central1-a", "--work", "4", "--deadline",
                     "8", "--starts", "2")
    assert spot["mean"]["optimum"] <= spot["mean"]["ours"] and len(spot["windows"]) == 12


def test_a_schema_can_say_no():
    month = {"spent_micro_usd": 0, "cap_micro_usd": None}
    assert mistakes("ps", {"machines": [], "runs": [], "month": month, "later": 1}) == []
    assert mistakes("ps", {"machines": [], "runs": []})
    assert mistakes("ps", {"machines": [], "runs": [], "month": month | {"spent_micro_usd": 0.5}})
    assert mistakes("runs", {"runs": [{"id": "0123456789"}]})
    assert mistakes("data-status", {"clean": True, "changes": [{"path": "a", "change": "added"}], "pointers": 1, "files": 1})


def test_a_run_and_what_is_asked_about_it(world):
    assert world.ask("runs", "runs") == {"runs": []}
    plan = world.ask("plan", "plan", "work")
    assert [row["place"] for row in plan["rows"] if row["chosen"]] == ["local"]
    assert world.ask("plan", "plan", "work", "--explain", "--why-not")["explain"]
    first, = world.ask("run", "run", "work", "--yes")["runs"]
    assert (first["state"], first["unchanged"], first["metrics"]) == ("succeeded", False, {"score": 0.5})
    again, = world.ask("run", "run", "work", "--yes")["runs"]
    assert (again["id"], again["unchanged"]) == (first["id"], True)
    other, = world.ask("run", "run", "work", "--yes", "--set", "n=2")["runs"]
    assert [run["id"] for run in world.ask("runs", "runs")["runs"]] == [other["id"], first["id"]]
    assert world.ask("runs-show", "runs", "show", first["id"])["facts"]["params"] == {"n": "1"}
    changes = world.ask("runs-diff", "runs", "diff", first["id"], other["id"])["changes"]
    assert {"name": "param n", "a": "1", "b": "2"} in changes
    assert world.ask("cost", "cost")["total_micro_usd"] == first["micro_usd"] + other["micro_usd"]
    assert world.ask("plan", "plan", "work")["rows"][0]["finish_p50_s"] > 0
    assert world.ask("runs-rm", "runs", "rm", other["id"], "--yes") == {"removed": [other["id"]]}
    assert [run["id"] for run in world.ask("runs", "runs")["runs"]] == [first["id"]]


def test_the_version(world):
    assert world.ask("version", "--version")["program"] == "curbstop"
    assert world.ask("version", "--json", "--version")["version"]


def test_a_failed_step_exits_1_and_tells_its_own_code(world):
    run, = world.ask("run", "run", "fail", "--yes", code=1)["runs"]
    assert (run["state"], run["exit_code"]) == ("failed", 7)


def test_a_log_that_is_no_text_is_still_json(world):
    world.ask("run", "run", "fail", "--yes", code=1)
    assert "caf" in world.ask("logs", "logs", "fail")["log"]
    world.ask("runs-show", "runs", "show", "fail")


def test_a_detached_run_is_seen_and_cancelled(world):
    run, = world.ask("run", "run", "slow", "--yes", "--detach")["runs"]
    try:
        ps = world.wait_for_attempt(run["id"])
        assert ps["month"]["cap_micro_usd"] == 5_000_000
        assert [row["exit_code"] for row in ps["runs"]] == [None]
        assert world.ask("runs", "runs")["runs"][0]["exit_code"] is None
        world.fail("conflict", "runs", "rm", run["id"], "--yes")
        # Exit 0: the wish was to end it.
        assert world.ask("cancel", "cancel", run["id"])["state"] == "cancelled"
    finally:
        world.curbstop("cancel", run["id"], "--kill")
    assert world.ask("ps", "ps")["runs"] == []
    world.fail("conflict", "cancel", run["id"])


def test_drill(world):
    report = world.ask("drill", "drill", "work", "--yes")
    assert (report["passed"], report["differences"]) == (True, [])
    assert report["undisturbed"] != report["resumed"]


def test_assess_here_and_on_every_recorded_machine(world):
    world.ask("assess", "assess")
    roots = [root for root in (ROOT / "tests/machines").iterdir() if root.is_dir()]
    assert roots
    for root in roots:
        world.ask("assess", "assess", "--root", root)


def test_assess_after_measuring(world):
    world.ask("assess", "assess", "--measure")
    assert world.ask("assess", "assess")["calibration"]["memory_gbps"] > 0


def test_paths_settings_and_init(world, tmp_path):
    paths = world.ask("paths", "paths")
    assert paths["project"] == str(world.folder)
    assert all(path.startswith(str(tmp_path)) for path in paths.values())
    world.ask("config-show", "config", "show", "--origin")
    world.ask("config-schema", "config", "schema")
    (tmp_path / "new").mkdir()
    file = world.ask("init", "init", "-C", tmp_path / "new")["file"]
    assert file == str(tmp_path / "new" / "curbstop.yaml")
    world.fail("conflict", "init", "-C", tmp_path / "new")


def test_secrets_are_named_and_never_shown(world):
    value = "hf_" + "k3J9" * 8
    world.ask("secret-set", "secret", "set", "HF_TOKEN", stdin=value)
    done = world.curbstop("secret", "ls", "--json")
    assert value.encode() not in done.stdout + done.stderr
    assert [secret["name"] for secret in world.ask("secret-ls", "secret", "ls")["secrets"]] == ["HF_TOKEN"]
    world.ask("secret-rm", "secret", "rm", "HF_TOKEN")
    world.fail("not_found", "secret", "rm", "HF_TOKEN")
    world.fail("invalid_input", "secret", "set", f"HF_TOKEN={value}")


def test_data(world):
    (world.folder / "set").mkdir()
    (world.folder / "set" / "a.txt").write_text("a\n")
    (world.folder / "b.txt").write_text("b\n")
    added = world.ask("data-add", "data", "add", "set", "b.txt")["added"]
    assert [data["path"] for data in added] == ["set", "b.txt"]
    assert world.ask("data-status", "data", "status")["clean"]
    (world.folder / "b.txt").unlink()
    (world.folder / "set" / "c.txt").write_text("c\n")
    changes = world.ask("data-status", "data", "status", code=1)["changes"]
    assert {(change["path"], change["change"]) for change in changes} == {("b.txt", "deleted"), ("set/c.txt", "added")}
    assert world.ask("data-checkout", "data", "checkout", "--dry-run")["lost"] == ["set/c.txt"]
    world.fail("conflict", "data", "checkout")
    assert world.ask("data-checkout", "data", "checkout", "--yes") == {"written": 1, "removed": 1}
    assert world.ask("data-du", "data", "du")["objects"] == 3
    (world.folder / "b.txt.dvc").unlink()
    assert len(world.ask("data-gc", "data", "gc", "--dry-run")["objects"]) == 1
    world.fail("denied", "data", "gc")
    assert world.ask("data-gc", "data", "gc", "--yes")["removed"] is True


TRUTH = """id,model,params_b,dtype_quant,technique,seq_len,batch,ctx,hardware,metric,value,unit,grade,source,notes
a,llama-3-8b,8.03,Q4_K_M,llama.cpp b2824 no FA,,1,8192,CUDA 1 GPU,kv_buffer:CUDA0,1024,MiB,A,log,
b,nobody,,Q4_K_M,llama.cpp b2824 no FA,,1,8192,CUDA 1 GPU,kv_buffer:CUDA0,1024,MiB,A,log,
"""


def test_model_fit(world):
    fit = world.ask("model-fit", "model", "fit", "qwen2.5-7b", "--quant", "Q4_K_M", "--gpu", "RTX-3080")
    assert fit["verdict"] == "fits"
    gpu = [part for part in fit["components"] if part["device"] == "gpu0"]
    assert sum(part["mid"] for part in gpu) == fit["peak_bytes"]["mid"]
    assert world.ask("model-fit", "model", "fit", "llama-3.3-70b", "--gpu", "RTX-3080", code=1)["verdict"] == "no"
    tight = world.ask("model-fit", "model", "fit", "qwen2.5-7b", "--method", "qlora", "--batch", "4", "--gpu", "RTX-3080", "--tokens", "40M", code=1)
    assert tight["seconds"]["low"] < tight["seconds"]["mid"] and tight["changes"]
    assert world.ask("model-fit", "model", "fit", "llama-3.1-8b", "--engine", "vllm", "--gpu", "H100")["cache_tokens"]["mid"] > 0
    small = ("model", "fit", "qwen2.5-1.5b", "--method", "lora", "--gpu", "RTX-3080")
    found = world.ask("model-fit-technique", *small, "--batch", "4", "--technique", "auto")
    assert found["techniques"] and found["smallest_change"]["verdict"] == "fits"
    ranks = [loss for one in found["techniques"] for loss in one["quality"] if loss["choice"] == "lora of rank 64"]
    assert ranks and all(loss["source"].startswith("huggingface/peft@") for loss in ranks)
    assert world.ask("model-fit-technique", "model", "fit", "llama-3.1-70b", "--method", "full", "--gpu", "RTX-3080", "--cpu-offload", "--technique", "auto")["fitting"] > 0
    assert world.ask("model-fit-largest", *small, "--max-batch")["max_batch"] >= 1
    ladder = world.ask("model-fit-ladder", "model", "fit", "qwen2.5-7b", "--method", "qlora", "--ladder", "--tokens", "1M")["rungs"]
    assert ladder[0]["model"] == "qwen2.5-0.5b" and ladder[0]["micro_usd"] < ladder[-1]["micro_usd"]
    (world.folder / "truth.csv").write_text(TRUTH)
    verified = world.ask("model-fit-verify", "model", "fit", "--verify", "truth.csv")
    assert verified["metrics"][0] | {"coverage": 100, "mean": 0, "understood": 1, "rows": 2} == verified["metrics"][0]
    assert [row["id"] for row in verified["not_understood"]] == ["b"]


BENCH = """
| model                  |     size |   params | backend | ngl |    test |             t/s |
| ---------------------- | -------: | -------: | ------- | --: | ------: | --------------: |
| qwen2 7B Q4_K - Medium | 4.36 GiB |   7.62 B | CUDA    |  99 |   tg128 |    55.50 ± 0.05 |

build: 4da69d1a (4601)
"""


def test_model_fit_from_a_log(world):
    logs = ROOT / "tests/fuzz/logs"
    for log in ("cpu-two-caches.log", "breakdown.log"):
        (world.folder / log).write_bytes((logs / log).read_bytes())
        read = world.ask("model-fit-log", "model", "fit", "--from-log", log)
        assert read["runs"][0]["components"] and read["learned"]["peak_bytes"]["mid"] > 0
    (world.folder / "bench.md").write_text(BENCH)
    named = world.ask("model-fit-log", "model", "fit", "qwen2.5-7b", "--from-log", "bench.md", "--gpu", "RTX-3090", "--remember")
    assert named["remembered"] == 1 and named["runs"][0]["speeds"][0]["agrees"] is False
    world.ask("model-fit-log", "model", "fit", "qwen2.5-7b", "--from-log", "bench.md")
    corrected = world.ask("model-fit", "model", "fit", "qwen2.5-7b", "--gpu", "RTX-3090")["tokens_per_second"]
    assert corrected["measured_runs"] == 1 and corrected["high"] < 80


def test_the_practice_cloud(world):
    world.fail("not_found", "practice", "status")
    try:
        started = world.ask("practice-start", "practice", "start", "--seed", "3")
        again = world.ask("practice-start", "practice", "start")
        assert again == started | {"was_running": True}
        status = world.ask("practice-status", "practice", "status")
        assert (status["running"], status["seed"], status["machines"]) == (True, 3, [])
        world.fail("conflict", "practice", "start", "--fresh")
    finally:
        stopped = world.ask("practice-stop", "practice", "stop", "--yes")
    assert stopped == {"stopped": True, "ended": 0, "billed_micro_usd": 0}
    assert not world.ask("practice-status", "practice", "status")["running"]


WRONG = {
    "model without a name": ("invalid_input", ["model", "fit"]),
    "model that is not known": ("not_found", ["model", "fit", "nobody"]),
    "quantisation that is not known": ("invalid_input", ["model", "fit", "qwen2.5-7b", "--quant", "q77"]),
    "GPU that is not known": ("not_found", ["model", "fit", "qwen2.5-7b", "--gpu", "RTX-1"]),
    "no such measurements": ("not_found", ["model", "fit", "--verify", "none.csv"]),
    "unknown step": ("not_found", ["run", "nope", "--yes"]),
    "unknown step to plan": ("not_found", ["plan", "nope"]),
    "unknown step to drill": ("not_found", ["drill", "nope", "--yes"]),
    "unknown run": ("not_found", ["runs", "show", "nope"]),
    "unknown run's log": ("not_found", ["logs", "nope"]),
    "unknown run to cancel": ("not_found", ["cancel", "nope"]),
    "unknown run to remove": ("not_found", ["runs", "rm", "nope", "--yes"]),
    "unknown run to compare": ("not_found", ["runs", "diff", "nope", "nope"]),
    "unknown place": ("invalid_input", ["run", "--on", "mars", "--yes"]),
    "place without a driver": ("invalid_input", ["run", "--on", "aws", "--yes"]),
    "set without a value": ("invalid_input", ["run", "work", "--set", "n", "--yes"]),
    "set of no parameter": ("invalid_input", ["run", "work", "--set", "zz=1", "--yes"]),
    "lease that is no time": ("invalid_input", ["run", "work", "--lease", "soon", "--yes"]),
    "unknown command": ("invalid_input", ["runn"]),
    "unknown verb": ("invalid_input", ["data", "eat"]),
    "unknown option": ("invalid_input", ["ps", "--wide"]),
    "no verb": ("invalid_input", ["secret"]),
    "no command": ("invalid_input", []),
    "no run named": ("invalid_input", ["cancel"]),
    "lines that are no number": ("invalid_input", ["logs", "-n", "few"]),
    "since no day": ("invalid_input", ["cost", "--since", "yesterday"]),
    "no such offers": ("not_found", ["plan", "--offers", "none.csv"]),
    "no such tree": ("not_found", ["assess", "--root", "none"]),
    "no such data": ("not_found", ["data", "add", "none"]),
    "a yes is needed": ("denied", ["run", "work"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_as_an_error(world, what):
    kind, arguments = WRONG[what]
    error = world.fail(kind, *arguments)
    assert "\n" not in error["message"] and not error["message"].endswith(".")


@pytest.mark.parametrize("arguments", [["run", "--yes"], ["plan"], ["drill", "work", "--yes"]])
def test_a_missing_project_is_not_found(world, tmp_path, arguments):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "curbstop init" in world.fail("not_found", *arguments, cwd=empty)["hint"]


def test_a_wrong_project_names_its_place(world):
    (world.folder / "curbstop.yaml").write_text("run: x\nrnu: y\n")
    assert "curbstop.yaml:2" in world.fail("invalid_input", "run", "--yes")["message"]


def test_the_exit_code_is_the_same_without_json(world):
    for kind, arguments in WRONG.values():
        done = world.curbstop(*arguments)
        assert (done.returncode, done.stdout) == (EXIT_CODES[kind], b""), (arguments, done)
        assert done.stderr.decode().splitlines()[-1:] and b"error: " in done.stderr


def test_offers(world):
    cheap = world.ask("offers", "offers", "--gpu", "rtx 4090", "--limit", "3")
    assert cheap["list"]["as_of"] == "2026-11-22" and {row["gpu"] for row in cheap["rows"]} == {"RTX-4090"}
    prices = [row["micro_usd_per_hour"] for row in cheap["rows"]]
    assert prices == sorted(prices) and len(prices) == 3
    vram = world.ask("offers", "offers", "--by", "vram", "--group", "provider", "--spot", "--vram", "80GB")
    assert vram["groups"] and vram["groups"][0]["best"]["spot_micro_usd_per_hour"] > 0
    tokens = world.ask("offers", "offers", "--by", "tokens", "--model", "qwen2.5-7b")
    assert tokens["rows"][0]["score"] >= tokens["rows"][-1]["score"] > 0
    assert world.ask("offers", "offers", "--need", "cpus: 8, memory: 32GB..", "--all")["rows"]
    assert world.ask("offers", "offers", "--max-price", "0.000001", code=1)["rows"] == []
    kept = world.ask("offers-keep", "offers", "--keep", "100GB")
    runpod = next(one for one in kept["providers"] if one["provider"] == "runpod")
    assert [way["micro_usd_per_month"] for way in runpod["ways"]] == [20_000_000, 7_000_000, None]
    assert world.ask("offers-set-aside", "offers", "--set-aside")["set_aside"]
    timed = PROJECT.replace("metrics: metrics.json", "metrics: metrics.json\n    needs: {time: 1 h}")
    (world.folder / "curbstop.yaml").write_text(timed)
    cost = world.ask("offers-cost", "offers", "--by", "cost", "--step", "work")
    assert cost["rows"][0]["p50_micro_usd"] is not None
