// What it costs in time that a machine on a bid is taken away now and then. Pure.
//
//   expected = mtbf e^(restart/mtbf) (e^((interval + write)/mtbf) - 1) work / interval
//
// for lives of a machine that are memoryless, with mean `mtbf`: each time what was done since the
// last checkpoint is done again, after a restart that can itself be cut short. Without checkpoints
// the interval is the whole work, and a machine has to live that long in one go.
// Source: J. T. Daly, "A higher order estimate of the optimum checkpoint interval for restart
// dumps", FGCS 22 (2006), its cost function.
#pragma once

#include <optional>

#include "base/units.h"

namespace curbstop {

struct BidLife {
  Millis mtbf{0};               // mean time until the machine is taken away; above 0
  std::optional<Millis> every;  // between checkpoints; empty: none are written
  Millis write{0};              // that one takes
  Millis restart{0};            // from the loss until work goes on: boot, files, setup
};

struct Interrupted {
  Millis usual{0};   // expected, checkpoints written included
  Millis early{0};   // one in ten is sooner
  Millis late{0};    // one in ten is later
  double count = 0;  // interruptions to expect
};

// Empty: it is not to be expected that this work is ever done there (a year and more).
std::optional<Interrupted> WorkInterrupted(Millis work, const BidLife& life);

// What writing checkpoints adds to work that nobody interrupts.
Millis TimeOfWriting(Millis work, std::optional<Millis> every, Millis write);

}  // namespace curbstop
