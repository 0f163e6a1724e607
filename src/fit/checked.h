// Arithmetic on sizes that cannot wrap: 128 bits wide while it lasts, clamped to 2^60 bytes where
// it becomes a number of bytes. 2^60 is no computer's memory, so a clamped figure is seen for what
// it is: TooLarge() turns it into an error.
#pragma once

#include <cstdint>

namespace curbstop::fit {

__extension__ using Wide = __int128;

inline constexpr int64_t kMostBytes = int64_t{1} << 60;

constexpr int64_t Clamp(Wide value) {
  if (value < 0) return 0;
  return value > kMostBytes ? kMostBytes : static_cast<int64_t>(value);
}

constexpr bool TooLarge(int64_t bytes) { return bytes >= kMostBytes; }

constexpr Wide CeilDiv(Wide value, Wide by) { return (value + by - 1) / by; }
constexpr Wide RoundUp(Wide value, Wide to) { return CeilDiv(value, to) * to; }

// A share of a size in double arithmetic, for figures that are no exact counts.
constexpr int64_t Scale(int64_t bytes, double factor) {
  const double product = static_cast<double>(bytes) * factor;
  if (!(product > 0)) return 0;
  return product > static_cast<double>(kMostBytes) ? kMostBytes : static_cast<int64_t>(product);
}

}  // namespace curbstop::fit
