// What a step costs until it is done, and when that is: from the create call on, with the boot that
// bills and the minimum that is billed at least. Pure.
//
//   running = boot + work           cost = Charge(billing, running, running), market/billing.h
//
// p10, p50 and p90 are sums of the parts' own: rarely do all parts come late together, so p90 is
// not below the true one, nor p10 above it. What moving data takes and costs is not known here and
// left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/units.h"
#include "market/billing.h"
#include "plan/step_time.h"

namespace curbstop {

// From the create call to the agent's first word.
struct BootTime {
  Millis early{0};  // one in ten is sooner
  Millis usual{0};
  Millis late{0};  // one in ten is later
};

struct FinishPart {
  std::string what;  // "boot", "work", "minimum"
  Millis time{0};
  MicroUsd cost;
};

struct Finish {
  std::optional<MicroUsd> p10, p50, p90;
  std::optional<Millis> time_p50, time_p90;
  std::vector<FinishPart> parts;  // of p50; they add up to it but for a micro-dollar each
};

Finish FinishOf(const BillingRule& billing, const BootTime& boot, const StepTime& time);

}  // namespace curbstop
