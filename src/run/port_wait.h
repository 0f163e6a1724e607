// What a supervisor does about a port that its step's client holds on to, while another program has
// taken it: that one may be gone in a moment, so the port is tried again for a minute; then another
// one serves the next attempt.
#pragma once

#include <chrono>
#include <optional>

#include "sys/clock.h"

namespace curbstop {

class PortWait {
 public:
  static constexpr Ticks kPause = std::chrono::seconds(1);
  static constexpr Ticks kPatience = std::chrono::seconds(60);
  enum class Next { kNothingYet, kOwnPort, kAnyPort };

  Next Look(Ticks now) const;
  // The port was taken at `now`.
  void Taken(Ticks now);
  bool waits() const { return taken_since_.has_value(); }

 private:
  std::optional<Ticks> taken_since_;
  Ticks next_try_{0};
};

}  // namespace curbstop
