// How long a step takes: from its own history, else from the file, else unknown; never invented.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"
#include "project/project.h"

namespace curbstop {

// What earlier runs of the step on this machine class took.
struct StepHistory {
  int64_t runs = 0;  // successes, at most the last 20
  std::optional<Millis> median;
  std::optional<Millis> p90;
  std::optional<Millis> p10;
};

struct StepTime {
  std::optional<Millis> usual;
  std::optional<Millis> worst;
  std::string
      source;       // "3 earlier runs", "needs.time", "deadline", "--lease", "unknown"; where the
                    // usual time is longer than the bound: "needs.time, cut short by --lease"
  std::string why;  // how `worst` was made, in words
  std::optional<Millis> best;  // one run in ten is faster; empty: no spread is known
  std::string on;              // the hardware that it is the time of; empty: any
};

// History: usual = median, worst = p90 (one run in ten took longer). `needs.time`: both are that
// figure, because it comes without a spread and a factor of ours would be invented. A `deadline`
// bounds both, because the step is ended there; with nothing else it is the worst case alone. A
// `lease` is the wish of one start, to the same effect; the shorter of the two holds. `estimate`:
// of the step's model on one kind of machine; what the step itself took, or the file says, is
// stronger.
StepTime TimeOf(const Step& step, const StepHistory& history, std::optional<Millis> lease = {},
                const std::optional<StepTime>& estimate = {});

// For how long a machine is asked for: the worst time, and room to bring files there and home. An
// unknown time gets `unknown`; the supervisor asks for more while it goes on.
Millis LeaseFor(const StepTime& time, Millis unknown);

}  // namespace curbstop
