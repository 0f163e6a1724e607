#include "market/billing.h"

#include <algorithm>

#include "base/check.h"

namespace curbstop {
namespace {

constexpr int64_t kHoursPerMonth = 30 * 24;
constexpr int64_t kBytesPerGb = 1'000'000'000;

}  // namespace

MicroUsd DiskPerHour(MicroUsd per_gb_month, Bytes disk) {
  __extension__ using Wide = __int128;
  constexpr int64_t kParts = kBytesPerGb * kHoursPerMonth;
  const Wide product = static_cast<Wide>(per_gb_month.value()) * disk.value;
  return MicroUsd(static_cast<int64_t>((product + kParts - 1) / kParts));
}

Millis BilledTime(const BillingRule& rule, Millis running) {
  CHECK(rule.grain.count() > 0 && running.count() >= 0);
  const int64_t time = std::max(running, rule.minimum).count();
  const int64_t grain = rule.grain.count();
  return Millis((time + grain - 1) / grain * grain);
}

MicroUsd Charge(const BillingRule& rule, Millis running, Millis existing) {
  return CostOf(rule.per_hour, BilledTime(rule, running)) +
         CostOf(rule.disk_per_hour, std::max(running, existing)) + rule.fixed;
}

}  // namespace curbstop
