#include "fit/speed.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/kv_cache.h"

namespace curbstop::fit {
namespace {

// One class of devices under one engine and its era.
struct DecodeClass {
  double eta;     // share of the specified bandwidth that weights are read with
  double eta_kv;  // and the cache
  double tau;     // seconds for each layer, whatever its size
  // Half-width of the interval, relative: exp of the 95th percentile of |log(measured/estimated)|
  // over the class's rows of grade A and B, less 1, rounded by hand; no source was left out
  // (docs/benchmarks/fit.md).
  double width;
};

bool IsHbm(const Accelerator& gpu) {
  constexpr std::string_view kHbm[] = {"A100",  "H100", "H200", "GH200", "B200", "B300", "GB200",
                                       "GB300", "V100", "P100", "A30",   "MI",   "H20"};
  return std::any_of(std::begin(kHbm), std::end(kHbm),
                     [&](std::string_view name) { return gpu.name.starts_with(name); });
}

constexpr int64_t kGraphsSince = 3000;  // CUDA graphs and the kernels of 2025 and later

bool IsPlain(const WeightFormat& format) {
  return format.kind == FormatKind::kPlain ||
         (format.kind == FormatKind::kGguf && format.recipe <= GgufRecipe::kBf16);
}

// Source: fitted with each device left out in turn; docs/benchmarks/fit.md.
DecodeClass LlamaCppClass(const Accelerator& gpu, bool old, bool plain) {
  if (gpu.vendor == "apple") {
    // Two dies, or four memory channels for few cores, are not filled by one stream; expanding
    // quantised blocks costs those more.
    const bool wide = gpu.name.ends_with("ULTRA") || gpu.name.ends_with("MAX");
    if (old) return {wide ? (plain ? 0.80 : 0.66) : 0.78, 0.22, 60e-6, 0.28};
    return {wide ? 0.68 : 0.90, 0.4, 88e-6, 0.3};
  }
  if (gpu.name == "GB10" || gpu.name.starts_with("RYZEN")) return {0.82, 0.8, 45e-6, 0.25};
  if (IsHbm(gpu)) return {0.57, 0.42, 98e-6, 0.38};
  if (gpu.architecture == "pascal" || gpu.architecture == "maxwell" || gpu.architecture == "kepler")
    return {0.42, 0.4, 100e-6, 0.35};
  if (gpu.architecture.starts_with("rdna4")) return {0.95, 0.55, 45e-6, 0.35};
  if (gpu.vendor == "amd") return {0.75, 0.55, 110e-6, 0.35};
  if (gpu.vendor == "intel") return {0.6, 0.4, 150e-6, 0.4};
  if (gpu.group == "laptop") return {0.7, 0.5, 88e-6, 0.3};
  return old ? DecodeClass{0.89, 0.50, 90e-6, 0.16} : DecodeClass{0.82, 0.55, 50e-6, 0.22};
}

DecodeClass ClassOf(const Accelerator& gpu, const WeightFormat& format, const SpeedUse& use,
                    bool older) {
  switch (use.engine) {
    case EngineFamily::kLlamaCpp: return LlamaCppClass(gpu, older, IsPlain(format));
    case EngineFamily::kMlx: return {0.85, 0.5, 60e-6, 0.25};
    case EngineFamily::kExllama: return {0.88, 0.6, 35e-6, 0.25};
    case EngineFamily::kAwqFused: return {0.6, 0.5, 250e-6, 0.35};
    case EngineFamily::kVllm:
    case EngineFamily::kTensorRt: return {0.7, 0.6, 40e-6, 0.3};
    case EngineFamily::kTorch: break;
  }
  // Eager torch is bound by launches: the host's time for each layer hides reading, or is hidden by
  // it.
  if (format.kind == FormatKind::kPlain) return {0.8, 0.5, 850e-6, 0.7};
  // GPTQ and AWQ expand inside the product: one launch, as plain weights have.
  if (format.name.starts_with("awq") || format.name.starts_with("gptq"))
    return {0.5, 0.5, 850e-6, 0.7};
  if (format.name == "int8") return {0.5, 0.5, 2500e-6, 0.7};
  return {0.5, 0.5, format.name.ends_with("-dq") ? 1650e-6 : 1450e-6, 0.7};
}

double Bandwidth(const Hardware& hardware, const SpeedUse& use) {
  if (use.bandwidth_gbps) return *use.bandwidth_gbps * 1e9;
  if (hardware.accelerator == nullptr || !hardware.accelerator->bandwidth_gbps) return 0;
  return *hardware.accelerator->bandwidth_gbps * 1e9;
}

Error NoDevice(const Hardware& hardware, std::string_view what) {
  return NotFound(fmt::format("{} of `{}` is not known", what, Printable(hardware.text)));
}

double CacheRead(const ModelShape& shape, double depth) {
  CacheUse cache;
  cache.context = std::llround(std::clamp(depth, 1.0, 1e9));
  cache.ubatch = 1;
  cache.pads_to_256 = false;
  return static_cast<double>(CacheBytes(shape, cache));
}

// Tokens that a prompt's token looks back on, added up over the layers.
double TokensSeen(const ModelShape& shape, double behind) {
  const double window = static_cast<double>(shape.sliding_window);
  double seen = static_cast<double>(shape.full_layers()) * behind;
  if (shape.sliding_layers > 0)
    seen += static_cast<double>(shape.sliding_layers) * std::min(behind, window);
  return seen;
}

// Experts that a batch touches, of all: E (1 - (1 - K/E)^B).
double ExpertShare(const ModelShape& shape, double batch) {
  if (!shape.has_experts()) return 1;
  const double one =
      static_cast<double>(shape.experts_per_token) / static_cast<double>(shape.experts);
  return (1 - std::pow(1 - one, batch)) / one;
}

Rate Around(double mid, double width) { return {mid / (1 + width), mid, mid * (1 + width)}; }

double ShapeDoubt(const ModelShape& shape) {
  return shape.evidence == ShapeEvidence::kFromSize ? 0.1 : 0;
}

// Tensor arithmetic of 8-bit integers, 10^12 operations a second: twice the 16-bit rate, four times
// on consumer cards, whose 16-bit rate with 32-bit sums is halved.
double IntegerTops(const Accelerator& gpu) {
  const double half = gpu.fp16_tflops.value_or(0);
  const bool halved = gpu.vendor == "nvidia" && (gpu.group == "consumer" || gpu.group == "laptop");
  return half * (halved ? 4 : 2);
}

// What llama.cpp reaches in prefill, FLOP/s. Fitted as a power of the integer rate: larger cards
// are filled less by one prompt of 512 tokens.
double PrefillFlops(const Accelerator& gpu, const WeightFormat& format, bool older) {
  const bool plain = IsPlain(format);
  if (gpu.vendor == "apple") return 0.62 * gpu.fp16_tflops.value_or(0) * (plain ? 1.15 : 1) * 1e12;
  if (gpu.vendor == "amd") return 0.55 * gpu.fp16_tflops.value_or(0) * 1e12;
  if (gpu.vendor == "intel") return 0.3 * gpu.fp16_tflops.value_or(0) * 1e12;
  // Workstation and datacentre cards of that rate run at lower power.
  const double power = IsHbm(gpu)                ? 0.97
                       : gpu.group == "consumer" ? 1.1
                                                 : (gpu.group == "laptop" ? 0.7 : 0.85);
  const double base = 1.13 * power * std::pow(IntegerTops(gpu), 0.68) * 1e12;
  return base * (plain ? 1.25 : 1) * (older ? 1 : 1.25);
}

// Builds that compute a prompt's parts on several GPUs at once.
constexpr int64_t kScheduledSince = 2400;

double PipelineGain(const SpeedUse& use) {
  const double parts = std::max(1.0, use.prompt / 512);
  const double gpus = static_cast<double>(use.gpus);
  return std::pow(parts * gpus / (parts + gpus - 1), 0.8);
}

}  // namespace

double SpeedTerms::Total() const { return std::accumulate(seconds.begin(), seconds.end(), 0.0); }

Rate SpeedTerms::ToRate() const { return Around(tokens / Total(), width); }

Result<SpeedTerms> DecodeTerms(const ModelShape& shape, const WeightFormat& format,
                               const Hardware& hardware, const SpeedUse& use) {
  const double bandwidth = Bandwidth(hardware, use);
  if (bandwidth <= 0) return NoDevice(hardware, "memory bandwidth");
  static const Accelerator kUnknown;
  const Accelerator& gpu = hardware.accelerator == nullptr ? kUnknown : *hardware.accelerator;
  const DecodeClass facts =
      hardware.cpu_only ? DecodeClass{0.55, 0.5, 60e-6, 0.8}
                        : ClassOf(gpu, format, use, use.build > 0 && use.build < kGraphsSince);
  const double share = ExpertShare(shape, use.batch);
  const bool launch_bound = use.engine == EngineFamily::kTorch && !hardware.cpu_only;
  const double spread = use.tensor_parallel && !launch_bound ? static_cast<double>(use.gpus) : 1;
  const double weights = static_cast<double>(ReadPerToken(shape, format)) * share / spread;
  const double cache = CacheRead(shape, use.depth) * use.batch / spread;
  // Routing, gathering and small matrices cost a mixture about twice a dense layer's overhead.
  const double layers = static_cast<double>(shape.layers) * (shape.has_experts() ? 2 : 1) *
                        (shape.linear_layers > 0 ? 1.5 : 1);
  double reading = weights / (bandwidth * facts.eta);
  double caching = cache / (bandwidth * facts.eta_kv);
  double arithmetic = 0;
  if (use.batch > 1 && hardware.accelerator != nullptr) {
    arithmetic = 2 * static_cast<double>(shape.params_active) * use.batch /
                 (0.5 * std::max(1.0, gpu.fp16_tflops.value_or(10)) * 1e12);
  }
  if (arithmetic > reading + caching) {
    reading = arithmetic;
    caching = 0;
  }
  double launches = layers * facts.tau;
  if (launch_bound) launches = std::max(0.0, launches - reading - caching);
  if (use.gpus > 1) launches += static_cast<double>(use.gpus - 1) * 100e-6;
  return SpeedTerms{{reading, caching, launches}, use.batch, facts.width + ShapeDoubt(shape)};
}

Result<Rate> DecodeRate(const ModelShape& shape, const WeightFormat& format,
                        const Hardware& hardware, const SpeedUse& use) {
  TRY_ASSIGN(const SpeedTerms terms, DecodeTerms(shape, format, hardware, use));
  return terms.ToRate();
}

Result<SpeedTerms> PrefillTerms(const ModelShape& shape, const WeightFormat& format,
                                const Hardware& hardware, const SpeedUse& use) {
  if (hardware.accelerator == nullptr || !hardware.accelerator->fp16_tflops)
    return NoDevice(hardware, "arithmetic rate");
  const bool older = use.build > 0 && use.build < kGraphsSince;
  double rate = PrefillFlops(*hardware.accelerator, format, older);
  if (use.build > 0 && use.build < kScheduledSince) rate *= use.gpus > 1 ? 0.35 : 0.78;
  // Experts are small matrices of gathered rows; attention between them is as in a dense model.
  const double params = static_cast<double>(shape.params_active) * (shape.has_experts() ? 2 : 1);
  // Without flash attention scores go through memory several times.
  const double passes = older ? 4 : 1;
  const double attention = passes * 4 * static_cast<double>(shape.heads * shape.head_dim) *
                           TokensSeen(shape, use.depth + use.prompt / 2);
  if (use.gpus > 1 && !(use.build > 0 && use.build < kScheduledSince)) rate *= PipelineGain(use);
  // How several GPUs share a prompt differs by the machine between them: 0.17 to 5 times the rule.
  return SpeedTerms{
      {2 * params / rate, attention / rate}, 1, (use.gpus > 1 ? 1.5 : 0.47) + ShapeDoubt(shape)};
}

Result<Rate> PrefillRate(const ModelShape& shape, const WeightFormat& format,
                         const Hardware& hardware, const SpeedUse& use) {
  TRY_ASSIGN(const SpeedTerms terms, PrefillTerms(shape, format, hardware, use));
  return terms.ToRate();
}

Result<Rate> ServingRate(const ModelShape& shape, const WeightFormat& format,
                         const Hardware& hardware, const ServingUse& use) {
  if (hardware.accelerator == nullptr || !hardware.accelerator->bf16_tflops ||
      !hardware.accelerator->bandwidth_gbps)
    return NoDevice(hardware, "arithmetic rate");
  const double gpus = static_cast<double>(std::max<int64_t>(1, use.gpus));
  const bool four_bit = format.bits < 5;
  double peak = *hardware.accelerator->bf16_tflops * 1e12 * (four_bit ? 4 : 2) * gpus;
  // Small experts gain nothing from 4-bit arithmetic.
  if (four_bit && shape.has_experts()) peak /= 2;
  double flops = peak * (four_bit ? 0.38 : 0.55) * (use.gpus > 1 ? 0.65 : 1);
  if (shape.has_experts() && IsHbm(*hardware.accelerator))
    flops *= 0.4;  // experts too small to fill it
  const double bandwidth = *hardware.accelerator->bandwidth_gbps * 1e9 * 0.75 * gpus;
  const double weights = static_cast<double>(WeightBytes(shape, format).mid);
  const double held = (use.input + use.output / 2) *
                      static_cast<double>(shape.kv_f16_full + shape.kv_f16_sliding) / 2;
  const double room = 0.9 * static_cast<double>(hardware.memory) * gpus - weights;
  if (room <= 0) return NotFound("the weights leave no room for a cache");
  const double batch = std::clamp(room / std::max(1.0, held), 1.0, 2048.0);
  const double seconds =
      (1 + use.input / use.output) * 2 * static_cast<double>(shape.params_active) / flops +
      held / bandwidth + weights / bandwidth / batch;
  return Around(1 / seconds, 0.38);
}

}  // namespace curbstop::fit
