#include "market/bid_law.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"

namespace curbstop {
namespace {

CURBSTOP_EMBEDDED(bids_csv, BidsCsv)

constexpr std::string_view kColumns =
    "provider,usual_percent,avoidable_percent,halving_percent,grade,notes,source,as_of";

Result<int64_t> ReadPercent(std::string_view field, int64_t least, int64_t most, int line) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool is_whole = error == std::errc() && end == field.data() + field.size();
  if (is_whole && value >= least && value <= most) return value;
  return InvalidInput(fmt::format("line {}: `{}` is not a whole number from {} to {}", line,
                                  Printable(field), least, most));
}

Result<BidLaw> ReadLaw(const CsvFields& fields, int line) {
  BidLaw law{.provider = std::string(fields[0]),
             .grade = std::string(fields[4]),
             .notes = std::string(fields[5]),
             .source = std::string(fields[6]),
             .as_of = std::string(fields[7])};
  TRY_ASSIGN(law.usual_percent, ReadPercent(fields[1], 0, 1000, line));
  TRY_ASSIGN(law.avoidable_percent, ReadPercent(fields[2], 0, 100, line));
  TRY_ASSIGN(law.halving_percent, ReadPercent(fields[3], 1, 1000, line));
  const bool is_graded = law.grade == "assumed" || law.grade == "measured";
  if (is_graded && !law.provider.empty()) return law;
  return InvalidInput(
      fmt::format("line {}: `{}` is neither assumed nor measured", line, Printable(law.grade)));
}

}  // namespace

double LossesBeside(const BidLaw& law, double above_percent) {
  const double avoidable = static_cast<double>(law.avoidable_percent) / 100;
  const double halvings = (above_percent - static_cast<double>(law.usual_percent)) /
                          static_cast<double>(law.halving_percent);
  return 1 - avoidable + avoidable * std::exp2(-halvings);
}

Result<std::vector<BidLaw>> ReadBidLaws(std::string_view csv) {
  std::vector<BidLaw> laws;
  TRY(ForEachRecord(csv, kColumns, [&](const CsvFields& fields, int line) -> Status {
    TRY_ASSIGN(BidLaw law, ReadLaw(fields, line));
    const bool is_again = std::ranges::find(laws, law.provider, &BidLaw::provider) != laws.end();
    if (is_again) return InvalidInput(fmt::format("line {}: a second row of its provider", line));
    laws.push_back(std::move(law));
    return {};
  }));
  return laws;
}

const BidLaw* BundledBidLaw(std::string_view provider) {
  static const std::vector<BidLaw> kLaws = [] {
    Result<std::vector<BidLaw>> laws = ReadBidLaws(BidsCsv());
    CHECK(laws.ok());
    return *std::move(laws);
  }();
  const auto found = std::ranges::find(kLaws, provider, &BidLaw::provider);
  return found == kLaws.end() ? nullptr : &*found;
}

}  // namespace curbstop
