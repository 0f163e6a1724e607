#include "base/money.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr int64_t kMicrosPerUsd = 1'000'000;
constexpr int64_t kMostUsd = 1'000'000'000;
constexpr int64_t kMillisPerHour = 3'600'000;

uint64_t Magnitude(int64_t value) {
  return value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

Error BadAmount(std::string_view text, std::string_view why) {
  return InvalidInput(fmt::format("`{}` is not an amount of money: {}", Printable(text), why))
      .WithHint("write it as `40 USD` or `0.18 USD`");
}

std::string_view WithoutCurrency(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('$')) return Trim(text.substr(1));
  if (text.ends_with("USD")) return Trim(text.substr(0, text.size() - 3));
  return text;
}

// `40 EUR`, `€40`, `40 usd`: digits beside letters or signs that stand for no number.
bool NamesACurrency(std::string_view number) {
  const auto is_of_number = [](char c) {
    return IsDigit(c) || c == '.' || c == ',' || c == '-' || c == '+' || c == ' ';
  };
  const bool has_digit = std::any_of(number.begin(), number.end(), IsDigit);
  const bool begins = !number.empty() && !is_of_number(number.front());
  const bool ends = !number.empty() && !is_of_number(number.back());
  return has_digit && (begins || ends);
}

}  // namespace

MicroUsd CostOf(MicroUsd per_hour, std::chrono::milliseconds time) {
  CHECK(per_hour.value() >= 0 && time.count() >= 0);
  int64_t product = 0;
  const bool fits = !__builtin_mul_overflow(per_hour.value(), time.count(), &product) &&
                    !__builtin_add_overflow(product, kMillisPerHour - 1, &product);
  if (fits) return MicroUsd(product / kMillisPerHour);
  // Whole hours, then the rest of the time in two parts of the rate: only the last is not exact,
  // and none of the products leaves 63 bits unless the sum does.
  const int64_t rest = time.count() % kMillisPerHour;
  int64_t hours_cost = 0;
  CHECK(!__builtin_mul_overflow(per_hour.value(), time.count() / kMillisPerHour, &hours_cost));
  const int64_t rest_cost = per_hour.value() / kMillisPerHour * rest;
  const int64_t fraction = per_hour.value() % kMillisPerHour * rest;
  const int64_t rounded_up = fraction / kMillisPerHour + (fraction % kMillisPerHour != 0 ? 1 : 0);
  return MicroUsd(hours_cost) + MicroUsd(rest_cost) + MicroUsd(rounded_up);
}

std::string ExactUsdText(MicroUsd amount) {
  const int64_t value = amount.value();
  const uint64_t magnitude = Magnitude(value);
  return fmt::format("{}{}.{:06}", value < 0 ? "-" : "", magnitude / kMicrosPerUsd,
                     magnitude % kMicrosPerUsd);
}

std::string UsdText(MicroUsd amount) {
  const int64_t value = amount.value();
  constexpr uint64_t kMicrosPerCent = 10'000;
  if (value == 0 || Magnitude(value) >= kMicrosPerCent) {
    const uint64_t cents = (Magnitude(value) + kMicrosPerCent / 2) / kMicrosPerCent;
    return fmt::format("{}{}.{:02}", value < 0 ? "-" : "", cents / 100, cents % 100);
  }
  std::string text = ExactUsdText(amount);
  while (text.ends_with('0')) text.pop_back();
  return text;
}

std::string UsdTextUp(MicroUsd amount) {
  constexpr int64_t kMicrosPerCent = 10'000;
  const int64_t over = amount.value() % kMicrosPerCent;
  if (amount.value() < kMicrosPerCent || over == 0) return UsdText(amount);
  return UsdText(amount + MicroUsd(kMicrosPerCent - over));
}

Result<MicroUsd> ParseUsd(std::string_view text) {
  const std::string_view number = WithoutCurrency(text);
  if (NamesACurrency(number)) return BadAmount(text, "only USD is understood");
  const size_t point = number.find('.');
  const std::string_view whole = number.substr(0, point);
  const std::string_view decimals = point == number.npos ? "" : number.substr(point + 1);
  if (whole.empty() || !IsDigits(whole)) return BadAmount(text, "expected digits");
  if (point != number.npos && !IsDigits(decimals))
    return BadAmount(text, "expected digits after the point");
  if (decimals.size() > 6) return BadAmount(text, "at most six decimals are kept");
  if (whole.size() > 10 || std::strtoll(std::string(whole).c_str(), nullptr, 10) > kMostUsd) {
    return BadAmount(text, "more than 1000000000 USD");
  }
  std::string digits(decimals);
  digits.resize(6, '0');
  return MicroUsd(std::strtoll(std::string(whole).c_str(), nullptr, 10) * kMicrosPerUsd +
                  std::strtoll(digits.c_str(), nullptr, 10));
}

}  // namespace curbstop
