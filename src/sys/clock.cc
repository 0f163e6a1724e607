#include "sys/clock.h"

#include <condition_variable>
#include <ctime>
#include <mutex>

namespace curbstop {
namespace {

Ticks Read(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

int64_t RealClock::WallMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Read(CLOCK_REALTIME)).count();
}

Ticks RealClock::Boot() const { return Read(CLOCK_BOOTTIME); }
Ticks RealClock::Awake() const { return Read(CLOCK_MONOTONIC); }

bool RealClock::Wait(std::chrono::nanoseconds time, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace curbstop
