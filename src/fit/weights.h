// How weights are stored, under the names that people use ("Q4_K_M", "nf4-dq", "AWQ g128", "bf16").
//
// Bits for each weight of a quantised linear layer; what stays 16-bit is said by the format:
//   bitsandbytes nf4, fp4: 4 + 32/64; with double quantisation 4 + 8/64 + 32/(64*256)
//   bitsandbytes int8: 8 + 32/columns; GPTQ and AWQ, group g: 4 + 20/g; MLX 4 bit, group 64: 4.5
//   FP8: 8; FP4 (NVFP4): 4.5; MXFP4: 4.25; EXL2: as named, head 6 bits
// Sources: the block layouts in fit/gguf_type.h; TimDettmers/bitsandbytes and AutoGPTQ as restated
// in the cited tables of Lightning-AI/litgpt@26857050, tutorials/quantize.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fit/estimate.h"
#include "fit/gguf_recipe.h"

namespace curbstop::fit {

enum class FormatKind { kGguf, kPlain, kLinearOnly };

using TensorList = std::shared_ptr<const std::vector<TypedTensor>>;

struct WeightFormat {
  FormatKind kind = FormatKind::kPlain;
  std::string name = "bf16";
  GgufRecipe recipe = GgufRecipe::kF16;
  bool imatrix = false;
  bool custom_mix = false;   // "UD-": another mixture of about that size
  double bits = 16;          // kPlain: of all weights; kLinearOnly: of quantised ones
  double head_bits = 16;     // kLinearOnly
  int64_t stored_bytes = 0;  // of all tensors, as the files' headers say; 0: not known
  // kGguf: what a header said, instead of a recipe.
  TensorList tensors;
  // kGguf: the recipe applied to the shape at hand, kept by whoever asks many questions about it
  // (Foretold); else it is applied for each.
  TensorList foretold;
};

// Errors: kInvalidInput, naming what was not understood.
Result<WeightFormat> UnderstandFormat(std::string_view text);
// The recipe that stands in a file's or a tag's name, if one does.
std::optional<WeightFormat> FormatInName(std::string_view name);

// The tensors of a GGUF file: those of its header, else as the recipe has them.
TensorList GgufTensors(const ModelShape& shape, const WeightFormat& format);

// The format with its tensors at hand, for this shape and no other.
WeightFormat Foretold(const ModelShape& shape, WeightFormat format);

// Bytes of all tensors.
Span WeightBytes(const ModelShape& shape, const WeightFormat& format);
// Bytes that one decoded token reads: no look-up in the token table, only the active experts.
int64_t ReadPerToken(const ModelShape& shape, const WeightFormat& format);

}  // namespace curbstop::fit
