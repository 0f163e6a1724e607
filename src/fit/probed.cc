#include "fit/probed.h"

#include <algorithm>

#include "base/units.h"
#include "fit/training_speed.h"
#include "fit/work_points.h"

namespace curbstop::fit {
namespace {

constexpr double kMemoryDoubt = 0.02;
constexpr double kSpeedDoubt = 0.1;

// A Python with torch before its first tensor, in RAM of its own: 115,464 to 115,476 kB in five
// runs of torch 1.13.1 (Debian 12), 115,660 after a first step of AdamW on a layer of 8 x 8, by
//   python3 -c 'import torch; print(*(l for l in open("/proc/self/status") if "RssAnon" in l))'
constexpr int64_t kInterpreter = 115'660LL << 10;

bool IsAllocator(const Component& part) { return part.name == "allocator"; }
bool IsContext(const Component& part) { return part.name == "context"; }
bool IsTensors(const Component& part) { return !IsAllocator(part) && !IsContext(part); }

// The fullest device stands first; a probe is of one device.
const std::string& DeviceOf(const Estimate& estimate) { return estimate.components.front().device; }

void Put(int64_t bytes, std::string evidence, Component& part) {
  part.bytes = Around(std::max<int64_t>(0, bytes), kMemoryDoubt, kMemoryDoubt);
  part.evidence = std::move(evidence);
}

template <typename Which>
int64_t SumIf(const Estimate& estimate, const Which& which) {
  Wide sum = 0;
  for (const Component& part : estimate.components) {
    if (part.device == DeviceOf(estimate) && which(part)) sum += part.bytes.mid;
  }
  return Clamp(sum);
}

// What tensors used at their peak: told, or the rest of the whole.
std::optional<int64_t> AllocatedIn(const ProbeFigures& probe, const Estimate& estimate) {
  if (probe.allocated) return probe.allocated;
  if (!probe.whole) return std::nullopt;
  const int64_t beside =
      probe.on_gpu ? SumIf(estimate, IsAllocator) + SumIf(estimate, IsContext) : kInterpreter;
  return std::max<int64_t>(*probe.whole - beside, *probe.whole / 4);
}

// The weights as told, where they are not more than all; the rest shares what is left.
void PutTensors(int64_t allocated, const std::optional<int64_t>& weights, Estimate& estimate) {
  const auto is_told = [&](const Component& part) {
    return weights && *weights < allocated && part.name == "weights";
  };
  const int64_t told = weights && *weights < allocated ? *weights : 0;
  const int64_t rest =
      SumIf(estimate, [&](const Component& part) { return IsTensors(part) && !is_told(part); });
  const double ratio =
      static_cast<double>(allocated - told) / static_cast<double>(std::max<int64_t>(1, rest));
  for (Component& part : estimate.components) {
    if (part.device != DeviceOf(estimate) || !IsTensors(part)) continue;
    if (is_told(part)) {
      Put(told, "probed", part);
    } else {
      Put(Scale(part.bytes.mid, ratio), "probed in sum", part);
    }
  }
}

void PutBeside(const ProbeFigures& probe, Estimate& estimate) {
  for (Component& part : estimate.components) {
    if (part.device != DeviceOf(estimate)) continue;
    if (IsAllocator(part) && probe.reserved && probe.allocated) {
      Put(*probe.reserved - *probe.allocated, "probed", part);
    } else if (IsContext(part) && probe.reserved && probe.whole) {
      Put(*probe.whole - *probe.reserved, "probed", part);
    } else if (probe.whole && probe.on_gpu && (IsAllocator(part) || IsContext(part))) {
      Put(part.bytes.mid, "probed in sum", part);
    }
  }
}

bool IsOfLayers(const FitQuestion& question) {
  return question.task == Task::kImages || question.task == Task::kNetwork;
}

// Tokens, or images where the model reads those.
double WorkOfStep(const ProbeFigures& probe, const FitQuestion& question) {
  if (probe.tokens) return static_cast<double>(*probe.tokens);
  if (IsOfLayers(question)) return static_cast<double>(question.training.batch);
  if (question.task != Task::kTraining)
    return static_cast<double>(std::max<int64_t>(1, question.tensor.cache.slots));
  return static_cast<double>(question.training.batch) *
         static_cast<double>(question.training.sequence);
}

std::optional<Rate>& RateOf(FitAnswer& answer) {
  if (answer.question.task == Task::kImages) return answer.images;
  return answer.question.task == Task::kTraining ? answer.training : answer.decode;
}

void PutSpeed(const ProbeFigures& probe, FitAnswer& answer) {
  const bool has_rate = answer.question.task != Task::kNetwork;
  if (!has_rate || !probe.seconds || *probe.seconds <= 0) return;
  const double mid = WorkOfStep(probe, answer.question) / *probe.seconds;
  RateOf(answer) = Rate{mid / (1 + kSpeedDoubt), mid, mid * (1 + kSpeedDoubt), 1};
}

std::optional<WorkPoint> SpeedPoint(const FitQuestion& question) {
  if (question.task == Task::kNetwork) return std::nullopt;  // no estimate to correct
  if (question.task == Task::kImages) {
    const Result<SpeedTerms> terms = ImageTermsOf(question);
    return terms.ok() ? std::optional(ImagesPoint(question, *terms)) : std::nullopt;
  }
  if (question.task == Task::kTraining) {
    const auto rates = TrainingRatesOf(question.shape, question.format, question.hardware,
                                       question.training, false);
    if (!rates.ok()) return std::nullopt;
    return TrainingPoint(question, rates->terms);
  }
  SpeedUse use = SpeedUseOf(question);
  use.depth = static_cast<double>(question.tensor.cache.context);
  const Result<SpeedTerms> terms = TermsOf(question, WorkKind::kDecode, use);
  if (!terms.ok()) return std::nullopt;
  return InferencePoint(question, WorkKind::kDecode, *terms);
}

}  // namespace

bool IsOfThisModel(const ProbeFigures& probe, const FitAnswer& answer) {
  const auto allocated = AllocatedIn(probe, answer.estimate);
  const int64_t weights =
      SumIf(answer.estimate, [](const Component& part) { return part.name == "weights"; });
  return probe.out_of_memory || !allocated || *allocated > Scale(weights, 0.8);
}

void FoldProbe(const ProbeFigures& probe, FitAnswer& answer) {
  answer.probe = probe;
  Estimate& estimate = answer.estimate;
  if (probe.out_of_memory) {
    estimate.verdict = Verdict::kNo;
    return;
  }
  const auto allocated = estimate.components.empty() ? std::nullopt : AllocatedIn(probe, estimate);
  if (allocated) {
    PutTensors(*allocated, probe.weights, estimate);
    PutBeside(probe, estimate);
    estimate.peak = SumOf(estimate.components, DeviceOf(estimate));
    estimate.verdict = Judge(estimate.peak, estimate.available);
  }
  PutSpeed(probe, answer);
}

std::vector<MeasuredRun> RunsOf(const ProbeFigures& probe, const FitQuestion& question,
                                int64_t at_ms) {
  std::vector<MeasuredRun> runs;
  if (probe.out_of_memory) return runs;  // it never got where its peak is
  FitQuestion by_rules = question;
  by_rules.measured = nullptr;
  const Result<FitAnswer> plain = QuickFit(by_rules);
  if (!plain.ok() || !IsOfThisModel(probe, *plain)) return runs;
  if (question.task == Task::kTraining || IsOfLayers(question)) {
    if (const auto allocated = AllocatedIn(probe, plain->estimate)) {
      runs.push_back({AllocatedPoint(question), static_cast<double>(*allocated), "probe", at_ms});
    }
  }
  const std::optional<WorkPoint> point = SpeedPoint(question);
  if (point && probe.seconds && *probe.seconds > 0) {
    runs.push_back({*point, *probe.seconds / WorkOfStep(probe, question), "probe", at_ms});
  }
  return runs;
}

}  // namespace curbstop::fit
