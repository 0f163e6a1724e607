// Many simulated lives: what `curbstop simulate` runs and prints.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "run/simulate/fault.h"
#include "run/simulate/watch.h"
#include "run/supervisor/plants.h"
#include "run/supervisor/state.h"

namespace curbstop {

struct BrokenLife {
  uint64_t seed = 0;
  Breach breach;
};

struct DisasterReport {
  int64_t runs = 0;
  int64_t events = 0;
  std::array<int64_t, 6> broken{};  // by Invariant
  std::vector<BrokenLife> first;    // at most 20, by seed
  int64_t worst_excess = 0;         // micro-dollars beyond a reserve; never above what was allowed
  std::array<int64_t, kFaults> faults{};
  std::array<std::array<int64_t, kEventKinds>, kPhases> pairs{};
};

// Pairs of state and event that can be, and those of them that some life met.
struct Coverage {
  int64_t reached = 0;
  int64_t possible = 0;
  std::vector<std::pair<Phase, EventKind>> missed;     // possible, and not met
  std::vector<std::pair<Phase, EventKind>> surprises;  // met, though pairs.h says they cannot be
};
Coverage CoverageOf(const DisasterReport& report);

struct PlantReport {
  Plant plant = Plant::kNone;
  bool caught = false;
  uint64_t seed = 0;
  Breach breach;
};

// `runs` lives of the seeds seed, seed + 1, …; the same report for any number of threads.
// `progress` is called now and then with the lives done, by one thread at a time.
DisasterReport SimulateDisasters(int64_t runs, uint64_t seed, int threads,
                                 const std::function<void(int64_t)>& progress);

// The first seed of at most `most` whose life breaks an invariant with the plant and none without.
PlantReport FindPlant(Plant plant, uint64_t seed, int64_t most);

// One life in words, and how it ended.
struct TracedLife {
  std::vector<std::string> lines;
  Breach breach;
};
TracedLife TraceLife(uint64_t seed, Plant plant);

}  // namespace curbstop
