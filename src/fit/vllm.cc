#include "fit/vllm.h"

#include <algorithm>

#include "base/units.h"
#include "fit/kv_cache.h"

namespace curbstop::fit {
namespace {

constexpr int64_t kBlock = 16;
constexpr int64_t kChunk = 8192;  // V1 on a datacentre's card

int64_t BatchedTokens(const VllmUse& use) {
  if (use.batched_tokens > 0) return use.batched_tokens;
  if (use.chunked_prefill)
    return std::min<int64_t>(kChunk, std::max<int64_t>(use.max_model_len, 2048));
  return std::max<int64_t>(use.max_model_len, 2048);
}

Wide PerToken(const ModelShape& shape, const VllmUse& use) {
  CacheUse cache;
  cache.context = kBlock;
  cache.pads_to_256 = false;
  cache.windows = false;  // the pool is sized as if every layer kept everything
  const Wide bytes = CacheBytes(shape, cache) / kBlock / (use.fp8_cache ? 2 : 1);
  // Heads are dealt out; those that are fewer than devices are kept twice. A latent is kept by all.
  const int64_t shared =
      shape.is_mla() ? 1
                     : std::min<int64_t>(use.tensor_parallel, std::max<int64_t>(1, shape.kv_heads));
  return CeilDiv(bytes, shared);
}

int64_t TokensIn(int64_t pool, Wide per_token) {
  if (per_token <= 0) return 0;
  return Clamp(Wide{pool} / (per_token * kBlock) * kBlock);
}

}  // namespace

VllmParts VllmPartsOf(const ModelShape& shape, const WeightFormat& format, const VllmUse& use,
                      int64_t total) {
  VllmParts parts;
  const int64_t tp = std::max<int64_t>(1, use.tensor_parallel);
  const Span all = WeightBytes(shape, format);
  parts.weights = {all.low / tp, all.mid / tp, Clamp(Wide{Scale(all.high, 1.003)} / tp)};
  parts.non_torch = tp > 1 ? Span{MiB(400).value, GiB(1).value, GiB(2).value}
                           : Span{MiB(60).value, MiB(150).value, MiB(340).value};
  const Wide width = shape.has_experts() ? Wide{shape.experts_per_token} * shape.expert_intermediate
                                         : Wide{shape.intermediate};
  const Wide layers = Wide{BatchedTokens(use)} * (6 * width / tp + 19 * Wide{shape.hidden});
  const Wide sampler = Wide{use.sequences} * shape.vocab * 38;
  parts.activation = Around(std::max(layers, sampler), 0.15, 0.15);
  if (use.cuda_graphs) parts.graphs = {MiB(100).value, MiB(240).value, MiB(700).value};
  const int64_t budget = Scale(total, use.utilization);
  const auto pool = [&](int64_t w, int64_t n, int64_t a) {
    return Clamp(Wide{budget} - w - n - a);
  };
  parts.pool = {pool(parts.weights.high, parts.non_torch.high, parts.activation.high),
                pool(parts.weights.mid, parts.non_torch.mid, parts.activation.mid),
                pool(parts.weights.low, parts.non_torch.low, parts.activation.low)};
  const Wide per_token = PerToken(shape, use);
  parts.tokens = {TokensIn(parts.pool.low, per_token), TokensIn(parts.pool.mid, per_token),
                  TokensIn(parts.pool.high, per_token)};
  return parts;
}

}  // namespace curbstop::fit
