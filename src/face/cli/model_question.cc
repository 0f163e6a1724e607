#include "face/cli/model_question.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/model_source.h"
#include "face/cli/usage.h"
#include "fit/families.h"
#include "machine/read_machine.h"

namespace curbstop {
namespace {

template <typename Value>
struct Choice {
  std::string_view name;
  Value value;
};

// Errors: kInvalidInput with what is allowed.
template <typename Value, size_t N>
Result<Value> Choose(std::string_view option, const std::string& given,
                     const Choice<Value> (&choices)[N]) {
  std::vector<std::string> names;
  for (const Choice<Value>& choice : choices) {
    if (choice.name == given) return choice.value;
    names.emplace_back(choice.name);
  }
  return InvalidInput(fmt::format("`{}` is `{}`, expected one of: {}{}", option, Printable(given),
                                  Join(names, ", "), DidYouMean(given, names)));
}

constexpr Choice<fit::Optimizer> kOptimizers[] = {
    {"adamw", fit::Optimizer::kAdamW},      {"adamw8bit", fit::Optimizer::kAdamW8bit},
    {"paged", fit::Optimizer::kPagedAdamW}, {"adafactor", fit::Optimizer::kAdafactor},
    {"sgd", fit::Optimizer::kSgdMomentum},  {"lion", fit::Optimizer::kLion}};
constexpr Choice<fit::Checkpointing> kCheckpointing[] = {
    {"none", fit::Checkpointing::kNone},
    {"selective", fit::Checkpointing::kSelective},
    {"full", fit::Checkpointing::kFull}};
struct EngineChoice {
  fit::Task task = fit::Task::kLlamaCpp;
  fit::TensorEngine engine = fit::TensorEngine::kTransformers;
  std::string_view format;  // where none is named
};
constexpr Choice<EngineChoice> kEngines[] = {
    {"llama.cpp", {fit::Task::kLlamaCpp, {}, ""}},
    {"vllm", {fit::Task::kVllm, {}, "bf16"}},
    {"transformers", {fit::Task::kTensorEngine, fit::TensorEngine::kTransformers, "bf16"}},
    {"exllama", {fit::Task::kTensorEngine, fit::TensorEngine::kExllama, "EXL2 4.0"}},
    {"mlx", {fit::Task::kTensorEngine, fit::TensorEngine::kMlx, "4bit"}},
    {"onnxruntime", {fit::Task::kTensorEngine, fit::TensorEngine::kOnnx, "fp32"}}};
constexpr Choice<fit::Sharding> kShardings[] = {{"none", fit::Sharding::kNone},
                                                {"zero1", fit::Sharding::kZero1},
                                                {"zero2", fit::Sharding::kZero2},
                                                {"zero3", fit::Sharding::kZero3},
                                                {"fsdp", fit::Sharding::kZero3}};

struct MethodFacts {
  fit::Method method;
  std::string_view format;
};
constexpr Choice<MethodFacts> kMethods[] = {{"full", {fit::Method::kFull, "bf16"}},
                                            {"lora", {fit::Method::kLora, "bf16"}},
                                            {"qlora", {fit::Method::kLora, "nf4-dq"}},
                                            {"dora", {fit::Method::kDora, "bf16"}},
                                            {"qdora", {fit::Method::kDora, "nf4-dq"}}};

// The named hardware, or this machine's first GPU of its own.
Status ReadHardware(const FitOptions& options, CommandContext& context,
                    fit::FitQuestion& question) {
  const AcceleratorCatalogue& catalogue = BundledAccelerators();
  if (!options.gpu.empty()) {
    question.hardware = fit::UnderstandHardware(options.gpu, catalogue);
    if (question.hardware.accelerator != nullptr || question.hardware.memory > 0) return {};
    return NotFound(fmt::format("accelerator `{}` is not in the catalogue{}",
                                Printable(options.gpu), catalogue.DidYouMeanName(options.gpu)));
  }
  TRY_ASSIGN(const Machine machine, ReadMachine("/", context.processes, ReadDepth::kForPlanning));
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.built_in || !gpu.memory_total) continue;
    question.hardware = fit::UnderstandHardware(gpu.name, catalogue);
    question.hardware.memory = gpu.memory_total->value;
    question.free_memory = gpu.memory_free ? gpu.memory_free->value : 0;
    return {};
  }
  return {};
}

// "40M", "2.5e9", "1B".
Result<int64_t> TokensOf(const std::string& text) {
  if (text.empty()) return int64_t{0};
  double count = fit::SizeOfPart(Lower(text));
  if (count == 0 && IsDigits(text) && text.size() < 18) count = std::stod(text);
  if (count >= 1 && count < 1e17) return std::llround(count);
  return InvalidInput(fmt::format(
      "`--tokens` is `{}`, expected a number such as `40M`, `1.5B` or `2000000`", Printable(text)));
}

Status ReadTraining(const FitOptions& options, fit::FitQuestion& question) {
  TRY_ASSIGN(const MethodFacts method, Choose("--method", options.method, kMethods));
  TRY_ASSIGN(question.training.optimizer, Choose("--optimizer", options.optimizer, kOptimizers));
  TRY_ASSIGN(question.training.checkpointing,
             Choose("--checkpointing", options.checkpointing, kCheckpointing));
  TRY_ASSIGN(question.tokens, TokensOf(options.tokens));
  if (options.quant.empty()) {
    TRY_ASSIGN(question.format, fit::UnderstandFormat(method.format));
  }
  question.task = fit::Task::kTraining;
  fit::TrainingUse& use = question.training;
  use.method = method.method;
  use.sequence = options.sequence;
  use.batch = options.batch;
  use.rank = options.rank;
  use.chunked_loss = options.chunked_loss;
  use.gpus = question.hardware.count;
  TRY_ASSIGN(const fit::Sharding sharding, Choose("--sharding", options.sharding, kShardings));
  use.sharding = use.gpus > 1 ? sharding : fit::Sharding::kNone;
  use.cpu_offload = options.cpu_offload;
  use.mixed_precision = options.mixed_precision;
  use.includes_context = true;
  return {};
}

// The engine that loads what the model's file holds, where none is named.
std::string EngineFor(const FitOptions& options, const fit::FitQuestion& question) {
  const bool is_file = question.format.stored_bytes > 0;
  if (options.Gave("--engine") || !is_file || !options.quant.empty()) return options.engine;
  return Lower(question.shape.id).ends_with(".onnx") ? "onnxruntime" : "transformers";
}

Status ReadInference(const FitOptions& options, fit::FitQuestion& question) {
  TRY_ASSIGN(const EngineChoice engine, Choose("--engine", EngineFor(options, question), kEngines));
  question.task = engine.task;
  question.tensor.engine = engine.engine;
  const bool is_file = question.format.stored_bytes > 0 || question.format.tensors != nullptr;
  if (options.quant.empty() && !is_file && !engine.format.empty() &&
      !fit::FormatInName(options.model)) {
    TRY_ASSIGN(question.format, fit::UnderstandFormat(engine.format));
  }
  const auto cache_type = fit::CacheTypeOfName(options.cache_type);
  if (!cache_type) {
    return InvalidInput(
        fmt::format("`--cache-type` is `{}`, expected `f16`, `q8_0`, `q5_1`, `q4_0` or `fp8`",
                    Printable(options.cache_type)));
  }
  question.llama.build = options.build;
  question.llama.flash_attention = !options.no_flash;
  question.llama.gpus = question.hardware.count;
  question.llama.gpu_layers = options.gpu_layers;
  question.llama.experts_in_ram = options.experts_in_ram;
  question.llama.metal = question.hardware.unified;
  question.llama.cache = {.context = options.context,
                          .slots = options.slots,
                          .ubatch = options.ubatch,
                          .k = *cache_type,
                          .v = *cache_type};
  question.tensor.cache = question.llama.cache;
  question.tensor.gpus = question.hardware.count;
  question.tensor.on_cpu = question.hardware.cpu_only;
  question.vllm.tensor_parallel = question.hardware.count;
  question.vllm.max_model_len = options.context;
  question.vllm.fp8_cache = options.cache_type == "fp8";
  return {};
}

// The file's own shape and tensors, else the family table's and the format that is named.
Status ReadModel(const FitOptions& options, CommandContext& context, fit::FitQuestion& question) {
  if (options.shape) {
    question.shape = *options.shape;
  } else if (IsModelSource(options.model, context)) {
    TRY_ASSIGN(fit::ModelFile file, ReadModelSource(options.model, context));
    question.shape = std::move(file.shape);
    question.format = std::move(file.format);
    if (options.quant.empty()) return {};
  } else {
    TRY_ASSIGN(question.shape, fit::BundledFamilies().Understand(options.model, 0));
  }
  const auto named = fit::FormatInName(options.model);
  if (options.quant.empty() && named) {
    question.format = *named;
    return {};
  }
  TRY_ASSIGN(question.format,
             fit::UnderstandFormat(options.quant.empty() ? "Q4_K_M" : options.quant));
  return {};
}

}  // namespace

Result<fit::FitQuestion> ReadFitQuestion(const FitOptions& options, CommandContext& context) {
  fit::FitQuestion question;
  TRY(ReadModel(options, context, question));
  TRY(ReadHardware(options, context, question));
  TRY(fit::CheckIsBuilt(question.shape, options.method.empty()));
  if (options.method.empty()) {
    TRY(ReadInference(options, question));
  } else {
    TRY(ReadTraining(options, question));
  }
  return question;
}

}  // namespace curbstop
