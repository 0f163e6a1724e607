#include "fit/torch_inference.h"

#include <algorithm>

#include "base/units.h"
#include "fit/kv_cache.h"

namespace curbstop::fit {
namespace {

Component Part(std::string name, Span bytes, std::string evidence, std::string source) {
  return {std::move(name), "gpu0", bytes, std::move(evidence), std::move(source)};
}

bool IsQuantised(const WeightFormat& format) {
  return format.kind != FormatKind::kPlain && format.bits < 15;
}

WeightFormat AsStored(const WeightFormat& format, const TorchInferenceUse& use) {
  WeightFormat stored = format;
  if (use.autocast) stored.bits = stored.head_bits = 32;
  return stored;
}

// litgpt quantises the head, the token table stays.
Wide HeadSaving(const ModelShape& shape, const WeightFormat& format, const TorchInferenceUse& use) {
  if (!use.is_litgpt || !IsQuantised(format)) return 0;
  return static_cast<Wide>(static_cast<double>(Wide{shape.vocab} * shape.hidden) *
                           (format.head_bits - format.bits) / 8);
}

Wide CacheOf(const ModelShape& shape, const TorchInferenceUse& use) {
  CacheUse cache;
  cache.context = use.whole_cache ? std::min<int64_t>(shape.max_context, 8192) : use.context;
  cache.pads_to_256 = false;
  cache.windows = false;
  return CacheBytes(shape, cache) * use.batch;
}

}  // namespace

Estimate EstimateTorchInference(const ModelShape& shape, const WeightFormat& format,
                                const TorchInferenceUse& use, int64_t available) {
  Estimate estimate;
  estimate.available = available;
  auto& list = estimate.components;
  const Span weights = WeightBytes(shape, AsStored(format, use));
  const Wide saved = HeadSaving(shape, format, use);
  list.push_back(Part("weights",
                      {Clamp(Wide{weights.low} - saved), Clamp(Wide{weights.mid} - saved),
                       Clamp(Wide{weights.high} - saved)},
                      "exact", format.name + "; " + shape.source));
  list.push_back(Part("cache", Around(CacheOf(shape, use), 0.75, 0), "exact", "fit/kv_cache.h"));
  const Wide tokens = Wide{use.prompt} * use.batch;
  Wide work = tokens * 2 * (3 * shape.intermediate + 4 * shape.hidden);
  if (use.full_logits) work = std::max(work, tokens * shape.vocab * 6);
  if (use.eager_attention) work = std::max(work, tokens * use.prompt * shape.heads * 6);
  list.push_back(Part("work", Around(work, 0.5, use.eager_attention ? 1 : 0.6), "formula",
                      "fit/torch_inference.h"));
  if (use.is_litgpt && IsQuantised(format)) {
    list.push_back(Part("head in 16 bit, twice",
                        Around(4 * Wide{shape.vocab} * shape.hidden, 0.1, 0.12), "formula",
                        "Lightning-AI/litgpt@26857050"));
  }
  if (use.autocast) {
    const Wide linear = Wide{shape.params_total} - Wide{shape.vocab} * shape.hidden;
    list.push_back(Part("16-bit copies of linear layers", Around(2 * linear, 0.01, 0.02), "formula",
                        "torch autocast"));
  }
  // Rotation tables, masks, workspaces of the matrix library.
  list.push_back(
      Part("buffers", {0, MiB(40).value, MiB(160).value}, "class constant", "litgpt tables"));
  if (use.reserved) {
    list.push_back(Part("allocator", {MiB(64).value, MiB(320).value, MiB(1000).value},
                        "class constant", "torch caching allocator"));
  }
  estimate.peak = SumOf(list, "gpu0");
  estimate.verdict = Judge(estimate.peak, available);
  return estimate;
}

}  // namespace curbstop::fit
