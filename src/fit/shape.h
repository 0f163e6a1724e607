// The shape of a model: all that its memory and its speed are worked out from.
//
// Counting rules (each closes on the published parameter count of the families of
// catalog/families.csv, to the last parameter where that file says `yes`):
//
//   attention  h*a*d + 2*h*k*d + a*d*h, with biases and q/k norms where the family has them
//   MLA        h*q_lora + q_lora + q_lora*a*d (or h*a*d) + h*(kv_lora+rope) + kv_lora
//              + kv_lora*a*(nope+v) + a*v*h
//   MLP        3*h*f gated, 2*h*f plain; experts and shared experts the same with their own width
//   model      V*h (twice with a head of its own) + h + layers
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "fit/checked.h"

namespace curbstop::fit {

// kNetwork: a file's header alone is known, no layers (fit/network.h).
enum class ModelKind {
  kDecoder,
  kEncoder,
  kEncoderDecoder,
  kVision,
  kConvolution,
  kDiffusion,
  kNetwork
};

// How far the numbers of a shape can be trusted.
enum class ShapeEvidence {
  kCloses,  // the parameter count closes exactly
  kApproximate,
  kFromSize,  // made up to look like other models of that parameter count
};

struct ModelShape {
  std::string id;      // "qwen2.5-7b"
  std::string family;  // "Qwen2.5"
  std::string arch;    // "qwen2"
  ModelKind kind = ModelKind::kDecoder;
  ShapeEvidence evidence = ShapeEvidence::kCloses;
  std::string source;

  int64_t layers = 0;  // of one stack; an encoder-decoder has two
  int64_t hidden = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  int64_t v_head_dim = 0;
  int64_t intermediate = 0;
  int64_t mlp_matrices = 3;  // 3: gated, 2: plain
  int64_t vocab = 0;         // as stored, padding included
  bool tied = false;         // the head is the token table
  bool qkv_bias = false;
  bool qk_norm = false;
  int64_t norms_per_layer = 2;

  int64_t experts = 0;
  int64_t experts_per_token = 0;
  int64_t shared_experts = 0;
  int64_t expert_intermediate = 0;
  int64_t first_dense_layers = 0;

  int64_t q_lora = 0;  // MLA (DeepSeek); head_dim is then nope + rope
  int64_t kv_lora = 0;
  int64_t rope_dim = 0;
  int64_t nope_dim = 0;

  int64_t sliding_window = 0;
  int64_t sliding_layers = 0;
  int64_t linear_layers = 0;  // recurrent or linear attention, no growing cache
  int64_t linear_key_heads = 0;
  int64_t linear_value_heads = 0;
  int64_t linear_head_dim = 0;
  bool attention_gate = false;      // the query projection also makes a gate: twice as wide
  int64_t per_layer_embedding = 0;  // width of a second token table, one part for each layer
  int64_t max_context = 0;

  int64_t params_total = 0;
  int64_t params_active = 0;           // read for each token; the table's look-up left out
  int64_t kv_f16_full = 0;             // cache bytes for each token, layers with full attention
  int64_t kv_f16_sliding = 0;          // of the layers with a window
  int64_t published_q4_k_m_bytes = 0;  // tensor bytes of the stock Q4_K_M file, 0: not known

  bool has_experts() const { return experts > 0; }
  bool is_mla() const { return kv_lora > 0; }
  int64_t full_layers() const { return layers - sliding_layers - linear_layers; }
};

// Refuses numbers that no model has, so that no product of them can leave 128 bits.
// Errors: kInvalidInput, naming the field.
Status CheckShape(const ModelShape& shape);

// Errors: kInvalidInput for kinds that no rule is built for yet: convolutions and diffusion always,
// what does not generate text at inference.
Status CheckIsBuilt(const ModelShape& shape, bool inference);

inline bool ReadsImages(const ModelShape& shape) {
  return shape.kind == ModelKind::kConvolution || shape.kind == ModelKind::kVision;
}

// Parameters without token table, head and the second table: what each token is multiplied with.
int64_t LayerParams(const ModelShape& shape);

// What the name calls its size: 7615616512 gives "7.6B".
std::string ParamsText(int64_t params);

// A shape like those of other models of that size, where only the size is known.
ModelShape ShapeOfSize(std::string id, double params, double active_params);

}  // namespace curbstop::fit
