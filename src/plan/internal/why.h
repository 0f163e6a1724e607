// Why a row of a plan was chosen or lost, in words, and by which figures rows are compared.
#pragma once

#include <optional>
#include <string>

#include "base/money.h"
#include "base/units.h"
#include "plan/plan.h"

namespace curbstop {

// What a row is chosen by: what it costs until the step is done, else at worst.
std::optional<MicroUsd> ValueOf(const PlanRow& row);
std::optional<Millis> TimeOf(const PlanRow& row);

// By the cost at worst, else by the price of an hour.
bool BetterThan(const PlanRow& a, const PlanRow& b);

// A row that could have been chosen beside the one that was (null: none): "+0.42 USD, 12 min
// longer".
std::string ComparedText(const PlanRow& row, const PlanRow* chosen);

// `row.compared` is filled. `chosen` may be null.
std::string WhyLost(const PlanRow& row, const PlanRow* chosen, const PlanGoal& goal);

std::string WhyChosen(const PlanRow& row, const PlanGoal& goal);

}  // namespace curbstop
