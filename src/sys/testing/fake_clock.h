// A clock that stands still until a test moves it. Threads: one.
#pragma once

#include "sys/clock.h"

namespace curbstop {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t wall_ms = 1'764'000'000'000) : wall_ms_(wall_ms) {}

  int64_t WallMs() const override { return wall_ms_; }
  Ticks Boot() const override { return boot_; }
  Ticks Awake() const override { return awake_; }
  bool Wait(std::chrono::nanoseconds time, std::stop_token stop = {}) override;

  void Advance(std::chrono::nanoseconds time);      // all three
  void Sleep(std::chrono::nanoseconds time);        // the computer sleeps: awake time stands still
  void JumpWall(std::chrono::milliseconds change);  // somebody sets the clock

 private:
  int64_t wall_ms_;
  Ticks boot_{0};
  Ticks awake_{0};
};

}  // namespace curbstop
