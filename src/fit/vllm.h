// vLLM: it takes a share of the device up front and turns what is left into cache blocks.
//
//   pool   = utilization * total - weights - non_torch - activation_peak [- CUDA graphs]
//   blocks = floor(pool / (16 * cache bytes for each token)), tokens = 16 * blocks
//
// The peak of activations is measured by vLLM itself on a prompt of `batched_tokens`: the MLP's
// three widths and some nine copies of the hidden state, bytes = tokens * (6f/tp + 19h), or the
// sampler's copies of the logits, sequences * V * 38, whichever is more. That one rule gives 1.25
// GiB of Llama-3-8B at 8192 tokens (logged: 1.23 to 1.26) and 5.6 GiB of Qwen2.5-7B at 32768
// (logged: 5.56).
//
// Sources: vllm-project/vllm#12330, #10511; gateway-api-inference-extension#550.
#pragma once

#include "fit/estimate.h"
#include "fit/weights.h"

namespace curbstop::fit {

struct VllmUse {
  int64_t tensor_parallel = 1;
  double utilization = 0.9;
  int64_t max_model_len = 8192;
  int64_t batched_tokens = 0;    // 0: the engine's default
  bool chunked_prefill = false;  // V1: prompts are computed in parts
  int64_t sequences = 256;       // max_num_seqs
  bool fp8_cache = false;
  bool cuda_graphs = true;
};

struct VllmParts {
  Span weights;  // each of one device
  Span non_torch;
  Span activation;
  Span graphs;
  Span pool;
  Span tokens;  // that fit into the cache
};

// `total` as CUDA shows it, bytes of one device.
VllmParts VllmPartsOf(const ModelShape& shape, const WeightFormat& format, const VllmUse& use,
                      int64_t total);

}  // namespace curbstop::fit
