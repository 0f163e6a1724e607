// Rows of speed: decode, prefill, serving, training.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/conv_net.h"
#include "fit/internal/predictors.h"
#include "fit/speed.h"
#include "fit/training_speed.h"

namespace curbstop::fit {
namespace {

Prediction Of(const Rate& rate, double factor = 1) {
  Prediction prediction;
  prediction.low = rate.low * factor;
  prediction.mid = rate.mid * factor;
  prediction.high = rate.high * factor;
  return prediction;
}

WorkPoint PointOf(WorkKind kind, const RowFacts& facts, const ModelShape& shape,
                  const WeightFormat& format, const SpeedTerms& terms) {
  const Accelerator* gpu = facts.hardware.accelerator;
  const std::string device = gpu == nullptr ? Lower(facts.hardware.text) : gpu->name;
  WorkPoint point;
  point.kind = kind;
  point.device = fmt::format("{} x{}", device, facts.hardware.count);
  point.setup = facts.technique;
  point.format = format.name;
  point.model = shape.id;
  point.parts = terms.seconds;
  return point;
}

EngineFamily FamilyOf(const RowFacts& facts) {
  switch (facts.engine) {
    case Engine::kMlx: return EngineFamily::kMlx;
    case Engine::kExllama: return EngineFamily::kExllama;
    case Engine::kVllm: return EngineFamily::kVllm;
    case Engine::kTensorRt: return EngineFamily::kTensorRt;
    case Engine::kTorch:
      return Has(facts.technique, {" fused"}) ? EngineFamily::kAwqFused : EngineFamily::kTorch;
    case Engine::kLlamaCpp:
    case Engine::kNone: break;
  }
  return Has(facts.technique, {"mlc"}) ? EngineFamily::kExllama : EngineFamily::kLlamaCpp;
}

std::string_view EngineName(EngineFamily family) {
  switch (family) {
    case EngineFamily::kMlx: return "mlx";
    case EngineFamily::kTorch: return "torch";
    case EngineFamily::kExllama: return "exllama";
    case EngineFamily::kAwqFused: return "awq";
    case EngineFamily::kVllm: return "vllm";
    case EngineFamily::kTensorRt: return "tensorrt";
    case EngineFamily::kLlamaCpp: break;
  }
  return "llama.cpp";
}

// Benchmarks start from an empty cache, so that half of what they generate is the mean depth; "@
// depth" ones begin at the named depth.
double DepthOf(const TruthRow& row, const RowFacts& facts) {
  const auto named = FirstNumber(row.ctx);
  if (Has(facts.technique, {"@ depth", "-d "})) return std::clamp(named.value_or(0), 1.0, 1e8) + 16;
  if (Has(Lower(row.ctx), {"short"})) return 150;
  if (Has(facts.text, {"rolling 512"})) return 384;
  if (Has(facts.technique, {"tg128"})) return 64;
  return std::clamp(named.value_or(300), 1.0, 1e8) / 2;
}

// Bandwidth of memory that no accelerator row has, 10^9 bytes a second.
std::optional<double> CpuBandwidth(const std::string& text) {
  struct Known {
    std::string_view text;
    double gbps;
  };
  constexpr Known kKnown[] = {
      {"raspberry pi 5", 17}, {"raspberry pi 4", 8}, {"ampereone", 330}, {"framework desktop", 256},
      {"alder lake", 51},     {"iris xe", 51},       {"i7-", 51},        {"ryzen 9", 80},
      {"epyc", 300},          {"threadripper", 160}};
  for (const Known& known : kKnown) {
    if (text.find(known.text) != std::string::npos) return known.gbps;
  }
  return std::nullopt;
}

SpeedUse UseOf(const TruthRow& row, RowFacts& facts) {
  SpeedUse use;
  use.engine = FamilyOf(facts);
  use.build = std::llround(
      std::clamp(NumberBehind(facts.technique, {" b", "build "}).value_or(0), 0.0, 1e6));
  if (Has(facts.text, {"sh1ng", "may 2024"}) && use.build == 0) use.build = 1500;
  use.depth = DepthOf(row, facts);
  use.batch = std::clamp(FirstNumber(row.batch).value_or(1), 1.0, 65536.0);
  use.gpus = facts.hardware.count;
  use.tensor_parallel =
      Has(facts.technique, {"tensor parallel"}) || use.engine == EngineFamily::kVllm;
  if (facts.hardware.accelerator == nullptr) {
    use.bandwidth_gbps = CpuBandwidth(Lower(row.hardware));
    facts.hardware.cpu_only = use.bandwidth_gbps.has_value();
  }
  return use;
}

bool HasLayout(const ModelShape& shape) { return shape.layers > 0 && shape.hidden > 0; }

// Images of 224 x 224 unless the row says otherwise.
Result<Prediction> PredictImages(const TruthRow& row, const RowFacts& facts,
                                 const ModelShape& shape) {
  TRY_ASSIGN(const ConvNet net, ConvNetOf(shape, 224));
  ImageUse use;
  use.training = true;
  use.half = !Has(Lower(row.dtype), {"fp32"});
  use.gpus = facts.hardware.count;
  TRY_ASSIGN(const SpeedTerms terms, ImageTerms(net, facts.hardware, use));
  return Of(terms.ToRate());
}

Result<Prediction> PredictTrainingRow(const TruthRow& row, const RowFacts& facts,
                                      WorkPoint& point) {
  if (row.metric == "mamf_tflops") {
    const Accelerator* gpu = facts.hardware.accelerator;
    if (gpu == nullptr || !gpu->bf16_tflops)
      return InvalidInput("the arithmetic rate of the device is not known");
    const bool eight = Has(Lower(row.dtype), {"fp8", "float8"});
    const double share = (gpu->vendor == "amd" ? 0.58 : 0.8) * (eight ? 1.85 : 1);
    return Of({*gpu->bf16_tflops * share * 0.88, *gpu->bf16_tflops * share,
               *gpu->bf16_tflops * share * 1.12});
  }
  TRY_ASSIGN(const ModelShape shape, ShapeOf(row));
  if (shape.kind == ModelKind::kConvolution && row.metric == "train_samples_per_s")
    return PredictImages(row, facts, shape);
  if (!HasLayout(shape))
    return InvalidInput(fmt::format("there is no rule yet for the speed of `{}`", shape.arch));
  TRY_ASSIGN(const WeightFormat format, FormatOf(row, shape));
  const TrainingUse use = TrainingUseOf(row, facts);
  const bool fp8 = Has(Lower(row.dtype), {"fp8", "float8"});
  TRY_ASSIGN(const TrainingRates rates, TrainingRatesOf(shape, format, facts.hardware, use, fp8));
  point = PointOf(WorkKind::kTraining, facts, shape, format, rates.terms);
  point.engine = NameOf(use.stack);
  // Of the 8-bit peak, where products are of 8 bit.
  const double of_peak = fp8 ? 0.5 : 1;
  if (row.metric == "mfu") return Of(rates.mfu, of_peak);
  if (row.metric == "hfu") return Of(rates.hfu, of_peak);
  if (row.metric == "model_tflops_per_gpu") {
    return Of(rates.mfu, rates.peak_tflops / 100);
  }
  if (row.metric == "train_tps_per_gpu") return Of(rates.tokens);
  const double all = use.sharding == Sharding::kNone ? 1 : static_cast<double>(use.gpus);
  if (row.metric == "train_tps_total") return Of(rates.tokens, all);
  if (row.metric == "train_samples_per_s")
    return Of(rates.tokens, 1 / static_cast<double>(use.sequence));
  // Alpaca: samples of some 110 tokens; eager training is bound by launches of some 4 ms for a
  // layer.
  constexpr double kMeanSample = 110;
  const bool quantised = format.kind != FormatKind::kPlain;
  const double floor =
      0.0042 * static_cast<double>(shape.layers) * (use.gpus > 1 ? 2.6 : 1) * (quantised ? 1.5 : 1);
  // Samples of unequal length, loading and evaluation come on top.
  const double more = row.metric == "train_runtime" ? 1.4 : 1.52;
  const auto minutes = [&](double iterations, double tokens) {
    const auto seconds = [&](double rate) {
      return iterations * std::max(tokens / rate, floor) / 60;
    };
    Prediction prediction = Of({seconds(rates.tokens.high) / more, seconds(rates.tokens.mid),
                                seconds(rates.tokens.low) * more});
    prediction.grows = true;
    return prediction;
  };
  const double batch = static_cast<double>(use.batch);
  if (row.metric == "time_1k_iters") return minutes(1000, kMeanSample * batch);
  if (row.metric == "ms_per_iter")
    return minutes(60000.0, static_cast<double>(use.sequence) * batch);
  if (row.metric == "train_runtime") {
    const double epochs = NumberBehind(facts.technique, {", "}).value_or(1);
    return minutes(epochs * 2000 / batch, 1.3 * kMeanSample * batch);
  }
  return InvalidInput(fmt::format("no rule for metric `{}`", Printable(row.metric)));
}

Result<Prediction> PredictTrainingSpeed(const TruthRow& row, const RowFacts& facts) {
  WorkPoint point;
  TRY_ASSIGN(Prediction prediction, PredictTrainingRow(row, facts, point));
  prediction.work = std::move(point);
  return prediction;
}

}  // namespace

Result<Prediction> PredictSpeed(const TruthRow& row, const RowFacts& given) {
  RowFacts facts = given;
  const bool trains = Has(row.metric, {"train", "mfu", "hfu", "iter", "tflops"});
  if (trains) return PredictTrainingSpeed(row, facts);
  TRY_ASSIGN(const ModelShape shape, ShapeOf(row));
  if (!HasLayout(shape))
    return InvalidInput(fmt::format("there is no rule yet for the speed of `{}`", shape.arch));
  TRY_ASSIGN(const WeightFormat format, FormatOf(row, shape));
  if (row.metric == "output_tps_total") {
    const size_t slash = row.ctx.find('/');
    const double input = FirstNumber(row.ctx).value_or(1000);
    const double output =
        slash == std::string::npos ? input : FirstNumber(row.ctx.substr(slash)).value_or(1000);
    TRY_ASSIGN(const Rate rate, ServingRate(shape, format, facts.hardware,
                                            {input, std::max(1.0, output), facts.hardware.count}));
    return Of(rate);
  }
  SpeedUse use = UseOf(row, facts);
  const auto Calibrated = [&](WorkKind kind, const SpeedTerms& terms) {
    Prediction prediction = Of(terms.ToRate());
    prediction.work = PointOf(kind, facts, shape, format, terms);
    prediction.work.engine = EngineName(use.engine);
    return prediction;
  };
  if (row.metric == "prefill_tps") {
    use.prompt = std::clamp(
        NumberBehind(facts.technique, {"pp", "p"}).value_or(FirstNumber(row.ctx).value_or(512)),
        1.0, 1e7);
    if (!Has(facts.technique, {"@ depth"})) use.depth = 0;
    TRY_ASSIGN(const SpeedTerms terms, PrefillTerms(shape, format, facts.hardware, use));
    return Calibrated(WorkKind::kPrefill, terms);
  }
  TRY_ASSIGN(const SpeedTerms terms, DecodeTerms(shape, format, facts.hardware, use));
  return Calibrated(WorkKind::kDecode, terms);
}

}  // namespace curbstop::fit
