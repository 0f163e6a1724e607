#include "plan/model_on.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "market/match.h"

namespace curbstop {
namespace {

Millis DurationOf(double amount, double rate) {
  constexpr double kLongest = 1e14;  // three thousand years
  return Millis(std::llround(std::min(amount / rate * 1000, kLongest)));
}

// Of an interval that holds 95 of 100 cases, what one in ten is beyond: the normal deviates of the
// two in logarithms, 1.2816 / 1.96.
double FastTenth(const fit::Rate& rate) {
  return rate.mid * std::pow(rate.high / rate.mid, 1.2816 / 1.96);
}

// A rented machine's GPU is of the same name then.
std::string MeasuredText(int64_t runs) {
  if (runs == 0) return "";
  return fmt::format(", corrected by {} measured here", fit::RunsText(runs));
}

StepTime TimeOfWork(const fit::TimedWork& work, const fit::FitAnswer& answer) {
  return {.usual = DurationOf(work.amount, work.rate.mid),
          .worst = DurationOf(work.amount, work.rate.low),
          .source = "estimate of `model`",
          .why = fmt::format("{} at {}{}, {} on {}; worst is the slow end, which 39 of 40 runs "
                             "should beat",
                             work.AmountText(), work.RateText(), MeasuredText(work.rate.measured),
                             fit::TaskText(answer.question), answer.question.hardware.text),
          .best = DurationOf(work.amount, FastTenth(work.rate))};
}

fit::Hardware HardwareOf(const std::string& gpu, int64_t count, int64_t memory) {
  fit::Hardware hardware = fit::UnderstandHardware(gpu, BundledAccelerators());
  hardware.text = gpu;
  hardware.count = count;
  const bool differs =
      memory > 0 && std::abs(memory - hardware.memory) > std::max(memory, hardware.memory) / 20;
  if (differs) hardware.memory = memory;  // a share of one, or a size that the catalogue lacks
  return hardware;
}

}  // namespace

ModelPlaces::ModelPlaces(const Step& step, fit::SharedMeasured known, std::optional<Millis> lease)
    : step_(step), lease_(lease) {
  Result<fit::FitQuestion> question = fit::QuestionOf(*step.model);
  if (!question.ok()) return;
  question_ = *std::move(question);
  question_->measured = std::move(known);
}

const ModelOn& ModelPlaces::On(const Offer& offer) const {
  const std::optional<Bytes> memory = GpuMemoryEach(offer);
  Kind kind{offer.gpu_name, step_.needs.gpu->count, memory ? memory->value : 0};
  const auto found = known_.find(kind);
  if (found != known_.end()) return found->second;
  ModelOn estimate = Estimate(kind);
  return known_.emplace(std::move(kind), std::move(estimate)).first->second;
}

std::optional<ModelOn> ModelPlaces::Here(const Machine& machine) const {
  const std::string& wanted = step_.needs.gpu->name;
  for (const Gpu& gpu : machine.gpus) {
    const bool named =
        wanted.empty() || IsGpuNamed(gpu.name, wanted) || IsGpuNamed(gpu.driver_name, wanted);
    if (gpu.built_in || !named) continue;
    return Estimate(
        {gpu.name, step_.needs.gpu->count, gpu.memory_total ? gpu.memory_total->value : 0});
  }
  return std::nullopt;
}

ModelOn ModelPlaces::Estimate(const Kind& kind) const {
  if (!question_) return {};
  fit::FitQuestion question = *question_;
  const auto& [gpu, count, memory] = kind;
  fit::PutOn(HardwareOf(gpu, count, memory), question);
  Result<fit::FitAnswer> answer = fit::QuickFit(question);
  if (!answer.ok()) return {};
  ModelOn on;
  if (const auto work = fit::WorkOf(*answer)) {
    on.estimate = TimeOfWork(*work, *answer);
    on.time = TimeOf(step_, StepHistory{}, lease_, on.estimate);
  }
  on.answer = std::make_shared<const fit::FitAnswer>(*std::move(answer));
  return on;
}

std::string ModelPlaces::ReasonAgainst(const ModelOn& on, bool rented) const {
  const bool own_memory = !step_.sure_memory;
  if (own_memory || on.answer == nullptr) return "";
  const fit::Estimate& estimate = on.answer->estimate;
  if (estimate.verdict == fit::Verdict::kNo)
    return fmt::format("does not fit: {}", fit::PeakText(estimate));
  if (estimate.verdict != fit::Verdict::kTight || !rented) return "";
  return fmt::format("tight: {}; `needs: {{gpu: …}}` with a memory would try it",
                     fit::PeakText(estimate));
}

std::string ModelPlaces::Note(const ModelOn& on) const {
  if (on.answer == nullptr) return "no estimate of the model there";
  const fit::Estimate& estimate = on.answer->estimate;
  const std::string peak = fit::PeakText(estimate);
  if (estimate.verdict == fit::Verdict::kUnknown)
    return fmt::format("takes {}, not compared", peak);
  if (estimate.verdict == fit::Verdict::kFits || step_.sure_memory)
    return fmt::format("{}: {}", fit::NameOf(estimate.verdict), peak);
  const std::string says =
      step_.needs.gpu->memory ? SizeText(*step_.needs.gpu->memory) : std::string("otherwise");
  return fmt::format("`needs` says {}, the estimate {}: {}", says, fit::NameOf(estimate.verdict),
                     peak);
}

}  // namespace curbstop
