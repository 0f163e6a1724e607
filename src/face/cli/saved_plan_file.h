// Plans kept in files: docs/formats/plan.md.
#pragma once

#include <string>

#include "face/cli/command.h"
#include "face/cli/planning.h"
#include "plan/saved_plan.h"

namespace curbstop {

// Hash of the project file's bytes, by which a plan knows it again.
Result<std::string> ProjectHashOf(const Project& project);

// Errors: those of reading the project's file and of writing this one.
Status WriteSavedPlan(const Plan& plan, const Planning& planning, const std::string& file,
                      CommandContext& context);

// Errors: kNotFound, kInvalidInput if it is none, kCorrupt if it was changed by hand.
Result<SavedPlan> ReadSavedPlanFile(const std::string& file, const CommandContext& context);

}  // namespace curbstop
