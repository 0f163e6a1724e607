#include "face/cli/model_log.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/measured.h"
#include "fit/log_compare.h"
#include "sys/files.h"

namespace curbstop {
namespace {

// Whose word counts where the log and an option both speak.
enum class Winner { kLog, kOptions };

class RunOptions {
 public:
  RunOptions(const FitOptions& options, const fit::LogRun& run, Winner winner)
      : options_(options), run_(run), winner_(winner) {}

  Result<fit::FitQuestion> Ask(CommandContext& context) {
    TRY(TakeModel());
    TakeConditions();
    const bool known = TakeHardware();
    TRY_ASSIGN(fit::FitQuestion question, ReadFitQuestion(options_, context));
    if (!known) {
      question.hardware = {};
      question.hardware.text = run_.hardware;
      question.free_memory = 0;
    }
    if (!Counts("--gpu") && run_.gpus > 0) question.llama.gpus = run_.gpus;
    const bool no_gpu = run_.gpus == 0 && (!run_.bytes.empty() || run_.engine == kBench);
    if (run_.engine != fit::LogEngine::kTorch) question.llama.cpu_only = no_gpu;
    return question;
  }

 private:
  // Whether the command line's value of an option counts, and not the log's.
  bool Counts(std::string_view option) const {
    return winner_ == Winner::kOptions && options_.Gave(option);
  }

  template <typename From, typename To>
  void Take(std::string_view option, const From& from, To& into) {
    if (from && !Counts(option)) into = *from;
  }

  Status TakeModel() {
    if (options_.model.empty()) {
      TRY_ASSIGN(options_.shape, fit::ModelOfRun(run_));
      options_.model = options_.shape->id;
    }
    if (!run_.format.empty() && !Counts("--quant")) options_.quant = run_.format;
    return {};
  }

  void TakeConditions() {
    Take("--context", run_.context, options_.context);
    Take("--ubatch", run_.ubatch, options_.ubatch);
    Take("--slots", run_.slots, options_.slots);
    Take("--gpu-layers", run_.gpu_layers, options_.gpu_layers);
    Take("--build", run_.build, options_.build);
    if (run_.flash_attention && !Counts("--no-flash-attention"))
      options_.no_flash = !*run_.flash_attention;
    if (!run_.cache_k.empty() && !Counts("--cache-type")) options_.cache_type = run_.cache_k;
  }

  // False where the log names a device that the catalogue does not have.
  bool TakeHardware() {
    if (options_.Gave("--gpu") || run_.hardware.empty()) return true;
    const auto hardware = fit::UnderstandHardware(run_.hardware, BundledAccelerators());
    if (hardware.accelerator == nullptr) return false;
    options_.gpu = run_.gpus > 1 ? fmt::format("{}:{}", run_.hardware, run_.gpus) : run_.hardware;
    return true;
  }

  static constexpr fit::LogEngine kBench = fit::LogEngine::kLlamaBench;

  FitOptions options_;
  const fit::LogRun& run_;
  Winner winner_;
};

Error NoTraining() {
  return InvalidInput("a PyTorch log says neither which model was trained nor how")
      .WithHint("for example `curbstop model fit MODEL --method lora --sequence N --batch N ...`");
}

Status CheckEngine(const FitOptions& options, const fit::LogRun& run) {
  const bool torch = run.engine == fit::LogEngine::kTorch;
  if (torch && options.model.empty()) return NoTraining();
  if (!torch && !options.method.empty())
    return InvalidInput(fmt::format("the log is of {}, and `--method` asks for training",
                                    fit::NameOf(run.engine)))
        .WithHint("leave `--method` out");
  return {};
}

// What torch's sums can be compared with.
Status CheckTask(const fit::LogRun& run, const fit::FitQuestion& question) {
  const bool has_sums = question.task == fit::Task::kTraining ||
                        question.task == fit::Task::kImages || question.task == fit::Task::kNetwork;
  return run.engine != fit::LogEngine::kTorch || has_sums ? Status() : NoTraining();
}

struct Compared {
  std::vector<fit::LogComparison> comparisons;
  std::vector<fit::MeasuredRun> runs;
  const fit::LogRun* learned_from = nullptr;  // the last run with sizes
};

Result<Compared> CompareAll(const FitOptions& options, const fit::EngineLog& log,
                            CommandContext& context) {
  Compared compared;
  for (const fit::LogRun& run : log.runs) {
    TRY(CheckEngine(options, run));
    TRY_ASSIGN(const fit::FitQuestion question,
               RunOptions(options, run, Winner::kLog).Ask(context));
    TRY(CheckTask(run, question));
    TRY_ASSIGN(fit::LogComparison comparison, fit::CompareRun(run, question));
    if (!comparison.bytes.empty()) compared.learned_from = &run;
    for (fit::MeasuredRun& one : fit::RunsOf(comparison, options.from_log, context.clock.WallMs()))
      compared.runs.push_back(std::move(one));
    compared.comparisons.push_back(std::move(comparison));
  }
  return compared;
}

// The last comparison with sizes teaches.
Result<fit::FitAnswer> AnswerLearned(const FitOptions& options, const Compared& compared,
                                     CommandContext& context) {
  RunOptions asked(options, *compared.learned_from, Winner::kOptions);
  TRY_ASSIGN(fit::FitQuestion question, asked.Ask(context));
  question.measured = fit::KnownOf(fit::Merge(KnownRuns(context), compared.runs));
  TRY_ASSIGN(fit::FitAnswer answer, fit::QuickFit(question));
  const auto last = std::find_if(compared.comparisons.rbegin(), compared.comparisons.rend(),
                                 [](const fit::LogComparison& one) { return !one.bytes.empty(); });
  fit::Learn(*last, answer);
  return answer;
}

}  // namespace

Status FitFromLog(const FitOptions& options, CommandContext& context) {
  TRY_ASSIGN(const std::string bytes,
             ReadFile(context.folder / options.from_log, fit::kMostLogBytes));
  TRY_ASSIGN(const fit::EngineLog log, fit::ReadEngineLog(bytes, options.from_log));
  TRY_ASSIGN(const Compared compared, CompareAll(options, log, context));
  Json runs = Json::MakeArray();
  std::string text;
  for (const fit::LogComparison& one : compared.comparisons) {
    runs.Push(fit::ComparisonJson(one));
    text += fit::ComparisonText(one) + "\n";
  }
  if (log.runs_left_out > 0)
    text += fmt::format("{} more runs in the log are left out\n", log.runs_left_out);
  Json answer = Json::MakeObject({{"runs", runs}, {"runs_left_out", log.runs_left_out}});
  if (compared.learned_from != nullptr) {
    TRY_ASSIGN(const fit::FitAnswer learned, AnswerLearned(options, compared, context));
    answer.Set("learned", fit::FitJson(learned));
    text += "with what the log says:\n" + fit::FitText(learned, options.explain);
    if (learned.estimate.verdict == fit::Verdict::kNo)
      context.exit_code = ExitCodeOf(ErrorKind::kNo);
  }
  if (options.remember) {
    TRY(Remember(compared.runs, context));
    answer.Set("remembered", static_cast<int64_t>(compared.runs.size()));
    text += fmt::format("kept {} measured figure{} for later estimates\n", compared.runs.size(),
                        compared.runs.size() == 1 ? "" : "s");
  }
  context.out.Answer(answer, text);
  return {};
}

}  // namespace curbstop
