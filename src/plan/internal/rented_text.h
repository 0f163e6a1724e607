// What the rented machine that was chosen comes to, in words: time and money until the step is
// done, what travels, what a bid saves, and what is lost with a machine.
#pragma once

#include <string>

#include "plan/plan.h"

namespace curbstop {

// Empty for this computer, and for a row that was not chosen; so is LossText.
std::string RentedText(const PlanRow& row);

std::string LossText(const PlanRow& row);

}  // namespace curbstop
