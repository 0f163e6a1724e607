// The three clocks that matter, behind one contract.
//
// Wall time dates records and budgets; it can jump. Boot time measures leases and deadlines: it
// never jumps and counts the computer's sleep. Awake time measures a program's own progress: it
// stands still while the computer sleeps.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace curbstop {

using Ticks = std::chrono::nanoseconds;  // since some fixed moment of this boot

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t WallMs() const = 0;  // since 1970-01-01T00:00:00Z
  virtual Ticks Boot() const = 0;
  virtual Ticks Awake() const = 0;
  // Returns early, and false, when a stop is asked for.
  virtual bool Wait(std::chrono::nanoseconds time, std::stop_token stop = {}) = 0;
};

class RealClock final : public Clock {
 public:
  int64_t WallMs() const override;
  Ticks Boot() const override;
  Ticks Awake() const override;
  bool Wait(std::chrono::nanoseconds time, std::stop_token stop = {}) override;
};

}  // namespace curbstop
