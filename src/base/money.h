// Money is an integer of micro-dollars (10^-6 USD), never a double.
//
// Whoever spends rounds up: a reserve or a cost is never below the exact product. 63 bits hold
// nine million million dollars; arithmetic that leaves them is a CHECK, and what users type is
// limited to 10^9 USD by ParseUsd.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/result.h"

namespace curbstop {

class MicroUsd {
 public:
  constexpr MicroUsd() = default;
  constexpr explicit MicroUsd(int64_t value) : value_(value) {}

  constexpr int64_t value() const { return value_; }
  constexpr auto operator<=>(const MicroUsd&) const = default;

  MicroUsd operator+(MicroUsd other) const {
    int64_t sum = 0;
    CHECK(!__builtin_add_overflow(value_, other.value_, &sum));
    return MicroUsd(sum);
  }
  MicroUsd operator-(MicroUsd other) const {
    int64_t difference = 0;
    CHECK(!__builtin_sub_overflow(value_, other.value_, &difference));
    return MicroUsd(difference);
  }
  MicroUsd& operator+=(MicroUsd other) { return *this = *this + other; }

 private:
  int64_t value_ = 0;
};

// rate x time, rounded up to the next micro-dollar. Both must be at least 0.
MicroUsd CostOf(MicroUsd per_hour, std::chrono::milliseconds time);

// "2.34" for amounts of a cent or more, else as many decimals as it takes ("0.00031"); "0.00".
std::string UsdText(MicroUsd amount);

// The same with whole cents rounded up: for worst cases and limits.
std::string UsdTextUp(MicroUsd amount);

// Exactly as stored: "2.340001".
std::string ExactUsdText(MicroUsd amount);

// "40", "40 USD", "$40", "0.18". At most six decimals, 0 .. 10^9 USD.
// Errors: kInvalidInput.
Result<MicroUsd> ParseUsd(std::string_view text);

}  // namespace curbstop
