// The least that a job can cost when the whole future is known: a lower bound for every policy.
//
// Dynamic program, backward over the ticks that end before the deadline. State: what runs (or where
// the checkpoint lies while nothing runs) and the need that is left; entering a machine adds its
// start to the need, a tick takes the tick's length from it. Exact where starts and ticks are
// multiples of one unit, which is their greatest common divisor; with finer starts than
// `kFinestUnits` allow, all three are rounded to the job's advantage and the result is a bound.
//
// Source: the integer program of Wu et al., NSDI '24, section 5, which it equals for one place.
#pragma once

#include <cstdint>

#include "run/simulate/spot/replay.h"

namespace curbstop {

struct SpotOptimum {
  double usd = 0;
  bool missed = false;  // no plan holds the deadline; then `usd` is on demand from the start
  bool exact = true;
};

SpotOptimum Optimum(const TraceMarket& market, const SpotJob& job, int64_t start_tick);

}  // namespace curbstop
