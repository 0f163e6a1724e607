#include "cloud/mark.h"

#include <charconv>

#include <fmt/format.h>

#include "base/ids.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr std::string_view kVersion = "cs1";

std::optional<int64_t> ParseHex(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  const bool whole = error == std::errc() && end == text.data() + text.size() && value >= 0;
  if (!whole || fmt::format("{:x}", value) != text) return {};
  return value;
}

}  // namespace

std::string MarkText(const Mark& mark) {
  return fmt::format("{}-{}-{:x}-{:x}", kVersion, mark.run, mark.expires_s, mark.per_hour.value());
}

std::optional<Mark> ParseMark(std::string_view text) {
  const std::vector<std::string> parts = Split(std::string(text), '-');
  if (parts.size() != 4 || parts[0] != kVersion || !IsRunId(parts[1])) return {};
  const std::optional<int64_t> expires = ParseHex(parts[2]);
  const std::optional<int64_t> rate = ParseHex(parts[3]);
  if (!expires || !rate) return {};
  return Mark{.run = parts[1], .expires_s = *expires, .per_hour = MicroUsd(*rate)};
}

int64_t MarkSeconds(int64_t at_ms) { return at_ms / 1000 + (at_ms % 1000 > 0 ? 1 : 0); }

}  // namespace curbstop
