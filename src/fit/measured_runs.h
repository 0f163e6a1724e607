// Runs that were measured, as they are kept in the machine's calibration file
// (docs/formats/calibration.md) and as estimates use them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "fit/answer.h"
#include "fit/calibrate.h"
#include "fit/log_compare.h"
#include "machine/machine.h"

namespace curbstop::fit {

// Raise it whenever a constant of speed.cc, training_speed.cc, training.cc, conv_net.cc or
// network.cc changes: the parts that are kept were estimated with them, and runs of other rules are
// left out. calibrate_test.cc holds the constants against this number.
inline constexpr int64_t kRules = 3;

struct MeasuredRun {
  WorkPoint point;
  double measured = 0;  // in UnitOf its kind
  std::string from;     // "llama.log", "probe"
  int64_t at_ms = 0;
};

// Of those alike at most so many are kept, the newest.
inline constexpr size_t kMostRunsAlike = 64;
inline constexpr size_t kMostRuns = 512;

// Unreadable entries and those of other rules are skipped.
std::vector<MeasuredRun> ReadRuns(const Json& array);
Json RunsJson(const std::vector<MeasuredRun>& runs);

// What is new goes behind what is there; the same work measured again replaces what was measured.
std::vector<MeasuredRun> Merge(std::vector<MeasuredRun> known,
                               const std::vector<MeasuredRun>& more);

std::vector<Measured> MeasuredOf(const std::vector<MeasuredRun>& runs);

// As questions take them: whoever asks with the machine's calibration does it by one of these two.
SharedMeasured KnownOf(const std::vector<MeasuredRun>& runs);
SharedMeasured KnownOf(const Machine& machine);

// The speeds and peaks of a log that are worth keeping: of a model that lies where we think it
// does.
std::vector<MeasuredRun> RunsOf(const LogComparison& comparison, const std::string& from,
                                int64_t at_ms);

}  // namespace curbstop::fit
