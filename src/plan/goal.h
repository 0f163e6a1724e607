// What a plan is to be best in: least cost within a time, or soonest within a sum.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/units.h"
#include "plan/graph_search.h"

namespace curbstop {

struct PlanGoal {
  std::optional<Millis> deadline;  // of all steps together, from the start
  std::optional<MicroUsd> spend;   // usual cost of all steps together, electricity too
  bool soonest = false;            // least time; else least cost

  bool IsSet() const { return soonest || deadline || spend; }
};

// One way through all steps that no other beats in both usual cost and time.
struct FrontPoint {
  MicroUsd cost;
  Millis time{0};
  std::vector<std::string> places;  // of each planned step that has one, in their order
  std::vector<bool> goes_on;        // each of them: with the machine of the step before it
  std::vector<bool> on_bid;         // each of them: not on demand
};

// How the goal was met.
struct GoalAnswer {
  MicroUsd cost;
  Millis time{0};
  bool is_met = true;             // false: no places keep its limits; what is shown comes nearest
  bool is_proven = true;          // false: too many ways, the best that was found
  std::vector<FrontPoint> front;  // cheapest first; where it was asked for
};

}  // namespace curbstop
