// The page that `curbstop assess` shows: a table of facts, what could not be read, then advice in
// plain words. At most 80 columns wide; user-supplied names are made safe to print.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "machine/advice.h"
#include "machine/machine.h"

namespace curbstop {

enum class Explain { kNo, kYes };  // kYes: fact and rule under each piece of advice

std::string AssessText(const Machine& machine, const std::vector<Advice>& advice, Explain explain);

// MachineJson and, beside its fields, "class", "power" and "advice".
Json AssessJson(const Machine& machine, const std::vector<Advice>& advice);

}  // namespace curbstop
