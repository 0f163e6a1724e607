#include "fit/kv_cache.h"

#include <algorithm>

#include "base/text.h"

namespace curbstop::fit {
namespace {

constexpr CacheType kTypes[] = {{"f16", 64},    {"bf16", 64}, {"f32", 128}, {"q8_0", 34},
                                {"q5_1", 24},   {"q5_0", 22}, {"q4_1", 20}, {"q4_0", 18},
                                {"iq4_nl", 18}, {"fp8", 32}};

Wide Elements(Wide count, const CacheType& type) { return CeilDiv(count * type.bytes_of_32, 32); }

Wide Cells(LayerKind kind, const ModelShape& shape, const CacheUse& use) {
  const Wide full = use.pads_to_256 ? RoundUp(use.context, 256) : Wide{use.context};
  if (kind != LayerKind::kSliding || !use.windows) return full;
  return std::min(full, RoundUp(Wide{shape.sliding_window} * use.slots + use.ubatch, 256));
}

Wide StateBytes(const ModelShape& shape, int64_t slots) {
  const Wide head = shape.linear_head_dim;
  const Wide channels =
      (2 * Wide{shape.linear_key_heads} + shape.linear_value_heads) * shape.linear_head_dim;
  return slots * (shape.linear_value_heads * head * head * 4 + 3 * channels * 4);
}

bool IsNth(int64_t layer, int64_t chosen, int64_t of) {
  return (layer + 1) * chosen / of != layer * chosen / of;
}

}  // namespace

std::optional<CacheType> CacheTypeOfName(std::string_view name) {
  const std::string wanted = Lower(name);
  for (const CacheType& type : kTypes) {
    if (type.name == wanted) return type;
  }
  return std::nullopt;
}

LayerKind KindOfLayer(const ModelShape& shape, int64_t layer) {
  const bool all_alike = shape.layers <= 0 || shape.full_layers() == shape.layers;
  if (all_alike || IsNth(layer, shape.full_layers(), shape.layers)) return LayerKind::kFull;
  return shape.linear_layers > 0 ? LayerKind::kLinear : LayerKind::kSliding;
}

Wide LayerCacheBytes(const ModelShape& shape, int64_t layer, const CacheUse& use) {
  if (shape.kind != ModelKind::kDecoder && shape.kind != ModelKind::kEncoderDecoder) return 0;
  const LayerKind kind = KindOfLayer(shape, layer);
  if (kind == LayerKind::kLinear) return StateBytes(shape, use.slots);
  const Wide cells = Cells(kind, shape, use);
  if (shape.is_mla() && use.latent) return cells * Elements(shape.kv_lora + shape.rope_dim, use.k);
  const int64_t heads = shape.is_mla() ? shape.heads : shape.kv_heads;
  // Heads of other sizes in some layers: the table's own bytes for each token say so.
  const Wide shown = kind == LayerKind::kFull ? shape.kv_f16_full : shape.kv_f16_sliding;
  const int64_t alike = kind == LayerKind::kFull ? shape.full_layers() : shape.sliding_layers;
  const Wide of_heads = Wide{heads} * (shape.head_dim + shape.v_head_dim);
  if (!shape.is_mla() && shown > 0 && shown != of_heads * 2 * alike) {
    return cells * CeilDiv(shown / alike * (use.k.bytes_of_32 + use.v.bytes_of_32), 128);
  }
  return cells * (Elements(Wide{heads} * shape.head_dim, use.k) +
                  Elements(Wide{heads} * shape.v_head_dim, use.v));
}

Wide CacheBytes(const ModelShape& shape, const CacheUse& use) {
  Wide sum = 0;
  for (int64_t i = 0; i < shape.layers; ++i) sum += LayerCacheBytes(shape, i, use);
  return sum;
}

}  // namespace curbstop::fit
