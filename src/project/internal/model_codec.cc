#include "project/internal/model_codec.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/families.h"
#include "fit/question.h"

namespace curbstop {
namespace {

constexpr int64_t kMostTokens = int64_t{1} << 36;

// Whatever the fit room calls it, in a file it is a mistake.
Error AsMistake(const Node& node, const NodeSource& source, const Error& error) {
  return source.At(node, error.message()).WithHint(error.hint());
}

struct ModelNameCodec : FieldCodec<std::string> {
  static Result<std::string> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(std::string name, ReadScalar(node, source, Form()));
    const Result<fit::ModelShape> shape = fit::BundledFamilies().Understand(name, 0);
    if (!shape.ok()) return AsMistake(node, source, shape.error());
    return name;
  }
  static std::string Form() { return "a family and size, as `qwen2.5-7b`"; }
};

struct QuantCodec : FieldCodec<std::string> {
  static Result<std::string> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(std::string text, ReadScalar(node, source, Form()));
    const Result<fit::WeightFormat> format = fit::UnderstandFormat(text);
    if (!format.ok()) return AsMistake(node, source, format.error());
    return text;
  }
  static std::string Form() { return "a weight format, as `Q4_K_M`, `bf16` or `nf4`"; }
};

struct CacheTypeCodec : FieldCodec<std::string> {
  static Result<std::string> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(std::string text, ReadScalar(node, source, Form()));
    if (fit::CacheTypeOfName(text)) return text;
    return source.At(node, fmt::format("found {}, expected {}", Describe(node), Form()));
  }
  static std::string Form() { return "`f16`, `q8_0`, `q5_1`, `q4_0` or `fp8`"; }
};

// `40M`, `1.5B` or a number.
struct CountCodec : FieldCodec<int64_t> {
  static Result<int64_t> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
    const Result<int64_t> count = fit::CountOfWords(text, "");
    if (count.ok()) return *count;
    return source.At(node, fmt::format("found {}, expected {}", Describe(node), Form()));
  }
  static Json Schema() { return TypeSchema({"string", "integer"}); }
  static std::string Form() { return "a number, as `40M`, `1.5B` or `2000000`"; }
};

// Keys that say nothing about the other use of a model.
constexpr std::string_view kOfTraining[] = {"sequence",  "batch",         "rank",
                                            "optimizer", "checkpointing", "chunked_loss",
                                            "sharding",  "cpu_offload",   "mixed_precision"};
constexpr std::string_view kOfInference[] = {"engine", "context", "slots", "cache_type"};
// What convolutions have not. `batch` they have in inference too.
constexpr std::string_view kOfLayers[] = {
    "sequence",        "rank",   "chunked_loss", "sharding", "cpu_offload",
    "mixed_precision", "engine", "context",      "slots",    "cache_type"};

template <typename Keys>
bool IsIn(const Keys& keys, std::string_view key) {
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

// Errors: kInvalidInput for a key that says nothing about what this model reads.
Status CheckReads(const Node& key, const fit::ModelShape& shape, const NodeSource& source) {
  if (key.text == fit::StrangeCount(shape))
    return AsMistake(key, source, fit::StrangeCountError(shape));
  const bool convolves = shape.kind == fit::ModelKind::kConvolution;
  if (key.text == "image" && !convolves) {
    return source
        .At(key, fmt::format("`image` belongs to convolutional models, and `{}` is none", shape.id))
        .WithHint(fit::ReadsImages(shape) ? "its images have the size that it was made for"
                                          : "leave it out");
  }
  if (!convolves || !IsIn(kOfLayers, key.text)) return {};
  return source
      .At(key,
          fmt::format("`{}` means nothing for `{}`, a convolutional model", key.text, shape.id))
      .WithHint("it takes `images`, `image`, `batch`, `quant`, `optimizer` and `checkpointing`");
}

}  // namespace

Result<std::optional<fit::Ask>> ModelCodec::Read(const Node& node, const NodeSource& source) {
  fit::Ask ask;
  if (node.IsScalar()) {
    TRY_ASSIGN(ask.name, ModelNameCodec::Read(node, source));
    return std::optional(std::move(ask));
  }
  TRY_ASSIGN(ask, ReadFields<fit::Ask>(node, source));
  return std::optional(std::move(ask));
}

Json ModelCodec::Write(const std::optional<fit::Ask>& value) {
  return value ? WriteFields(*value) : Json();
}

Json ModelCodec::Schema() {
  const Json either = Json::MakeArray({TypeSchema({"string"}), SchemaOf<fit::Ask>()});
  return Json::MakeObject({{"anyOf", either}});
}

Status CheckModelKeys(const Node& model, const fit::Ask& ask, const NodeSource& source) {
  const bool trains = !ask.method.empty();
  TRY_ASSIGN(const fit::ModelShape shape, fit::BundledFamilies().Understand(ask.name, 0));
  const bool convolves = shape.kind == fit::ModelKind::kConvolution;
  for (const NodeEntry& entry : model.entries) {
    TRY(CheckReads(entry.key, shape, source));
    if (trains && IsIn(kOfInference, entry.key.text)) {
      return source
          .At(entry.key,
              fmt::format("`{}` belongs to inference, and `method` says training", entry.key.text))
          .WithHint("training takes `sequence` and `batch`; leave `method` out for inference");
    }
    const bool is_of_both = convolves && entry.key.text == "batch";
    if (!trains && !is_of_both && IsIn(kOfTraining, entry.key.text)) {
      return source
          .At(entry.key,
              fmt::format("`{}` belongs to training, and there is no `method`", entry.key.text))
          .WithHint(convolves ? "add `method: full`"
                              : "add `method: full`, `lora` or `qlora`; inference takes `context`");
    }
  }
  return {};
}

namespace fit {

const FieldTable<Ask>& FieldsOf(const Ask*) {
  using Count = IntegerCodec<1, kMostTokens>;
  static const FieldTable<Ask> kTable{
      Field<&Ask::name, ModelNameCodec>("name", "Family and size, as people write them.",
                                        FieldUse::kRequired),
      Field<&Ask::method, MethodCodec>("method", "How it is trained; left out: inference."),
      Field<&Ask::quant, QuantCodec>(
          "quant", "Weight format; left out: the method's or the engine's usual one."),
      Field<&Ask::tokens, CountCodec>(
          "tokens", "Tokens to train on, or to write, in all: gives the step its time."),
      Field<&Ask::images, CountCodec>(
          "images", "Models that read images: how many in all, over all epochs; gives the time."),
      Field<&Ask::image, IntegerCodec<32, 4096>>("image",
                                                 "Convolutional models: pixels of a side."),
      Field<&Ask::sequence, Count>("sequence", "Training: tokens of a sequence."),
      Field<&Ask::batch, IntegerCodec<1, 1 << 20>>("batch",
                                                   "Sequences, or images, of a micro-batch."),
      Field<&Ask::rank, IntegerCodec<1, 1 << 16>>("rank", "Training: rank of the adapters."),
      Field<&Ask::optimizer, WordCodec<OptimizerNames>>("optimizer", "Training: the optimizer."),
      Field<&Ask::checkpointing, WordCodec<CheckpointingNames>>(
          "checkpointing", "Training: which activations are computed again."),
      Field<&Ask::sharding, WordCodec<ShardingNames>>("sharding",
                                                      "Training: what several GPUs share."),
      Field<&Ask::cpu_offload>("cpu_offload", "Training: states in the computer's memory."),
      Field<&Ask::mixed_precision>("mixed_precision",
                                   "Training: 32-bit weights, gradients and states."),
      Field<&Ask::chunked_loss>("chunked_loss", "Training: the loss in parts, without all logits."),
      Field<&Ask::engine, WordCodec<EngineNames>>("engine", "Inference: the engine."),
      Field<&Ask::context, Count>("context", "Inference: tokens in the cache, over all slots."),
      Field<&Ask::slots, IntegerCodec<1, 4096>>("slots", "Inference: sequences at once."),
      Field<&Ask::cache_type, CacheTypeCodec>("cache_type", "Inference: type of the cache.")};
  return kTable;
}

}  // namespace fit
}  // namespace curbstop
