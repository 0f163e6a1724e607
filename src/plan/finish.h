// What a step costs until it is done, and when that is: from the create call on, with the boot that
// bills, the files that go there, the setup, the work with its checkpoints and interruptions, the
// results that come home, and the minimum that is billed at least. Pure.
//
//   running = boot + upload + setup + work + download
//   cost    = Charge(billing, running, running) + traffic       market/billing.h
//
// p10, p50 and p90 are sums of the parts' own: rarely do all parts come late together, so p90 is
// not below the true one, nor p10 above it. What takes a machine away: plan/interruptions.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/units.h"
#include "market/billing.h"
#include "plan/interruptions.h"
#include "plan/step_time.h"

namespace curbstop {

// From the create call to the agent's first word.
struct BootTime {
  Millis early{0};  // one in ten is sooner
  Millis usual{0};
  Millis late{0};  // one in ten is later
};

// What surrounds the work on a rented machine.
struct FinishFacts {
  BootTime boot;
  Millis upload{0};
  Millis setup{0};
  Millis download{0};
  MicroUsd traffic;                // that is asked for what comes home
  std::optional<Millis> every;     // between checkpoints; empty: none are written
  Millis write{0};                 // that one takes
  Millis restart{0};               // on a bid: from the loss of the machine until another one works
  std::optional<Millis> bid_mtbf;  // on a bid: mean time until the machine is taken away
};

struct FinishPart {
  // "boot", "upload", "setup", "work", "checkpoints", "interruptions", "download", "traffic",
  // "minimum", "once"
  std::string what;
  Millis time{0};
  MicroUsd cost;
};

struct Finish {
  std::optional<MicroUsd> p10, p50, p90;
  std::optional<Millis> time_p50, time_p90;
  std::vector<FinishPart> parts;  // of p50; they add up to it but for a micro-dollar each
  double interruptions = 0;       // to expect
  bool is_never_done = false;     // on a bid: taken away again and again; no figure is filled then
};

Finish FinishOf(const BillingRule& billing, const FinishFacts& facts, const StepTime& time);

}  // namespace curbstop
