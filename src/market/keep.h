// Data that lies on a rented machine when its work is done: where it could stay until it is needed
// again, and what each way costs by then.
//
//   stopped   the machine's disk, which bills on              rate x size x time
//   volume    a shared volume of the provider                 rate x size x time
//   home      brought home now and back again later, once     traffic out and in
//             + the machine's hours while both transfers last
//
// The longer it stays, the sooner bringing it home pays. Prices: market/tariff.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/result.h"
#include "base/units.h"
#include "market/offer.h"
#include "market/tariff.h"

namespace curbstop {

struct KeepQuestion {
  std::string provider;
  std::string region = "any";
  Bytes size;
  Millis time{0};              // until it is needed again
  MicroUsd per_hour;           // of the machine, billed while data is moved
  int64_t bytes_per_second{};  // between it and home; at least 1
};

enum class KeepWay { kStopped, kVolume, kHome };
std::string_view NameOf(KeepWay way);  // "keep it stopped", "network volume", "bring it home"

struct KeepCost {
  KeepWay way = KeepWay::kStopped;
  std::optional<MicroUsd> cost;  // by then; empty: cannot be done, or no price is known
  MicroUsd per_month;            // 30 days of it
  Millis transfer{0};            // both ways
  std::string why_not;
  std::string source;
  std::string as_of;
};

// All three, in the order of KeepWay. Errors: kInvalidInput if a sum leaves 63 bits.
Result<std::vector<KeepCost>> WaysToKeep(const TariffTable& table, const KeepQuestion& question);

// The one that costs least by then; of equal ones the first. Null: none has a price.
const KeepCost* CheapestToKeep(const std::vector<KeepCost>& ways);

// The ways at one provider.
struct KeepRow {
  std::string provider;
  MicroUsd per_hour;  // of the machine that waits while data is moved; 0: none is known
  std::vector<KeepCost> ways;
};

// For each provider of the tables that rents machines, by name: to and from home at 100 Mbit/s,
// on the cheapest of its machines among the offers. `provider` empty: all.
// Errors: kInvalidInput if a sum leaves 63 bits.
Result<std::vector<KeepRow>> KeepRows(const TariffTable& table, const std::vector<Offer>& offers,
                                      std::string_view provider, std::string_view region,
                                      Bytes size, Millis time);

std::string KeepText(const std::vector<KeepRow>& rows, Bytes size, Millis time);

// {"size_bytes":…,"time_ms":…,"providers":[{"provider":…,"machine_micro_usd_per_hour":…,"ways":[…]}]}
Json KeepJson(const std::vector<KeepRow>& rows, Bytes size, Millis time);

}  // namespace curbstop
