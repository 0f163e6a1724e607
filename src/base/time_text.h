// Points in time, as milliseconds since 1970-01-01T00:00:00Z, to text and back. Always UTC: the
// budget's month is a UTC calendar month, so that a traveller's cap does not move.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop {

std::string UtcText(int64_t at_ms);    // "2026-11-24T17:05:09Z"
std::string ClockText(int64_t at_ms);  // "17:05:09"
std::string DateText(int64_t at_ms);   // "2026-11-24"

// First millisecond of the calendar month that holds `at_ms`, and of the next one.
int64_t MonthStart(int64_t at_ms);
int64_t NextMonthStart(int64_t at_ms);

// "2026-11-24" → midnight UTC. Errors: kInvalidInput.
Result<int64_t> ParseDate(std::string_view text);

}  // namespace curbstop
