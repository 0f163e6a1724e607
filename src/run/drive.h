// Running a project's steps one after the other: what `curbstop run` does between plan and answer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "run/journal.h"
#include "run/prepare.h"
#include "sys/interrupts.h"

namespace curbstop {

// How the driver talks; the face implements it.
class RunAudience {
 public:
  virtual ~RunAudience() = default;
  virtual void Line(const std::string& step, const std::string& text) = 0;
  // The one live line; empty to take it away.
  virtual void Live(const std::string& text) = 0;
  // Before the first step that is not known: the plan was shown, go on?
  // Errors: kCancelled, kDenied (nobody to ask), kOverBudget.
  virtual Status Approve(const std::vector<std::string>& steps) = 0;
};

struct DriveRequest {
  const Project* project = nullptr;
  const Machine* machine = nullptr;
  std::vector<const Step*> steps;  // in order
  RunWishes wishes;
  bool detach = false;  // start the first step that has to run, and do not wait for it
  MicroUsd per_kwh;
  bool per_kwh_assumed = true;
};

struct StepOutcome {
  std::string step;
  bool unchanged = false;
  bool detached = false;
  bool not_started = false;  // a step before it did not succeed, or is detached
  RunRow row;                // of the run, or of the earlier one where unchanged
  Json outputs;
};

// Stops after the first step that does not succeed; that is an outcome, not an error. One outcome
// per step: those after it are `not_started`.
Result<std::vector<StepOutcome>> DriveSteps(const DriveRequest& request, Journal& journal,
                                            const RunOutside& outside, RunAudience& audience);

// Watches a run until it is over: a first interrupt asks it to save and cancel, a second kills.
// A supervisor that vanishes is started again. Errors: kUnavailable if it ends at once, five times
// in a row. A run that keeps its machine is over for whoever waits for its step.
enum class FollowTo { kStepEnd, kMachineEnd };
Result<RunRow> FollowRun(const std::string& run, Journal& journal, const RunOutside& outside,
                         RunAudience& audience, FollowTo to = FollowTo::kStepEnd);

// The run's JSON as contracts §1 has it under `runs`, with more fields.
Json RunJson(const RunRow& row);

}  // namespace curbstop
