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

#include "base/money.h"
#include "base/result.h"
#include "base/units.h"
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

}  // namespace curbstop
