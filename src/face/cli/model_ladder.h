// `model fit MODEL --ladder`: the small model first.
#pragma once

#include "face/cli/command.h"
#include "face/cli/model_question.h"

namespace curbstop {

Status FitLadder(const FitOptions& options, CommandContext& context);

}  // namespace curbstop
