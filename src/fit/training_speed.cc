#include "fit/training_speed.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop::fit {
namespace {

// Of the dense 16-bit peak, in large full training without sharding's waits.
double Efficiency(const Accelerator& gpu, bool fp8) {
  if (gpu.name.starts_with("A100")) return gpu.memory.value < (int64_t{50} << 30) ? 0.59 : 0.62;
  if (gpu.name.starts_with("H100") || gpu.name.starts_with("H200") || gpu.name.starts_with("GH200"))
    return fp8 ? 0.70 : 0.47;
  if (gpu.vendor == "amd") return 0.4;
  if (gpu.group == "consumer" || gpu.group == "laptop") return 0.62;
  if (gpu.architecture == "volta" || gpu.architecture == "turing") return 0.35;
  return 0.45;  // workstation and small datacentre cards are held back by power and bandwidth
}

// Fused attention of 2023 and 2024 reached this share of the dense peak: written for Ampere, it
// left most of Hopper idle.
double AttentionEfficiency(const Accelerator& gpu) {
  const bool hopper =
      gpu.name.starts_with("H100") || gpu.name.starts_with("H200") || gpu.name.starts_with("GH200");
  return hopper ? 0.22 : 0.4;
}

// Half-width of the interval: exp of the 95th percentile of |log(measured/estimated)|, less 1, over
// rows of trainers made for throughput (A100, then H100 and others) and of all other stacks.
double Width(const Accelerator& gpu, const TrainingUse& use) {
  const bool one_card = use.gpus <= 1;
  const bool for_throughput = use.stack == Stack::kMegatron || use.stack == Stack::kTorchtitan ||
                              (use.stack == Stack::kGeneric && !one_card);
  if (!for_throughput) return 0.75;
  return gpu.name.starts_with("A100") ? 0.25 : 0.32;
}

// What a stack loses beside a trainer made for throughput.
double StackFactor(const TrainingUse& use) {
  switch (use.stack) {
    case Stack::kLitgpt:
    case Stack::kLitgpt2023: return 0.65;
    case Stack::kPeft: return 0.72;
    case Stack::kLlamaFactory: return 0.68;
    case Stack::kUnsloth: return 1.2;
    case Stack::kTorchtune: return use.compiled ? 1.05 : 0.7;
    case Stack::kTorchtitan: return use.compiled ? 0.85 : 0.75;
    case Stack::kMegatron:
    case Stack::kGeneric: break;
  }
  return 1;
}

// Small matrices fill a device less; below some 2048 wide it shows.
double SizeFactor(const ModelShape& shape) {
  const double width = static_cast<double>(std::max<int64_t>(64, shape.hidden));
  return std::clamp(0.62 + 0.38 * std::log2(width / 512) / 3, 0.5, 1.0);
}

double TokenFactor(const TrainingUse& use) {
  const double tokens = static_cast<double>(use.sequence * use.batch);
  return std::clamp(0.75 + 0.25 * std::log2(tokens / 512) / 3, 0.5, 1.0);
}

Rate Times(double mid, double width) { return {mid / (1 + width), mid, mid * (1 + width)}; }

}  // namespace

Result<TrainingRates> TrainingRatesOf(const ModelShape& shape, const WeightFormat& format,
                                      const Hardware& hardware, const TrainingUse& use, bool fp8) {
  const Accelerator* gpu = hardware.accelerator;
  const auto peak_tflops =
      gpu == nullptr ? std::nullopt : (gpu->bf16_tflops ? gpu->bf16_tflops : gpu->fp16_tflops);
  if (!peak_tflops)
    return NotFound(fmt::format("arithmetic rate of `{}` is not known", Printable(hardware.text)));
  const double peak = *peak_tflops * 1e12;
  const bool full = use.method == Method::kFull;
  const double again = use.checkpointing == Checkpointing::kFull
                           ? 2
                           : (use.checkpointing == Checkpointing::kSelective ? 0.3 : 0);
  const double params = static_cast<double>(shape.params_active) +
                        (shape.has_experts() ? 0.05 * static_cast<double>(shape.params_active) : 0);
  const double scores = 12 * static_cast<double>(shape.layers * shape.heads * shape.head_dim) *
                        static_cast<double>(use.sequence);
  const double model = 6 * params + scores;
  double efficiency =
      Efficiency(*gpu, fp8) * StackFactor(use) * SizeFactor(shape) * TokenFactor(use);
  const bool quantised = format.kind != FormatKind::kPlain && format.bits < 15;
  if (quantised) efficiency *= 0.9;  // weights are expanded again in each pass
  if (fp8 && use.stack == Stack::kMegatron) efficiency *= 1.6;  // a trainer made for it
  // 32-bit products: tensor cores at half the rate where they take them, else plain arithmetic.
  const bool single = format.kind == FormatKind::kPlain && format.bits > 31 && !use.mixed_precision;
  if (single)
    efficiency *= gpu->architecture == "volta" || gpu->architecture == "turing" ? 0.25 : 0.5;
  if (use.cpu_offload) efficiency *= 0.5;
  if (use.gpus > 8 && use.sharding != Sharding::kNone)
    efficiency *= std::max(0.75, 1 - 0.02 * std::log2(static_cast<double>(use.gpus) / 8));
  // Attention does not run at the rate of matrix products, and never in 8 bit.
  const double attention = scores * (1 + again / 6) * 0.6;
  // Checkpointing makes room for larger batches, which fill a device better: of what runs on
  // several GPUs compute again, about a half shows as time.
  const double shown = full && use.gpus > 1 ? 0.55 * again : again;
  const double width = Width(*gpu, use);
  TrainingRates rates;
  rates.terms = {{((full ? 6 : 4) + shown) * params / (peak * efficiency),
                  attention / (peak * AttentionEfficiency(*gpu))},
                 1,
                 width};
  const double rate = 1 / rates.terms.Total();
  const double mfu = rate * model / peak * 100;
  const double all = rate * (model + again * params + scores * again / 6) / peak * 100;
  rates.tokens = rates.terms.ToRate();
  rates.peak_tflops = *peak_tflops;
  rates.mfu = Times(mfu, width);
  rates.hfu = Times(all, width);
  return rates;
}

}  // namespace curbstop::fit
