#include "plan/step_time.h"

#include <algorithm>

#include <fmt/format.h>

namespace curbstop {
namespace {

StepTime Unbounded(const Step& step, const StepHistory& history) {
  if (history.runs > 0 && history.median) {
    return {history.median, std::max(history.p90.value_or(*history.median), *history.median),
            fmt::format("{} earlier {}", history.runs, history.runs == 1 ? "run" : "runs"),
            "usual is their median, worst their 90th percentile: one run in ten takes longer"};
  }
  if (step.needs.time) {
    return {step.needs.time, step.needs.time, "needs.time",
            "the project's own figure, which comes without a spread"};
  }
  return {std::nullopt, std::nullopt, "unknown",
          "no earlier run, and the step has no `needs: {time: …}`"};
}

}  // namespace

StepTime TimeOf(const Step& step, const StepHistory& history) {
  StepTime time = Unbounded(step, history);
  if (!step.deadline) return time;
  if (!time.worst) {
    time.source = "deadline";
    time.why = "no earlier run; the step is ended at its deadline, so it cannot take longer";
  } else if (*time.worst > *step.deadline) {
    time.why += "; the deadline ends it before";
  }
  time.worst = std::min(time.worst.value_or(*step.deadline), *step.deadline);
  if (time.usual) time.usual = std::min(*time.usual, *step.deadline);
  return time;
}

}  // namespace curbstop
