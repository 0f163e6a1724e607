// What a rented machine costs: a rate by the hour, billed in grains, with a minimum, beside a disk
// that bills as long as it exists, and what is charged once.
//
//   charge = ceil_grain(max(running, minimum)) x per_hour + existing x disk_per_hour + fixed
//
// Every product is rounded up to the next micro-dollar, so that a ledger kept by this rule is never
// below a bill by the same rule. Source: providers' billing pages, docs/formats/money-db.md.
#pragma once

#include "base/money.h"
#include "base/units.h"

namespace curbstop {

struct BillingRule {
  MicroUsd per_hour;       // while it runs
  MicroUsd disk_per_hour;  // while it exists, paused too
  MicroUsd fixed;          // once, from the create call on: start fee, transfer kept in reserve
  Millis grain{1000};      // running time is billed in whole ones; at least 1 ms
  Millis minimum{0};       // running time billed at least
};

// A price per GB and month as one per hour for that size; a month has 30 days, which rounds up.
MicroUsd DiskPerHour(MicroUsd per_gb_month, Bytes disk);

// Time up to the next whole grain, and at least the minimum.
Millis BilledTime(const BillingRule& rule, Millis running);

// `existing` is at least `running`: a paused machine exists and does not run.
MicroUsd Charge(const BillingRule& rule, Millis running, Millis existing);

}  // namespace curbstop
