// How a place's spot machines come and go, estimated from what the job itself has seen there.
//
// Two states, up and away, each left at a constant rate. A rate is the number of changes seen
// divided by the time watched. Where little is known, what is assumed counts as one change. Between
// two sightings that differ, the change is taken to lie in the middle; between two that are equal,
// there was none.
#pragma once

#include "plan/spot/spot_view.h"

namespace curbstop {

struct SpotAssumptions {
  double life_s = 4 * 3600.0;  // chosen in docs/benchmarks/spot.md
  double away_s = 3600.0;
};

struct SpotOdds {
  double loss = 0;   // per second, while up
  double comes = 0;  // per second, while away
  double up() const { return comes / (comes + loss); }
};

SpotOdds OddsOf(const SpotPlace& place, double tick_s, const SpotAssumptions& assumed);

}  // namespace curbstop
