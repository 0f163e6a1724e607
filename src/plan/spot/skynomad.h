// SkyNomad's rule for many regions, as far as one page tells it: every candidate has a value per
// hour, the best above the present one is tried first.
//
//   value(spot) = V x (life - start) / life - price - way / life      value(idle) = 0
//   value(on demand) = V - price - way
//   V = cheapest on demand x (work left / time left) / (work / deadline), at least the cheapest
//   spot
//
// `life` is the mean residual life given the age, from a Nelson-Aalen estimate over the lives seen
// in that place (a place is probed once an hour at most; a life that was left on purpose is
// censored). Behind it stands the safety net of all the published policies.
//
// Source: SkyNomad (NSDI '27, arXiv 2601.06520), sections on utility and survival; V as in the
// variant behind its V100 figure. Written from the description: its artifact's own figures stand
// beside in docs/benchmarks/spot.md.
#pragma once

#include "plan/spot/spot_view.h"

namespace curbstop {

SpotAction SkyNomadNext(const SpotView& view);

}  // namespace curbstop
