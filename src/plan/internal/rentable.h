// Which candidates a run can rent, and on what terms: shared by the rules of plan/decision.
#pragma once

#include "plan/decision.h"

namespace curbstop {

// A price that can be reckoned with.
bool HasPrice(const LeaseTerms& terms);
bool HasPrice(const Candidate& candidate);  // and, of spot, a life

// Not one that failed this run, of a kind that is allowed, and at least the shortest useful lease
// of it fits what is left.
bool IsRentable(const Situation& situation, const Candidate& candidate);

// How long a lease is wanted there.
Millis WantedLease(const Situation& situation, const Candidate& candidate);

// Renting it: the longest lease that is wanted and fits. It must be rentable.
Decision RentOf(const Situation& situation, size_t candidate);

}  // namespace curbstop
