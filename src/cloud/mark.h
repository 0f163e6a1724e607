// The mark on everything that is rented: whose it is, when it is over at the latest, what it costs.
// It stands in the machine's name or label, so that whoever sweeps an account needs no database.
//
//   cs1-<run, 10 letters>-<expiry, unix seconds in hex>-<micro-dollars per hour in hex>
//
// Source: docs/contracts.md §3. Hex is lower case, without leading zeros.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/money.h"

namespace curbstop {

struct Mark {
  std::string run;  // IsRunId
  int64_t expires_s = 0;
  MicroUsd per_hour;

  bool operator==(const Mark&) const = default;
};

std::string MarkText(const Mark& mark);

// Empty where the text is no mark: somebody else's name. What MarkText writes is read back, and
// nothing else is read.
std::optional<Mark> ParseMark(std::string_view text);

// The expiry in whole seconds, rounded up: a mark never ends before its lease.
int64_t MarkSeconds(int64_t at_ms);

}  // namespace curbstop
