#include "cloud/practice/practice_meter.h"

namespace curbstop {
namespace {

constexpr int64_t kHourS = 3600;
constexpr int64_t kMonthS = 730 * kHourS;  // the providers' month

int64_t BegunSeconds(int64_t from_ms, int64_t to_ms) {
  return to_ms <= from_ms ? 0 : (to_ms - from_ms + 999) / 1000;
}

int64_t DiskFactor(const PracticeHost& host) { return host.skin == PracticeSkin::kRunpod ? 2 : 1; }

}  // namespace

BilledAs BilledNow(const PracticeMachine& machine, PracticeSkin skin) {
  switch (machine.life) {
    case PracticeLife::kGone:
    case PracticeLife::kOffline: return BilledAs::kNothing;
    case PracticeLife::kRunning: return BilledAs::kRunning;
    case PracticeLife::kBooting:
      return skin == PracticeSkin::kRunpod ? BilledAs::kRunning : BilledAs::kHeld;
    default: return BilledAs::kHeld;
  }
}

void SettleMeter(PracticeMachine& machine, PracticeSkin skin, int64_t at_ms) {
  const int64_t seconds = BegunSeconds(machine.span_from_ms, at_ms);
  const BilledAs kind = BilledNow(machine, skin);
  if (kind == BilledAs::kRunning) machine.ran_s += seconds;
  if (kind == BilledAs::kHeld) machine.held_s += seconds;
  machine.span_from_ms = at_ms;
}

int64_t PracticeBill(const PracticeMachine& machine, const PracticeHost& host, int64_t at_ms) {
  PracticeMachine settled = machine;
  SettleMeter(settled, host.skin, at_ms);
  const int64_t disk = host.disk_micro_usd_per_gb_month * machine.disk_gb;
  const int64_t disk_s = settled.ran_s + settled.held_s * DiskFactor(host);
  return settled.ran_s * machine.micro_usd_per_hour / kHourS + disk * disk_s / kMonthS;
}

int64_t PracticeRate(const PracticeMachine& machine, const PracticeHost& host) {
  const int64_t disk = host.disk_micro_usd_per_gb_month * machine.disk_gb / (kMonthS / kHourS);
  switch (BilledNow(machine, host.skin)) {
    case BilledAs::kRunning: return machine.micro_usd_per_hour + disk;
    case BilledAs::kHeld: return disk * DiskFactor(host);
    default: return 0;
  }
}

}  // namespace curbstop
