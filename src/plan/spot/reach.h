// What deadline and cap still allow after a coming tick, whatever that tick brings.
//
// Certain: a machine that is not lost (on demand, or this computer) does the rest in time and
// within the cap, its start, the checkpoint's way and whole ticks counted. Where something is
// certain now, that machine itself is an action after which it is certain still; so whoever takes
// only such actions keeps both.
//
// Conceivable: some share-out of the rest among the machines that are on sale, were none of them
// ever lost or dearer, fits both: a bound from below. Past it nothing is worth a dollar more.
#pragma once

#include <optional>

#include "plan/spot/spot_view.h"

namespace curbstop {

// The view must outlive it.
class SpotReach {
 public:
  explicit SpotReach(const SpotView& view);

  bool InTimeAfter(SpotMachine machine) const;   // certain, were there no cap
  bool CertainAfter(SpotMachine machine) const;  // without a cap: as InTimeAfter
  bool ConceivableAfter(SpotMachine machine) const;

  // The machine that keeps both from now on at the least cost; empty: none does.
  const std::optional<SpotMachine>& Rescue() const { return rescue_; }

 private:
  // How things stand when the coming tick is over.
  struct Then {
    double left_s = 0;
    MicroUsd spent;
    int data_at = -1;
    SpotMachine held;
    double pending_s = 0;
  };
  Then After(SpotMachine machine) const;
  // All that is spent when `place` has done the rest; empty: not in time.
  std::optional<MicroUsd> TotalBy(int place, const Then& then) const;
  bool WithinCap(MicroUsd total) const { return !view_.job->cap || total <= *view_.job->cap; }

  const SpotView& view_;
  int64_t ticks_ = 0;  // after the coming one
  std::optional<SpotMachine> rescue_;
};

}  // namespace curbstop
