// The steps of a plan with the places each may run on, and the graph that the search chooses in.
//
// Steps run one after the other. A machine that is rented for one step can go on with the next:
// that one begins without a boot, and with the files that are there already. So that it can, the
// machine waits for it after its own step, which is in the worst case of the first.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/graph_search.h"
#include "plan/internal/step_places.h"
#include "plan/plan.h"

namespace curbstop {

struct StepChoice : ComparedStep {
  std::vector<size_t> options = {};     // rows that it may run on, under the caps alone
  std::vector<MicroUsd> reserves = {};  // of each option: what the caps have to leave
  Blocked blocked = {};                 // where there is no option
  size_t chosen = 0;                    // a row

  PlanRow& row() { return rows[chosen]; }
};

enum class Sharing { kNone, kWhereItPays };

// One mode per option. `per_run`: the cap on one run, within which a machine may wait.
StepGraph GraphOf(const std::vector<StepChoice*>& steps, Sharing sharing,
                  std::optional<MicroUsd> per_run);

// Whether the second step can go on with the machine of the first, right before it.
bool CanHandOver(const PlanRow& giver, const PlanRow& taker);

// The rows say so, and their figures with it.
void HandOver(PlanRow& giver, PlanRow& taker);

}  // namespace curbstop
