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

namespace {

// Seconds that the optimizer reads and writes, and that paged states travel.
void AddOptimizer(const FitQuestion& question, const TrainingParts& parts, StepParts& time) {
  const Accelerator* gpu = question.hardware.accelerator;
  const double bandwidth =
      gpu != nullptr && gpu->bandwidth_gbps ? *gpu->bandwidth_gbps * 1e9 * 0.7 : 0;
  if (bandwidth > 0 && !question.training.cpu_offload)
    time.optimizer =
        (2 * Real(parts.weights) + Real(parts.gradients) + 2 * Real(parts.states)) / bandwidth;
  if (question.training.optimizer == Optimizer::kPagedAdamW)
    time.paging = 2 * Real(parts.host) / kPcie;
}

// `gradients`: bytes of all of them; `micro`: seconds that one micro-batch is computed.
void AddExchange(const FitQuestion& question, double gradients, double micro, StepParts& time) {
  const TrainingUse& use = question.training;
  if (use.gpus <= 1 || IsLinked(question.hardware)) return;
  const double gpus = Real(use.gpus);
  const double part = (gpus - 1) / gpus;
  if (use.sharding != Sharding::kZero3) {
    time.exchange = 2 * gradients * part / kPcie;
    return;
  }
  const double passes = use.checkpointing == Checkpointing::kFull ? 3 : 2;
  const double weights = std::min(Real(WeightBytes(question.shape, question.format).mid),
                                  2 * Real(question.shape.params_total));
  const double moved = (passes * weights + gradients) * part / kPcie;
  time.exchange = Real(std::max<int64_t>(1, use.accumulation)) * std::max(0.0, moved - micro);
}

}  // namespace

StepParts StepPartsOf(const FitQuestion& question, double rate) {
  const TrainingUse& use = question.training;
  const double micro =
      Real(use.sequence) * Real(use.batch) * Real(std::max<int64_t>(1, use.gpus)) / rate;
  StepParts time;
  time.compute = micro * Real(std::max<int64_t>(1, use.accumulation));
  double gradients = 0;  // of adapters: too few to count, and so is their optimizer
  if (use.method == Method::kFull) {
    AddOptimizer(question, TrainingPartsOf(question.shape, question.format, use), time);
    gradients = (use.mixed_precision ? 4 : 2) * Real(question.shape.params_total);
  }
  AddExchange(question, gradients, micro, time);
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
