// What a computer can do with models today, in plain words: estimates for a few models that people
// know, on what is free now. No rule of thumb: every figure is that of `model fit`.
#pragma once

#include <vector>

#include "machine/advice.h"
#include "machine/machine.h"

namespace curbstop::fit {

// One piece of advice for each: training a text classifier, adapting a model, training one whole,
// answering faster than one reads, and a model of 70 billion parameters. What cannot be estimated
// says nothing, or says what is missing.
std::vector<Advice> AdviseOnModels(const Machine& machine);

}  // namespace curbstop::fit
