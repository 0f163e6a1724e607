// What `curbstop simulate` says, as text and as JSON (docs/contracts.md §5).
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "run/simulate/simulate.h"

namespace curbstop {

Json DisasterJson(const DisasterReport& report);
std::string DisasterText(const DisasterReport& report);
// For each event the states in which no life met it, by reason.
std::string PairsText(const DisasterReport& report);

Json PlantJson(const std::vector<PlantReport>& plants);
std::string PlantText(const std::vector<PlantReport>& plants);

Json TraceJson(const TracedLife& life);
std::string TraceText(const TracedLife& life);

}  // namespace curbstop
