// A model's tensors, from its shape: what a file of its weights holds, in llama.cpp's roles.
//
// Sources: the counting rules of fit/shape.h; which architectures store a fused q/k/v or a fused
// gate and up projection: ggml-org/llama.cpp@007dbbf3, src/llama-model.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "fit/shape.h"

namespace curbstop::fit {

enum class TensorRole {
  kTokenTable,
  kLayerTable,  // the second token table of Gemma 3n and 4
  kHead,
  kVector,  // norms, biases, sinks, rope factors: one-dimensional, never quantised
  kRouter,
  kAttnQ,
  kAttnK,
  kAttnV,
  kAttnQkv,  // fused
  kAttnOut,
  kAttnOther,  // the low-rank projections of MLA, the gate of linear attention
  kFfnUp,      // up and gate, or both fused
  kFfnGate,
  kFfnDown,
};

struct Tensor {
  TensorRole role = TensorRole::kVector;
  int64_t layer = -1;  // -1: outside the layers
  int64_t columns = 0;
  int64_t rows = 0;
  bool expert = false;  // one matrix for each expert, `rows` counts them all
  Wide count() const { return Wide{columns} * rows; }
};

// In the order of llama.cpp's files. Of decoders; others give their matrices as far as known.
std::vector<Tensor> TensorsOf(const ModelShape& shape);

// The same where it matters only how often a tensor is there: layers that are alike stand once.
struct CountedTensor {
  Tensor tensor;  // `layer`: the first that has it
  int64_t times = 1;
};
std::vector<CountedTensor> CountedTensorsOf(const ModelShape& shape);

Wide CountParams(const std::vector<Tensor>& tensors);

}  // namespace curbstop::fit
