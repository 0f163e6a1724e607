#include "market/billing.h"

#include <algorithm>

#include "base/check.h"

namespace curbstop {

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
