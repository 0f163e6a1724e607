// How long a step waits for GPUs of this computer that other runs hold. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace curbstop {

// A run that holds GPUs here, or waits for them before us.
struct GpuHolder {
  std::string who;  // "run k3v9… (train)"
  int64_t gpus = 1;
  std::optional<Millis> left;  // until it is usually done; empty: nobody knows
};

struct GpuWait {
  std::optional<Millis> time;  // empty: nobody knows
  std::string who;             // the last one that has to end; empty: nothing is waited for
};

// Holders end in the order of what is left of them, those of which nothing is known last.
GpuWait WaitForGpus(std::vector<GpuHolder> holders, int64_t gpus_here, int64_t needed);

}  // namespace curbstop
