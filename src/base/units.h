// Sizes and durations as people write them.
//
// Sizes: decimal (kB, MB, GB, TB = powers of 1000) and binary (KiB, MiB, GiB, TiB); a bare number
// is bytes. Durations: ms, s, min, h, d, with or without a space, parts added up ("1 h 30 min").
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop {

struct Bytes {
  int64_t value = 0;
  constexpr auto operator<=>(const Bytes&) const = default;
};

constexpr Bytes KiB(int64_t n) { return {n << 10}; }
constexpr Bytes MiB(int64_t n) { return {n << 20}; }
constexpr Bytes GiB(int64_t n) { return {n << 30}; }

using Millis = std::chrono::milliseconds;

// Errors: kInvalidInput if it is no size, negative, or above 2^60.
Result<Bytes> ParseBytes(std::string_view text);

// Errors: kInvalidInput if it is no duration, negative, or above 10 years.
Result<Millis> ParseDuration(std::string_view text);

// "4.5 GiB", "512 B": binary units, at most one decimal.
std::string BytesText(Bytes size);

// As people write it where the size is whole that way: "10 GB", "16 GiB"; else as BytesText.
std::string SizeText(Bytes size);

// "1 h 30 min", "45 s", "2 d 3 h", "350 ms": the two largest parts.
std::string DurationText(Millis time);

}  // namespace curbstop
