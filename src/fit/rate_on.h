// How fast a model runs on a machine that is on sale, everything that is not asked set to what
// `curbstop model fit` assumes: what a price per token needs.
//
//   decode     llama.cpp, one stream, 4096 tokens of context
//   training   sequences of 2048, micro-batch 1, AdamW, full checkpointing; several GPUs share
//              weights, gradients and states
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "fit/answer.h"

namespace curbstop::fit {

// `model`: a family and size, as people write it. `quant`: empty: the one in the model's name, else
// Q4_K_M for decode and the method's own for training. `method`: empty: decode.
// Errors: kInvalidInput, kNotFound, as of the tables; kNotFound where no rule is built for it.
Result<FitQuestion> SpeedQuestion(const std::string& model, const std::string& quant,
                                  const std::string& method);

// Tokens a second of all `count` GPUs called `gpu` together. Empty: not known, or it is not sure
// that the model fits.
std::optional<Rate> RateOn(const FitQuestion& question, const std::string& gpu, int64_t count);

}  // namespace curbstop::fit
