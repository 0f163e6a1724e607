// The policy that curbstop itself follows: the cheapest in expectation of all that is certain to
// hold the deadline.
//
// Certain: after whatever the coming tick brings, a machine that is not lost still finishes in time
// and within the cap (plan/spot/reach.h). Of the actions that are left (wait, start a spot machine
// here or there, keep the one held, go on demand, work at home) the one with the least expected
// cost by SpotCostTable is taken, places being tried in that order. Nothing is known of the future;
// the odds of each place come from what the job saw there.
//
// A cap that does not pay for a machine that is not lost makes nothing certain: the policy says so
// (SpotSays::kCapAtRisk) and goes on with spot for as long as both are conceivable; then it stops
// (kCannotBoth). More than the cap is never spent.
#pragma once

#include "plan/spot/cost_table.h"
#include "plan/spot/spot_view.h"

namespace curbstop {

SpotAction OursNext(const SpotView& view);
SpotAction OursNextTuned(const SpotView& view, const SpotTuning& tuning);

}  // namespace curbstop
