#include "face/cli/model_probe.h"

#include <memory>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/measured.h"
#include "fit/probe_script.h"
#include "fit/probed.h"
#include "machine/read_machine.h"
#include "project/project.h"
#include "run/trial/trial.h"
#include "sys/file_lock.h"
#include "sys/interrupts.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

constexpr int64_t kSteps = 3;

Status CheckOptions(const FitOptions& options) {
  for (const char* option : {"--gpu", "--technique", "--max-context", "--max-batch", "--ladder"}) {
    if (!options.Gave(option)) continue;
    return InvalidInput(
               fmt::format("`--probe` runs three steps on this computer, and there is `{}`",
                           option))
        .WithHint(fmt::format("leave `{}` out", option));
  }
  if (!options.step.empty() && !options.command.empty()) {
    return InvalidInput(fmt::format("step `{}` has a command of its own, and there is another",
                                    Printable(options.step)))
        .WithHint("leave `--step` or the command out");
  }
  if (options.model.empty() && options.step.empty()) {
    return InvalidInput("no model is named")
        .WithHint("for example `curbstop model fit qwen2.5-0.5b --method lora --probe`");
  }
  return {};
}

// What is run, and where.
struct Probed {
  fit::FitQuestion question;
  TrialRequest request;
  std::optional<FileLock> lock = {};  // of the GPU
};

// One word is a line for the shell; several are a program and its words.
std::string ShellLine(const std::vector<std::string>& words) {
  if (words.size() == 1) return words[0];
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(ShellQuote(word));
  return "exec " + Join(quoted, " ");
}

// Errors: kNotFound with the project's steps; kInvalidInput for a step without `model:`.
Status TakeStep(FitOptions& options, CommandContext& context, Probed& probed) {
  TRY_ASSIGN(const Project project, LoadProject(context.folder));
  const Step* step = project.FindStep(options.step);
  if (step == nullptr) {
    std::vector<std::string> names;
    for (const Step& one : project.steps) names.push_back(one.name);
    return NotFound(fmt::format("the project has no step `{}`{}", Printable(options.step),
                                DidYouMean(options.step, names)))
        .WithHint("its steps: " + Join(names, ", "));
  }
  if (!step->model && options.model.empty()) {
    return InvalidInput(fmt::format("step `{}` has no `model:`", step->name))
        .WithHint("name it here: `curbstop model fit MODEL --method lora --probe --step NAME`");
  }
  if (options.model.empty()) TakeAsk(*step->model, options);
  const SecretStore secrets(context.directories, context.processes, context.files,
                            KeyringIsThere());
  TRY_ASSIGN(probed.request.command,
             CommandOfStep(project, *step, TrialOut(probed.request.room), secrets));
  return {};
}

Status TakeScript(const FitOptions& options, Probed& probed) {
  if (FindProgram(options.python).empty()) {
    return NotFound(fmt::format("there is no program `{}` to run the probe with",
                                Printable(options.python)))
        .WithHint("name a Python that has torch: `--python ~/venv/bin/python`");
  }
  TRY_ASSIGN(const Json order, fit::ProbeOrder(probed.question, kSteps));
  StepCommand& command = probed.request.command;
  command.files = {{"probe.py", std::string(fit::ProbeScript())}};
  command.line =
      ShellLine({options.python, (probed.request.room / "probe.py").string(), WriteJson(order)});
  return {};
}

// The GPU that the question is of, held so that no run of ours starts on it meanwhile.
Status TakeGpu(CommandContext& context, Probed& probed) {
  if (probed.question.hardware.cpu_only) return {};
  TRY_ASSIGN(const Machine machine, ReadMachine("/", context.processes, ReadDepth::kForPlanning));
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.built_in || !gpu.memory_total) continue;
    const std::string name = gpu.uuid.empty() ? std::to_string(gpu.index) : gpu.uuid;
    TRY_ASSIGN(probed.lock,
               FileLock::TryTake(context.directories.Locks() / ("gpu-" + name + ".lock")));
    if (!probed.lock) {
      return Conflict(
                 fmt::format("GPU {} is used by a run, and would be measured with it", gpu.index))
          .WithHint("`curbstop ps` shows it; probe when it is done");
    }
    probed.request.gpu = gpu.index;
    return {};
  }
  return {};
}

// The computer's own memory is not filled to the brim: what else runs would be killed.
int64_t MostHost(const fit::FitQuestion& question) { return question.free_memory / 20 * 19; }

Result<Probed> Prepare(const FitOptions& given, CommandContext& context) {
  FitOptions options = given;
  Probed probed;
  TrialRequest& request = probed.request;
  request.id = NewRunId(context.random) + "-probe";
  request.room = context.directories.state / "probes" / request.id;
  request.steps = kSteps;
  request.limit = Millis(options.probe_limit * 60'000);
  request.command.folder = context.folder;
  if (!options.step.empty()) TRY(TakeStep(options, context, probed));
  TRY_ASSIGN(probed.question, ReadFitQuestion(options, context));
  if (!options.command.empty()) {
    request.command.line = ShellLine(options.command);
  } else if (options.step.empty()) {
    TRY(TakeScript(options, probed));
  }
  TRY(TakeGpu(context, probed));
  if (probed.question.hardware.cpu_only && probed.question.free_memory > 0)
    request.most_host = MostHost(probed.question);
  return probed;
}

Result<Trial> Try(const Probed& probed, CommandContext& context) {
  const Interrupts interrupts;
  return RunTrial(probed.request, context.processes, context.clock, context.files, context.random,
                  [&] { return interrupts.count() > 0; });
}

std::string LastLines(const std::string& tail) {
  std::vector<std::string_view> lines = Lines(tail);
  std::string text;
  const size_t most = 8;
  for (size_t i = lines.size() > most ? lines.size() - most : 0; i < lines.size(); ++i)
    text += "    " + Printable(lines[i]) + "\n";
  return text;
}

// Errors: what kept it from three steps.
Status CheckEnd(const Trial& trial, const FitOptions& options, CommandContext& context) {
  const std::string seen = fmt::format("{} of {} steps seen", trial.steps, kSteps);
  constexpr const char* kHow =
      "a script shows its steps by lines such as `step 3`, a progress bar or metrics logged to "
      "MLflow with a step: docs/formats/probe.md";
  if (!trial.told.missing.empty()) {
    const std::string package = Printable(trial.told.missing);
    return NotFound(fmt::format("the probe needs the Python package `{}`, and `{}` has it not",
                                package, Printable(options.python)))
        .WithHint(fmt::format("`{} -m pip install {}`, or `--python` names one that has it",
                              options.python, package));
  }
  switch (trial.end) {
    case TrialEnd::kEnough:
    case TrialEnd::kOutOfMemory: return {};
    case TrialEnd::kInterrupted: return Cancelled("interrupted; the probe is ended");
    case TrialEnd::kLimit:
      context.out.Talk(LastLines(trial.tail));
      return No(fmt::format("no three steps within {} min, {}", options.probe_limit, seen))
          .WithHint(std::string(kHow) + "; `--probe-limit MINUTES` waits longer");
    case TrialEnd::kExited: break;
  }
  if (trial.exit_code == 0 && trial.seconds) return {};
  context.out.Talk(LastLines(trial.tail));
  if (trial.exit_code == 0)
    return No(fmt::format("the script ended after {}", seen)).WithHint(kHow);
  return No(fmt::format("the script failed with exit code {}, {}", trial.exit_code, seen))
      .WithHint("its last lines stand above");
}

fit::ProbeFigures FiguresOf(const Trial& trial, bool on_gpu) {
  fit::ProbeFigures figures;
  figures.steps = trial.steps;
  figures.on_gpu = on_gpu;
  figures.out_of_memory = trial.end == TrialEnd::kOutOfMemory;
  figures.weights = trial.told.weights;
  figures.allocated = trial.told.allocated;
  figures.reserved = trial.told.reserved;
  figures.tokens = trial.told.tokens;
  figures.seconds = trial.seconds;
  if (on_gpu) {
    figures.whole = trial.gpu_peak;
  } else if (trial.host_peak > 0) {
    figures.whole = trial.host_peak;
  }
  return figures;
}

}  // namespace

Status FitProbe(const FitOptions& options, CommandContext& context) {
  TRY(CheckOptions(options));
  TRY_ASSIGN(const Probed probed, Prepare(options, context));
  context.out.Talk(fmt::format("probing three steps here, at most {} min; Ctrl-C ends it\n",
                               options.probe_limit));
  TRY_ASSIGN(const Trial trial, Try(probed, context));
  TRY(CheckEnd(trial, options, context));
  const fit::ProbeFigures figures = FiguresOf(trial, probed.request.gpu.has_value());
  const std::vector<fit::MeasuredRun> runs =
      fit::RunsOf(figures, probed.question, context.clock.WallMs());
  fit::FitQuestion question = probed.question;
  TRY_ASSIGN(const fit::FitAnswer before, fit::QuickFit(question));
  if (!fit::IsOfThisModel(figures, before)) {
    return No(fmt::format("the script held less than the weights of `{}` alone",
                          Printable(question.shape.id)))
        .WithHint("name the model, the method and the format that it loads");
  }
  question.measured = fit::KnownOf(fit::Merge(KnownRuns(context), runs));
  TRY_ASSIGN(fit::FitAnswer answer, fit::AnswerFit(question));
  fit::FoldProbe(figures, answer);
  if (answer.estimate.verdict == fit::Verdict::kFits) answer.changes.clear();
  TRY(Remember(runs, context));
  context.out.Answer(fit::FitJson(answer), fit::FitText(answer, options.explain));
  if (answer.estimate.verdict == fit::Verdict::kNo) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

}  // namespace curbstop
