// What a step comes to on a machine that is rented: on demand or on a bid, with what travels there
// and home again.
#pragma once

#include <optional>

#include "market/offer.h"
#include "plan/internal/step_places.h"
#include "plan/plan.h"
#include "plan/rental.h"

namespace curbstop {

struct RentedQuestion {
  const PlanFacts& facts;
  const PlannedStep& step;
  const Offer& offer;
  const RentalRules& rules;
  const StepTime& time;     // that the work takes there
  Pay pay = Pay::kCheaper;  // where both can be had; else what there is
};

// Whether a bid may stand for the step: its work survives the machine, and somebody holds it.
bool MayBid(const PlanFacts& facts, const Step& step);

// What comes home from there: results, and each checkpoint where they are written so often.
Bytes ComesHome(const StepMoves& moves, const StepTime& time, std::optional<Millis> every);

// Fills cost, times, lease and reserve. A row that can never be done gets `why_not`. The offer must
// have a price that the step may pay.
void FillRental(PlanRow& row, const RentedQuestion& question);

}  // namespace curbstop
