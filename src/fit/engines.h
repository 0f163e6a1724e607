// Memory of inference in engines beside llama.cpp and vLLM, as what one process needs for `slots`
// sequences of `context` tokens each.
//
//   transformers  weights + cache + work of a whole prompt + the largest matrix in 16 bit where
//                 weights are expanded before use (bitsandbytes) + allocator + driver; several GPUs
//                 hold layers in turn, the fullest is told
//   exllama       weights (EXL2, GPTQ) + cache allocated ahead + scratch of 2,048 tokens + the
//                 largest matrix in 16 bit, for prompts + driver
//   mlx           weights + cache in steps of 256 + work of 2,048 tokens, in unified memory
//   onnxruntime   weights, again where the CPU kernels pack them + work of the batch + arena; as
//                 given by the graph, which takes no part in a cache
//
// Work of u tokens: 16-bit copies, 2u (3f + 4h), one of them wide. The rules are those engines' own
// allocation schemes; their constants are not measured here, and the intervals say so.
//
// Sources: huggingface/transformers (generation, num_logits_to_keep), TimDettmers/bitsandbytes
// (MatMul4Bit expands its weight), turboderp/exllamav2@01d01a14 (config.max_input_len 2048,
// temp_dq), ml-explore/mlx-lm (prefill_step_size 2048, KVCache.step 256), microsoft/onnxruntime
// (session.disable_prepacking, arena_extend_strategy kNextPowerOfTwo).
#pragma once

#include "fit/estimate.h"
#include "fit/kv_cache.h"
#include "fit/weights.h"

namespace curbstop::fit {

enum class TensorEngine { kTransformers, kExllama, kMlx, kOnnx };

struct TensorUse {
  TensorEngine engine = TensorEngine::kTransformers;
  CacheUse cache;  // context over all slots
  int64_t gpus = 1;
  bool on_cpu = false;  // in the host's memory, without a driver
};

Estimate EstimateTensorEngine(const ModelShape& shape, const WeightFormat& format,
                              const TensorUse& use, int64_t available);

std::string_view NameOf(TensorEngine engine);  // "transformers", "exllama", "mlx", "onnxruntime"

// Errors: kInvalidInput where that engine does not load such weights.
Status CheckLoads(TensorEngine engine, const WeightFormat& format);

}  // namespace curbstop::fit
