#include "base/units.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kSizeUnits[] = {
    {"", 1},
    {"b", 1},
    {"kb", 1e3},
    {"mb", 1e6},
    {"gb", 1e9},
    {"tb", 1e12},
    {"kib", 1024.0},
    {"mib", 1048576.0},
    {"gib", 1073741824.0},
    {"tib", 1099511627776.0},
};

constexpr Unit kTimeUnits[] = {
    {"ms", 1},         {"s", 1000},         {"sec", 1000},        {"m", 60'000},
    {"min", 60'000},   {"h", 3'600'000},    {"hour", 3'600'000},  {"hours", 3'600'000},
    {"d", 86'400'000}, {"day", 86'400'000}, {"days", 86'400'000},
};

const Unit* FindUnit(std::span<const Unit> units, std::string_view name) {
  const std::string lower = Lower(name);
  for (const Unit& unit : units) {
    if (unit.name == lower) return &unit;
  }
  return nullptr;
}

// Takes one "12.5 h" off the front; empty if there is none.
std::optional<double> TakeQuantity(std::string_view& text, std::span<const Unit> units) {
  text = Trim(text);
  size_t digits = 0;
  while (digits < text.size() && (IsDigit(text[digits]) || text[digits] == '.')) ++digits;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (digits == 0 || error != std::errc() || end != text.data() + digits) return std::nullopt;
  text = Trim(text.substr(digits));
  size_t letters = 0;
  while (letters < text.size() && IsLetter(text[letters])) ++letters;
  const Unit* unit = FindUnit(units, text.substr(0, letters));
  if (unit == nullptr) return std::nullopt;
  text = Trim(text.substr(letters));
  return number * unit->factor;
}

// Up to the next integer; 64.1 kB is 64100 bytes although its product is a hair above.
int64_t RoundedUp(double value) {
  const double nearest = std::round(value);
  const bool is_noise = std::fabs(value - nearest) <= nearest * 1e-12;
  return static_cast<int64_t>(is_noise ? nearest : std::ceil(value));
}

std::string Rounded(double value, std::string_view unit) {
  const std::string text = fmt::format("{:.1f}", value);
  return fmt::format("{} {}", text.ends_with(".0") ? text.substr(0, text.size() - 2) : text, unit);
}

}  // namespace

Result<Bytes> ParseBytes(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> size = TakeQuantity(rest, kSizeUnits);
  if (!size || !rest.empty()) {
    return InvalidInput(fmt::format("`{}` is not a size", Printable(text)))
        .WithHint("write it as `10GB` (powers of 1000) or `10GiB` (powers of 1024)");
  }
  if (*size > std::ldexp(1.0, 60)) {
    return InvalidInput(fmt::format("`{}` is above 2^60 bytes", Printable(text)));
  }
  return Bytes{RoundedUp(*size)};
}

Result<Millis> ParseDuration(std::string_view text) {
  constexpr double kMost = 10.0 * 366 * 86'400'000;
  std::string_view rest = text;
  double total = 0;
  do {
    const std::optional<double> part = TakeQuantity(rest, kTimeUnits);
    if (!part) {
      return InvalidInput(fmt::format("`{}` is not a duration", Printable(text)))
          .WithHint("write it as `90 s`, `15 min`, `12 h` or `2 d`");
    }
    total += *part;
  } while (!rest.empty());
  if (total > kMost) return InvalidInput(fmt::format("`{}` is above 10 years", Printable(text)));
  return Millis(RoundedUp(total));
}

std::string BytesText(Bytes size) {
  constexpr std::string_view kNames[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(size.value);
  size_t unit = 0;
  // 1023.95 would be shown as "1024".
  while (std::fabs(value) >= (unit == 0 ? 1024 : 1023.95) && unit + 1 < std::size(kNames))
    value /= 1024, ++unit;
  return Rounded(value, kNames[unit]);
}

std::string SizeText(Bytes size) {
  constexpr int64_t kGiga = 1'000'000'000;
  constexpr int64_t kMega = 1'000'000;
  const bool binary = size.value % (int64_t{1} << 20) == 0;
  if (size.value > 0 && !binary && size.value % kGiga == 0)
    return fmt::format("{} GB", size.value / kGiga);
  if (size.value > 0 && !binary && size.value % kMega == 0)
    return fmt::format("{} MB", size.value / kMega);
  return BytesText(size);
}

std::string DurationText(Millis time) {
  constexpr std::pair<int64_t, std::string_view> kParts[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1000, "s"}};
  int64_t rest = time.count();
  if (rest < 0) return "-" + DurationText(-time);
  if (rest < 1000) return fmt::format("{} ms", rest);
  if (rest < 10'000) return Rounded(static_cast<double>(rest) / 1000, "s");
  std::string text;
  int shown = 0;
  for (const auto& [millis, name] : kParts) {
    const int64_t count = rest / millis;
    rest %= millis;
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : " ", count, name);
    if (!text.empty() && ++shown == 2) break;
  }
  return text;
}

}  // namespace curbstop
