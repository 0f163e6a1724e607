// The resume drill: does a step that is killed come back to the same result?
//
// Two runs of the step in a room of their own (own checkpoints, nothing linked, no result kept):
// one undisturbed, one killed by SIGKILL at a random moment and resumed. Compared byte by byte
// where the step says `deterministic: true`, else by metrics within a relative tolerance.
#pragma once

#include <string>
#include <vector>

#include "run/drive.h"

namespace curbstop {

struct DrillRequest {
  const Project* project = nullptr;
  const Machine* machine = nullptr;
  const Step* step = nullptr;
  std::map<std::string, std::string> set;
  double tolerance = 1e-3;
  MicroUsd per_kwh;
  bool per_kwh_assumed = true;
};

struct DrillDifference {
  std::string name;  // metric, or output path
  std::string undisturbed;
  std::string resumed;
};

struct DrillReport {
  bool passed = false;
  std::string why_not;  // "", or why it failed
  bool by_bytes = false;
  RunRow undisturbed;
  RunRow resumed;
  int64_t killed_after_ms = 0;
  std::vector<DrillDifference> differences;
};

// Compares without running anything: the rule itself.
std::vector<DrillDifference> CompareRuns(const RunRow& a, const RunRow& b, bool by_bytes,
                                         double tolerance);

// Runs both and stores the evidence. Errors: kInvalidInput if there would be nothing to compare,
// those of preparing and starting a run.
Result<DrillReport> RunDrill(const DrillRequest& request, Journal& journal,
                             const RunOutside& outside, RunAudience& audience);

Json DrillJson(const DrillReport& report);

}  // namespace curbstop
