#include "sys/testing/fake_clock.h"

namespace curbstop {

bool FakeClock::Wait(std::chrono::nanoseconds time, std::stop_token stop) {
  Advance(time);
  return !stop.stop_requested();
}

void FakeClock::Advance(std::chrono::nanoseconds time) {
  Sleep(time);
  awake_ += time;
}

void FakeClock::Sleep(std::chrono::nanoseconds time) {
  wall_ms_ += std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  boot_ += time;
}

void FakeClock::JumpWall(std::chrono::milliseconds change) { wall_ms_ += change.count(); }

}  // namespace curbstop
