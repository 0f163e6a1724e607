#include "fit/work_points.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace curbstop::fit {
namespace {

std::string_view EngineName(EngineFamily family) {
  switch (family) {
    case EngineFamily::kVllm: return "vllm";
    case EngineFamily::kTorch: return "torch";
    case EngineFamily::kExllama: return "exllama";
    case EngineFamily::kMlx: return "mlx";
    case EngineFamily::kAwqFused: return "awq";
    case EngineFamily::kTensorRt: return "tensorrt";
    case EngineFamily::kLlamaCpp: break;
  }
  return "llama.cpp";
}

std::string DeviceName(const FitQuestion& question, int64_t count) {
  const Accelerator* gpu = question.hardware.accelerator;
  return fmt::format("{} x{}", gpu == nullptr ? question.hardware.text : gpu->name, count);
}

ImageUse ImageUseOf(const FitQuestion& question) {
  ImageUse use = question.images;
  use.batch = question.training.batch;
  use.gpus = question.training.gpus;
  use.on_cpu = question.hardware.cpu_only;
  return use;
}

NetworkUse NetworkUseOf(const FitQuestion& question) {
  NetworkUse use = question.network;
  use.batch = question.training.batch;
  use.on_cpu = question.hardware.cpu_only;
  return use;
}

// All but kind and parts. What libraries choose to work with is the device's, so no other is like
// it.
WorkPoint ImageWork(const FitQuestion& question) {
  const ImageUse& use = question.images;
  WorkPoint point;
  point.device = DeviceName(question, std::max<int64_t>(1, question.training.gpus));
  point.engine = use.training ? "torch training" : "torch inference";
  point.setup = fmt::format("{} {}", NameOf(use.optimizer), NameOf(use.checkpointing));
  point.format = question.format.name;
  point.model = question.shape.id;
  return point;
}

// A file's name is no more than a name: its parameters stand beside it.
WorkPoint NetworkWork(const FitQuestion& question) {
  const NetworkUse& use = question.network;
  WorkPoint point;
  point.device = DeviceName(question, 1);
  point.engine = use.training ? "training" : "inference";
  point.setup = use.training ? NameOf(use.optimizer) : "";
  point.format = question.format.name;
  point.model = fmt::format("{} {}", question.shape.id, question.shape.params_total);
  return point;
}

double TensorsOf(const FitQuestion& question) {
  const Result<Estimate> estimate = EstimateByLayers(question);
  double sum = 0;
  if (!estimate.ok()) return sum;
  for (const Component& part : estimate->components)
    sum += IsOfTensors(part) ? static_cast<double>(part.bytes.mid) : 0;
  return sum;
}

// What is fixed, and what grows with the micro-batch.
WorkPoint AllocatedByLayers(const FitQuestion& question) {
  const bool is_network = question.task == Task::kNetwork;
  WorkPoint point = is_network ? NetworkWork(question) : ImageWork(question);
  point.kind = is_network ? WorkKind::kNetworkPeak : WorkKind::kImagePeak;
  FitQuestion twice = question;
  twice.training.batch *= 2;
  const double one = TensorsOf(question);
  const double slope = std::clamp(TensorsOf(twice) - one, 0.0, one);
  if (one > 0) point.parts = {one - slope, slope};
  return point;
}

}  // namespace

std::optional<EngineFamily> EngineFamilyOf(const FitQuestion& question) {
  if (question.task == Task::kVllm) return EngineFamily::kVllm;
  if (question.task == Task::kLlamaCpp) return EngineFamily::kLlamaCpp;
  switch (question.tensor.engine) {
    case TensorEngine::kTransformers: return EngineFamily::kTorch;
    case TensorEngine::kExllama: return EngineFamily::kExllama;
    case TensorEngine::kMlx: return EngineFamily::kMlx;
    case TensorEngine::kOnnx: break;
  }
  return std::nullopt;
}

SpeedUse SpeedUseOf(const FitQuestion& question) {
  SpeedUse use;
  const bool vllm = question.task == Task::kVllm;
  use.engine = EngineFamilyOf(question).value_or(EngineFamily::kLlamaCpp);
  use.build = question.llama.build;
  use.gpus = vllm ? question.vllm.tensor_parallel : std::max<int64_t>(1, question.llama.gpus);
  use.tensor_parallel = vllm;
  use.bandwidth_gbps = question.cpu_gbps;
  return use;
}

Result<SpeedTerms> TermsOf(const FitQuestion& question, WorkKind kind, const SpeedUse& use) {
  if (kind == WorkKind::kPrefill)
    return PrefillTerms(question.shape, question.format, question.hardware, use);
  return DecodeTerms(question.shape, question.format, question.hardware, use);
}

WorkPoint InferencePoint(const FitQuestion& question, WorkKind kind, const SpeedTerms& terms) {
  const SpeedUse use = SpeedUseOf(question);
  const CacheUse& cache = question.llama.cache;
  WorkPoint point;
  point.kind = kind;
  point.device = DeviceName(question, use.gpus);
  point.engine = EngineName(use.engine);
  point.setup =
      fmt::format("build {} flash {} ubatch {} cache {}/{}", use.build,
                  question.llama.flash_attention, cache.ubatch, cache.k.name, cache.v.name);
  point.format = question.format.name;
  point.model = question.shape.id;
  point.parts = terms.seconds;
  return point;
}

WorkPoint TrainingPoint(const FitQuestion& question, const SpeedTerms& terms) {
  WorkPoint point = AllocatedPoint(question);
  point.kind = WorkKind::kTraining;
  point.device = DeviceName(question, std::max<int64_t>(1, question.training.gpus));
  point.parts = terms.seconds;
  return point;
}

Result<SpeedTerms> ImageTermsOf(const FitQuestion& question) {
  TRY_ASSIGN(const ConvNet net, ConvNetOf(question.shape, question.images.size));
  return ImageTerms(net, question.hardware, ImageUseOf(question));
}

WorkPoint ImagesPoint(const FitQuestion& question, const SpeedTerms& terms) {
  WorkPoint point = ImageWork(question);
  point.kind = WorkKind::kImages;
  point.parts = terms.seconds;
  return point;
}

Result<Estimate> EstimateByLayers(const FitQuestion& question) {
  const std::string& source = question.shape.source;
  if (question.task == Task::kNetwork) {
    return EstimateNetwork(question.format.stored_bytes, question.shape.params_total,
                           NetworkUseOf(question), source, question.Available());
  }
  TRY_ASSIGN(const ConvNet net, ConvNetOf(question.shape, question.images.size));
  return EstimateImages(net, ImageUseOf(question), source, question.Available());
}

bool IsOfTensors(const Component& part) {
  return part.device == "gpu0" && part.name != "allocator" && part.name != "context";
}

WorkPoint AllocatedPoint(const FitQuestion& question) {
  if (question.task == Task::kImages || question.task == Task::kNetwork)
    return AllocatedByLayers(question);
  TrainingUse use = question.training;
  use.reserved = use.includes_context = false;
  WorkPoint point = PeakPointOf(question.shape, question.format, use);
  // In RAM the kernels are others, and what they hold.
  if (question.hardware.cpu_only) point.device = DeviceName(question, 1);
  return point;
}

}  // namespace curbstop::fit
