// `model fit … --probe [-- COMMAND]`: three real steps on this computer, folded into the estimate.
#pragma once

#include "face/cli/command.h"
#include "face/cli/model_question.h"

namespace curbstop {

Status FitProbe(const FitOptions& options, CommandContext& context);

}  // namespace curbstop
