// Is the step still getting anywhere? The hang rule of the design, §5.5, as arithmetic.
//
// A sign of life is a log line, a write to the step's record, a touched checkpoint, a GPU in use,
// or processor time used by the step. None of them for N = max(floor, 3 x the longest silence seen
// before) is a hang. Time is time awake: the computer's sleep, a frozen agent or a clock that jumps
// count for nothing, because each look adds at most kMostPerLook.
#pragma once

#include <chrono>

#include "sys/clock.h"

namespace curbstop {

class Progress {
 public:
  static constexpr Ticks kMostPerLook = std::chrono::seconds(5);

  Progress(Ticks now, Ticks floor) : last_look_(now), floor_(floor) {}

  // Called several times a second with Clock::Awake().
  void Look(Ticks now, bool sign_of_life);
  bool Hangs() const { return silence_ >= Limit(); }
  Ticks silence() const { return silence_; }
  Ticks Limit() const;

 private:
  Ticks last_look_;
  Ticks floor_;
  Ticks silence_{0};
  Ticks longest_{0};
};

}  // namespace curbstop
