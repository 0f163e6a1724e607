// Names for runs and requests: short, sortable by nothing, safe in file names, labels and URLs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace curbstop {

inline constexpr size_t kRunIdLength = 10;

// Ten letters of Crockford's base 32 in lower case (no i, l, o, u), 50 random bits: the mark on a
// rented machine carries it whole. `random` holds at least 7 bytes.
std::string RunIdFrom(std::span<const unsigned char> random);

bool IsRunId(std::string_view text);

}  // namespace curbstop
