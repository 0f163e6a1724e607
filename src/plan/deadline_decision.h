// A run away whose step has a deadline, and that may use spot: its situation as a view of
// plan/spot, and what the policy there (plan/spot/ours.h, the one that `simulate spot` replays)
// answers, as a decision.
//
// Each offer is a place of its own. One on demand counts as always to be had and never lost; a
// start takes as long as it may at most, so that one that fails leaves time for what is asked next.
// Known of spot is what this run has seen: how long its own spot machines lived, and how many were
// lost. What must be free in reserve to rent a machine counts in the cap as if it were spent.
#pragma once

#include <optional>

#include "plan/decision.h"

namespace curbstop {

// Why the policy cannot judge this situation; empty: it can.
std::optional<DecisionReason> WhyNotByDeadline(const Situation& situation);

// Of a situation that WhyNotByDeadline has nothing against. kKeep: the machine held is right; what
// its lease needs is for the plain rule to say.
Decision DecideByDeadline(const Situation& situation);

// How long such a decision stands, while nothing happens.
Millis DecisionStands(Millis deadline_left);

}  // namespace curbstop
