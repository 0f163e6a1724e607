// What is billed beside a machine's hour: disks while it runs and while it is stopped, shared
// volumes, buckets, traffic, addresses; and in what grain its hours are billed.
//
//   holding   rate x ceil(max(size, least) / unit) x max(time, least time), tier by tier
//   traffic   rate x GB, tier by tier of a month's volume, beyond what is free
//
// A month is 30 days, which rounds up; so does every tier, to the next micro-dollar.
//
// Data: catalog/storage.csv and catalog/billing.csv, each row with source and date. Nothing is
// live, and where a host sets his own price (Vast) the row has none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/units.h"

namespace curbstop {

enum class ChargeKind {
  kDisk,           // of a machine
  kStoppedDisk,    // of a stopped one, where that has a price of its own
  kNetworkVolume,  // outlives machines
  kSnapshot,
  kObject,
  kFreeEgress,  // of each month, before `kEgress` counts
  kEgress,      // to the internet
  kIngress,
  kCrossZone,
  kAddress
};

enum class TariffPer { kMonth, kHour, kOnce };

struct TariffTier {
  Bytes from;
  std::optional<Bytes> to;  // empty: all beyond
  MicroUsd per_unit;
  std::string note;  // "P10: whole tier billed"
};

struct Tariff {
  std::string provider;
  std::string region;  // "any": all of them
  ChargeKind kind = ChargeKind::kDisk;
  std::string item;  // "volume disk, pod stopped"
  TariffPer per = TariffPer::kMonth;
  Bytes unit{1};             // that `per_unit` is for; of addresses one, a size is their number
  bool whole_tier = false;   // a disk costs what the smallest size that holds it does
  bool set_by_host = false;  // there is no list price
  Bytes least{0};            // billed at least
  Millis least_time{0};
  std::vector<TariffTier> tiers;  // by `from`
  std::string source;
  std::string as_of;  // "2026-08-20", "2022-07", "2015"; empty: of no known date
};

// How the hours of a provider's machines are billed.
struct BillingFacts {
  std::string provider;
  Millis grain{1000};
  Millis minimum{0};
  bool can_stop = false;  // a stopped machine keeps its disk, which bills on
  std::string notes;
  std::string source;
  std::string as_of;
};

class TariffTable {
 public:
  // Errors: kInvalidInput with line and column.
  static Result<TariffTable> Parse(std::string_view storage_csv, std::string_view billing_csv);

  const std::vector<Tariff>& all() const { return tariffs_; }

  // Of that region, else of any; of several items the one named, else the first in the file, which
  // is the plain one. Null: no price is known.
  const Tariff* Find(std::string_view provider, std::string_view region, ChargeKind kind,
                     std::string_view item = "") const;

  // A stopped machine's disk: its own price, else the one of a running machine. Null: the provider
  // stops nothing, or no price is known.
  const Tariff* FindStoppedDisk(std::string_view provider, std::string_view region) const;

  const BillingFacts* FindBilling(std::string_view provider) const;

 private:
  std::vector<Tariff> tariffs_;
  std::vector<BillingFacts> billing_;
};

// The tables inside the program. A test checks their bytes, so that they always parse.
const TariffTable& BundledTariffs();

// What it costs to hold `size` for `time`. 0 for traffic and for what a host sets.
// Errors: kInvalidInput if no size sold is large enough, or the sum leaves 63 bits.
Result<MicroUsd> CostOfHolding(const Tariff& tariff, Bytes size, Millis time);

// What moving `size` costs after `already` went the same way this month.
// Errors: as CostOfHolding.
Result<MicroUsd> CostOfMoving(const Tariff& tariff, Bytes size, Bytes already = {});

// To the internet, the free part of the month taken off. Errors: as CostOfHolding; kNotFound if the
// provider's price is not known.
Result<MicroUsd> CostOfEgress(const TariffTable& table, std::string_view provider,
                              std::string_view region, Bytes size, Bytes already = {});

}  // namespace curbstop
