#include "project/template.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "project/project.h"
#include "project/yaml.h"

namespace curbstop {
namespace {

constexpr std::string_view kHello = "echo 'hello from curbstop' > {out}/hello.txt";

constexpr std::string_view kHead =
    R"(# What this project runs, and what it may cost. `curbstop plan` shows what would happen,
# `curbstop run` does it. All keys: `curbstop config schema`.

# The command, run in this folder by `/bin/sh -euc`. What it leaves in {out} is kept.
)";

constexpr std::string_view kTail = R"(
# Values for {name} in the command; `curbstop run --set lr=1e-3` changes them for one run.
#params: {lr: 1e-4}

# Files and folders it reads, and lock files of its environment: when they change, it runs again.
#inputs: [data/*.csv]
#env: requirements.txt

# A command that runs before, once per environment.
#setup: python3 -m pip install -r requirements.txt

# What of {out} is kept (left out: everything; a final / is a folder), and numbers for the record.
#outputs: [model/]
#metrics: metrics.json

# A folder that it can resume from after a crash: see CURBSTOP_CHECKPOINT_DIR and CURBSTOP_RESUME.
#checkpoint: {dir: ckpt, every: auto}

# What the machine must have, how long the step is expected to take, and when it must be done.
#needs: {gpu: 10GB.., memory: 16GB.., disk: 20GB, time: 20 min}
#deadline: 12 h

# Secrets by name, for the environment: `curbstop secret set HF_TOKEN` asks for the value.
#secrets: [HF_TOKEN]

# The most that may be spent in a calendar month, a day (both UTC) and one run of a step.
# Electricity at home counts with `include: energy`.
#budget: {cap: 40 USD, per: month, day: 10 USD, run: 5 USD}

# Several steps: instead of `run:` and the keys of a step above, give each its name.
#steps:
#  train:
#    run: python3 train.py --out {out}
#    outputs: [model/]
#  eval:
#    run: python3 eval.py {train.model}
)";

// As plain text where YAML reads it back unchanged, else in quotes.
std::string RunLine(std::string_view command) {
  const std::string plain = fmt::format("run: {}\n", command);
  const Result<Node> read = ParseYaml(plain, NodeSource{});
  const Node* value = read.ok() ? read->Find("run") : nullptr;
  const bool same = value != nullptr && value->IsScalar() && !value->quoted &&
                    value->block_column == 0 && value->text == command;
  return same ? plain : fmt::format("run: {}\n", WriteJson(Json(command)));
}

}  // namespace

Result<std::string> ProjectTemplate(std::string_view command) {
  if (!IsUtf8(command)) return InvalidInput("the command is no UTF-8 text");
  std::string text(kHead);
  text += RunLine(command.empty() ? kHello : command);
  text += kTail;
  const Result<Project> project = ReadProject("/curbstop.yaml", text);
  if (project.ok()) return text;
  const std::string& message = project.error().message();  // "FILE:LINE:COLUMN: what"
  Error error = InvalidInput(message.substr(message.find(": ") + 2));
  return std::move(error).While("cannot write the command").WithHint(project.error().hint());
}

}  // namespace curbstop
