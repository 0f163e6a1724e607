#include "fit/log_compare.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_or_null.h"
#include "base/units.h"
#include "fit/families.h"
#include "fit/work_points.h"

namespace curbstop::fit {
namespace {

// Two sizes that both print as "8.03 B".
constexpr double kSameCount = 0.0007;

// The family of that architecture whose parameters round to the same two decimals.
const ModelShape* FindByCount(const LogRun& run) {
  const ModelShape* best = nullptr;
  double nearest = kSameCount;
  for (const ModelShape& shape : BundledFamilies().all()) {
    if (shape.params_total <= 0 || run.params <= 0) continue;
    const double distance = std::abs(static_cast<double>(shape.params_total) / run.params - 1);
    const bool same_arch = run.arch.empty() || Lower(shape.arch).starts_with(Lower(run.arch)) ||
                           Lower(run.arch).starts_with(Lower(shape.arch));
    const bool same_layers = run.layers == 0 || run.layers == shape.layers;
    if (!same_arch || !same_layers || distance >= nearest) continue;
    nearest = distance;
    best = &shape;
  }
  return best;
}

bool IsRunsShape(const LogRun& run, const ModelShape& shape) {
  return (run.layers == 0 || run.layers == shape.layers) &&
         (run.hidden == 0 || run.hidden == shape.hidden);
}

// Engines and we cut memory alike, but for these.
std::string_view OurName(std::string_view component) {
  return component == "recurrent state" ? "cache" : component;
}

bool IsPart(const Component& part, std::string_view component) {
  if (component == "allocated") return part.name != "allocator" && part.name != "context";
  if (component == "reserved") return part.name != "context";
  if (component == "held between steps")
    return part.name == "weights" || part.name == "optimizer states";
  return part.name == component;
}

std::optional<Span> EstimatedOf(const Estimate& estimate, std::string_view component,
                                std::string_view device) {
  Span sum;
  bool found = false;
  for (const Component& part : estimate.components) {
    if (part.device != device || !IsPart(part, component)) continue;
    sum = sum + part.bytes;
    found = true;
  }
  if (!found) return std::nullopt;
  return sum;
}

// A cache that an engine holds in two parts is one of ours.
std::vector<LoggedBytes> Merged(const std::vector<LoggedBytes>& bytes) {
  std::vector<LoggedBytes> merged;
  for (const LoggedBytes& one : bytes) {
    const std::string name(OurName(one.component));
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const LoggedBytes& other) {
      return other.component == name && other.device == one.device;
    });
    if (same == merged.end()) {
      merged.push_back({name, one.device, one.bytes, one.rounding});
    } else {
      same->bytes = Clamp(Wide{same->bytes} + one.bytes);
      same->rounding += one.rounding;
    }
  }
  return merged;
}

ComparedSpeed CompareSpeed(const LoggedSpeed& measured, const FitQuestion& question) {
  ComparedSpeed compared{measured, std::nullopt, {}, false};
  SpeedUse use = SpeedUseOf(question);
  use.depth = measured.prefill ? measured.depth : std::max(1.0, measured.depth);
  use.prompt = std::max(1.0, measured.prompt);
  const WorkKind kind = measured.prefill ? WorkKind::kPrefill : WorkKind::kDecode;
  const Result<SpeedTerms> terms = TermsOf(question, kind, use);
  if (!terms.ok()) return compared;
  compared.estimated = terms->ToRate();
  compared.work = InferencePoint(question, kind, *terms);
  compared.agrees = measured.tokens_per_second >= compared.estimated->low &&
                    measured.tokens_per_second <= compared.estimated->high;
  return compared;
}

double Ratio(const ComparedBytes& one) {
  return one.estimated.mid > 0
             ? static_cast<double>(one.measured) / static_cast<double>(one.estimated.mid)
             : 1;
}

Span Narrowed(const Span& span, const ComparedBytes& one, bool same) {
  const double ratio = Ratio(one);
  const int64_t mid = Scale(span.mid, ratio);
  if (same)
    return {one.measured - std::min(one.rounding, one.measured), one.measured,
            Clamp(Wide{one.measured} + one.rounding)};
  const int64_t below = Scale(span.mid - span.low, ratio) / 2;
  const int64_t above = Scale(span.high - span.mid, ratio) / 2;
  return {mid - below, mid, Clamp(Wide{mid} + above)};
}

Span Widened(const Span& span, const ComparedBytes& one) {
  const int64_t mid = Scale(span.mid, Ratio(one));
  const int64_t away = std::abs(mid - span.mid);
  return {std::max<int64_t>(0, std::min(span.low, mid - away)), mid,
          std::max(span.high, Clamp(Wide{mid} + away))};
}

bool SameImages(const ImageUse& a, const ImageUse& b) {
  return a.training == b.training && a.size == b.size && a.half == b.half &&
         a.optimizer == b.optimizer && a.checkpointing == b.checkpointing;
}

bool SameMemory(const FitQuestion& a, const FitQuestion& b) {
  if (a.task != b.task || a.shape.id != b.shape.id || a.format.name != b.format.name) return false;
  if (a.task == Task::kImages)
    return a.training.batch == b.training.batch && SameImages(a.images, b.images);
  if (a.task == Task::kNetwork)
    return a.training.batch == b.training.batch && a.network.training == b.network.training &&
           a.network.optimizer == b.network.optimizer;
  if (a.task == Task::kTraining)
    return a.training.sequence == b.training.sequence && a.training.batch == b.training.batch &&
           a.training.method == b.training.method && a.training.rank == b.training.rank &&
           a.training.checkpointing == b.training.checkpointing &&
           a.training.optimizer == b.training.optimizer &&
           a.training.chunked_loss == b.training.chunked_loss;
  const CacheUse& one = a.llama.cache;
  const CacheUse& other = b.llama.cache;
  return one.context == other.context && one.ubatch == other.ubatch && one.slots == other.slots &&
         one.k.name == other.k.name && one.v.name == other.v.name &&
         a.llama.flash_attention == b.llama.flash_attention && a.llama.gpus == b.llama.gpus &&
         a.llama.gpu_layers == b.llama.gpu_layers && a.llama.build == b.llama.build;
}

void LearnComponent(const ComparedBytes& one, bool same, Component& part) {
  part.bytes = one.agrees ? Narrowed(part.bytes, one, same) : Widened(part.bytes, one);
  if (!one.agrees && same) part.bytes = Narrowed(part.bytes, one, true);
  part.evidence = same ? "measured in the log"
                       : (one.agrees ? "the log agrees" : "the log differs, scaled to it");
}

// Weights and optimizer states stay between steps, the rest comes and goes.
bool StaysBetweenSteps(const Component& part) { return IsPart(part, "held between steps"); }

int64_t SumOfTorch(const Estimate& estimate, bool stays) {
  Wide sum = 0;
  for (const Component& part : estimate.components) {
    const bool counts = part.device == "gpu0" && IsPart(part, "allocated");
    if (counts && StaysBetweenSteps(part) == stays) sum += part.bytes.mid;
  }
  return Clamp(sum);
}

double Share(int64_t of, int64_t whole) {
  return whole > 0 ? static_cast<double>(std::max<int64_t>(0, of)) / static_cast<double>(whole) : 1;
}

// torch's sums. What is held between steps is scaled to the log's where it says it, and the rest so
// that all together becomes what was allocated.
void LearnSum(const ComparedBytes& sum, const ComparedBytes* held, bool same, FitAnswer& answer) {
  const int64_t fixed = SumOfTorch(answer.estimate, true);
  const int64_t rest = SumOfTorch(answer.estimate, false);
  const int64_t target = same ? sum.measured : Scale(Clamp(Wide{fixed} + rest), Ratio(sum));
  double fixed_ratio = held == nullptr ? 1 : Ratio(*held);
  const int64_t left = target - Scale(fixed, fixed_ratio);
  // A sum below the weights alone tells of weights that are not as large as they were thought.
  if (left <= 0) fixed_ratio = Share(target, Clamp(Wide{fixed} + rest));
  const double rest_ratio = left <= 0 ? fixed_ratio : Share(left, rest);
  for (Component& part : answer.estimate.components) {
    if (part.device != "gpu0" || !IsPart(part, "allocated")) continue;
    const bool stays = StaysBetweenSteps(part);
    if (stays && held == nullptr && left > 0) continue;
    const ComparedBytes scaled{
        part.name, part.device, Scale(part.bytes.mid, stays ? fixed_ratio : rest_ratio),
        0,         part.bytes,  sum.agrees};
    LearnComponent(scaled, same, part);
    if (same) part.evidence = "its share of the log's sum";
  }
}

std::string Mib(int64_t bytes) {
  return fmt::format("{:.2f}", static_cast<double>(bytes) / 1048576.0);
}

std::string SpanText(const Span& span) {
  if (span.IsExact()) return Mib(span.mid);
  return fmt::format("{} ({}..{})", Mib(span.mid), Mib(span.low), Mib(span.high));
}

std::string Error(double measured, double estimated) {
  if (measured <= 0) return "";
  const double percent = (estimated / measured - 1) * 100;
  return std::abs(percent) < 0.005 ? "0" : fmt::format("{:+.2f} %", percent);
}

std::string SpeedName(const LoggedSpeed& speed) {
  if (speed.prefill) return fmt::format("prefill of {:.0f} tokens", speed.prompt);
  return fmt::format("decode at depth {:.0f}", speed.depth);
}

std::string Conditions(const LogComparison& comparison) {
  const FitQuestion& question = comparison.question;
  std::string text = fmt::format("{}: {}, {}", NameOf(comparison.run.engine),
                                 Printable(question.shape.id), question.format.name);
  if (question.task == Task::kLlamaCpp && !comparison.run.bytes.empty())
    text += fmt::format(", context {}", question.llama.cache.context);
  if (question.llama.build > 0) text += fmt::format(", build {}", question.llama.build);
  if (!question.hardware.text.empty()) text += " on " + Printable(question.hardware.text);
  return text + "\n";
}

}  // namespace

Result<ModelShape> ModelOfRun(const LogRun& run) {
  const FamilyTable& families = BundledFamilies();
  for (const std::string& name : {run.model, std::filesystem::path(run.file).filename().string()}) {
    const ModelShape* shape = name.empty() ? nullptr : families.Find(name);
    if (shape != nullptr && IsRunsShape(run, *shape)) return *shape;
  }
  if (const ModelShape* shape = FindByCount(run)) return *shape;
  if (run.model.empty() && run.file.empty() && run.params <= 0)
    return NotFound("the log names no model").WithHint("name it: `curbstop model fit MODEL ...`");
  Result<ModelShape> shape = families.Understand(run.model, run.params);
  if (shape.ok()) return shape;
  return std::move(shape).error().While("the log's model is not known");
}

namespace {

// Errors: kInvalidInput where log and question are of two models.
Status CheckSameModel(const LogRun& run, const ModelShape& shape) {
  if (shape.evidence == ShapeEvidence::kFromSize) return {};
  const std::string mine =
      fmt::format("`{}` has {} of {}", Printable(shape.id), shape.layers, shape.hidden);
  if (!IsRunsShape(run, shape)) {
    return InvalidInput(fmt::format("the log is of a model with {} layers of width {}, {}",
                                    run.layers, run.hidden, mine));
  }
  const Result<ModelShape> named = ModelOfRun(run);
  if (!named.ok() || named->evidence == ShapeEvidence::kFromSize) return {};
  if (named->layers == shape.layers && named->hidden == shape.hidden) return {};
  return InvalidInput(fmt::format("the log is of `{}` with {} layers of width {}, {}",
                                  Printable(named->id), named->layers, named->hidden, mine))
      .WithHint("leave the model out; the log names it");
}

}  // namespace

Result<LogComparison> CompareRun(const LogRun& run, const FitQuestion& question) {
  TRY(CheckSameModel(run, question.shape));
  LogComparison comparison{run, question, {}, {}, {}};
  if (!run.bytes.empty()) {
    FitQuestion by_rules = question;
    by_rules.measured = nullptr;
    TRY_ASSIGN(const FitAnswer answer, QuickFit(by_rules));
    for (const LoggedBytes& one : Merged(run.bytes)) {
      const auto estimated = EstimatedOf(answer.estimate, one.component, one.device);
      if (!estimated) {
        comparison.not_compared.push_back(
            fmt::format("{} on {}: {} MiB", one.component, one.device, Mib(one.bytes)));
        continue;
      }
      const bool agrees =
          one.bytes + one.rounding >= estimated->low && one.bytes - one.rounding <= estimated->high;
      comparison.bytes.push_back(
          {one.component, one.device, one.bytes, one.rounding, *estimated, agrees});
    }
  }
  for (const LoggedSpeed& speed : run.speeds)
    comparison.speeds.push_back(CompareSpeed(speed, question));
  return comparison;
}

void Learn(const LogComparison& comparison, FitAnswer& answer) {
  const bool same = SameMemory(comparison.question, answer.question);
  std::string fullest;
  for (Component& part : answer.estimate.components) {
    if (fullest.empty()) fullest = part.device;
    for (const ComparedBytes& one : comparison.bytes) {
      if (one.component == part.name && one.device == part.device) LearnComponent(one, same, part);
    }
  }
  const auto find = [&](std::string_view component) -> const ComparedBytes* {
    for (const ComparedBytes& one : comparison.bytes) {
      if (one.component == component && one.device == "gpu0") return &one;
    }
    return nullptr;
  };
  // Under other conditions measured runs have corrected the sum already.
  const ComparedBytes* sum = find("allocated");
  if (sum != nullptr && (same || answer.peaks_measured == 0))
    LearnSum(*sum, find("held between steps"), same, answer);
  answer.estimate.peak = SumOf(answer.estimate.components, fullest);
  answer.estimate.verdict = Judge(answer.estimate.peak, answer.estimate.available);
}

Json ComparisonJson(const LogComparison& comparison) {
  Json bytes = Json::MakeArray();
  for (const ComparedBytes& one : comparison.bytes) {
    bytes.Push(Json::MakeObject({{"name", one.component},
                                 {"device", one.device},
                                 {"measured", one.measured},
                                 {"low", one.estimated.low},
                                 {"mid", one.estimated.mid},
                                 {"high", one.estimated.high},
                                 {"unit", "bytes"},
                                 {"agrees", one.agrees}}));
  }
  Json speeds = Json::MakeArray();
  for (const ComparedSpeed& one : comparison.speeds) {
    Json speed = Json::MakeObject({{"name", one.measured.prefill ? "prefill" : "decode"},
                                   {"measured", one.measured.tokens_per_second},
                                   {"depth", one.measured.depth},
                                   {"unit", "tokens_per_second"}});
    if (one.estimated) {
      speed.Set("low", one.estimated->low);
      speed.Set("mid", one.estimated->mid);
      speed.Set("high", one.estimated->high);
      speed.Set("agrees", one.agrees);
    }
    speeds.Push(std::move(speed));
  }
  return Json::MakeObject({{"engine", NameOf(comparison.run.engine)},
                           {"model", comparison.question.shape.id},
                           {"format", comparison.question.format.name},
                           {"hardware", TextOrNull(comparison.question.hardware.text)},
                           {"components", bytes},
                           {"speeds", speeds},
                           {"not_compared", Json::ArrayOf(comparison.not_compared)},
                           {"out_of_memory", comparison.run.out_of_memory}});
}

std::string ComparisonText(const LogComparison& comparison) {
  std::vector<std::vector<std::string>> table = {{"", "on", "measured", "estimated", "error", ""}};
  for (const ComparedBytes& one : comparison.bytes) {
    table.push_back(
        {one.component, one.device, Mib(one.measured) + " MiB", SpanText(one.estimated),
         Error(static_cast<double>(one.measured), static_cast<double>(one.estimated.mid)),
         one.agrees ? "agrees" : "differs"});
  }
  for (const ComparedSpeed& one : comparison.speeds) {
    const std::string rate = fmt::format("{:.1f} t/s", one.measured.tokens_per_second);
    if (!one.estimated) {
      table.push_back({SpeedName(one.measured), "", rate, "", "", "its device is not named"});
      continue;
    }
    table.push_back({SpeedName(one.measured), "", rate,
                     fmt::format("{:.1f} ({:.1f}..{:.1f})", one.estimated->mid, one.estimated->low,
                                 one.estimated->high),
                     Error(one.measured.tokens_per_second, one.estimated->mid),
                     one.agrees ? "agrees" : "differs"});
  }
  std::string text = Conditions(comparison) + TextTable(table);
  for (const std::string& one : comparison.not_compared)
    text += fmt::format("not compared, no estimate has it: {}\n", one);
  if (comparison.run.out_of_memory > 0) text += "the log says that memory ran out\n";
  return text;
}

}  // namespace curbstop::fit
