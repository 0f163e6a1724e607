// `curbstop model fit --from-log FILE`: what an engine said, beside what would have been estimated.
#pragma once

#include "base/result.h"
#include "face/cli/model_question.h"

namespace curbstop {

// The log's own conditions are compared; options that are given and differ from them ask for
// another case, which is answered with what the log taught.
Status FitFromLog(const FitOptions& options, CommandContext& context);

}  // namespace curbstop
