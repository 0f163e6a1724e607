// What would make it fit: edits of the question, each tried on the estimator itself, so that its
// saving and its cost in speed are worked out and not looked up.
#pragma once

#include <vector>

#include "fit/answer.h"

namespace curbstop::fit {

// The edits that lead to `fits`, those that lose the least speed and quality first; where no single
// one does, pairs. At most four.
std::vector<Change> ChangesFor(const FitAnswer& answer);

}  // namespace curbstop::fit
