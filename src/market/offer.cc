#include "market/offer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"
#include "base/time_text.h"

namespace curbstop {
namespace {

CURBSTOP_EMBEDDED(offers_csv, EmbeddedOffers)

constexpr int64_t kMicrosPerUsd = 1'000'000;
constexpr double kMostGpus = 4096;
constexpr double kMostVcpus = 1 << 20;
constexpr double kMostGib = 1 << 24;

enum Column {
  kProvider,
  kRegion,
  kZone,
  kType,
  kGpuName,
  kGpuCount,
  kGpuMemory,
  kVcpus,
  kMemory,
  kPrice,
  kSpotPrice,
  kSource,
  kAsOf,
  kLicenceNote,
  kColumns
};

const std::vector<std::string>& ColumnNames() {
  static const std::vector<std::string> names = {"provider",
                                                 "region",
                                                 "zone",
                                                 "instance_type",
                                                 "gpu_name",
                                                 "gpu_count",
                                                 "gpu_memory_gib_per_gpu",
                                                 "vcpus",
                                                 "memory_gib",
                                                 "price_usd_per_hour",
                                                 "spot_price_usd_per_hour",
                                                 "source",
                                                 "as_of",
                                                 "licence_note"};
  return names;
}

using Positions = std::array<std::optional<size_t>, kColumns>;

Result<Positions> ReadHeader(std::span<const std::string_view> fields) {
  Positions at;
  const std::vector<std::string>& names = ColumnNames();
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), fields[i]);
    if (found == names.end()) {
      return InvalidInput(fmt::format("line 1: `{}` is not a column of an offers file{}",
                                      Printable(fields[i]), DidYouMean(fields[i], names)))
          .WithHint(fmt::format("the columns are {}", Join(names, ", ")));
    }
    std::optional<size_t>& position = at[static_cast<size_t>(found - names.begin())];
    if (position)
      return InvalidInput(fmt::format("line 1: the column `{}` stands there twice", *found));
    position = i;
  }
  for (size_t column = 0; column < kLicenceNote; ++column) {
    if (at[column]) continue;
    return InvalidInput(fmt::format("line 1: the column `{}` is missing", names[column]))
        .WithHint(fmt::format("the columns are {}", Join(names, ", ")));
  }
  return at;
}

// One record's fields by column, and the errors that name them.
class Row {
 public:
  Row(std::span<const std::string_view> fields, const Positions& at, int line)
      : fields_(fields), at_(at), line_(line) {}

  Error Bad(Column column, std::string_view expected) const {
    return InvalidInput(fmt::format("line {}, column `{}`: `{}` is not {}", line_,
                                    ColumnNames()[column], Printable(Field(column)), expected));
  }

  Result<std::string> Name(Column column) const {
    const std::string_view field = Field(column);
    const bool plain =
        std::all_of(field.begin(), field.end(), [](char c) { return c >= ' ' && c < 0x7F; });
    if (!plain && (Printable(field) != field)) return Bad(column, "printable UTF-8");
    return std::string(field);
  }

  Result<std::string> NameThatMustBe(Column column) const {
    if (Field(column).empty()) return Bad(column, "a name: it is empty");
    return Name(column);
  }

  // Above 0 and at most `most`; empty where the field is.
  Result<std::optional<double>> Number(Column column, double most) const {
    const std::string_view field = Field(column);
    if (field.empty()) return std::optional<double>();
    double value = 0;
    const auto [end, error] =
        std::from_chars(field.data(), field.data() + field.size(), value, std::chars_format::fixed);
    const bool whole = error == std::errc() && end == field.data() + field.size();
    if (!whole || !(value > 0) || !(value <= most)) {
      return Bad(column, fmt::format("a number above 0 and up to {:.0f}", most));
    }
    return std::optional<double>(value);
  }

  Result<std::optional<Bytes>> Gib(Column column) const {
    TRY_ASSIGN(const std::optional<double> gib, Number(column, kMostGib));
    if (!gib) return std::optional<Bytes>();
    return std::optional<Bytes>(Bytes{std::llround(std::ldexp(*gib, 30))});
  }

  // Digits, at most six of them after a point, at most kDearestOffer.
  Result<std::optional<MicroUsd>> Price(Column column) const {
    const std::string_view field = Field(column);
    if (field.empty()) return std::optional<MicroUsd>();
    const size_t point = std::min(field.find('.'), field.size());
    const std::string_view whole = field.substr(0, point);
    const std::string_view decimals = field.substr(std::min(point + 1, field.size()));
    const bool good = whole.size() <= 7 && IsDigits(whole) && decimals.size() <= 6 &&
                      (point == field.size() || IsDigits(decimals));
    int64_t micros = 0;
    for (size_t i = 0; good && i < 6; ++i)
      micros = micros * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
    int64_t dollars = 0;
    for (size_t i = 0; good && i < whole.size(); ++i) dollars = dollars * 10 + (whole[i] - '0');
    const MicroUsd price(dollars * kMicrosPerUsd + micros);
    if (!good || price > kDearestOffer) {
      return Bad(
          column,
          "a price in USD per hour (digits, at most six of them after the point, up to 1000000)");
    }
    return std::optional<MicroUsd>(price);
  }

  // `known` is the date last seen to be good: neighbouring rows mostly share it.
  Result<std::string> Date(Column column, std::string& known) const {
    const std::string_view field = Field(column);
    if (field == known) return known;
    if (!ParseDate(field).ok()) return Bad(column, "a date like 2026-10-31");
    return known = field;
  }

 private:
  std::string_view Field(Column column) const { return fields_[*at_[column]]; }

  std::span<const std::string_view> fields_;
  const Positions& at_;
  int line_;
};

Result<Offer> ReadOffer(const Row& row, std::string& known_date) {
  Offer offer;
  TRY_ASSIGN(const std::string provider, row.NameThatMustBe(kProvider));
  offer.provider = DriverNameOf(provider);
  TRY_ASSIGN(offer.region, row.Name(kRegion));
  TRY_ASSIGN(offer.zone, row.Name(kZone));
  TRY_ASSIGN(offer.type, row.NameThatMustBe(kType));
  TRY_ASSIGN(offer.gpu_name, row.Name(kGpuName));
  TRY_ASSIGN(const std::optional<double> gpus, row.Number(kGpuCount, kMostGpus));
  if (gpus.has_value() == offer.gpu_name.empty()) {
    return row.Bad(kGpuCount, offer.gpu_name.empty() ? "empty, as `gpu_name` is"
                                                     : "the number of GPUs that `gpu_name` needs");
  }
  offer.gpu_count = gpus.value_or(0);
  TRY_ASSIGN(offer.gpu_memory, row.Gib(kGpuMemory));
  TRY_ASSIGN(offer.vcpus, row.Number(kVcpus, kMostVcpus));
  TRY_ASSIGN(offer.memory, row.Gib(kMemory));
  TRY_ASSIGN(offer.per_hour, row.Price(kPrice));
  TRY_ASSIGN(offer.spot_per_hour, row.Price(kSpotPrice));
  TRY_ASSIGN(offer.source, row.NameThatMustBe(kSource));
  TRY_ASSIGN(offer.as_of, row.Date(kAsOf, known_date));
  return offer;
}

}  // namespace

Result<std::vector<Offer>> ParseOffers(std::string_view csv) {
  CsvReader reader(csv);
  std::vector<std::string_view> fields;
  TRY_ASSIGN(const bool has_header, reader.Next(fields));
  if (!has_header)
    return InvalidInput("line 1: the file is empty")
        .WithHint("it must begin with the names of its columns");
  TRY_ASSIGN(const Positions at, ReadHeader(fields));
  const size_t width = fields.size();
  std::vector<Offer> offers;
  offers.reserve(csv.size() / 64);  // the shipped rows have 90 bytes on average
  std::string known_date;
  for (;;) {
    TRY_ASSIGN(const bool more, reader.Next(fields));
    if (!more) return offers;
    if (fields.size() != width) {
      return InvalidInput(fmt::format("line {}: {} fields, expected {} as in line 1", reader.line(),
                                      fields.size(), width));
    }
    TRY_ASSIGN(Offer offer, ReadOffer(Row(fields, at, reader.line()), known_date));
    offers.push_back(std::move(offer));
  }
}

std::string DriverNameOf(std::string_view provider) {
  if (provider == "vastai") return "vast";
  if (provider == "thundercompute") return "thunder";
  return std::string(provider);
}

int64_t SetAsideContradictions(std::vector<Offer>& offers) {
  return static_cast<int64_t>(std::erase_if(offers, [](const Offer& offer) {
    return offer.per_hour && offer.spot_per_hour && *offer.spot_per_hour > *offer.per_hour;
  }));
}

void SortByPrice(std::vector<Offer>& offers) {
  std::vector<std::pair<int64_t, size_t>> order;
  order.reserve(offers.size());
  for (size_t i = 0; i < offers.size(); ++i) {
    const std::optional<MicroUsd> price = offers[i].per_hour;
    order.emplace_back(price ? price->value() : std::numeric_limits<int64_t>::max(), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<Offer> sorted;
  sorted.reserve(offers.size());
  for (const auto& [price, index] : order) sorted.push_back(std::move(offers[index]));
  offers = std::move(sorted);
}

std::string_view BundledOffersCsv() { return EmbeddedOffers(); }

}  // namespace curbstop
