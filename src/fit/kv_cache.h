// Memory of the key/value cache of a decoder at inference, exact.
//
//   bytes = sum over layers of cells * kv_heads * (head_dim * bytes_K + v_head_dim * bytes_V)
//
// Cells of a layer with full attention: the context, rounded up to 256 by today's llama.cpp; with a
// window: min(context, round_up_256(window * slots + ubatch)). MLA keeps the latent once:
// (kv_lora + rope) elements. Linear layers keep a state of constant size for each sequence:
// heads_v * d * d * 4 + 3 * channels * 4 bytes.
//
// Sources: ggml-org/llama.cpp@007dbbf3, src/llama-kv-cache*.cpp, src/llama-memory-recurrent.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fit/shape.h"

namespace curbstop::fit {

// Bytes of 32 elements, so that block formats stay whole: f16 64, q8_0 34, q4_0 18, f32 128.
struct CacheType {
  std::string_view name = "f16";
  int64_t bytes_of_32 = 64;
};
std::optional<CacheType> CacheTypeOfName(std::string_view name);

struct CacheUse {
  int64_t context = 0;  // cells over all slots
  int64_t slots = 1;    // sequences at once
  int64_t ubatch = 512;
  CacheType k;
  CacheType v;
  bool pads_to_256 = true;  // builds of 2023 did not, and a multiple of 256 changes nothing
  bool latent = true;       // MLA as its latent; old builds expanded it to full heads
  bool windows = true;      // an engine that knows sliding windows saves their cache
};

enum class LayerKind { kFull, kSliding, kLinear };
// Which kind the layer is: of each group the last has full attention.
LayerKind KindOfLayer(const ModelShape& shape, int64_t layer);

Wide LayerCacheBytes(const ModelShape& shape, int64_t layer, const CacheUse& use);
Wide CacheBytes(const ModelShape& shape, const CacheUse& use);

}  // namespace curbstop::fit
