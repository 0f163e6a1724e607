#include "fit/internal/log_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "fit/checked.h"
#include "fit/truth.h"

namespace curbstop::fit {
namespace {

bool IsWord(char c) { return IsDigit(c) || IsLetter(c) || c == '_' || c == '.'; }

// Behind the "=" of "KEY   =", or npos.
size_t BehindEquals(std::string_view line, std::string_view key) {
  for (size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    if (at > 0 && IsWord(line[at - 1])) continue;
    const size_t equals = line.find_first_not_of(' ', at + key.size());
    if (equals != std::string_view::npos && line[equals] == '=') return equals + 1;
  }
  return std::string_view::npos;
}

std::string_view NumberText(std::string_view text) {
  const size_t start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return "";
  size_t end = start;
  while (end < text.size() && (IsDigit(text[end]) || text[end] == '.')) ++end;
  return text.substr(start, end - start);
}

// Both engines divide by 1024 and, in their earlier versions, called the result KB, MB and GB.
std::string_view BinaryUnit(std::string_view unit) {
  if (unit == "KB") return "KiB";
  if (unit == "MB") return "MiB";
  if (unit == "GB") return "GiB";
  return unit;
}

}  // namespace

std::optional<double> NumberAt(std::string_view text) {
  const std::string_view digits = NumberText(text);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number >= 1e18) return std::nullopt;
  return number;
}

std::optional<std::string_view> LoggedText(std::string_view line, std::string_view key) {
  const size_t at = BehindEquals(line, key);
  if (at == std::string_view::npos) return std::nullopt;
  return Trim(line.substr(at));
}

std::optional<double> LoggedNumber(std::string_view line, std::string_view key) {
  const auto text = LoggedText(line, key);
  return text ? NumberAt(*text) : std::nullopt;
}

std::optional<LoggedSize> SizeAt(std::string_view text, std::string_view unit) {
  const std::string_view digits = NumberText(text);
  const auto number = NumberAt(text);
  if (!number) return std::nullopt;
  std::string_view rest = text.substr(static_cast<size_t>(digits.end() - text.begin()));
  rest = Trim(rest);
  size_t letters = 0;
  while (letters < rest.size() && IsLetter(rest[letters])) ++letters;
  const std::string_view own = rest.substr(0, letters);
  const auto scale = ScaleOf(unit.empty() ? BinaryUnit(own) : unit);
  if (!scale || *number * *scale >= static_cast<double>(kMostBytes)) return std::nullopt;
  LoggedSize size;
  size.bytes = std::llround(*number * *scale);
  size.rounding = *scale == 1 ? 0 : std::llround(std::ceil(RoundingOf(digits) * *scale));
  return size;
}

bool NextLine(std::string_view text, size_t& at, std::string_view& line) {
  if (at >= text.size()) return false;
  const size_t end = std::min(text.find('\n', at), text.size());
  line = text.substr(at, std::min(end - at, kMostLogLine));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  at = end + 1;
  return true;
}

void AddRun(EngineLog& log, LogRun run) {
  if (log.runs.size() >= kMostLogRuns) {
    ++log.runs_left_out;
    return;
  }
  log.runs.push_back(std::move(run));
}

}  // namespace curbstop::fit
