#include "fit/predict.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "fit/internal/predictors.h"
#include "fit/llama_cpp.h"

namespace curbstop::fit {
namespace {

bool IsOneOf(const std::string& metric, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (metric == name) return true;
  }
  return false;
}

bool NamesNoModel(const TruthRow& row) { return row.model.empty() || row.model.starts_with("("); }

}  // namespace

Result<Prediction> MemoryPrediction(const TruthRow& row, const Span& bytes, const Span& peak,
                                    const RowFacts& facts) {
  Prediction prediction;
  prediction.is_memory = true;
  prediction.verdict = Judge(peak.mid > 0 ? peak : bytes, facts.hardware.Available());
  if (row.metric == "oom") return prediction;
  const auto scale = ScaleOf(row.unit);
  if (!scale) return InvalidInput(fmt::format("unit `{}` is no size", Printable(row.unit)));
  prediction.low = static_cast<double>(bytes.low) / *scale;
  prediction.mid = static_cast<double>(bytes.mid) / *scale;
  prediction.high = static_cast<double>(bytes.high) / *scale;
  return prediction;
}

// What drivers and libraries take before a model is there. Sources: stas00/ml-engineering@744d01e1,
// ggml-org/llama.cpp#15860, huggingface/transformers@249ef816.
Result<Prediction> PredictConstant(const TruthRow& row, const RowFacts& facts) {
  constexpr double kGiBytes = 1073741824.0;
  const auto gib = [&](double low, double mid, double high) {
    const auto bytes = [](double one) { return static_cast<int64_t>(one * kGiBytes); };
    return MemoryPrediction(row, {bytes(low), bytes(mid), bytes(high)}, {}, RowFacts{});
  };
  if (row.metric == "unaccounted") {
    return MemoryPrediction(row, {MiB(420).value, MiB(445).value, MiB(470).value}, {}, RowFacts{});
  }
  if (row.metric == "nccl_extra") return gib(0.9, 1.45, 1.9);
  if (row.metric == "device_used") return gib(0.9, 1.3, 1.7);
  if (Has(facts.text, {"torch 1.10", "torch 1.9", "torch 1.8"})) return gib(1.4, 1.78, 2.0);
  if (Has(facts.text, {"eager", "torch 1."})) return gib(0.8, 0.91, 1.1);
  return gib(0.4, 0.47, 0.55);
}

Prediction Corrected(Prediction prediction, const Correction& correction) {
  const double factor = prediction.grows ? correction.factor : 1 / correction.factor;
  prediction.mid *= factor;
  prediction.low = prediction.mid / (1 + correction.width);
  prediction.high = prediction.mid * (1 + correction.width);
  return prediction;
}

Measured MeasuredOf(const TruthRow& row, const Prediction& prediction) {
  const double ratio = prediction.grows ? row.value / prediction.mid : prediction.mid / row.value;
  return {prediction.work, ratio, RoundingOf(row.value_text) / std::abs(row.value)};
}

Result<Prediction> Predict(const TruthRow& row) {
  const RowFacts facts = FactsOf(row);
  if (IsOneOf(row.metric, {"estimate_size_vram", "vendor_min"})) {
    return InvalidInput("a claim of somebody else, not a measurement");
  }
  if (IsOneOf(row.metric, {"cuda_context", "unaccounted", "nccl_extra"}))
    return PredictConstant(row, facts);
  if (row.metric == "mamf_tflops") return PredictSpeed(row, facts);
  if (NamesNoModel(row)) {
    if (row.metric == "device_used") return PredictConstant(row, facts);
    return InvalidInput("the row names no model");
  }
  if (IsOneOf(row.metric, {"file_size", "bits_per_weight", "load_bytes"}))
    return PredictFile(row, facts);

  const bool is_speed =
      Has(row.metric, {"_tps", "mfu", "hfu", "_per_s", "iter", "runtime", "tflops"});
  if (is_speed) return PredictSpeed(row, facts);
  if (facts.is_training || IsOneOf(row.metric, {"act_copies_per_layer", "max_seq_fit"}))
    return PredictTraining(row, facts);
  if (facts.engine == Engine::kVllm) return PredictVllm(row, facts);
  // An engine file of TensorRT holds the weights as they are.
  if (facts.engine == Engine::kTensorRt && row.metric == "engine") return PredictFile(row, facts);
  if (facts.engine == Engine::kTorch) return PredictTorch(row, facts);
  if (facts.engine == Engine::kLlamaCpp) return PredictLlamaCpp(row, facts);
  return InvalidInput(fmt::format("no rule for metric `{}` of `{}`", Printable(row.metric),
                                  Printable(row.technique)));
}

}  // namespace curbstop::fit
