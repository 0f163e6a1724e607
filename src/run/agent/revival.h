// When to start a supervisor again that is gone: at once, then with pauses of 1, 2, 4 … 60 s
// between starts, without end; from the beginning once one has lived for a minute.
//
// Without end, because the step's outputs are committed by a supervisor alone: whatever keeps one
// from starting today (a full disk, a program being replaced) may be over tomorrow.
#pragma once

#include <chrono>

#include "sys/clock.h"

namespace curbstop {

class Revival {
 public:
  static constexpr Ticks kFirstPause = std::chrono::seconds(1);
  static constexpr Ticks kLongestPause = std::chrono::seconds(60);
  static constexpr Ticks kLongLife = std::chrono::seconds(60);

  // Called about once a second with Clock::Awake(). True: start one now.
  bool Look(Ticks now, bool alive);

 private:
  Ticks next_start_{0};
  Ticks pause_ = kFirstPause;
  Ticks alive_since_{-1};  // below zero: it is not
};

}  // namespace curbstop
