// Memory of inference in PyTorch (transformers, litgpt, torchtune): weights, cache, and what one
// pass needs besides.
//
//   plain       weights + cache + logits and the MLP's width of the tokens computed at once
//               eager attention holds a * s^2 scores in 16 and in 32 bit; logits come after it
//   quantised   litgpt quantises the head too and expands it twice to 16 bit when it is used
//   autocast    32-bit weights stay, and each linear layer's 16-bit copy is cached beside them
//
// Sources: Lightning-AI/litgpt@26857050 (tutorials/quantize.md, resource-tables.md, precision.md),
// huggingface/transformers@0e7c (AWQ), pytorch/torchtune@bd2a0fc7 (llama3.rst).
#pragma once

#include "fit/estimate.h"
#include "fit/weights.h"

namespace curbstop::fit {

struct TorchInferenceUse {
  int64_t context = 256;  // tokens in the cache of each sequence
  int64_t prompt = 32;    // tokens computed at once
  int64_t batch = 1;
  bool is_litgpt = false;
  bool autocast = false;
  bool whole_cache = false;      // allocated for the model's whole context
  bool full_logits = false;      // of every prompt token, in 16 and in 32 bit
  bool eager_attention = false;  // scores of the prompt in 16 and in 32 bit
  bool reserved = false;         // what the allocator or the device holds
};

Estimate EstimateTorchInference(const ModelShape& shape, const WeightFormat& format,
                                const TorchInferenceUse& use, int64_t available);

}  // namespace curbstop::fit
