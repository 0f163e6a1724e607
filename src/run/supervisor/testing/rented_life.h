// A run's whole life, event by event, for tests of journals: rented, lost from sight, found by its
// mark, two supervisors, checkpoints brought home, a longer lease, outputs, the machine's end.
#pragma once

#include <vector>

#include "run/supervisor/record.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {

struct LifeStep {
  Event event;
  JournalRecord record;
  Transition transition;
  RunState state;  // after it
};

// The first is kCreated.
std::vector<LifeStep> RentedLife();

// What follows a state of that life: the next event, numbered `seq`.
LifeStep StepAfter(const RunState& state, const Event& event, int64_t seq);

}  // namespace curbstop
