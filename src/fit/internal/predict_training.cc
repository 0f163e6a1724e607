// Rows of training: the technique's free text becomes a TrainingUse.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "fit/internal/predictors.h"
#include "fit/training.h"

namespace curbstop::fit {
namespace {

bool IsLitgpt(Stack stack) { return stack == Stack::kLitgpt || stack == Stack::kLitgpt2023; }

Stack StackOf(const RowFacts& facts) {
  if (Has(facts.technique, {"unsloth"})) return Stack::kUnsloth;
  if (Has(facts.text, {"litgpt", "bf16-true"})) {
    return Has(facts.text, {"tutorials"}) ? Stack::kLitgpt2023 : Stack::kLitgpt;
  }
  if (Has(facts.text, {"torchtune"})) return Stack::kTorchtune;
  if (Has(facts.text, {"torchtitan"})) return Stack::kTorchtitan;
  if (Has(facts.text, {"huggingface/peft"})) return Stack::kPeft;
  if (Has(facts.text, {"llama-factory"})) return Stack::kLlamaFactory;
  if (Has(facts.text, {"megatron", "nemo"})) return Stack::kMegatron;
  return Stack::kGeneric;
}

// Fine-tuning sets like Alpaca hold short samples; their longest is what peaks.
constexpr int64_t kUsualSample = 512;
constexpr int64_t kLongestAlpaca = 1100;  // 1034 to 1304 tokens, by tokenizer

// "<=768 (avg ~210)": padded to the longest of a batch, the mean is a quarter above that of the
// samples, and the 99th of 100 lies half way between it and the longest.
int64_t SequenceOf(const TruthRow& row, const RowFacts& facts) {
  const std::string text = Lower(row.seq);
  const auto first = FirstNumber(text);
  if (first && Has(text, {"avg"})) {
    const double mean = 1.25 * NumberBehind(text, {"avg ~", "avg "}).value_or(*first / 3);
    if (Has(row.metric, {"_avg"}) || Has(facts.technique, {"average"})) return std::llround(mean);
    if (Has(row.metric, {"p99"})) return std::llround((mean + *first) / 2);
  }
  if (first && *first >= 1) return std::llround(std::min(*first, 1e9));
  if (const auto longest = NumberBehind(facts.text, {"longest sample "}))
    return std::llround(std::min(*longest, 1e9));
  return Has(facts.text, {"alpaca", "torchtune"}) ? kLongestAlpaca : kUsualSample;
}

Checkpointing CheckpointingOf(const RowFacts& facts, Stack stack, Method method) {
  if (Has(facts.technique, {"no gradient checkpointing", "no activation checkpointing",
                            "no checkpointing", "checkpointing off"}))
    return Checkpointing::kNone;
  if (Has(facts.technique, {"selective"})) return Checkpointing::kSelective;
  if (Has(facts.text, {"checkpointing", "full ac", "full recompute"})) return Checkpointing::kFull;
  if (stack == Stack::kTorchtune) return Checkpointing::kFull;
  if (stack == Stack::kLlamaFactory || stack == Stack::kUnsloth) return Checkpointing::kFull;
  if (IsLitgpt(stack) && Has(facts.technique, {"fsdp"})) return Checkpointing::kFull;
  return method == Method::kFull && stack == Stack::kMegatron ? Checkpointing::kSelective
                                                              : Checkpointing::kNone;
}

// Steps of torchtune's ladder are cumulative: each row names the last one that was added.
void ApplyLadder(const RowFacts& facts, TrainingUse& use) {
  constexpr std::string_view kSteps[] = {"baseline",
                                         "+packed",
                                         "+compile",
                                         "+chunked",
                                         "+activation checkpointing",
                                         "+optimizer in backward",
                                         "+activation offloading",
                                         "+8-bit"};
  size_t step = 0;
  while (step < std::size(kSteps) && !Has(facts.technique, {kSteps[step]})) ++step;
  use.compiled = step >= 2;
  use.chunked_loss = step >= 3;
  use.checkpointing = step >= 4 ? Checkpointing::kFull : Checkpointing::kNone;
  use.optimizer_in_backward = step >= 5 && use.method == Method::kFull;
  use.activation_offload = step >= 6 && use.method == Method::kFull;
  if (step == 7) use.optimizer = Optimizer::kAdamW8bit;
  if (step == 0) use.sequence = use.sequence / 8;  // unpacked samples are short
}

int64_t Degree(const RowFacts& facts, std::initializer_list<std::string_view> words) {
  return std::llround(std::clamp(NumberBehind(facts.technique, words).value_or(1), 1.0, 65536.0));
}

void ApplyParallelism(const RowFacts& facts, TrainingUse& use) {
  use.tensor_parallel = Degree(facts, {"tp "});
  use.pipeline = Degree(facts, {"pp "});
  use.context_parallel = Degree(facts, {"cp "});
  use.gpus = std::max<int64_t>(1, facts.hardware.count);
  if (Has(facts.technique, {"fsdp", "zero-3", "zero3", "full_shard", "deepspeed", "cpu offload"}))
    use.sharding = Sharding::kZero3;
  if (Has(facts.technique, {"zero-2", "zero2", "shard_grad_op"})) use.sharding = Sharding::kZero2;
  if (Has(facts.technique, {"zero-1", "zero1"})) use.sharding = Sharding::kZero1;
  use.cpu_offload = Has(facts.technique, {"cpu offload"});
  use.deepspeed = Has(facts.technique, {"deepspeed"});
}

Method MethodOf(const RowFacts& facts) {
  if (Has(facts.technique, {"no opt-in-bwd"}))
    return Has(facts.technique, {"lora"}) ? Method::kLora : Method::kFull;
  if (Has(facts.technique, {"dora"})) return Method::kDora;
  if (Has(facts.technique, {"lora"})) return Method::kLora;
  if (Has(facts.technique, {"adapter", "ia3"})) return Method::kAdapter;
  return Method::kFull;
}

Optimizer OptimizerOf(const RowFacts& facts, Stack stack, Method method) {
  if (Has(facts.text, {"paged"})) return Optimizer::kPagedAdamW;
  if (Has(facts.technique, {"8-bit adam", "8bit adam", "adamw8bit", "adamw 8"}))
    return Optimizer::kAdamW8bit;
  if (Has(facts.technique, {"adafactor"})) return Optimizer::kAdafactor;
  if (Has(facts.technique, {"sgd"})) return Optimizer::kSgd;
  // litgpt's own recipes for full fine-tuning keep the states out of the device's memory.
  if (IsLitgpt(stack) && method == Method::kFull) return Optimizer::kPagedAdamW;
  return Optimizer::kAdamW;
}

bool HasMixedPrecision(const TruthRow& row, Stack stack) {
  const std::string dtype = Lower(row.dtype);
  return Has(dtype, {"mixed", "amp"}) || stack == Stack::kTorchtitan;
}

// litgpt's config_hub adapts every linear layer and the head of these families, of the others q and
// v (Lightning-AI/litgpt, config_hub/finetune/*/lora.yaml).
bool AdaptsEverything(const TruthRow& row, const RowFacts& facts) {
  return Has(facts.text, {"config_hub"}) &&
         Has(Lower(row.model), {"gemma", "tiny-llama", "tinyllama", "phi-2", "phi-3"});
}

TrainingUse UseOf(const TruthRow& row, const RowFacts& facts) {
  TrainingUse use;
  use.stack = StackOf(facts);
  use.method = MethodOf(facts);
  use.sequence = SequenceOf(row, facts);
  use.batch = std::llround(std::clamp(FirstNumber(row.batch).value_or(1), 1.0, 1e6));
  use.checkpointing = CheckpointingOf(facts, use.stack, use.method);
  use.optimizer = OptimizerOf(facts, use.stack, use.method);
  use.rank = std::llround(std::clamp(
      NumberBehind(facts.technique, {"lora r", " r", "rank "}).value_or(8), 1.0, 4096.0));
  use.trainable = use.method == Method::kFull
                      ? 0
                      : std::llround(std::clamp(
                            NumberBehind(facts.technique, {"trainable "}).value_or(0), 0.0, 1e15));
  use.all_linear = AdaptsEverything(row, facts) ||
                   Has(facts.technique, {"all linear", "all layers", "mlp", "v2"});
  use.compiled = Has(facts.technique, {"compile"});
  use.chunked_loss =
      Has(facts.technique, {"chunked"}) || (use.stack == Stack::kTorchtune && use.compiled);
  use.optimizer_in_backward = Has(facts.text, {"optimizer-in-backward", "optimizer in backward"});
  use.activation_offload = Has(facts.technique, {"activation offload"});
  use.mixed_precision = HasMixedPrecision(row, use.stack);
  use.autocast = Has(Lower(row.dtype), {"bf16-mixed", "fp16-mixed", "16-mixed"});
  use.untied_head = IsLitgpt(use.stack);
  use.adapter_v2 = Has(facts.technique, {"adapter v2"});
  use.reserved = Has(row.metric, {"reserved"});
  use.includes_context = Has(row.metric, {"peak_gpu", "peak_vram", "device_used", "vram_used"});
  ApplyParallelism(facts, use);
  if (Has(facts.technique, {"ladder"})) {
    if (use.stack == Stack::kTorchtune) ApplyLadder(facts, use);
  }
  return use;
}

// litgpt loads the whole model on each GPU before it shards.
bool LoadsWhole(const TrainingUse& use) {
  return IsLitgpt(use.stack) && use.sharding == Sharding::kZero3 && use.gpus > 1;
}

Span WithLoading(const Span& peak, const ModelShape& shape, const WeightFormat& format,
                 const TrainingUse& use) {
  if (!LoadsWhole(use)) return peak;
  const Wide whole = WeightBytes(shape, format).mid;
  const Span loading = Around(whole, 0.02, 0.1);
  if (use.method != Method::kFull) return peak + loading;
  // Weights and gradients are whole while a step runs, states and both of them sharded.
  const Wide sharded = 3 * whole / use.gpus;
  return Around(2 * whole + sharded, 0.12, 0.12);
}

// config_hub's tables name the machine, not the devices that were used: one.
void UseOneDevice(const TruthRow& row, const RowFacts& facts, TrainingUse& use) {
  if (!IsLitgpt(use.stack) || !Has(facts.text, {"config_hub"}) || use.sharding != Sharding::kNone)
    return;
  // Full training of what does not fit one of them is sharded over all.
  const bool shards = use.method == Method::kFull && use.gpus > 1 && row.params > 2e9;
  if (shards) {
    use.sharding = Sharding::kZero3;
  } else {
    use.gpus = 1;
  }
}

// Bytes while weights load: what is quantised on the way in has been 16 bit just before, about half
// of it at once (torchtune, Llama-2-7B: 9.13 GB at start against 3.9 GB after).
Span LoadingOf(const ModelShape& shape, const WeightFormat& format, const TrainingUse& use) {
  const int64_t steady = TrainingPartsOf(shape, format, use).weights;
  if (format.kind == FormatKind::kPlain) return Around(Wide{steady} * 102 / 100, 0.025, 0.05);
  const int64_t more = std::max<int64_t>(0, Clamp(2 * Wide{shape.params_total} - steady));
  return {steady, Clamp(Wide{steady} + more * 11 / 20), Clamp(Wide{steady} + more)};
}

// A caching allocator keeps what loading took.
Span AtLeastLoading(const Span& peak, const ModelShape& shape, const WeightFormat& format,
                    const TrainingUse& use) {
  const Span loading = LoadingOf(shape, format, use);
  return {peak.low, std::max(peak.mid, loading.mid), std::max(peak.high, loading.high)};
}

Result<Prediction> AtInit(const TruthRow& row, const ModelShape& shape, const WeightFormat& format,
                          const TrainingUse& use, const RowFacts& facts) {
  return MemoryPrediction(row, LoadingOf(shape, format, use), {}, facts);
}

}  // namespace

TrainingUse TrainingUseOf(const TruthRow& row, const RowFacts& facts) {
  TrainingUse use = UseOf(row, facts);
  UseOneDevice(row, facts, use);
  return use;
}

Result<Prediction> PredictTraining(const TruthRow& row, const RowFacts& facts) {
  if (Has(facts.text, {"second table"}) ||
      (Has(facts.text, {"flags not stated"}) && !Has(facts.text, {"uses"}))) {
    return InvalidInput("the source does not name the technique of this row");
  }
  TRY_ASSIGN(const ModelShape shape, ShapeOf(row));
  if (shape.layers == 0 || shape.hidden == 0)
    return InvalidInput(
        fmt::format("there is no rule yet for the activations of `{}`", shape.arch));
  TRY_ASSIGN(const WeightFormat format, FormatOf(row, shape));
  if (row.metric == "act_copies_per_layer") {
    const double copies = LiveLayerCopies(shape);
    Prediction prediction;
    prediction.low = copies * 0.95;
    prediction.mid = copies;
    prediction.high = copies * 1.05;
    return prediction;
  }
  const TrainingUse use = TrainingUseOf(row, facts);
  if (Has(row.metric, {"_init"})) return AtInit(row, shape, format, use, facts);
  Estimate estimate = EstimateTraining(shape, format, use, facts.hardware.Available());
  TRY(CheckSize(estimate));
  Span peak = WithLoading(estimate.peak, shape, format, use);
  if (use.reserved && format.kind != FormatKind::kPlain && use.stack == Stack::kTorchtune)
    peak = AtLeastLoading(peak, shape, format, use);
  if (row.metric == "peak_cpu") {
    const Span host = SumOf(estimate.components, "host");
    if (host.mid == 0) return InvalidInput("host memory is foretold for offloading alone");
    return MemoryPrediction(row, host, peak, facts);
  }
  if (row.metric == "alloc_avg") {
    // Most of the time between two peaks: weights, states and gradients where all are trained.
    const TrainingParts parts = TrainingPartsOf(shape, format, use);
    const Wide steady = Wide{parts.weights} + parts.states + parts.gradients;
    return MemoryPrediction(row, Around(steady, 0.01, 0.08), peak, facts);
  }

  TRY_ASSIGN(Prediction prediction, MemoryPrediction(row, peak, peak, facts));
  prediction.work = PeakPointOf(shape, format, use);
  prediction.work.setup += "; " + row.metric + "; " + facts.technique;
  if (row.metric == "oom") prediction.work.parts.clear();
  prediction.grows = true;
  return prediction;
}

}  // namespace curbstop::fit
