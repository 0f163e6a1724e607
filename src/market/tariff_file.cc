// catalog/storage.csv and catalog/billing.csv, read into a TariffTable.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/check.h"
#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"
#include "market/offer.h"
#include "market/tariff.h"

namespace curbstop {
namespace {

CURBSTOP_EMBEDDED(storage_csv, StorageCsv)
CURBSTOP_EMBEDDED(billing_csv, BillingCsv)

constexpr std::string_view kStorageColumns =
    "provider,region,kind,item,unit,tier_from_gb,tier_to_gb,price_usd,least_gb,least_days,notes,"
    "source,as_of";
constexpr std::string_view kBillingColumns =
    "provider,grain_s,minimum_s,stopped,notes,source,as_of";

using Fields = CsvFields;

struct UnitFacts {
  std::string_view name;
  TariffPer per;
  int64_t unit;       // bytes that a price is for
  int64_t tier_unit;  // bytes of a "GB" in the tier columns
};
constexpr int64_t kGb = 1'000'000'000;
constexpr int64_t kGib = int64_t{1} << 30;
constexpr UnitFacts kUnits[] = {
    {"GB-month", TariffPer::kMonth, kGb, kGb},
    {"GiB-month", TariffPer::kMonth, kGib, kGib},
    {"TB-month", TariffPer::kMonth, 1000 * kGb, kGb},
    {"disk-month", TariffPer::kMonth, kGib, kGib},
    {"100GB-hour", TariffPer::kHour, 100 * kGb, kGb},
    {"hour", TariffPer::kHour, 1, 1},  // of one: a size is their number
    {"GB", TariffPer::kOnce, kGb, kGb},
    {"GiB", TariffPer::kOnce, kGib, kGib},
};

struct KindName {
  std::string_view name;
  ChargeKind kind;
};
constexpr KindName kKinds[] = {
    {"disk", ChargeKind::kDisk},         {"disk-stopped", ChargeKind::kStoppedDisk},
    {"object", ChargeKind::kObject},     {"network-volume", ChargeKind::kNetworkVolume},
    {"snapshot", ChargeKind::kSnapshot}, {"egress-free", ChargeKind::kFreeEgress},
    {"ingress", ChargeKind::kIngress},   {"egress-internet", ChargeKind::kEgress},
    {"ipv4", ChargeKind::kAddress},      {"cross-zone", ChargeKind::kCrossZone},
};

Error Wrong(int line, std::string_view field, std::string_view expected) {
  return InvalidInput(fmt::format("line {}: `{}` is not {}", line, Printable(field), expected));
}

// The one that is called so. Errors: kInvalidInput.
template <typename Named, size_t N>
Result<const Named*> Choose(const Named (&known)[N], std::string_view name, int line) {
  for (const Named& one : known) {
    if (one.name == name) return &one;
  }
  return Wrong(line, name, "known here");
}
// A whole number up to a million; empty is 0.
Result<int64_t> ReadWhole(std::string_view field, int line) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool whole = error == std::errc() && end == field.data() + field.size();
  if (field.empty()) return int64_t{0};
  if (!whole || value < 0 || value > 1'000'000) return Wrong(line, field, "a whole number");
  return value;
}

Result<TariffTier> ReadTier(const Fields& fields, const UnitFacts& unit, int line) {
  TariffTier tier;
  TRY_ASSIGN(const int64_t from, ReadWhole(fields[5], line));
  TRY_ASSIGN(const int64_t to, ReadWhole(fields[6], line));
  tier.from = Bytes{from * unit.tier_unit};
  if (!fields[6].empty()) tier.to = Bytes{to * unit.tier_unit};
  if (tier.to && *tier.to <= tier.from) return Wrong(line, fields[6], "above where it begins");
  if (!fields[7].empty()) {
    const Result<MicroUsd> price = ParseUsd(fields[7]);
    if (!price.ok() || *price > kDearestOffer) return Wrong(line, fields[7], "a price in USD");
    tier.per_unit = *price;
  }
  tier.note = fields[10];
  return tier;
}

Result<Tariff> ReadTariff(const Fields& fields, int line) {
  Tariff tariff{.provider = DriverNameOf(fields[0]), .region = std::string(fields[1])};
  TRY_ASSIGN(const KindName* kind, Choose(kKinds, fields[2], line));
  TRY_ASSIGN(const UnitFacts* unit, Choose(kUnits, fields[4], line));
  TRY_ASSIGN(const int64_t least_gb, ReadWhole(fields[8], line));
  TRY_ASSIGN(const int64_t least_days, ReadWhole(fields[9], line));
  TRY_ASSIGN(TariffTier tier, ReadTier(fields, *unit, line));
  tariff.kind = kind->kind;
  tariff.item = fields[3];
  tariff.per = unit->per;
  tariff.unit = Bytes{unit->unit};
  tariff.whole_tier = unit->name == "disk-month";
  tariff.set_by_host = fields[7].empty();
  tariff.least = Bytes{least_gb * unit->tier_unit};
  tariff.least_time = std::chrono::hours(24 * least_days);
  tariff.tiers.push_back(std::move(tier));
  tariff.source = fields[11];
  tariff.as_of = fields[12];
  const bool bounded = tariff.tiers.front().to.has_value();
  if ((tariff.whole_tier || tariff.kind == ChargeKind::kFreeEgress) && !bounded)
    return Wrong(line, fields[6], "a size");
  return tariff;
}

// Rows of one tariff follow each other and begin where the one before ends; sizes of whole disks
// grow.
Status TakeTariff(std::vector<Tariff>& tariffs, const Fields& fields, int line) {
  TRY_ASSIGN(Tariff tariff, ReadTariff(fields, line));
  const auto key = [](const Tariff& t) { return std::tie(t.provider, t.region, t.kind, t.item); };
  if (tariffs.empty() || key(tariffs.back()) != key(tariff)) {
    tariffs.push_back(std::move(tariff));
    return {};
  }
  std::vector<TariffTier>& tiers = tariffs.back().tiers;
  TariffTier& tier = tariff.tiers.front();
  const bool follows = tiers.back().to && (tariff.whole_tier ? tier.to > tiers.back().to
                                                             : tier.from == tiers.back().to);
  if (!follows || tariffs.back().unit != tariff.unit || tariffs.back().per != tariff.per)
    return Wrong(line, fields[5], "where the tier before ends");
  tiers.push_back(std::move(tier));
  return {};
}

Result<BillingFacts> ReadBilling(const Fields& fields, int line) {
  BillingFacts facts{.provider = DriverNameOf(fields[0]),
                     .notes = std::string(fields[4]),
                     .source = std::string(fields[5]),
                     .as_of = std::string(fields[6])};
  TRY_ASSIGN(const int64_t grain, ReadWhole(fields[1], line));
  TRY_ASSIGN(const int64_t minimum, ReadWhole(fields[2], line));
  if (grain < 1) return Wrong(line, fields[1], "a number of seconds");
  if (fields[3] != "disk" && fields[3] != "none") return Wrong(line, fields[3], "disk or none");
  facts.grain = std::chrono::seconds(grain);
  facts.minimum = std::chrono::seconds(minimum);
  facts.can_stop = fields[3] == "disk";
  return facts;
}

}  // namespace

Result<TariffTable> TariffTable::Parse(std::string_view storage_csv, std::string_view billing_csv) {
  TariffTable table;
  TRY(ForEachRecord(storage_csv, kStorageColumns, [&](const Fields& fields, int line) {
    return TakeTariff(table.tariffs_, fields, line);
  }));
  TRY(ForEachRecord(billing_csv, kBillingColumns, [&](const Fields& fields, int line) -> Status {
    TRY_ASSIGN(BillingFacts facts, ReadBilling(fields, line));
    table.billing_.push_back(std::move(facts));
    return {};
  }));
  return table;
}

const TariffTable& BundledTariffs() {
  static const TariffTable kTable = [] {
    Result<TariffTable> table = TariffTable::Parse(StorageCsv(), BillingCsv());
    CHECK(table.ok());
    return *std::move(table);
  }();
  return kTable;
}

}  // namespace curbstop
