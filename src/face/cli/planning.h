// What `plan` and `run` both gather before the plan room decides: the project, this computer, the
// prices, and what the journal knows of earlier runs and of this month.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "face/cli/command.h"
#include "machine/machine.h"
#include "plan/plan.h"
#include "project/project.h"
#include "project/settings.h"
#include "run/journal.h"

namespace curbstop {

// What all steps together are to keep, as it was typed.
struct GoalOptions {
  std::string deadline;
  std::string spend;
  bool soonest = false;
};

struct PlanningOptions {
  ProjectOption project;
  std::vector<std::string> steps;
  std::string on = "auto";
  GoalOptions goal;
  std::string offers;  // a CSV file instead of the bundled prices
};

struct Planning {
  Project project;
  Machine machine;
  Settings settings;
  std::vector<Offer> offers;
  PlanFacts facts;  // points into the fields above
};

// `steps_help` describes STEP, which `drill` takes only one of.
void AddPlanningOptions(CLI::App& command, PlanningOptions& options, const char* steps_help);

void AddGoalOptions(CLI::App& command, GoalOptions& options);

// `key=value` as `--set` takes it, each. Errors: kInvalidInput.
Result<std::map<std::string, std::string>> ParseSet(const std::vector<std::string>& pairs);

// Errors: those of the project's file, of the prices and of the journal.
Result<std::unique_ptr<Planning>> GatherPlanning(PlanningOptions options, CommandContext& context);

// The facts as they are now: the journal may have learned something since.
Status RefreshPast(Planning& planning, Journal& journal, const CommandContext& context);

}  // namespace curbstop
