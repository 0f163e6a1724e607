// The way between home and a rented machine: how fast files travel there and back.
#pragma once

#include <cstdint>

#include "base/units.h"

namespace curbstop {

inline constexpr int64_t kAssumedBytesPerS = 12'500'000;  // 100 Mbit/s, until one was measured

struct Link {
  int64_t bytes_per_s = kAssumedBytesPerS;  // at least 1
  bool is_measured = false;
};

// In whole seconds, and never none for something: below that the way there and back counts most.
constexpr Millis TimeToMove(Bytes size, const Link& link) {
  return std::chrono::seconds(size.value > 0 ? size.value / link.bytes_per_s + 1 : 0);
}

}  // namespace curbstop
