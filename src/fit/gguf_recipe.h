// Which tensor of a GGUF file gets which type: llama.cpp's stock mixtures, so that the size of a
// file is known before it exists.
//
// Rules restated from ggml-org/llama.cpp@007dbbf3, src/llama-quant.cpp. Files with other mixtures
// ("UD-", custom) are not foretold; their header says what they hold (fit/gguf_header.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/gguf_type.h"
#include "fit/tensors.h"

namespace curbstop::fit {

enum class GgufRecipe {
  kF32,
  kF16,
  kBf16,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,
  kQ2_K_S,
  kQ3_K_S,
  kQ3_K_M,
  kQ3_K_L,
  kQ4_K_S,
  kQ4_K_M,
  kQ5_K_S,
  kQ5_K_M,
  kQ6_K,
  kIq1_S,
  kIq1_M,
  kIq2_XXS,
  kIq2_XS,
  kIq2_S,
  kIq2_M,
  kIq3_XXS,
  kIq3_XS,
  kIq3_S,
  kIq3_M,
  kIq4_NL,
  kIq4_XS,
  kTq1_0,
  kTq2_0,
  kMxfp4Moe,
  kNvfp4,
  kQ1_0,
  kQ2_0,
};

std::string_view NameOf(GgufRecipe recipe);                     // "Q4_K_M"
std::optional<GgufRecipe> RecipeOfName(std::string_view name);  // letters' case is free

// Made with an importance matrix. As published: IQ4_XS and IQ4_NL without one, IQ3_XXS with one.
bool UsuallyHasImportanceMatrix(GgufRecipe recipe);

// Not changed once it is made: its size is asked for many times.
class TypedTensor {
 public:
  TypedTensor(const Tensor& of, GgufType in)
      : tensor(of), type(in), bytes_(TensorBytes(in, of.columns, of.rows)) {}
  Wide bytes() const { return bytes_; }

  Tensor tensor;
  GgufType type;

 private:
  Wide bytes_;
};

std::vector<TypedTensor> ApplyRecipe(const ModelShape& shape, GgufRecipe recipe, bool imatrix);

// Sum over all tensors; a file has some megabytes of metadata beside them.
Wide GgufTensorBytes(const ModelShape& shape, GgufRecipe recipe, bool imatrix);

}  // namespace curbstop::fit
