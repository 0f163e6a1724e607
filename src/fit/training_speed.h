// Training throughput from arithmetic and an efficiency that belongs to a class of device.
//
//   FLOP for each token  = c * P_active + 12 * L * a * d * s, halved in its second part where the
//                          kernel skips the causal half; c = 6, with checkpointing 8, adapters 4 or
//                          6
//   tokens a second      = peak * efficiency / FLOP for each token
//
// Efficiencies: mosaicml/llm-foundry@8c8dd48f, scripts/train/benchmarking (A100, H100);
// pytorch/torchtune, litgpt, PEFT and LLaMA-Factory tables (single cards), as in
// docs/benchmarks/fit.md.
#pragma once

#include "fit/speed.h"
#include "fit/training.h"

namespace curbstop::fit {

struct TrainingRates {
  double peak_tflops = 0;
  Rate tokens;       // a second and device
  SpeedTerms terms;  // of one token on one device
  Rate mfu;          // percent of the dense 16-bit peak
  Rate hfu;          // the same with what is computed again
};

// `fp8`: 8-bit products. Errors: kNotFound where the device's arithmetic is not known.
Result<TrainingRates> TrainingRatesOf(const ModelShape& shape, const WeightFormat& format,
                                      const Hardware& hardware, const TrainingUse& use, bool fp8);

}  // namespace curbstop::fit
