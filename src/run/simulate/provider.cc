#include "run/simulate/provider.h"

#include <algorithm>

namespace curbstop {
namespace {

constexpr int64_t kHour = 3'600'000;

// For prices and times of a simulated life the product stays far within 63 bits.
int64_t RoundedUp(int64_t per_hour, int64_t ms) { return (per_hour * ms + kHour - 1) / kHour; }

int64_t BilledMs(const BillingRule& rule, int64_t ran) {
  const int64_t grain = rule.grain.count();
  return (ran + grain - 1) / grain * grain;
}

}  // namespace

// Spans are billed in whole grains; what was started at all costs the minimum.
int64_t BillAt(const ModelMachine& machine, int64_t now_ms) {
  if (machine.made_ms > now_ms) return 0;
  now_ms = std::min(now_ms, machine.handed_ms);
  const BillingRule& rule = machine.terms.billing;
  const int64_t end = std::min(now_ms, machine.gone_ms);
  int64_t billed = 0;
  const auto bill = [&](int64_t from, int64_t to) {
    billed += BilledMs(rule, std::max<int64_t>(std::min(to, end) - from, 0));
  };
  for (const auto& [from, to] : machine.ran) bill(from, to);
  if (machine.paused_ms == ModelMachine::kNever) bill(machine.started_ms, end);
  if (rule.minimum.count() > billed) billed = BilledMs(rule, rule.minimum.count());
  return RoundedUp(machine.micro_usd_per_hour, billed) +
         RoundedUp(rule.disk_per_hour.value(), end - machine.made_ms) + rule.fixed.value() -
         machine.paid_before;
}

void PauseMachine(ModelMachine& machine, int64_t now_ms) {
  if (!machine.Runs(now_ms)) return;
  machine.ran.emplace_back(machine.started_ms, now_ms);
  machine.paused_ms = now_ms;
}

void ResumeMachine(ModelMachine& machine, int64_t now_ms) {
  if (!machine.Exists(now_ms) || machine.paused_ms == ModelMachine::kNever) return;
  machine.paused_ms = ModelMachine::kNever;
  machine.started_ms = now_ms;
}

void EndMachine(ModelMachine& machine, int64_t now_ms) {
  if (machine.Exists(now_ms)) machine.gone_ms = now_ms;
}

}  // namespace curbstop
