#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "fit/internal/candidates.h"
#include "fit/offload.h"

namespace curbstop::fit {
namespace {

constexpr std::string_view kGguf[] = {"F16",    "Q8_0",   "Q6_K",    "Q5_K_M", "Q5_K_S",
                                      "Q4_K_M", "Q4_K_S", "IQ4_XS",  "Q3_K_L", "Q3_K_M",
                                      "IQ3_M",  "IQ3_S",  "IQ3_XXS", "Q3_K_S", "IQ2_M",
                                      "Q2_K",   "IQ2_XS", "IQ2_XXS", "IQ1_M",  "IQ1_S"};
constexpr std::string_view kVllm[] = {"bf16", "fp8", "AWQ g128", "GPTQ g128"};
constexpr std::string_view kTransformers[] = {"bf16", "int8", "nf4", "nf4-dq"};
constexpr std::string_view kExllama[] = {"EXL2 8.0", "EXL2 6.0", "EXL2 5.0",
                                         "EXL2 4.0", "EXL2 3.0", "EXL2 2.5"};
constexpr std::string_view kMlx[] = {"bf16", "8bit", "4bit"};
constexpr std::string_view kOnnx[] = {"fp32", "fp16", "int8", "int4"};
constexpr std::string_view kCaches[] = {"f16", "q8_0", "q5_1", "q4_0"};

std::span<const std::string_view> FormatsOf(const FitQuestion& question) {
  if (question.task == Task::kLlamaCpp) return kGguf;
  if (question.task == Task::kVllm) return kVllm;
  switch (question.tensor.engine) {
    case TensorEngine::kExllama: return kExllama;
    case TensorEngine::kMlx: return kMlx;
    case TensorEngine::kOnnx: return kOnnx;
    case TensorEngine::kTransformers: break;
  }
  return kTransformers;
}

// A file is what it is; other formats are other files.
std::vector<WeightFormat> Formats(const FitQuestion& asked, const Held& held) {
  const bool fixed =
      held.contains("--quant") || asked.format.stored_bytes > 0 || asked.format.tensors != nullptr;
  std::vector<WeightFormat> formats = {asked.format};
  if (fixed) return formats;
  for (const std::string_view name : FormatsOf(asked)) {
    Result<WeightFormat> format = UnderstandFormat(name);
    if (format.ok() && format->name != asked.format.name) formats.push_back(*std::move(format));
  }
  return formats;
}

int64_t ContextOf(const FitQuestion& question) {
  if (question.task == Task::kVllm) return question.vllm.max_model_len;
  return question.task == Task::kLlamaCpp ? question.llama.cache.context
                                          : question.tensor.cache.context;
}

void SetContext(FitQuestion& question, int64_t context) {
  question.vllm.max_model_len = question.llama.cache.context = context;
  question.tensor.cache.context = context;
}

bool IsSixteenBit(const WeightFormat& format) {
  if (format.kind == FormatKind::kGguf) return format.recipe <= GgufRecipe::kBf16;
  return format.kind == FormatKind::kPlain;
}

std::string_view FamilyOfFormat(const std::string& name) {
  for (const std::string_view family : {"exl2", "nf4", "EXL2"}) {
    if (name.starts_with(family)) return family == "EXL2" ? "exl2" : family;
  }
  return "";
}

class Lister {
 public:
  Lister(const FitQuestion& asked, const Held& held) : asked_(asked), held_(held) {}

  std::vector<TechniqueChoice> Run() {
    list_.reserve(128);
    for (const WeightFormat& format : Formats(asked_, held_)) {
      FitQuestion question = asked_;
      question.format = Foretold(asked_.shape, format);
      OfFormat(question);
    }
    return std::move(list_);
  }

 private:
  // A cache of blocks needs flash attention in llama.cpp; vLLM's is 16 or 8 bit.
  void OfFormat(FitQuestion& question) {
    Add(question);
    if (held_.contains("--cache-type")) return;
    if (asked_.task == Task::kVllm && !asked_.vllm.fp8_cache) {
      question.vllm.fp8_cache = true;
      Add(question);
    }
    if (asked_.task != Task::kLlamaCpp || !asked_.llama.flash_attention) return;
    for (const std::string_view name : kCaches) {
      if (name == asked_.llama.cache.k.name) continue;
      question.llama.cache.k = question.llama.cache.v = *CacheTypeOfName(name);
      Add(question);
    }
  }

  // The whole; where that does not fit also what it takes to.
  void Add(const FitQuestion& whole) {
    Push(whole);
    Result<FitAnswer> answer = QuickFit(whole);
    if (answer.ok()) {
      const bool fits = answer->estimate.verdict == Verdict::kFits;
      list_.back().answer = std::make_shared<const FitAnswer>(*std::move(answer));
      if (fits) return;
    }
    AddShorter(whole);
    if (asked_.task != Task::kLlamaCpp || asked_.llama.metal || asked_.llama.cpu_only) return;
    AddExperts(whole);
    AddLayers(whole);
  }

  void AddShorter(const FitQuestion& whole) {
    if (held_.contains("--context")) return;
    FitQuestion question = whole;
    for (int64_t context = ContextOf(whole) / 2; context >= 1024; context /= 2) {
      SetContext(question, context);
      Push(question);
    }
  }

  void AddExperts(const FitQuestion& whole) {
    if (!whole.shape.has_experts() || held_.contains("--experts-in-ram")) return;
    FitQuestion question = whole;
    question.llama.experts_in_ram = true;
    Push(question);
  }

  void AddLayers(const FitQuestion& whole) {
    if (held_.contains("--gpu-layers") || whole.llama.experts_in_ram) return;
    FitQuestion question = whole;
    question.llama.gpu_layers = MostGpuLayers(whole);
    if (question.llama.gpu_layers > 0) Push(question);
  }

  void Push(const FitQuestion& question) {
    TechniqueChoice one;
    one.question = question;
    one.context = ContextOf(question);
    one.options = fmt::format("--quant {}", question.format.name.find(' ') == std::string::npos
                                                ? question.format.name
                                                : "'" + question.format.name + "'");
    one.options +=
        CacheOption(question) + fmt::format(" --context {}", one.context) + PlaceOptions(question);
    one.axes = {Weights(question.format), Cache(question)};
    one.changed = Changed(question);
    list_.push_back(std::move(one));
  }

  static std::string CacheOption(const FitQuestion& question) {
    if (question.task == Task::kVllm) return question.vllm.fp8_cache ? " --cache-type fp8" : "";
    const std::string_view name = question.llama.cache.k.name;
    return question.task != Task::kLlamaCpp || name == "f16"
               ? ""
               : fmt::format(" --cache-type {}", name);
  }

  static std::string PlaceOptions(const FitQuestion& question) {
    if (question.task != Task::kLlamaCpp) return "";
    std::string text = question.llama.experts_in_ram ? " --experts-in-ram" : "";
    if (question.llama.gpu_layers >= 0)
      text += fmt::format(" --gpu-layers {}", question.llama.gpu_layers);
    return text;
  }

  QualityAxis Weights(const WeightFormat& format) const {
    QualityAxis axis;
    axis.choice = format.name;
    axis.is_reference = IsSixteenBit(format);
    axis.capacity = format.bits;
    axis.family = FamilyOfFormat(format.name);
    if (axis.is_reference) return axis;
    const std::string first = format.name.substr(0, format.name.find_first_of(" -"));
    axis.figure = FindQuality(asked_.shape, "weights", format.name);
    if (axis.figure == nullptr && format.kind != FormatKind::kGguf && first != "nf4")
      axis.figure = FindQuality(asked_.shape, "weights", first);
    return axis;
  }

  QualityAxis Cache(const FitQuestion& question) const {
    QualityAxis axis;
    const bool fp8 = question.task == Task::kVllm && question.vllm.fp8_cache;
    const std::string_view name =
        question.task == Task::kLlamaCpp ? question.llama.cache.k.name : (fp8 ? "fp8" : "f16");
    axis.is_reference = name == "f16" || name == "f32";
    if (axis.is_reference) return axis;
    axis.choice = fmt::format("cache {}", name);
    axis.capacity = static_cast<double>(question.llama.cache.k.bytes_of_32);
    axis.family = fp8 ? "" : "cache";
    axis.figure = FindQuality(asked_.shape, "cache", name);
    return axis;
  }

  int Changed(const FitQuestion& question) const {
    int count = 0;
    count += question.format.name != asked_.format.name;
    count += question.llama.cache.k.name != asked_.llama.cache.k.name;
    count += question.vllm.fp8_cache != asked_.vllm.fp8_cache;
    count += ContextOf(question) != ContextOf(asked_);
    count += question.llama.gpu_layers != asked_.llama.gpu_layers;
    count += question.llama.experts_in_ram != asked_.llama.experts_in_ram;
    return count;
  }

  const FitQuestion& asked_;
  const Held& held_;
  std::vector<TechniqueChoice> list_;
};

}  // namespace

std::vector<TechniqueChoice> InferenceCandidates(const FitQuestion& asked, const Held& held) {
  return Lister(asked, held).Run();
}

}  // namespace curbstop::fit
