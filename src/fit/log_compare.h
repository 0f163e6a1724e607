// An engine's own figures beside ours: component by component, speed by speed, and what follows for
// the next estimate.
//
// Where a component agrees (the measured value lies within our interval), the estimate becomes the
// measured one under the same conditions, and under others it is scaled and its interval halved.
// Where it does not, the estimate is scaled, and its interval reaches from the measured to our own
// and as far again: a rule that failed once is not trusted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "fit/answer.h"
#include "fit/engine_log.h"

namespace curbstop::fit {

struct ComparedBytes {
  std::string component;
  std::string device;
  int64_t measured = 0;
  int64_t rounding = 0;
  Span estimated;
  bool agrees = false;
};

struct ComparedSpeed {
  LoggedSpeed measured;
  std::optional<Rate> estimated;  // empty where the device's speed is not known
  WorkPoint work;                 // as calibration knows it
  bool agrees = false;
};

struct LogComparison {
  LogRun run;
  FitQuestion question;  // the run's own conditions
  std::vector<ComparedBytes> bytes;
  std::vector<ComparedSpeed> speeds;
  std::vector<std::string> not_compared;  // "context on gpu0: no estimate has it"
};

// The model that a run names: by name, by file, by architecture and parameters.
// Errors: kNotFound where none of them helps.
Result<ModelShape> ModelOfRun(const LogRun& run);

// Errors: kInvalidInput where the model is not the one that the log is of.
Result<LogComparison> CompareRun(const LogRun& run, const FitQuestion& question);

// The same answer with what the comparison taught; the verdict is judged anew.
void Learn(const LogComparison& comparison, FitAnswer& answer);

Json ComparisonJson(const LogComparison& comparison);
std::string ComparisonText(const LogComparison& comparison);

}  // namespace curbstop::fit
