// Rows of inference outside of llama.cpp: torch with plain or quantised weights, vLLM.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "fit/internal/predictors.h"
#include "fit/torch_inference.h"
#include "fit/vllm.h"

namespace curbstop::fit {
namespace {

int64_t Whole(std::optional<double> number, double fallback, double low, double high) {
  return std::llround(std::clamp(number.value_or(fallback), low, high));
}

}  // namespace

Result<Prediction> PredictTorch(const TruthRow& row, const RowFacts& facts) {
  TRY_ASSIGN(const ModelShape shape, ShapeOf(row));
  TRY_ASSIGN(const WeightFormat format, FormatOf(row, shape));
  TorchInferenceUse use;
  use.context = Whole(FirstNumber(row.ctx), 256, 1, 1e9);
  use.prompt = Whole(FirstNumber(row.seq), 32, 1, 1e9);
  use.batch = Whole(FirstNumber(row.batch), 1, 1, 1e6);
  use.is_litgpt = Has(facts.text, {"litgpt"});
  use.autocast = Has(Lower(row.dtype), {"mixed", "amp"});
  use.whole_cache = Has(facts.text, {"torchtune"});
  use.full_logits = Has(facts.technique, {"prefill", "modules"});
  use.eager_attention = use.full_logits;
  // Fused modules take their cache and work space up front, in one piece.
  const bool fused = Has(facts.technique, {"fused"}) && !Has(facts.technique, {"unfused"});
  use.reserved = !fused && Has(row.metric, {"memory_used", "reserved", "vram_used", "device_used"});
  const Estimate estimate = EstimateTorchInference(shape, format, use, facts.hardware.Available());
  TRY(CheckSize(estimate));
  // That table's "4.50 GB (5.68 %)" of a card with 79.15 GiB is in GiB.
  TruthRow as_shown = row;
  if (Has(facts.text, {"vram % of 80gb"})) as_shown.unit = "GiB";
  return MemoryPrediction(as_shown, estimate.peak, estimate.peak, facts);
}

Result<Prediction> PredictVllm(const TruthRow& row, const RowFacts& facts) {
  TRY_ASSIGN(const ModelShape shape, ShapeOf(row));
  TRY_ASSIGN(const WeightFormat format, FormatOf(row, shape));
  VllmUse use;
  use.tensor_parallel =
      Whole(NumberBehind(facts.technique, {"-tp ", "tp=", "tp ", "tensor-parallel-size "}),
            static_cast<double>(facts.hardware.count), 1, 1024);
  use.utilization = std::clamp(
      NumberBehind(facts.technique, {"gpu_memory_utilization ", "gpu-memory-utilization ",
                                     "utilization ", "util ", "util=", "gpu_memory_utilization="})
          .value_or(0.9),
      0.05, 1.0);
  use.max_model_len = Whole(NumberBehind(facts.technique, {"max-model-len ", "max_model_len ",
                                                           "max_model_len=", "max len "}),
                            FirstNumber(row.ctx).value_or(0), 0, 1e9);
  if (use.max_model_len == 0)
    use.max_model_len = std::clamp<int64_t>(shape.max_context, 2048, 1 << 20);
  use.batched_tokens =
      Whole(NumberBehind(facts.technique, {"max-num-batched-tokens ", "max_num_batched_tokens ",
                                           "max_num_batched_tokens="}),
            0, 0, 1e9);
  use.sequences = Whole(NumberBehind(facts.technique, {"max-num-seqs ", "max-num-seq ",
                                                       "max_num_seqs ", "max_num_seqs="}),
                        256, 1, 1e6);
  use.fp8_cache =
      Has(facts.technique, {"fp8 kv", "kv fp8", "kv_cache_dtype fp8", "kv-cache-dtype fp8"});
  use.chunked_prefill = Has(facts.technique, {"v1", "chunked"});
  use.cuda_graphs = !Has(facts.technique, {"eager"});
  const int64_t total = facts.hardware.Available();
  const bool needs_total = Has(row.metric, {"kv", "block", "token", "device_used", "peak"});
  if (needs_total && total <= 0) return InvalidInput("the row names no memory of the device");
  const VllmParts parts = VllmPartsOf(shape, format, use, total);
  if (row.metric == "weights") return MemoryPrediction(row, parts.weights, {}, facts);
  if (row.metric == "non_torch") return MemoryPrediction(row, parts.non_torch, {}, facts);
  if (row.metric == "activation_peak" || row.metric == "activation")
    return MemoryPrediction(row, parts.activation, {}, facts);
  if (row.metric == "cuda_graphs" || row.metric == "graph_memory")
    return MemoryPrediction(row, parts.graphs, {}, facts);
  if (Has(row.unit, {"token", "block"}) || Has(row.metric, {"tokens", "blocks"})) {
    const double of = Has(row.unit + row.metric, {"block"}) ? 16 : 1;
    const auto count = [&](int64_t tokens) { return static_cast<double>(tokens) / of; };
    return Prediction{count(parts.tokens.low), count(parts.tokens.mid), count(parts.tokens.high),
                      Verdict::kUnknown, false};
  }
  if (Has(row.metric, {"kv"})) return MemoryPrediction(row, parts.pool, {}, facts);
  if (row.metric == "oom") {
    Prediction prediction;
    prediction.is_memory = true;
    prediction.verdict =
        parts.tokens.low >= use.max_model_len
            ? Verdict::kFits
            : (parts.tokens.mid < use.max_model_len ? Verdict::kNo : Verdict::kTight);
    return prediction;
  }
  const Span used = parts.weights + parts.non_torch + parts.activation + parts.graphs + parts.pool;
  return MemoryPrediction(row, used, {}, facts);
}

}  // namespace curbstop::fit
