// Measured model runs in the machine's calibration file.
#pragma once

#include <vector>

#include "base/result.h"
#include "face/cli/command.h"
#include "fit/measured_runs.h"

namespace curbstop {

// Those kept so far; a broken file holds none, and `assess` says so.
std::vector<fit::MeasuredRun> KnownRuns(const CommandContext& context);

// Adds to those kept. Errors: kDenied, kExhausted.
Status Remember(const std::vector<fit::MeasuredRun>& runs, CommandContext& context);

}  // namespace curbstop
