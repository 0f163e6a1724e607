#include "fit/offload.h"

#include <algorithm>

namespace curbstop::fit {
namespace {

struct RamSpeed {
  double slow;
  double usual;
  double fast;
};
constexpr RamSpeed kRam = {34e9 * 0.6, 51e9 * 0.7, 90e9 * 0.8};  // bytes a second that are reached

// Expert matrices that a token touches, of all bytes of experts.
double ExpertBytes(const FitQuestion& question) {
  const ModelShape& shape = question.shape;
  if (!shape.has_experts()) return 0;
  double bytes = 0;
  for (const TypedTensor& one : *GgufTensors(shape, question.format)) {
    if (one.tensor.expert) bytes += static_cast<double>(one.bytes());
  }
  return bytes * static_cast<double>(shape.experts_per_token) / static_cast<double>(shape.experts);
}

}  // namespace

double ReadInRam(const FitQuestion& question) {
  const LlamaCppUse& use = question.llama;
  const auto read = static_cast<double>(ReadPerToken(question.shape, question.format));
  const int64_t layers = std::max<int64_t>(1, question.shape.layers);
  if (use.gpu_layers >= 0 && use.gpu_layers <= layers)
    return read * static_cast<double>(layers + 1 - use.gpu_layers) /
           static_cast<double>(layers + 1);
  return use.experts_in_ram ? std::min(read, ExpertBytes(question)) : 0;
}

std::optional<Rate> DecodeFromRam(const FitQuestion& question) {
  const double in_ram = ReadInRam(question);
  const auto read = static_cast<double>(ReadPerToken(question.shape, question.format));
  if (in_ram <= 0 || read <= 0) return std::nullopt;
  SpeedUse use;
  use.build = question.llama.build;
  use.gpus = question.llama.gpus;
  use.depth = static_cast<double>(question.llama.cache.context) / 2;
  const Result<Rate> whole = DecodeRate(question.shape, question.format, question.hardware, use);
  if (!whole.ok()) return std::nullopt;
  const double on_gpu = 1 - in_ram / read;
  const auto rate = [&](double gpu, double ram) { return 1 / (on_gpu / gpu + in_ram / ram); };
  return Rate{rate(whole->low, kRam.slow), rate(whole->mid, kRam.usual),
              rate(whole->high, kRam.fast)};
}

int64_t MostGpuLayers(const FitQuestion& question) {
  const auto fits = [&](int64_t layers) {
    const Estimate estimate = [&] {
      LlamaCppUse use = question.llama;
      use.gpu_layers = layers;
      return EstimateLlamaCpp(question.shape, question.format, use, question.Available());
    }();
    return estimate.verdict == Verdict::kFits;
  };
  if (!fits(0)) return -1;
  int64_t low = 0;
  int64_t high = question.shape.layers + 1;
  while (low + 1 < high) {
    const int64_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace curbstop::fit
