// What to bid for a machine that can be taken away. A bid is also what is paid, so a higher one
// makes every hour dearer and interruptions fewer: which costs least until the step is done is
// reckoned for each (plan/internal/rented_row.cc). Pure.
//
// By how much interruptions become fewer is market/bid_law.h, mostly supposed; a machine at the
// usual bid lives kAssumedSpotLife (plan/interval.h).
#pragma once

#include <cstdint>
#include <vector>

#include "base/money.h"
#include "base/units.h"
#include "market/bid_law.h"
#include "plan/interval.h"

namespace curbstop {

inline constexpr int64_t kUsualBidPercent = 10;

// As it is asked for: at another price of the same market it is another sum.
struct BidTerms {
  int64_t above_percent = kUsualBidPercent;  // above the list's minimum
  Millis life = kAssumedSpotLife;            // mean time until a machine at it is taken away
};

// So far above the minimum, rounded up, never above the price on demand. The minimum at most
// kDearestOffer, and no more than the price on demand.
MicroUsd BidAt(MicroUsd minimum, MicroUsd on_demand, int64_t above_percent);

// How far a bid is above the minimum, rounded down: the price on demand may have cut it off.
int64_t PercentAbove(MicroUsd minimum, MicroUsd bid);

// From the minimum up to the price on demand, ascending; the last may be cut off by it. `law` null:
// the usual bid alone.
std::vector<BidTerms> BidsToTry(MicroUsd minimum, MicroUsd on_demand, const BidLaw* law);

}  // namespace curbstop
