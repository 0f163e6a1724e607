#include "fit/step_time.h"

#include <algorithm>

namespace curbstop::fit {
namespace {

constexpr double kPcie = 25e9;

// GPUs that have a link of their own between them, faster than anything that training asks of it.
bool IsLinked(const Hardware& hardware) {
  const Accelerator* gpu = hardware.accelerator;
  if (gpu == nullptr || hardware.count <= 1) return true;
  constexpr std::string_view kLinked[] = {"SXM", "NVL", "GB200", "GB300", "B200", "B300", "MI3"};
  return std::any_of(std::begin(kLinked), std::end(kLinked), [&](std::string_view part) {
    return gpu->name.find(part) != std::string::npos;
  });
}

double Real(int64_t value) { return static_cast<double>(value); }

}  // namespace

StepParts StepPartsOf(const FitQuestion& question, double rate) {
  const TrainingUse& use = question.training;
  const TrainingParts parts = TrainingPartsOf(question.shape, question.format, use);
  const double gpus = Real(std::max<int64_t>(1, use.gpus));
  const double micro_steps = Real(std::max<int64_t>(1, use.accumulation));
  const double tokens = Real(use.sequence) * Real(use.batch) * gpus;
  StepParts time;
  const double micro = tokens / rate;
  time.compute = micro * micro_steps;
  const Accelerator* gpu = question.hardware.accelerator;
  const double bandwidth =
      gpu != nullptr && gpu->bandwidth_gbps ? *gpu->bandwidth_gbps * 1e9 * 0.7 : 0;
  const double trained = use.method == Method::kFull ? Real(parts.weights) : Real(parts.gradients);
  if (bandwidth > 0 && !use.cpu_offload)
    time.optimizer = (2 * trained + Real(parts.gradients) + 2 * Real(parts.states)) / bandwidth;
  if (use.optimizer == Optimizer::kPagedAdamW) {
    TrainingUse resident = use;
    resident.optimizer = Optimizer::kAdamW;
    time.paging =
        2 * Real(TrainingPartsOf(question.shape, question.format, resident).states) / kPcie;
  }
  if (use.gpus <= 1 || IsLinked(question.hardware)) return time;
  const double part = (gpus - 1) / gpus;
  const bool gathers = use.sharding == Sharding::kZero3;
  const double gradients = Real(parts.gradients) * (use.sharding >= Sharding::kZero2 ? gpus : 1);
  if (!gathers) {
    time.exchange = 2 * gradients * part / kPcie;
    return time;
  }
  const double passes = use.checkpointing == Checkpointing::kFull ? 3 : 2;
  const double weights = std::min(Real(WeightBytes(question.shape, question.format).mid),
                                  2 * Real(question.shape.params_total));
  const double moved = (passes * weights + gradients) * part / kPcie;
  time.exchange = micro_steps * std::max(0.0, moved - micro);
  return time;
}

Rate WithSteps(const FitQuestion& question, const Rate& rate) {
  if (rate.mid <= 0) return rate;
  const StepParts time = StepPartsOf(question, rate.mid);
  const double share = time.compute / time.Sum();
  Rate slower = rate;
  slower.low *= share;
  slower.mid *= share;
  slower.high *= share;
  return slower;
}

}  // namespace curbstop::fit
