#include "run/agent/lease_watch.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kFarFuture = int64_t{100} * 365 * 86400;  // in ns it still fits 63 bits

}  // namespace

std::optional<int64_t> ParseLease(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (!IsDigits(text) || text.size() > 13) return std::nullopt;
  int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds;
}

std::optional<Ticks> ReadUptime(const std::filesystem::path& uptime) {
  const Result<std::string> text = ReadFile(uptime, 4096);
  if (!text.ok()) return std::nullopt;
  double seconds = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (read.ec != std::errc()) return std::nullopt;
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

std::optional<Ticks> LeaseWatch::Left() {
  const Result<std::string> text = ReadFile(lease_, 4096);
  if (const auto end = text.ok() ? ParseLease(*text) : std::nullopt) end_s_ = end;
  const std::optional<Ticks> now = ReadUptime(uptime_);
  if (!end_s_ || !now) return std::nullopt;
  return std::chrono::seconds(std::min(*end_s_, kFarFuture)) - *now;
}

}  // namespace curbstop
