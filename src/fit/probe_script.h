// The script that `model fit --probe` runs where the user names none of their own: a model in the
// asked shape with random weights, written in plain torch and as transformers computes it (32-bit
// norms, 32-bit cross entropy, fused attention), three steps of it, and a line of figures for each
// (docs/formats/probe.md). Nothing is downloaded. bitsandbytes is needed for nf4, int8 and its own
// optimizers alone.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "fit/answer.h"

namespace curbstop::fit {

// The Python text (src/fit/probe.py); its one argument is ProbeOrder's object.
std::string_view ProbeScript();

// Errors: kInvalidInput for what no script is made for, with what to do instead.
Result<Json> ProbeOrder(const FitQuestion& question, int64_t steps);

}  // namespace curbstop::fit
