// What only holds between steps: references, `after`, order, folders of their own.
#pragma once

#include <map>
#include <string>

#include "base/node.h"
#include "project/project.h"

namespace curbstop {

using StepNodes = std::map<std::string, const Node*>;  // by step name: the map of its keys

// Resolves references and `after`, adds the steps that references imply, and sorts the steps so
// that each stands after those it needs, else in the order written.
// Errors: kInvalidInput with place: unknown reference or step, a cycle (printed), a shared
// checkpoint folder.
Status CheckSteps(Project& project, const StepNodes& nodes, const NodeSource& source);

}  // namespace curbstop
