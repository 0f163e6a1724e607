// The places where one step could run, in the order of what it costs there until it is done. Pure.
//
// The figures are a plan's own (plan/plan.h, every row of it): usual cost first, the worst one
// where they are equal or the usual one is not known.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"
#include "plan/plan.h"

namespace curbstop {

struct CostRanking {
  std::string step;
  std::vector<PlanRow> rows;  // those with a cost; each provider's type once, where it is cheapest
  int64_t without_cost = 0;   // places that miss the needs, or whose time is unknown
  StepTime time;
};

// `plan` must be of that one step. Errors: kNo if no row has a cost, with what to do.
Result<CostRanking> RankByCost(const Plan& plan);

// The first `most` rows. {"step":…, "rows":[…as of `plan`…], "without_cost":…}
Json CostRankingJson(const CostRanking& ranking, size_t most);
// At most 100 columns.
std::string CostRankingText(const CostRanking& ranking, size_t most);

}  // namespace curbstop
