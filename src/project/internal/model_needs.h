// What `model:` of a step adds to its needs.
#pragma once

#include "project/internal/check_steps.h"

namespace curbstop {

// A step with a model needs a GPU; where the file names no memory for it, the least that the
// estimate leaves possible. Errors: kInvalidInput with place: `method` without a model or twice,
// keys of the other use, a model for which no rule is built.
Status ApplyModels(Project& project, const StepNodes& nodes, const NodeSource& source);

}  // namespace curbstop
