// What three real steps measured, folded into the estimate of the same work.
//
// Each component that the probe tells is the measured one; the others are scaled so that all
// together become what was measured. A script of the user's own tells one sum alone: then driver
// and allocator keep their estimate, and what tensors use becomes the rest.
//
// What three steps leave open stays in the interval: memory of later steps (longer texts, padding)
// and clocks that fall when a GPU gets hot.
#pragma once

#include <cstdint>
#include <vector>

#include "fit/answer.h"
#include "fit/measured_runs.h"

namespace curbstop::fit {

// The answer with the probe's figures, judged anew; after an out-of-memory its verdict is no.
void FoldProbe(const ProbeFigures& probe, FitAnswer& answer);

// Whether what the script held may be this model: more than its weights alone. `answer` without the
// probe.
bool IsOfThisModel(const ProbeFigures& probe, const FitAnswer& answer);

// What is worth keeping for later estimates: the peak of tensors and the time of a token. Nothing
// where the script was of another model.
std::vector<MeasuredRun> RunsOf(const ProbeFigures& probe, const FitQuestion& question,
                                int64_t at_ms);

}  // namespace curbstop::fit
