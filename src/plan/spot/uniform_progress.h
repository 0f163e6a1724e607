// Greedy and Uniform Progress: the published rules, as the artifact's code has them.
//
// Uniform Progress keeps the work done above the line from (0, 0) to (deadline, work): below it,
// without a spot machine, it buys on demand; it leaves on demand only for spot and only when ahead
// by two starts. Both buy on demand for good when the time left is what the work and two starts
// take ("safety net").
//
// Source: Wu et al., NSDI '24, section 4; andylizf/skynomad-artifact at 62b9aaa,
// sky_spot/strategies/rc_cr_threshold.py.
#pragma once

#include "plan/spot/spot_view.h"

namespace curbstop {

// In each place that is tried in its order of price; the last place's region comes last.
SpotAction GreedyNext(const SpotView& view);
// The rule for one place; with many it is Uniform Progress with failover.
SpotAction UniformProgressNext(const SpotView& view);
// Leaves on demand for idle when ahead: the paper's prose, worse than the rule.
SpotAction PlainUniformProgressNext(const SpotView& view);

}  // namespace curbstop
