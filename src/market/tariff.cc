#include "market/tariff.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {
namespace {

__extension__ using Wide = __int128;

constexpr Millis kMonth = std::chrono::hours(30 * 24);
constexpr Millis kHour = std::chrono::hours(1);
constexpr Millis kLongest = 100 * 12 * kMonth;
constexpr int64_t kMostMicros = int64_t{1} << 60;  // a few such sums still fit MicroUsd
constexpr Bytes kUnbounded{std::numeric_limits<int64_t>::max()};

Error BeyondAnyBill() { return InvalidInput("the cost is beyond any bill"); }

Result<MicroUsd> Fitting(Wide micros) {
  if (micros > kMostMicros) return BeyondAnyBill();
  return MicroUsd(static_cast<int64_t>(micros));
}

// Shared volumes are billed by the whole hour (RunPod and Lambda say so), the rest as it runs.
Millis BilledTime(const Tariff& tariff, Millis time) {
  const Millis held = std::max(time, tariff.least_time);
  if (tariff.kind != ChargeKind::kNetworkVolume) return held;
  return (held + kHour - Millis(1)) / kHour * kHour;
}

// What the tiers cost that `size` reaches into, each rounded up, in micro-dollars for the tariff's
// unit of time.
Wide SumOfTiers(const Tariff& tariff, Bytes size, Wide times, Wide parts) {
  Wide sum = 0;
  for (const TariffTier& tier : tariff.tiers) {
    const Bytes end = std::min(size, tier.to.value_or(kUnbounded));
    if (end <= tier.from) continue;
    // rate x bytes / unit x times / parts, rounded up once. Rates are below 2^40, sizes below 2^63,
    // a unit's milliseconds above 2^21, times below 2^42: dividing first keeps products below
    // 2^127.
    const Wide per_time = Wide{tier.per_unit.value()} * (end.value - tier.from.value);
    const Wide divisor = Wide{tariff.unit.value} * parts;
    const Wide whole = per_time / divisor;
    const Wide rest = per_time % divisor;
    sum += whole * times + (rest * times + divisor - 1) / divisor;
  }
  return sum;
}

// The smallest size sold that holds it.
Result<MicroUsd> PriceOfWholeDisk(const Tariff& tariff, Bytes size) {
  for (const TariffTier& tier : tariff.tiers) {
    if (tier.to && size <= *tier.to) return tier.per_unit;
  }
  return InvalidInput(fmt::format("the largest {} of {} is {}, below {}", tariff.item,
                                  tariff.provider, BytesText(*tariff.tiers.back().to),
                                  BytesText(size)));
}

}  // namespace

const Tariff* TariffTable::Find(std::string_view provider, std::string_view region, ChargeKind kind,
                                std::string_view item) const {
  const Tariff* anywhere = nullptr;
  for (const Tariff& tariff : tariffs_) {
    if (tariff.provider != provider || tariff.kind != kind) continue;
    if (!item.empty() && tariff.item != item) continue;
    if (tariff.region == region) return &tariff;
    if (anywhere == nullptr && tariff.region == "any") anywhere = &tariff;
  }
  return anywhere;
}

const Tariff* TariffTable::FindStoppedDisk(std::string_view provider,
                                           std::string_view region) const {
  const BillingFacts* billing = FindBilling(provider);
  if (billing == nullptr || !billing->can_stop) return nullptr;
  const Tariff* own = Find(provider, region, ChargeKind::kStoppedDisk);
  return own != nullptr ? own : Find(provider, region, ChargeKind::kDisk);
}

const BillingFacts* TariffTable::FindBilling(std::string_view provider) const {
  const auto found = std::find_if(billing_.begin(), billing_.end(), [&](const BillingFacts& facts) {
    return facts.provider == provider;
  });
  return found == billing_.end() ? nullptr : &*found;
}

Result<MicroUsd> CostOfHolding(const Tariff& tariff, Bytes size, Millis time) {
  CHECK(size.value >= 0 && time.count() >= 0);
  if (tariff.per == TariffPer::kOnce || tariff.set_by_host) return MicroUsd();
  const Bytes billed = std::max(size, tariff.least);
  if (time > kLongest) return BeyondAnyBill();
  const Millis held = BilledTime(tariff, time);
  const Millis unit = tariff.per == TariffPer::kMonth ? kMonth : kHour;
  if (tariff.whole_tier) {
    TRY_ASSIGN(const MicroUsd price, PriceOfWholeDisk(tariff, billed));
    return Fitting((Wide{price.value()} * held.count() + unit.count() - 1) / unit.count());
  }
  return Fitting(SumOfTiers(tariff, billed, held.count(), unit.count()));
}

Result<MicroUsd> CostOfMoving(const Tariff& tariff, Bytes size, Bytes already) {
  CHECK(size.value >= 0 && already.value >= 0);
  if (tariff.per != TariffPer::kOnce || tariff.set_by_host) return MicroUsd();
  if (size.value > kUnbounded.value - already.value) return BeyondAnyBill();
  Tariff beyond = tariff;  // the part of each tier that is not used up
  for (TariffTier& tier : beyond.tiers) tier.from = std::max(tier.from, already);
  return Fitting(SumOfTiers(beyond, {already.value + size.value}, 1, 1));
}

Result<MicroUsd> CostOfEgress(const TariffTable& table, std::string_view provider,
                              std::string_view region, Bytes size, Bytes already) {
  const Tariff* egress = table.Find(provider, region, ChargeKind::kEgress);
  if (egress == nullptr || egress->set_by_host) {
    return NotFound(fmt::format("what {} asks for traffic out of `{}` is not known",
                                Printable(provider), Printable(region)));
  }
  const Tariff* free = table.Find(provider, region, ChargeKind::kFreeEgress);
  if (free == nullptr) return CostOfMoving(*egress, size, already);
  const int64_t allowance = free->tiers.front().to->value;
  const Bytes before{std::max<int64_t>(already.value - allowance, 0)};
  const int64_t used = std::min(already.value, allowance);
  const Bytes billed{std::max<int64_t>(size.value - (allowance - used), 0)};
  return CostOfMoving(*egress, billed, before);
}

}  // namespace curbstop
