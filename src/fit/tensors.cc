#include "fit/tensors.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace curbstop::fit {
namespace {

constexpr std::string_view kFusedQkv[] = {"falcon", "gpt_neox", "mpt", "phi3",
                                          "bloom",  "gpt2",     "gpt", "phi"};
constexpr std::string_view kBiasEverywhere[] = {"gpt_neox", "phi", "bloom", "gpt2", "gpt", "bert"};

template <typename List>
bool IsOneOf(const std::string& arch, const List& list) {
  return std::find(std::begin(list), std::end(list), arch) != std::end(list);
}

class Builder {
 public:
  explicit Builder(const ModelShape& shape)
      : shape_(shape),
        fused_(IsOneOf(shape.arch, kFusedQkv)),
        biased_(IsOneOf(shape.arch, kBiasEverywhere)) {}

  std::vector<Tensor> Build() {
    tensors_.reserve(static_cast<size_t>(std::clamp<int64_t>(shape_.layers, 0, 1000)) * 16 + 8);
    Model([&](int64_t stack) {
      for (int64_t i = 0; i < shape_.layers; ++i) Layer(stack * shape_.layers + i, stack == 1);
    });
    return std::move(tensors_);
  }

  std::vector<CountedTensor> Count() {
    Model([&](int64_t stack) { DistinctLayers(stack); });
    std::vector<CountedTensor> counted;
    counted.reserve(tensors_.size());
    for (size_t i = 0; i < tensors_.size(); ++i) counted.push_back({tensors_[i], times_[i]});
    return counted;
  }

 private:
  // What stands before, between and behind the layers of each stack.
  template <typename Layers>
  void Model(const Layers& layers) {
    const ModelShape& s = shape_;
    Add(TensorRole::kTokenTable, s.hidden, s.vocab);
    if (s.per_layer_embedding > 0)
      Add(TensorRole::kLayerTable, s.per_layer_embedding * s.layers, s.vocab);
    const int64_t stacks = s.kind == ModelKind::kEncoderDecoder ? 2 : 1;
    for (int64_t stack = 0; stack < stacks; ++stack) layers(stack);
    layer_ = -1;
    Vector(s.hidden * stacks);
    if (has_norm_bias()) Vector(s.hidden);
    if (!s.tied && s.vocab > 0) Add(TensorRole::kHead, s.hidden, s.vocab);
    if (s.arch == "phi") Vector(s.vocab);
  }

  // Of each kind of layer the first, as often as there are of its kind.
  void DistinctLayers(int64_t stack) {
    struct Kind {
      int64_t first = -1;
      int64_t times = 0;
    };
    std::array<Kind, 4> kinds;
    for (int64_t i = 0; i < shape_.layers; ++i) {
      const int64_t layer = stack * shape_.layers + i;
      Kind& kind = kinds[(IsLinear(layer) ? 2U : 0U) + (IsMixture(layer) ? 1U : 0U)];
      if (kind.times++ == 0) kind.first = layer;
    }
    for (const Kind& kind : kinds) {
      now_ = kind.times;
      if (kind.times > 0) Layer(kind.first, stack == 1);
    }
    now_ = 1;
  }

  void Add(TensorRole role, int64_t columns, int64_t rows, bool expert = false) {
    if (columns <= 0 || rows <= 0) return;
    tensors_.push_back({role, layer_, columns, rows, expert});
    times_.push_back(now_);
  }
  void Vector(int64_t length) { Add(TensorRole::kVector, length, 1); }
  bool has_norm_bias() const { return biased_ || shape_.arch == "falcon"; }

  // Layers with windowed or linear attention come first in each group; the one with full attention
  // is the last of its group, as Gemma 3, Qwen3-Next and Qwen3.5 lay them out.
  bool IsLinear(int64_t i) const {
    const int64_t full = shape_.layers - shape_.linear_layers;
    if (shape_.linear_layers == 0) return false;
    return (i + 1) * full / shape_.layers == i * full / shape_.layers;
  }

  bool IsMixture(int64_t i) const { return shape_.has_experts() && i >= shape_.first_dense_layers; }

  void Layer(int64_t i, bool cross) {
    layer_ = i;
    for (int64_t n = 0; n < shape_.norms_per_layer + (cross ? 1 : 0); ++n) {
      Vector(shape_.hidden);
      if (has_norm_bias()) Vector(shape_.hidden);
    }
    if (IsLinear(i)) {
      LinearAttention();
    } else if (shape_.is_mla()) {
      LatentAttention();
    } else {
      Attention();
      if (cross) Attention();
    }
    if (IsMixture(i)) {
      Experts();
    } else {
      Mlp(shape_.intermediate);
    }
  }

  void Attention() {
    const ModelShape& s = shape_;
    const int64_t q = s.heads * s.head_dim * (s.attention_gate ? 2 : 1);
    const int64_t k = s.kv_heads * s.head_dim;
    const int64_t v = s.kv_heads * s.v_head_dim;
    if (fused_) {
      Add(TensorRole::kAttnQkv, s.hidden, q + k + v);
    } else {
      Add(TensorRole::kAttnQ, s.hidden, q);
      Add(TensorRole::kAttnK, s.hidden, k);
      Add(TensorRole::kAttnV, s.hidden, v);
    }
    if (s.qkv_bias || biased_) Vector(q + k + v);
    if (s.qk_norm) Vector(s.arch == "olmo2" ? s.heads * s.head_dim + k : 2 * s.head_dim);
    if (s.arch == "gpt_oss") Vector(s.heads);
    Add(TensorRole::kAttnOut, s.heads * s.v_head_dim, s.hidden);
    if (biased_ || s.arch == "gpt_oss") Vector(s.hidden);
  }

  void LatentAttention() {
    const ModelShape& s = shape_;
    if (s.q_lora > 0) {
      Add(TensorRole::kAttnOther, s.hidden, s.q_lora);
      Vector(s.q_lora);
      Add(TensorRole::kAttnOther, s.q_lora, s.heads * s.head_dim);
    } else {
      Add(TensorRole::kAttnQ, s.hidden, s.heads * s.head_dim);
    }
    Add(TensorRole::kAttnOther, s.hidden, s.kv_lora + s.rope_dim);
    Vector(s.kv_lora);
    Add(TensorRole::kAttnOther, s.kv_lora, s.heads * (s.nope_dim + s.v_head_dim));
    Add(TensorRole::kAttnOut, s.heads * s.v_head_dim, s.hidden);
  }

  // Gated delta net: q, k and v in one matrix behind a convolution of width 4, a gate of v's width,
  // two numbers for each value head.
  void LinearAttention() {
    const ModelShape& s = shape_;
    const int64_t key = s.linear_key_heads * s.linear_head_dim;
    const int64_t value = s.linear_value_heads * s.linear_head_dim;
    Add(TensorRole::kAttnQkv, s.hidden, 2 * key + value);
    Add(TensorRole::kAttnOther, s.hidden, value);
    Add(TensorRole::kAttnOther, s.hidden, 2 * s.linear_value_heads);
    Vector(4 * (2 * key + value));
    Vector(2 * s.linear_value_heads + s.linear_head_dim);
    Add(TensorRole::kAttnOther, value, s.hidden);
  }

  void Mlp(int64_t width) {
    const ModelShape& s = shape_;
    if (s.mlp_matrices == 3 && s.arch == "phi3") {
      Add(TensorRole::kFfnUp, s.hidden, 2 * width);
    } else {
      if (s.mlp_matrices == 3) Add(TensorRole::kFfnGate, s.hidden, width);
      Add(TensorRole::kFfnUp, s.hidden, width);
    }
    if (biased_) Vector(width);
    Add(TensorRole::kFfnDown, width, s.hidden);
    if (biased_) Vector(s.hidden);
  }

  void Experts() {
    const ModelShape& s = shape_;
    Add(TensorRole::kRouter, s.hidden, s.experts);
    if (s.arch == "gpt_oss" || s.arch == "deepseek_v3") Vector(s.experts);
    Add(TensorRole::kFfnGate, s.hidden, s.expert_intermediate * s.experts, true);
    Add(TensorRole::kFfnUp, s.hidden, s.expert_intermediate * s.experts, true);
    Add(TensorRole::kFfnDown, s.expert_intermediate, s.hidden * s.experts, true);
    if (s.arch == "gpt_oss") Vector(s.experts * (2 * s.expert_intermediate + s.hidden));
    if (s.shared_experts > 0) Mlp(s.shared_experts * s.expert_intermediate);
  }

  const ModelShape& shape_;
  const bool fused_;
  const bool biased_;
  int64_t layer_ = -1;
  std::vector<Tensor> tensors_;
  int64_t now_ = 1;             // how many layers the one at hand stands for
  std::vector<int64_t> times_;  // of each tensor
};

}  // namespace

std::vector<Tensor> TensorsOf(const ModelShape& shape) { return Builder(shape).Build(); }

std::vector<CountedTensor> CountedTensorsOf(const ModelShape& shape) {
  return Builder(shape).Count();
}

Wide CountParams(const std::vector<Tensor>& tensors) {
  Wide sum = 0;
  for (const Tensor& tensor : tensors) sum += tensor.count();
  return sum;
}

}  // namespace curbstop::fit
