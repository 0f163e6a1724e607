#include "fit/question.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/families.h"

namespace curbstop::fit {
namespace {

template <typename Value>
struct Choice {
  std::string_view name;
  Value value;
};

constexpr Choice<Optimizer> kOptimizers[] = {
    {"adamw", Optimizer::kAdamW},      {"adamw8bit", Optimizer::kAdamW8bit},
    {"paged", Optimizer::kPagedAdamW}, {"adafactor", Optimizer::kAdafactor},
    {"sgd", Optimizer::kSgdMomentum},  {"lion", Optimizer::kLion}};
constexpr Choice<Checkpointing> kCheckpointing[] = {{"none", Checkpointing::kNone},
                                                    {"selective", Checkpointing::kSelective},
                                                    {"full", Checkpointing::kFull}};
constexpr Choice<Sharding> kShardings[] = {{"none", Sharding::kNone},
                                           {"zero1", Sharding::kZero1},
                                           {"zero2", Sharding::kZero2},
                                           {"zero3", Sharding::kZero3},
                                           {"fsdp", Sharding::kZero3}};

struct EngineFacts {
  Task task = Task::kLlamaCpp;
  TensorEngine engine = TensorEngine::kTransformers;
  std::string_view format;  // where none is named
};
constexpr Choice<EngineFacts> kEngines[] = {
    {"llama.cpp", {Task::kLlamaCpp, {}, "Q4_K_M"}},
    {"vllm", {Task::kVllm, {}, "bf16"}},
    {"transformers", {Task::kTensorEngine, TensorEngine::kTransformers, "bf16"}},
    {"exllama", {Task::kTensorEngine, TensorEngine::kExllama, "EXL2 4.0"}},
    {"mlx", {Task::kTensorEngine, TensorEngine::kMlx, "4bit"}},
    {"onnxruntime", {Task::kTensorEngine, TensorEngine::kOnnx, "fp32"}}};

struct MethodFacts {
  Method method;
  std::string_view format;
};
constexpr Choice<MethodFacts> kMethods[] = {{"full", {Method::kFull, "bf16"}},
                                            {"lora", {Method::kLora, "bf16"}},
                                            {"qlora", {Method::kLora, "nf4-dq"}},
                                            {"dora", {Method::kDora, "bf16"}},
                                            {"qdora", {Method::kDora, "nf4-dq"}}};

template <typename Value, size_t N>
std::vector<std::string> NamesOf(const Choice<Value> (&choices)[N]) {
  std::vector<std::string> names;
  for (const Choice<Value>& choice : choices) names.emplace_back(choice.name);
  return names;
}

// Errors: kInvalidInput with what is allowed.
template <typename Value, size_t N>
Result<Value> Choose(std::string_view option, const std::string& given,
                     const Choice<Value> (&choices)[N]) {
  for (const Choice<Value>& choice : choices) {
    if (choice.name == given) return choice.value;
  }
  const std::vector<std::string> names = NamesOf(choices);
  return InvalidInput(fmt::format("`{}` is `{}`, expected one of: {}{}", option, Printable(given),
                                  Join(names, ", "), DidYouMean(given, names)));
}

Result<std::string_view> UsualFormatName(const Ask& ask) {
  if (!ask.method.empty()) {
    TRY_ASSIGN(const MethodFacts facts, Choose("--method", ask.method, kMethods));
    return facts.format;
  }
  TRY_ASSIGN(const EngineFacts engine, Choose("--engine", ask.engine, kEngines));
  return engine.format;
}

// A vision transformer has a place for each patch of an image, and no more.
int64_t PlacesOf(const ModelShape& shape, int64_t sequence) {
  const bool has_own = shape.kind == ModelKind::kVision && shape.max_context > 0;
  return has_own ? std::min(sequence, shape.max_context) : sequence;
}

Status PutTraining(const Ask& ask, FitQuestion& question) {
  TRY_ASSIGN(const MethodFacts method, Choose("--method", ask.method, kMethods));
  TrainingUse& use = question.training;
  TRY_ASSIGN(use.optimizer, Choose("--optimizer", ask.optimizer, kOptimizers));
  TRY_ASSIGN(use.checkpointing, Choose("--checkpointing", ask.checkpointing, kCheckpointing));
  TRY_ASSIGN(use.sharding, Choose("--sharding", ask.sharding, kShardings));
  if (ask.optimizer_in_backward && ask.accumulation > 1)
    return InvalidInput("`--optimizer-in-backward` uses up gradients, `--accumulate` collects them")
        .WithHint("leave one of them out");
  question.task = Task::kTraining;
  use.method = method.method;
  use.sequence = PlacesOf(question.shape, ask.sequence);
  use.batch = ask.batch;
  use.accumulation = ask.accumulation;
  use.rank = ask.rank;
  use.optimizer_in_backward = ask.optimizer_in_backward;
  use.chunked_loss = ask.chunked_loss;
  use.cpu_offload = ask.cpu_offload;
  use.mixed_precision = ask.mixed_precision;
  use.includes_context = true;
  return {};
}

Status PutInference(const Ask& ask, FitQuestion& question) {
  TRY_ASSIGN(const EngineFacts engine, Choose("--engine", ask.engine, kEngines));
  question.task = engine.task;
  question.tensor.engine = engine.engine;
  const auto cache_type = CacheTypeOfName(ask.cache_type);
  if (!cache_type) {
    return InvalidInput(
        fmt::format("`--cache-type` is `{}`, expected `f16`, `q8_0`, `q5_1`, `q4_0` or `fp8`",
                    Printable(ask.cache_type)));
  }
  CacheUse& cache = question.llama.cache;
  cache.context = ask.context;
  cache.slots = ask.slots;
  cache.k = cache.v = *cache_type;
  question.tensor.cache = cache;
  question.vllm.max_model_len = ask.context;
  question.vllm.fp8_cache = ask.cache_type == "fp8";
  return {};
}

Status PutImages(const Ask& ask, FitQuestion& question) {
  const bool trains = !ask.method.empty();
  if (trains && ask.method != "full")
    return InvalidInput(
        fmt::format("`--method` is `{}`; there are no adapters for convolutions here, expected "
                    "`full`",
                    Printable(ask.method)));
  if (question.format.kind != FormatKind::kPlain && question.format.kind != FormatKind::kGguf)
    return InvalidInput(fmt::format("weights of `{}` in `{}`: expected 16 or 32 bit",
                                    question.shape.id, question.format.name));
  TRY(ConvNetOf(question.shape, ask.image));
  question.task = Task::kImages;
  question.images.training = trains;
  question.images.size = ask.image;
  const bool is_single = question.format.name == "fp32";
  question.images.half = !is_single;
  question.format = *UnderstandFormat(is_single ? "fp32" : "bf16");
  TRY_ASSIGN(question.images.optimizer, Choose("--optimizer", ask.optimizer, kOptimizers));
  TRY_ASSIGN(question.images.checkpointing,
             Choose("--checkpointing", ask.checkpointing, kCheckpointing));
  question.training.batch = ask.batch;
  return {};
}

Status PutNetwork(const Ask& ask, FitQuestion& question) {
  const bool trains = !ask.method.empty();
  if (ask.tokens > 0 || ask.images > 0)
    return InvalidInput(fmt::format("of `{}` only a header is known, which tells no speed",
                                    question.shape.id))
        .WithHint("leave `--tokens` and `--images` out: its memory is told");
  if (trains && ask.method != "full")
    return InvalidInput(
        fmt::format("`--method` is `{}`; of `{}` no layers are known for adapters, "
                    "expected `full`",
                    Printable(ask.method), question.shape.id));
  question.task = Task::kNetwork;
  question.network.training = trains;
  TRY_ASSIGN(question.network.optimizer, Choose("--optimizer", ask.optimizer, kOptimizers));
  question.training.batch = ask.batch;
  return {};
}

}  // namespace

std::vector<std::string> MethodNames() { return NamesOf(kMethods); }
std::vector<std::string> EngineNames() { return NamesOf(kEngines); }
std::vector<std::string> OptimizerNames() { return NamesOf(kOptimizers); }
std::vector<std::string> ShardingNames() { return NamesOf(kShardings); }
std::vector<std::string> CheckpointingNames() { return NamesOf(kCheckpointing); }

Result<int64_t> CountOfWords(const std::string& text, std::string_view what) {
  double count = SizeOfPart(Lower(text));
  if (count == 0 && IsDigits(text) && text.size() < 18) count = std::stod(text);
  if (count >= 1 && count < 1e17) return std::llround(count);
  return InvalidInput(fmt::format(
      "`{}` is `{}`, expected a number such as `40M`, `1.5B` or `2000000`", what, Printable(text)));
}

std::string_view StrangeCount(const ModelShape& shape) {
  return ReadsImages(shape) ? "tokens" : "images";
}

Error StrangeCountError(const ModelShape& shape) {
  const bool images = ReadsImages(shape);
  return InvalidInput(fmt::format("`{}` counts {}, and `{}` reads {}", StrangeCount(shape),
                                  images ? "text" : "pictures", Printable(shape.id),
                                  images ? "images" : "text"))
      .WithHint(images ? "`images` says how many it works through in all, over all epochs"
                       : "`tokens` says how many it works through in all, over all epochs");
}

Status PutWords(const Ask& ask, FitQuestion& question) {
  if (question.shape.kind == ModelKind::kNetwork) return PutNetwork(ask, question);
  if ((ReadsImages(question.shape) ? ask.tokens : ask.images) > 0)
    return StrangeCountError(question.shape);
  question.tokens = ask.tokens;
  question.all_images = ask.images;
  if (question.shape.kind == ModelKind::kConvolution) return PutImages(ask, question);
  TRY(CheckIsBuilt(question.shape, ask.method.empty()));
  return ask.method.empty() ? PutInference(ask, question) : PutTraining(ask, question);
}

Result<WeightFormat> FormatOf(const Ask& ask) {
  if (!ask.quant.empty()) return UnderstandFormat(ask.quant);
  const std::optional<WeightFormat> named = FormatInName(ask.name);
  if (ask.method.empty() && named) return *named;
  TRY_ASSIGN(const std::string_view usual, UsualFormatName(ask));
  return UnderstandFormat(usual);
}

Result<FitQuestion> QuestionOf(const Ask& ask) {
  FitQuestion question;
  TRY_ASSIGN(question.shape, BundledFamilies().Understand(ask.name, 0));
  TRY_ASSIGN(question.format, FormatOf(ask));
  TRY(PutWords(ask, question));
  return question;
}

void PutOn(const Hardware& hardware, FitQuestion& question) {
  question.hardware = hardware;
  question.llama.gpus = question.vllm.tensor_parallel = question.training.gpus = hardware.count;
  question.llama.metal = hardware.unified;
  question.llama.cpu_only = question.tensor.on_cpu = hardware.cpu_only;
  question.training.includes_context = !hardware.cpu_only;
  question.training.in_ram = hardware.cpu_only;
  question.tensor.gpus = hardware.count;
  if (hardware.count == 1) question.training.sharding = Sharding::kNone;
}

}  // namespace curbstop::fit
