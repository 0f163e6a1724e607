#include "market/keep.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace curbstop {
namespace {

constexpr Millis kMonth = std::chrono::hours(30 * 24);

Result<KeepCost> Holding(KeepWay way, const Tariff* tariff, const KeepQuestion& question,
                         std::string_view why_not) {
  KeepCost keep{.way = way};
  if (tariff == nullptr || tariff->set_by_host) {
    keep.why_not = tariff == nullptr ? why_not : "each host sets his own price";
    return keep;
  }
  TRY_ASSIGN(const MicroUsd cost, CostOfHolding(*tariff, question.size, question.time));
  TRY_ASSIGN(keep.per_month, CostOfHolding(*tariff, question.size, kMonth));
  keep.cost = cost;
  keep.source = tariff->source;
  keep.as_of = tariff->as_of;
  return keep;
}

// One way, rounded up.
Result<Millis> TransferTime(const KeepQuestion& question) {
  __extension__ using Wide = __int128;
  const Wide rate = question.bytes_per_second;
  const Wide time = (Wide{question.size.value} * 1000 + rate - 1) / rate;
  if (time > Millis(std::chrono::hours(24 * 3650)).count())
    return InvalidInput("moving it would take longer than ten years");
  return Millis(static_cast<int64_t>(time));
}

Result<KeepCost> Home(const TariffTable& table, const KeepQuestion& question) {
  KeepCost keep{.way = KeepWay::kHome};
  TRY_ASSIGN(const Millis one_way, TransferTime(question));
  keep.transfer = 2 * one_way;
  const Result<MicroUsd> out =
      CostOfEgress(table, question.provider, question.region, question.size);
  if (!out.ok() && out.error().kind() != ErrorKind::kNotFound) return out.error();
  if (!out.ok()) {
    keep.why_not = out.error().message();
    return keep;
  }
  const Tariff* egress = table.Find(question.provider, question.region, ChargeKind::kEgress);
  const Tariff* ingress = table.Find(question.provider, question.region, ChargeKind::kIngress);
  MicroUsd in;
  if (ingress != nullptr) {
    TRY_ASSIGN(in, CostOfMoving(*ingress, question.size));
  }
  keep.cost = *out + in + CostOf(question.per_hour, keep.transfer);
  keep.source = egress->source;
  keep.as_of = egress->as_of;
  return keep;
}

}  // namespace

std::string_view NameOf(KeepWay way) {
  switch (way) {
    case KeepWay::kStopped: return "keep it stopped";
    case KeepWay::kVolume: return "network volume";
    case KeepWay::kHome: return "bring it home";
  }
  return "";
}

Result<std::vector<KeepCost>> WaysToKeep(const TariffTable& table, const KeepQuestion& question) {
  CHECK(question.bytes_per_second > 0 && question.size.value >= 0 && question.time.count() >= 0);
  const BillingFacts* billing = table.FindBilling(question.provider);
  const bool stops = billing == nullptr || billing->can_stop;
  std::vector<KeepCost> ways;
  TRY_ASSIGN(KeepCost stopped,
             Holding(KeepWay::kStopped, table.FindStoppedDisk(question.provider, question.region),
                     question, stops ? "no price is known" : "the provider stops no machine"));
  ways.push_back(std::move(stopped));
  TRY_ASSIGN(KeepCost volume,
             Holding(KeepWay::kVolume,
                     table.Find(question.provider, question.region, ChargeKind::kNetworkVolume),
                     question, "no price is known"));
  ways.push_back(std::move(volume));
  TRY_ASSIGN(KeepCost home, Home(table, question));
  ways.push_back(std::move(home));
  return ways;
}

const KeepCost* CheapestToKeep(const std::vector<KeepCost>& ways) {
  const KeepCost* best = nullptr;
  for (const KeepCost& keep : ways) {
    if (keep.cost && (best == nullptr || *keep.cost < *best->cost)) best = &keep;
  }
  return best;
}

}  // namespace curbstop
