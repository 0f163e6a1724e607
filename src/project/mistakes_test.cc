// What people get wrong in `curbstop.yaml`, and exactly what they read then. `hint` empty: not
// compared, where it is the list of all keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/project.h"

namespace curbstop {
namespace {

struct Mistake {
  const char* name;
  const char* text;
  const char* error;  // after "curbstop.yaml:"
  const char* hint = "";
};

constexpr const char* kPlaces =
    "places are `auto`, `local`, `cloud`, PROVIDER[/REGION[/TYPE]], `practice:PROVIDER` and "
    "`ssh:HOST`; providers are aws, azure, gcp, lambda, runpod, thunder, vast";

const Mistake kMistakes[] = {
    {"NothingInIt", "# soon\n", "1:1: the file says nothing",
     "one line is enough: `run: python train.py`"},
    {"NoKeys", "python train.py\n", "1:1: found `python train.py`, expected keys and values"},
    {"NeitherRunNorSteps", "name: t\n", "1:1: there is neither `run:` nor `steps:`"},
    {"KeySwapped", "run: x\nouptuts: a\n", "2:1: unknown key `ouptuts` (did you mean `outputs`?)"},
    {"KeyOfNeeds", "run: x\nneeds: {tiem: 20 min}\n",
     "2:9: unknown key `tiem` (did you mean `time`?)",
     "allowed here: `gpu`, `cpus`, `memory`, `disk`, `arch`, `time`"},
    {"StepAtTheTop", "train:\n  run: x\n", "1:1: unknown key `train`",
     "steps stand below `steps:`, indented"},
    {"StepKeyBesideSteps", "where: local\nsteps:\n  a: {run: x}\n",
     "1:1: `where` is a key of a step, and this file has `steps:`",
     "move it below the step's name"},
    {"EmptyRun", "run:\n", "1:1: `run` has no value, expected a command for the shell"},
    {"RunIsAList", "run: [a, b]\n", "1:6: found a list, expected a command for the shell",
     "write several commands below `|`, a line each"},
    {"RunIsAMap", "run: {out}\n", "1:6: found a map, expected a command for the shell",
     "a value that starts with `{` must stand in quotes"},
    {"ReferenceInABracedMap", "steps:\n  e: {run: eval {train.model}, after: train}\n",
     "2:17: a `{` in a value inside `{…}` or `[…]`",
     "put that value in quotes: `{run: \"eval {train.model}\", after: train}`"},
    {"ColonInAValue", "run: echo a: b\n", "1:12: a `: ` where no value can start"},
    {"TabIndentation", "steps:\n\ta: {run: x}\n", "2:1: a tab in the indentation",
     "indent with spaces"},
    {"QuoteNotClosed", "run: 'abc\n", "1:6: the quote that opens here is not closed"},
    {"KeyTwice", "run: x\nrun: y\n", "2:1: `run` is there twice, first in line 1, column 1"},
    {"StepTwice", "steps:\n  a: {run: x}\n  b: {run: x}\n  a: {run: y}\n",
     "4:3: `a` is there twice, first in line 2, column 3"},
    {"Tag", "run: !!python/object:os.system x\n", "1:6: tags (`!…`) are not supported"},
    {"MergeKey", "a: &a {x: 1}\nb: {<<: *a}\n", "2:5: merge keys (`<<`) are not supported"},
    {"UnknownAlias", "run: x\noutputs: *.csv\n",
     "2:10: an alias (`*name`) that no anchor (`&name`) defines"},
    {"TwoDocuments", "run: x\n---\nrun: y\n",
     "2:1: a second YAML document starts here; one is allowed"},
    {"NotUtf8", "run: x\nname: a\xff\n", "2:8: a byte that is no UTF-8 text",
     "save the file as UTF-8"},
    {"NoUnit", "run: x\nneeds: {time: 20}\n", "2:15: `20` is not a duration",
     "write it as `90 s`, `15 min`, `12 h` or `2 d`"},
    {"NoSizeUnit", "run: x\nneeds: {memory: 64}\n", "2:17: `64` has no unit, expected a size",
     "write it as `64GB` (powers of 1000) or `64GiB` (powers of 1024)"},
    {"NoSizeUnitAtLeast", "run: x\nneeds: {disk: 1.5..}\n",
     "2:15: `1.5` has no unit, expected a size",
     "write it as `1.5GB` (powers of 1000) or `1.5GiB` (powers of 1024)"},
    {"ImpossibleUnit", "run: x\nneeds: {memory: 16 parsecs}\n", "2:17: `16 parsecs` is not a size",
     "write it as `10GB` (powers of 1000) or `10GiB` (powers of 1024)"},
    {"ImpossibleGpuUnit", "run: x\nneeds: {gpu: 10 parsecs}\n",
     "2:14: found `10 parsecs`, expected a GPU, as `10GB..` (memory at least), `RTX-3080` or `2 x RTX-3080`"},
    {"NegativeSize", "run: x\nneeds: {memory: -3GB}\n",
     "2:17: `-3GB` is negative, expected a size at least, as `10GB..`"},
    {"NegativeTime", "run: x\ndeadline: -1 h\n",
     "2:11: `-1 h` is negative, expected a duration, as `90 s`, `15 min` or `12 h`"},
    {"NoTime", "run: x\ndeadline: 0 s\n", "2:11: found `0 s`, expected a duration above zero"},
    {"NoCpus", "run: x\nneeds: {cpus: 0}\n",
     "2:15: found `0`, expected a whole number from 1 to 100000"},
    {"UpperEnd", "run: x\nneeds: {gpu: 10GB..20GB}\n",
     "2:14: `10GB..20GB` has an upper end, only a lower one is understood", "write `10GB..`"},
    {"UnknownArch", "run: x\nneeds: {arch: mips}\n",
     "2:15: found `mips`, expected `x86_64` or `arm64`"},
    {"NegativeRetries", "run: x\nretries: -1\n",
     "2:10: found `-1`, expected a whole number from 0 to 1000"},
    {"YesIsNoBoolean", "run: x\ndeterministic: yes\n",
     "2:16: found `yes`, expected `true` or `false`"},
    {"EnumValue", "run: x\nspot: nevr\n",
     "2:7: found `nevr`, expected `auto`, `never` or `only` (did you mean `never`?)"},
    {"Place", "run: x\nwhere: runpd\n", "2:8: `runpd` is not a place (did you mean `runpod`?)",
     kPlaces},
    {"Currency", "run: x\nbudget: {cap: 40 EUR}\n",
     "2:15: `40 EUR` is not an amount of money: only USD is understood",
     "write it as `40 USD` or `0.18 USD`"},
    {"NegativeBudget", "run: x\nbudget: {cap: -1 USD}\n",
     "2:15: `-1 USD` is negative, expected an amount, as `40 USD`"},
    {"CurrencyOfADay", "run: x\nbudget: {cap: 40, day: €4}\n",
     "2:24: `€4` is not an amount of money: only USD is understood",
     "write it as `40 USD` or `0.18 USD`"},
    {"NegativeRun", "run: x\nbudget: {cap: 40, run: -1}\n",
     "2:24: `-1` is negative, expected an amount, as `40 USD`"},
    {"NoAmount", "run: x\nbudget: {cap: }\n",
     "2:10: `cap` has no value, expected an amount, as `40 USD`"},
    {"DayWithoutCap", "run: x\nbudget: {day: 4 USD}\n",
     "2:9: `cap` is missing, expected an amount, as `40 USD`"},
    {"UnknownLimit", "run: x\nbudget: {cap: 40, week: 4}\n", "2:19: unknown key `week`"},
    {"Period", "run: x\nbudget: {cap: 40, per: week}\n", "2:24: found `week`, expected `month`"},
    {"AccountKey", "run: x\nsecrets: [VAST_API_KEY]\n",
     "2:11: `VAST_API_KEY` is the key of an account, which no step gets"},
    {"SecretName", "run: x\nsecrets: [hf_token]\n", "2:11: this is not a secret's name",
     "a name has capital letters, digits and `_`, no digit first, as `HF_TOKEN`"},
    {"OutputLeaves", "run: x\noutputs: [../up]\n",
     "2:11: the path `../up` leaves the folder, expected a path below {out}, as `model/` or `metrics.json`",
     "paths are relative to `{out}`, without writing it: `model/`, not `{out}/model/`"},
    {"OutputWithReference", "run: x\noutputs: '{out}/model'\n",
     "2:10: `{out}/model`: outputs take no references"},
    {"OutputGlob", "run: x\noutputs: ['*.csv']\n",
     "2:11: `*.csv` is a glob; outputs are named one by one"},
    {"OutputInOutput", "run: x\noutputs: [model/, model/a]\n",
     "2:19: the outputs `model/` and `model/a` are the same or one lies in the other",
     "keep the outer one"},
    {"CheckpointLeaves", "run: x\ncheckpoint: {dir: ../ckpt}\n",
     "2:19: the path `../ckpt` leaves the folder, expected a folder inside the project, as `ckpt`"},
    {"CheckpointIsTheProject", "run: x\ncheckpoint: .\n",
     "2:13: the path `.` has an empty or `.` part, expected a folder inside the project, as `ckpt`"},
    {"CheckpointInOut", "run: x\ncheckpoint: out/x\n", "2:13: `out/x` is not free for checkpoints"},
    {"CheckpointIsTheProjectFile", "run: x\ncheckpoint: curbstop.yaml\n",
     "2:13: `curbstop.yaml` is not free for checkpoints"},
    {"CheckpointIsTheLock", "run: x\ncheckpoint: ./curbstop.lock/\n",
     "2:13: `./curbstop.lock/` is not free for checkpoints"},
    {"CheckpointShared", "steps:\n  a: {run: x, checkpoint: c}\n  b: {run: x, checkpoint: c/d}\n",
     "3:27: steps `a` and `b` share the checkpoint folder `c/d`", "give each its own, as `ckpt-b`"},
    {"CheckpointWithoutDir", "run: x\ncheckpoint: {every: auto}\n",
     "2:13: `dir` is missing, expected a folder inside the project, as `ckpt`"},
    {"InputLeaves", "run: x\ninputs: [a, ../../etc/passwd]\n",
     "2:13: the path `../../etc/passwd` leaves the folder, expected a path inside the project"},
    {"InputAbsolute", "run: x\ninputs: /etc/passwd\n",
     "2:9: the path `/etc/passwd` is absolute, expected a path inside the project"},
    {"DataLeaves", "run: x\ndata: {calls: {from: ../calls}}\n",
     "2:22: the path `../calls` leaves the folder, expected a path inside the project"},
    {"UnknownReference", "params: {lr: 1}\nrun: train {rl}\n",
     "2:12: nothing is known as `{rl}` (did you mean `lr`?)",
     "known here: `{lr}`, `{out}`; `{{` writes a brace that is no reference"},
    {"UnknownData", "data: {calls: a.csv}\nrun: train {data.call}\n",
     "2:12: nothing is known as `{data.call}` (did you mean `data.calls`?)"},
    {"UnknownOutput", "steps:\n  t: {run: x, outputs: [model/]}\n  e:\n    run: eval {t.modle}\n",
     "4:15: step `t` has no output `modle` (did you mean `model`?)", "its outputs are model/"},
    {"OwnOutput", "steps:\n  t: {run: 'x {t.model}', outputs: [model/]}\n",
     "2:15: step `t` refers to its own output `model`",
     "write `{out}/model` for what it is making"},
    {"OutInSetup", "setup: pip install {out}\nrun: x\n", "1:20: nothing is known as `{out}`"},
    {"UnknownStep", "steps:\n  train: {run: x}\n  eval: {run: x, after: trian}\n",
     "3:25: there is no step `trian` (did you mean `train`?)", "the steps are train, eval"},
    {"WaitsForItself", "steps:\n  a: {run: x, after: a}\n", "2:22: step `a` waits for itself"},
    {"Cycle",
     "steps:\n  a: {run: x, after: b}\n  b: {run: 'x {a.m}', outputs: n}\n  c: {run: x, outputs: m}\n",
     "3:15: step `a` has no output `m`"},
    {"CycleByReference", "steps:\n  a: {run: x, after: b, outputs: m}\n  b: {run: 'x {a.m}'}\n",
     "2:22: steps wait for each other: a → b → a"},
    {"ReservedStep", "steps:\n  data: {run: x}\n",
     "2:3: a step cannot be named `data`: `{data…}` means something else in commands",
     "take another name"},
    {"StepName", "steps:\n  a b: {run: x}\n", "2:3: a step cannot be named `a b`"},
    {"StepNameUpwards", "steps:\n  ../a: {run: x}\n", "2:3: a step cannot be named `../a`"},
    {"ProjectName", "name: a/b\nrun: x\n", "1:7: a project cannot be named `a/b`"},
    {"ParamNamedOut", "params: {out: 1}\nrun: x\n",
     "1:10: a parameter cannot be named `out`: `{out}` is the output folder"},
    {"ParamIsAList", "params: {a: [1]}\nrun: x\n", "1:13: found a list, expected text"},
    {"NotBuiltDeploy", "run: x\ndeploy: {}\n", "2:1: `deploy` is not built yet"},
    {"NotBuiltNotify", "run: x\nnotify: {ntfy: x}\n", "2:1: `notify` is not built yet"},
    {"NotBuiltPolicy", "run: x\ndata_policy: {a: b}\n", "2:1: `data_policy` is not built yet"},
    {"NotBuiltStages", "run: x\ndata: {c: {from: a, stages: []}}\n",
     "2:21: `stages` is not built yet"},
    {"NotBuiltTo", "run: x\ndata: {c: {from: a, to: parquet}}\n", "2:21: `to` is not built yet"},
    {"NotBuiltPark", "run: x\nat_end: park 48 h\n", "2:9: `at_end: park` is not built yet",
     "allowed now: `save` or `destroy`"},
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreExplainedWithTheirPlace) {
  const Mistake& mistake = GetParam();
  const Result<Project> project = ReadProject("/p/curbstop.yaml", mistake.text);
  ASSERT_FALSE(project.ok());
  EXPECT_EQ(project.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(project.error().message(), std::string("/p/curbstop.yaml:") + mistake.error);
  if (*mistake.hint != '\0') {
    EXPECT_EQ(project.error().hint(), mistake.hint);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Mistakes, ::testing::ValuesIn(kMistakes),
                         [](const auto& about) { return about.param.name; });

}  // namespace
}  // namespace curbstop
