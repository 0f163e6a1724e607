// The policy that curbstop itself follows: the cheapest in expectation of all that is certain to
// hold the deadline.
//
// Certain: after whatever the coming tick brings, on demand still finishes in time. Of the actions
// that are left (wait, start a spot machine here or there, keep the one held, go on demand, work at
// home) the one with the least expected cost by SpotCostTable is taken, places being tried in that
// order. Nothing is known of the future; the odds of each place come from what the job saw there.
#pragma once

#include "plan/spot/cost_table.h"
#include "plan/spot/spot_view.h"

namespace curbstop {

SpotAction OursNext(const SpotView& view);
SpotAction OursNextTuned(const SpotView& view, const SpotTuning& tuning);

}  // namespace curbstop
