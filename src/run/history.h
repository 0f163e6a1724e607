// What the journal tells of runs to whoever does not supervise them.
#pragma once

#include <string>

#include "base/result.h"
#include "plan/cost.h"
#include "plan/plan.h"
#include "run/journal.h"
#include "run/supervisor/state.h"

namespace curbstop {

// As its supervisor last knew it. Errors: those of the journal.
Result<RunState> ReadRunState(Journal& journal, const std::string& run);

// What earlier runs of a step took, keyed by (project, step, machine class): the last 20 successes.
// Median, p10 and p90 (nearest rank) of the time that the attempts of those runs ran; drills
// excluded.
Result<StepHistory> ReadHistory(Journal& journal, const std::string& project,
                                const std::string& step, const std::string& machine_class);

struct LedgerFilter {
  std::string project;  // empty: any
  int64_t since_ms = 0;
};

// The ledger's lines, oldest first, as the plan room sums them.
Result<std::vector<LedgerLine>> ReadLedger(Journal& journal, const LedgerFilter& filter);

}  // namespace curbstop
