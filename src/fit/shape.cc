#include "fit/shape.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace curbstop::fit {
namespace {

struct Bound {
  const char* name;
  int64_t ModelShape::* field;
  int64_t most;
};

constexpr Bound kBounds[] = {
    {"layers", &ModelShape::layers, 1 << 16},
    {"hidden", &ModelShape::hidden, 1 << 22},
    {"heads", &ModelShape::heads, 1 << 16},
    {"kv_heads", &ModelShape::kv_heads, 1 << 16},
    {"head_dim", &ModelShape::head_dim, 1 << 16},
    {"v_head_dim", &ModelShape::v_head_dim, 1 << 16},
    {"intermediate", &ModelShape::intermediate, 1 << 24},
    {"mlp_matrices", &ModelShape::mlp_matrices, 3},
    {"vocab", &ModelShape::vocab, 1 << 26},
    {"experts", &ModelShape::experts, 1 << 16},
    {"experts_per_token", &ModelShape::experts_per_token, 1 << 16},
    {"shared_experts", &ModelShape::shared_experts, 1 << 10},
    {"expert_intermediate", &ModelShape::expert_intermediate, 1 << 24},
    {"first_dense_layers", &ModelShape::first_dense_layers, 1 << 16},
    {"q_lora_rank", &ModelShape::q_lora, 1 << 22},
    {"kv_lora_rank", &ModelShape::kv_lora, 1 << 22},
    {"qk_rope_dim", &ModelShape::rope_dim, 1 << 16},
    {"qk_nope_dim", &ModelShape::nope_dim, 1 << 16},
    {"sliding_window", &ModelShape::sliding_window, int64_t{1} << 40},
    {"linear_key_heads", &ModelShape::linear_key_heads, 1 << 16},
    {"linear_value_heads", &ModelShape::linear_value_heads, 1 << 16},
    {"linear_head_dim", &ModelShape::linear_head_dim, 1 << 16},
    {"per_layer_embedding", &ModelShape::per_layer_embedding, 1 << 16},
    {"max_context", &ModelShape::max_context, int64_t{1} << 40},
};

// Layers, width and vocabulary that decoders of a size commonly have; between two rows the width
// is interpolated on a logarithmic scale.
struct Usual {
  double params;
  int64_t layers, hidden, vocab;
};
constexpr Usual kUsual[] = {
    {0.1e9, 30, 576, 49152},    {0.35e9, 30, 960, 65536},  {0.6e9, 28, 1024, 151936},
    {1.2e9, 22, 2048, 128256},  {1.7e9, 28, 2048, 151936}, {3.2e9, 30, 2816, 140000},
    {4.0e9, 36, 2560, 151936},  {8e9, 34, 4096, 140000},   {9e9, 36, 4096, 160000},
    {14e9, 42, 5120, 140000},   {24e9, 42, 5120, 131072},  {32e9, 64, 5120, 152000},
    {70e9, 80, 8192, 128256},   {123e9, 88, 12288, 65536}, {405e9, 126, 16384, 128256},
    {700e9, 61, 18000, 140000},
};

int64_t Between(double at, int64_t low, int64_t high, int64_t step) {
  const double log_low = std::log(static_cast<double>(low));
  const double value = std::exp(log_low + at * (std::log(static_cast<double>(high)) - log_low));
  return std::max<int64_t>(step, std::llround(value / static_cast<double>(step)) * step);
}

Usual UsualShape(double params) {
  const Usual* above = std::find_if(std::begin(kUsual), std::end(kUsual),
                                    [&](const Usual& one) { return one.params >= params; });
  if (above == std::begin(kUsual)) return kUsual[0];
  if (above == std::end(kUsual)) return *std::prev(above);
  const Usual& below = *std::prev(above);
  const double at = std::log(params / below.params) / std::log(above->params / below.params);
  return {params, Between(at, below.layers, above->layers, 1),
          Between(at, below.hidden, above->hidden, 256),
          Between(at, below.vocab, above->vocab, 64)};
}

}  // namespace

Status CheckShape(const ModelShape& shape) {
  for (const Bound& bound : kBounds) {
    const int64_t value = shape.*bound.field;
    if (value >= 0 && value <= bound.most) continue;
    return InvalidInput(fmt::format("`{}` of model `{}` is {}, expected 0 to {}", bound.name,
                                    shape.id, value, bound.most));
  }
  if (shape.sliding_layers < 0 || shape.linear_layers < 0 || shape.full_layers() < 0) {
    return InvalidInput(
        fmt::format("model `{}` has {} layers, of which {} with a window and {} linear", shape.id,
                    shape.layers, shape.sliding_layers, shape.linear_layers));
  }
  return {};
}

Status CheckIsBuilt(const ModelShape& shape, bool inference) {
  const bool has_layers = shape.layers > 0 && shape.hidden > 0;
  const bool serves = shape.kind == ModelKind::kDecoder || shape.kind == ModelKind::kEncoder;
  if (has_layers && (!inference || serves)) return {};
  return InvalidInput(fmt::format("there is no rule yet for {} of `{}` ({})",
                                  inference ? "inference" : "training", shape.id, shape.arch))
      .WithHint(has_layers ? "`--method full` or `--method lora` tells about its training" : "");
}

int64_t LayerParams(const ModelShape& shape) {
  const Wide table = Wide{shape.vocab} * shape.hidden * (shape.tied ? 1 : 2);
  const Wide second = Wide{shape.vocab} * shape.per_layer_embedding * shape.layers;
  return Clamp(Wide{shape.params_total} - table - second);
}

std::string ParamsText(int64_t params) {
  const double count = static_cast<double>(params);
  if (count >= 99.5e9) return fmt::format("{:.0f}B", count / 1e9);
  if (count >= 0.995e9) return fmt::format("{:.1f}B", count / 1e9);
  return fmt::format("{:.0f}M", count / 1e6);
}

ModelShape ShapeOfSize(std::string id, double params, double active_params) {
  params = std::clamp(params, 1e3, 1e15);
  active_params = std::clamp(active_params, 0.0, 1e15);
  const bool sparse = active_params > 0 && active_params < 0.7 * params;
  // A sparse model has the width of a dense one of about the geometric mean of both counts.
  const Usual usual = UsualShape(sparse ? std::sqrt(params * active_params) : params);
  ModelShape shape;
  shape.id = std::move(id);
  shape.family = "unknown";
  shape.arch = "unknown";
  shape.evidence = ShapeEvidence::kFromSize;
  shape.source = "worked out from the number of parameters";
  shape.layers = usual.layers;
  shape.hidden = sparse ? std::max<int64_t>(256, usual.hidden / 2 / 256 * 256) : usual.hidden;
  shape.vocab = usual.vocab;
  shape.head_dim = shape.v_head_dim = 128;
  shape.heads = std::max<int64_t>(1, shape.hidden / 128);
  shape.kv_heads = std::min<int64_t>(8, shape.heads);
  shape.tied = params < 4.5e9;
  shape.params_total = std::llround(params);
  const int64_t table = shape.vocab * shape.hidden;
  const double rest =
      std::max(params - static_cast<double>(table) * (shape.tied ? 1 : 2), params / 2);
  const auto attention =
      static_cast<double>(shape.layers * (2 * shape.hidden * shape.heads * 128 +
                                          2 * shape.hidden * shape.kv_heads * 128));
  const double mlp =
      std::max(rest - attention, rest / 2) / static_cast<double>(3 * shape.hidden * shape.layers);
  if (sparse) {
    shape.experts = 128;
    shape.experts_per_token = 8;
    shape.expert_intermediate = std::max<int64_t>(64, std::llround(mlp / 128 / 64) * 64);
    shape.params_active = std::llround(active_params);
  } else {
    shape.intermediate = std::max<int64_t>(256, std::llround(mlp / 256) * 256);
    shape.params_active = shape.params_total - (shape.tied ? 0 : table);
  }
  shape.kv_f16_full = 4 * shape.kv_heads * 128 * shape.layers;
  return shape;
}

}  // namespace curbstop::fit
