#include "fit/llama_cpp.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"

namespace curbstop::fit {
namespace {

constexpr int64_t kFirstScheduledBuild = 2000;  // the allocator of 2023 was another one

struct Buffers {
  Wide device;
  Wide host;
};

Wide Mask(const LlamaCppUse& use, Wide cells) {
  return (use.flash_attention ? 2 : 4) * Wide{use.cache.ubatch} * cells;
}

Buffers Compute2023(const ModelShape& s, Wide u, Wide n) {
  const Wide fixed = 3 * 1048576 + 199229;  // 3.19 MiB: positions, scratch
  const Wide logits = 4 * u * (s.vocab + s.hidden);
  const Wide mlp = 4 * u * (2 * s.intermediate + 2 * s.hidden) + 4 * u * n;
  const Wide scores = 4 * u * (s.heads * n + n + 4 * s.hidden);
  // The 2023 logs hold no scores of a context above their batch of 512 tokens.
  return {fixed + std::max({logits, mlp, n > u ? scores : Wide{0}}), 4 * u * (n + s.hidden)};
}

Buffers ComputeBuffers(const ModelShape& s, const LlamaCppUse& use) {
  const Wide u = use.cache.ubatch;
  const Wide n = use.cache.pads_to_256 ? RoundUp(use.cache.context, 256) : Wide{use.cache.context};
  if (use.build > 0 && use.build < kFirstScheduledBuild) return Compute2023(s, u, n);
  const Wide logits = 4 * u * (s.vocab + s.hidden);
  const Wide width = s.has_experts() ? s.experts_per_token * s.expert_intermediate : s.intermediate;
  const Wide attention = use.flash_attention ? Mask(use, n) + 4 * u * (2 * width + 2 * s.hidden)
                                             : 4 * u * (s.heads * n + n + 4 * s.hidden);
  Buffers buffers{std::max(logits, attention), Mask(use, n) + 4 * u * s.hidden};
  if (use.gpus > 1) {
    buffers.device += 3 * Mask(use, n) + 16 * u * s.hidden;
    buffers.host = 4 * Mask(use, n) + 4 * u * s.hidden;
  }
  return buffers;
}

// Where each tensor lies: a GPU's number, or -1 for the host.
class Placement {
 public:
  Placement(const ModelShape& shape, const LlamaCppUse& use)
      : shape_(shape),
        use_(use),
        places_(LayerPlaces(shape.layers, std::max<int64_t>(1, use.gpus))) {}

  bool AllOnGpu() const {
    return !use_.cpu_only && (use_.gpu_layers < 0 || use_.gpu_layers > shape_.layers);
  }
  int64_t OfLayer(int64_t layer) const {
    if (use_.cpu_only) return -1;
    const bool on_gpu = AllOnGpu() || layer >= shape_.layers - use_.gpu_layers;
    return on_gpu ? places_[static_cast<size_t>(layer)] : -1;
  }
  int64_t OfTensor(const Tensor& tensor) const {
    if (tensor.role == TensorRole::kTokenTable || tensor.role == TensorRole::kLayerTable) return -1;
    if (tensor.expert && use_.experts_in_ram) return -1;
    if (tensor.layer >= 0) return OfLayer(std::min(tensor.layer, shape_.layers - 1));
    return AllOnGpu() ? places_.back() : -1;
  }
  int64_t OfHead() const { return AllOnGpu() ? places_.back() : -1; }

 private:
  const ModelShape& shape_;
  const LlamaCppUse& use_;
  std::vector<int64_t> places_;
};

Span LikeWeights(Wide bytes, const Span& all) {
  if (all.mid <= 0 || all.IsExact()) return Exact(bytes);
  const auto share = [&](int64_t of) {
    return static_cast<double>(of) / static_cast<double>(all.mid);
  };
  return {Scale(Clamp(bytes), share(all.low)), Clamp(bytes), Scale(Clamp(bytes), share(all.high))};
}

Component Part(std::string name, const std::string& device, Span bytes, std::string evidence,
               std::string source) {
  return {std::move(name), device, bytes, std::move(evidence), std::move(source)};
}

// Files that were converted from several shards list layers by name and not by number, so that
// another layer near a border may have the better type: one layer's difference, both ways.
Span WithNeighbour(const Span& weights, const ModelShape& shape,
                   const std::vector<TypedTensor>& tensors) {
  std::vector<Wide> layers(static_cast<size_t>(shape.layers));
  for (const TypedTensor& one : tensors) {
    const auto layer = static_cast<size_t>(one.tensor.layer);
    if (one.tensor.layer >= 0 && layer < layers.size()) layers[layer] += one.bytes();
  }
  if (layers.empty()) return weights;
  const auto [least, most] = std::minmax_element(layers.begin(), layers.end());
  return {Clamp(Wide{weights.low} - (*most - *least)), weights.mid,
          Clamp(Wide{weights.high} + (*most - *least))};
}

std::string WeightEvidence(const Span& span) { return span.IsExact() ? "exact" : "approximate"; }

}  // namespace

std::vector<int64_t> LayerPlaces(int64_t layers, int64_t gpus) {
  std::vector<int64_t> places;
  for (int64_t slot = 0; slot <= layers; ++slot) {
    // The first g with (g + 1) / gpus > slot / (layers + 1).
    places.push_back(std::min(gpus - 1, slot * gpus / (layers + 1)));
  }
  return places;
}

Span DriverContext(bool metal) {
  if (metal) return {0, 0, MiB(64).value};
  return {MiB(400).value, MiB(430).value, MiB(470).value};
}

std::vector<LlamaCppDevice> LlamaCppDevices(const ModelShape& shape, const WeightFormat& format,
                                            const LlamaCppUse& use) {
  const Placement placement(shape, use);
  const size_t host = static_cast<size_t>(std::max<int64_t>(1, use.gpus));
  const auto index = [&](int64_t place) { return place < 0 ? host : static_cast<size_t>(place); };
  std::vector<Wide> weights(host + 1);
  std::vector<LlamaCppDevice> devices(host + 1);
  Wide head = 0;
  // Plain weights go onto the devices as the same tensors in 16 bit.
  WeightFormat half;
  half.kind = FormatKind::kGguf;
  const TensorList list = GgufTensors(shape, format.kind == FormatKind::kGguf ? format : half);
  const std::vector<TypedTensor>& tensors = *list;
  for (const TypedTensor& one : tensors) {
    weights[index(placement.OfTensor(one.tensor))] += one.bytes();
    const bool is_head = one.tensor.role == TensorRole::kHead ||
                         (shape.tied && one.tensor.role == TensorRole::kTokenTable);
    if (is_head) head = one.bytes();
    // A tied table is the head too, on the device where a head would lie.
    if (shape.tied && is_head && placement.OfHead() >= 0)
      weights[index(placement.OfHead())] += one.bytes();
  }
  for (int64_t i = 0; i < shape.layers; ++i) {
    devices[index(placement.OfLayer(i))].cache += LayerCacheBytes(shape, i, use.cache);
  }
  const Span all = WeightBytes(shape, format);
  const Buffers buffers = ComputeBuffers(shape, use);
  for (size_t i = 0; i <= host; ++i) {
    devices[i].name = i == host ? "host" : fmt::format("gpu{}", i);
    devices[i].weights = LikeWeights(weights[i], all);
    if (i < host && use.gpus > 1)
      devices[i].weights = WithNeighbour(devices[i].weights, shape, tensors);
    devices[i].compute = i == host && !use.cpu_only ? buffers.host : buffers.device;
    if (i < host && !placement.AllOnGpu()) {
      devices[i].compute = head + 4 * Wide{use.cache.ubatch} * (shape.vocab + shape.hidden);
    }
  }
  devices[host].output = 4 * Wide{shape.vocab} * std::max<int64_t>(1, use.cache.slots);
  return devices;
}

Estimate EstimateLlamaCpp(const ModelShape& shape, const WeightFormat& format,
                          const LlamaCppUse& use, int64_t available) {
  constexpr const char* kEngine = "llama.cpp allocator rules, fit/llama_cpp.h";
  Estimate estimate;
  estimate.available = available;
  const std::vector<LlamaCppDevice> devices = LlamaCppDevices(shape, format, use);
  std::vector<Component> rest;
  for (const LlamaCppDevice& device : devices) {
    std::vector<Component> parts;
    const bool is_gpu = device.name != "host";
    if (is_gpu && use.cpu_only) continue;
    parts.push_back(Part("weights", device.name, device.weights, WeightEvidence(device.weights),
                         fmt::format("{}; {}", format.name, shape.source)));
    if (device.cache > 0) {
      parts.push_back(Part("cache", device.name, Exact(device.cache), "exact", "fit/kv_cache.h"));
    }
    parts.push_back(
        Part("compute", device.name, Around(device.compute, 0.01, 0.02), "formula", kEngine));
    if (device.output > 0) {
      parts.push_back(Part("output", device.name, Exact(device.output), "exact", kEngine));
    }
    if (is_gpu) {
      parts.push_back(Part("context", device.name, DriverContext(use.metal),
                           "class constant, not probed here",
                           "ollama/ollama#9988, ggml-org/llama.cpp#15860"));
    }
    const Span sum = SumOf(parts, device.name);
    const bool fullest = (is_gpu || use.cpu_only) && sum.mid > estimate.peak.mid;
    if (fullest) {
      rest.insert(rest.end(), estimate.components.begin(), estimate.components.end());
      estimate.components = std::move(parts);
      estimate.peak = sum;
    } else {
      rest.insert(rest.end(), parts.begin(), parts.end());
    }
  }
  estimate.components.insert(estimate.components.end(), rest.begin(), rest.end());
  estimate.verdict = Judge(estimate.peak, available);
  return estimate;
}

}  // namespace curbstop::fit
