#include "base/time_text.h"

#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_time;
using std::chrono::year_month_day;

year_month_day DayOf(int64_t at_ms) {
  return year_month_day(floor<std::chrono::days>(sys_time<milliseconds>(milliseconds(at_ms))));
}

int64_t MillisOf(year_month_day day) {
  return sys_time<milliseconds>(std::chrono::sys_days(day)).time_since_epoch().count();
}

}  // namespace

std::string DateText(int64_t at_ms) {
  const year_month_day day = DayOf(at_ms);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::string ClockText(int64_t at_ms) {
  const int64_t seconds = (at_ms - MillisOf(DayOf(at_ms))) / 1000;
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string UtcText(int64_t at_ms) {
  return fmt::format("{}T{}Z", DateText(at_ms), ClockText(at_ms));
}

int64_t MonthStart(int64_t at_ms) {
  const year_month_day day = DayOf(at_ms);
  return MillisOf(day.year() / day.month() / 1);
}

int64_t NextMonthStart(int64_t at_ms) {
  const year_month_day day = DayOf(at_ms);
  return MillisOf((day.year() / day.month() + std::chrono::months(1)) / 1);
}

Result<int64_t> ParseDate(std::string_view text) {
  const std::vector<std::string> parts = Split(text, '-');
  const bool shaped = parts.size() == 3 && parts[0].size() == 4 && parts[1].size() == 2 &&
                      parts[2].size() == 2 && IsDigits(parts[0]) && IsDigits(parts[1]) &&
                      IsDigits(parts[2]);
  if (shaped) {
    const auto number = [](const std::string& part) { return std::atoi(part.c_str()); };
    const auto day = std::chrono::year(number(parts[0])) /
                     std::chrono::month(static_cast<unsigned>(number(parts[1]))) /
                     std::chrono::day(static_cast<unsigned>(number(parts[2])));
    if (day.ok()) return MillisOf(day);
  }
  return InvalidInput(fmt::format("`{}` is not a date like `2026-11-24`", Printable(text)));
}

}  // namespace curbstop
