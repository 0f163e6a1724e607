#include "plan/step_time.h"

#include <algorithm>

#include <fmt/format.h>

namespace curbstop {
namespace {

StepTime Unbounded(const Step& step, const StepHistory& history,
                   const std::optional<StepTime>& estimate) {
  if (history.runs > 0 && history.median) {
    return {history.median, std::max(history.p90.value_or(*history.median), *history.median),
            fmt::format("{} earlier {}", history.runs, history.runs == 1 ? "run" : "runs"),
            "usual is their median, worst their 90th percentile: one run in ten takes longer",
            history.p10};
  }
  if (step.needs.time) {
    return {step.needs.time, step.needs.time, "needs.time",
            "the project's own figure, which comes without a spread", std::nullopt};
  }
  if (estimate) return *estimate;
  return {std::nullopt, std::nullopt, "unknown",
          "no earlier run, and the step has no `needs: {time: …}`", std::nullopt};
}

}  // namespace

StepTime TimeOf(const Step& step, const StepHistory& history, std::optional<Millis> lease,
                const std::optional<StepTime>& estimate) {
  StepTime time = Unbounded(step, history, estimate);
  const bool leased = lease && (!step.deadline || *lease < *step.deadline);
  const std::optional<Millis> bound = leased ? lease : step.deadline;
  const std::string name = leased ? "--lease" : "deadline";
  if (!bound) return time;
  if (!time.worst) {
    time.source = name;
    time.why =
        fmt::format("no earlier run; the step is ended at its {}, so it cannot take longer", name);
  } else if (*time.worst > *bound) {
    time.why += fmt::format("; the {} ends it before", name);
    if (time.usual > bound) time.source += fmt::format(", cut short by {}", name);
  }
  time.worst = std::min(time.worst.value_or(*bound), *bound);
  if (time.usual) time.usual = std::min(*time.usual, *bound);
  if (time.best) time.best = std::min(*time.best, *bound);
  return time;
}

Millis LeaseFor(const StepTime& time, Millis unknown) {
  constexpr Millis kLeastRoom = std::chrono::minutes(5);
  if (!time.worst) return unknown;
  return *time.worst + std::max(*time.worst / 4, kLeastRoom);
}

}  // namespace curbstop
