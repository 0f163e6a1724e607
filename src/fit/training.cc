#include "fit/training.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/units.h"

namespace curbstop::fit {
namespace {

struct StackFacts {
  Stack stack;
  double copies;            // own copies of the hidden state, full training
  double adapter_copies;    // added by adapters
  double quantised_copies;  // added by dequantising linear layers
  double compiled_less;     // saved by torch.compile
  double logit_bytes;
  double live_copies;  // of one layer under checkpointing
  double logits_kept;  // share of the logits that lives on into the backward pass
  double fixed_gib;    // small buffers that no rule covers
  std::string_view source;
};

// One row for each training stack; nothing here belongs to a single model.
constexpr StackFacts kStacks[] = {
    {Stack::kGeneric, 10, 1, 7, 6, 10, 0, 1, 0.1, "mean of the stacks below"},
    {Stack::kLitgpt, 9.1, 0.8, 12.3, 6, 8.9, 28, 0, 0,
     "Lightning-AI/litgpt@26857050, config_hub/finetune"},
    {Stack::kLitgpt2023, 9.1, 0.8, 7, 6, 8.9, 18, 0, 0, "Lightning-AI/litgpt@26857050, tutorials"},
    {Stack::kTorchtune, 15.2, -3.6, 3, 6.9, 8.3, 19, 0, 0.25,
     "pytorch/torchtune@bd2a0fc7, README.md"},
    {Stack::kPeft, 10.5, 0.5, 7, 6, 10, 0, 1, 0.2, "huggingface/peft method_comparison"},
    {Stack::kLlamaFactory, 10, 1, 7, 6, 10, 0, 1, 0.2,
     "LLaMA-Factory wiki, Performance-comparison"},
    {Stack::kUnsloth, 8, 0, 2, 0, 0, 7, 0, 0.3, "LLaMA-Factory wiki, Performance-comparison"},
    {Stack::kTorchtitan, 5, 0, 0, 2.7, 14, 0, 1, 0.5, "pytorch/torchtitan@31a17bfd, benchmarks"},
    {Stack::kMegatron, 17, 0, 0, 0, 10, 17, 1, 0.5, "Korthikanti et al. 2022"},
};

const StackFacts& FactsOf(Stack stack) {
  const auto* found = std::find_if(std::begin(kStacks), std::end(kStacks),
                                   [&](const StackFacts& one) { return one.stack == stack; });
  return found == std::end(kStacks) ? kStacks[0] : *found;
}

bool IsQuantised(const WeightFormat& format) {
  return format.kind != FormatKind::kPlain && format.bits < 15;
}

double Real(Wide value) { return static_cast<double>(value); }

class Timeline {
 public:
  Timeline(const ModelShape& shape, const WeightFormat& format, const TrainingUse& use)
      : s_(shape),
        format_(format),
        use_(use),
        facts_(FactsOf(use.stack)),
        trainable_(CountTrainable()) {}

  TrainingParts Run() {
    TrainingParts parts;
    parts.trainable = trainable_;
    parts.weights = Scaled(Weights() / Shards(Sharding::kZero3));
    parts.gradients = Scaled(GradientBytes() * Real(parts.trainable) / Shards(Sharding::kZero2));
    parts.states = Scaled(StateBytes(parts.trainable) / Shards(Sharding::kZero1));
    parts.activations = Scaled(Activations());
    parts.logits = Scaled(Logits());
    parts.layer_work = Scaled(LayerWork());
    parts.dequantised = Scaled(Dequantised());
    parts.optimizer_work = Scaled(OptimizerWork(parts));
    if (use_.cpu_offload) {
      MoveToHost(parts);
    } else if (use_.optimizer == Optimizer::kPagedAdamW) {
      TrainingUse resident = use_;
      resident.optimizer = Optimizer::kAdamW;
      parts.host = Timeline(s_, format_, resident).Resident(parts.trainable);
    }
    if (use_.sharding == Sharding::kZero3 && use_.gpus > 1) parts.weights += Scaled(LiveParams());
    FindPeak(parts);
    return parts;
  }

 private:
  static int64_t Scaled(double bytes) {
    return bytes > 0 ? Clamp(static_cast<Wide>(std::min(bytes, 1.2e18))) : 0;
  }

  // States of one device.
  int64_t Resident(int64_t trainable) const {
    return Scaled(StateBytes(trainable) / Shards(Sharding::kZero1));
  }

  bool IsFull() const { return use_.method == Method::kFull; }
  double TokensPerDevice() const {
    return Real(Wide{use_.sequence} * use_.batch) /
           Real(std::max<int64_t>(1, use_.context_parallel));
  }
  // A pipeline computes one micro-batch at a time, and holds the inputs of as many as it is long.
  double TokensAtOnce() const {
    return TokensPerDevice() / Real(std::max<int64_t>(1, use_.pipeline));
  }
  double Shards(Sharding least) const {
    const double model = Real(Wide{use_.tensor_parallel} * use_.pipeline);
    return use_.sharding >= least ? std::max(1.0, Real(use_.gpus)) : std::max(1.0, model);
  }
  double ModelParallel() const { return Real(std::max<int64_t>(1, use_.tensor_parallel)); }

  double HeadAgain() const {
    return s_.tied && use_.untied_head ? Real(Wide{s_.vocab} * s_.hidden) : 0;
  }

  int64_t CountTrainable() const {
    if (IsFull()) return Clamp(Wide{s_.params_total} + static_cast<Wide>(HeadAgain()));
    if (use_.trainable > 0) return use_.trainable;
    const Wide magnitudes =
        use_.method == Method::kDora ? Wide{AdapterOutputs(s_, use_.all_linear)} : 0;
    return Clamp(AdapterParams(s_, use_.rank, use_.all_linear) + magnitudes);
  }

  double Weights() const {
    const bool plain = format_.kind == FormatKind::kPlain;
    const double wide = use_.mixed_precision && plain ? std::max(1.0, 32 / format_.bits) : 1;
    double bytes = wide * Real(WeightBytes(s_, format_).mid);
    bytes += HeadAgain() * (plain ? format_.bits * wide : format_.head_bits) / 8;
    // litgpt quantises the head too.
    if (IsQuantised(format_) && use_.untied_head) {
      bytes -= Real(Wide{s_.vocab} * s_.hidden) * (format_.head_bits - format_.bits) / 8;
    }
    if (use_.autocast) bytes += 2 * (Real(s_.params_total) - Real(Wide{s_.vocab} * s_.hidden));
    if (!IsFull())
      bytes +=
          Real(trainable_) * (use_.mixed_precision || IsSingle() || IsQuantised(format_) ? 4 : 2);
    return bytes;
  }

  // 32-bit arithmetic throughout: what is trained, its gradients and states, and hidden states.
  bool IsSingle() const {
    return format_.kind == FormatKind::kPlain && format_.bits > 16 && !use_.mixed_precision;
  }
  double GradientBytes() const { return use_.mixed_precision || IsSingle() ? 4 : 2; }

  double StateBytes(int64_t trainable) const {
    const double count = Real(trainable);
    const bool is_wide = use_.mixed_precision || IsSingle() || (!IsFull() && IsQuantised(format_));
    const double wide = is_wide ? 2 : 1;
    switch (use_.optimizer) {
      case Optimizer::kAdamW: return 4 * wide * count;
      case Optimizer::kAdamW8bit: {
        // Token table and head keep 32-bit states.
        const double tables = IsFull() ? Real(Wide{s_.vocab} * s_.hidden) : 0;
        return (2 + 8.0 / 256) * (count - tables) + 8 * tables;
      }
      case Optimizer::kPagedAdamW: return 0;  // in host memory, paged in while the step runs
      case Optimizer::kAdafactor: return 0.02 * count;
      case Optimizer::kSgdMomentum:
      case Optimizer::kLion: return 2 * wide * count;
      case Optimizer::kSgd: return 0;
    }
    return 0;
  }

  double Width() const {
    const double width = s_.has_experts()
                             ? Real(Wide{s_.experts_per_token} * s_.expert_intermediate)
                             : Real(s_.intermediate);
    return s_.hidden > 0 ? width / Real(s_.hidden) : 4;
  }

  // Adapters on the MLP keep the inputs of its matrices; prefix adapters keep no dropped-out
  // inputs.
  double MethodCopies() const {
    if (use_.method == Method::kAdapter) return use_.adapter_v2 ? 8 : -4;
    const double lora =
        use_.all_linear && use_.checkpointing == Checkpointing::kNone ? 2 + Width() : 0;
    return lora + (use_.method == Method::kDora ? DoraCopies() : 0);
  }

  // The outputs of base and adapter, before and after the magnitudes are applied: two kept for each
  // target (peft, tuners/lora/dora.py).
  double DoraCopies() const {
    const double outputs = Real(AdapterOutputs(s_, use_.all_linear));
    const double width =
        Real(std::max<int64_t>(1, s_.layers)) * Real(std::max<int64_t>(1, s_.hidden));
    return 2 * outputs / width;
  }

  // Copies of the hidden state that a layer keeps for its backward pass.
  double Copies() const {
    const bool gated = s_.mlp_matrices == 3;
    double copies = facts_.copies;
    if (gated) {
      copies += 4 * Width();
    } else {
      copies += 2 * Width() - 4;
    }
    if (!IsFull()) copies += facts_.adapter_copies + MethodCopies();
    if (!IsFull() && IsQuantised(format_)) copies += facts_.quantised_copies;
    // Norms that scale by one plus their weight keep a 32-bit copy more, each.
    if (s_.arch.starts_with("gemma")) copies += 2 * Real(s_.norms_per_layer);
    if (use_.compiled) copies -= facts_.compiled_less + (IsFull() ? 0 : Width());
    // One matrix of scores where no fused kernel takes heads of that width.
    const bool fused = use_.flash_attention;
    if (!fused && s_.hidden > 0) copies += Real(Wide{s_.heads} * use_.sequence) / Real(s_.hidden);
    return std::max(copies, 2.0);
  }

  double HiddenCopy() const {
    return (use_.autocast || IsSingle() ? 4 : 2) * Real(s_.hidden) * TokensPerDevice() /
           ModelParallel();
  }
  double Layers() const {
    const double stacks = s_.kind == ModelKind::kEncoderDecoder ? 2 : 1;
    return stacks * Real(s_.layers) / Real(std::max<int64_t>(1, use_.pipeline));
  }

  double Activations() const {
    switch (use_.checkpointing) {
      case Checkpointing::kNone: return Copies() * HiddenCopy() * Layers();
      case Checkpointing::kSelective: return 0.5 * Copies() * HiddenCopy() * Layers();
      case Checkpointing::kFull: break;
    }
    return use_.activation_offload ? 2 * HiddenCopy() : HiddenCopy() * Layers();
  }

  double LayerWork() const {
    const double dora = use_.method == Method::kDora ? DoraCopies() : 0;
    const double copies = use_.checkpointing == Checkpointing::kFull ? LiveCopies() + dora : 4;
    return copies * HiddenCopy() / Real(std::max<int64_t>(1, use_.pipeline));
  }

  // 0 in the table: as the layer's own shape says.
  double LiveCopies() const {
    return facts_.live_copies > 0 ? facts_.live_copies : LiveLayerCopies(s_);
  }

  double Logits() const {
    const double all = facts_.logit_bytes * Real(s_.vocab) * TokensAtOnce() / ModelParallel();
    return use_.chunked_loss ? 0.08 * all : all;
  }

  double Dequantised() const {
    const double mlp = Real(Wide{s_.intermediate} * s_.hidden);
    // DoRA's norm is over the whole matrix: base, product of the adapters and their sum.
    if (use_.method == Method::kDora) return 3 * 2 * mlp;
    if (!IsQuantised(format_)) return 0;
    return 2 * (use_.untied_head ? std::max(mlp, Real(Wide{s_.vocab} * s_.hidden)) : mlp);
  }

  // The layer at work is whole, and the token table with it. Under a pipeline the whole stage stays
  // gathered, gradients too. DeepSpeed gathers 10^9 parameters ahead and has two buckets of 5*10^8.
  double LiveParams() const {
    const double bytes = use_.mixed_precision ? 2 : format_.bits / 8;
    const double table = Real(Wide{s_.vocab} * s_.hidden);
    if (use_.pipeline > 1)
      return 6 * Real(s_.params_total) / Real(Wide{use_.tensor_parallel} * use_.pipeline);
    if (use_.deepspeed)
      return 4 * (std::min(1e9, Real(s_.params_total)) + table * (s_.tied ? 1 : 2)) + 2e9;
    const double layer = s_.layers > 0 ? Real(LayerParams(s_)) / Real(s_.layers) : 0;
    return bytes * (layer + table);
  }

  double OptimizerWork(const TrainingParts& parts) const {
    if (use_.optimizer_in_backward || use_.cpu_offload) return 0;
    if (use_.in_ram) {
      const double table = GradientBytes() * Real(Wide{s_.vocab} * s_.hidden);
      return IsFull() ? (StepCopies() - 1) * std::min(table, Real(parts.gradients)) : 0;
    }
    const bool for_each = IsFull() && !use_.mixed_precision &&
                          (use_.stack == Stack::kPeft || use_.stack == Stack::kGeneric);
    return for_each && use_.optimizer == Optimizer::kAdamW ? Real(parts.gradients) : 0;
  }

  void MoveToHost(TrainingParts& parts) const {
    parts.host = Clamp(Wide{parts.weights} + parts.gradients + parts.states);
    parts.weights = parts.gradients = parts.states = 0;
    parts.weights = Scaled(LiveParams());
  }

  // torch's AdamW makes three temporaries of the tensor that it updates; fused 8-bit ones make
  // none.
  double StepCopies() const { return use_.optimizer == Optimizer::kAdamW ? 4 : 2; }

  void FindPeak(TrainingParts& parts) const {
    const double layers = std::max(1.0, Layers());
    const double one_layer = Real(parts.gradients) / layers;
    const double tables =
        IsFull() ? GradientBytes() * Real(Wide{s_.vocab} * s_.hidden) / Shards(Sharding::kZero2)
                 : 0;
    const double all = use_.optimizer_in_backward ? std::max(one_layer, tables * StepCopies())
                                                  : Real(parts.gradients);
    const double base = Real(parts.weights) + Real(parts.states);
    struct Event {
      const char* name;
      double bytes;
    };
    const double work = Real(parts.layer_work) + Real(parts.dequantised);
    const double kept = facts_.logits_kept * Real(parts.logits);
    const bool accumulates = use_.accumulation > 1 && !use_.optimizer_in_backward;
    const double earlier = accumulates ? all : 0;  // gradients of the micro-batches before
    const Event events[] = {
        {"end of forward",
         earlier + Real(parts.activations) + Real(parts.logits) + Real(parts.dequantised)},
        {"backward, first layer",
         Real(parts.activations) + kept + work +
             std::max(earlier,
                      std::min(all, tables * (use_.optimizer_in_backward ? StepCopies() : 1) +
                                        one_layer))},
        {"backward, last layer", work + all},
        {"optimizer step", all + Real(parts.optimizer_work)}};
    const Event* most =
        std::max_element(std::begin(events), std::end(events),
                         [](const Event& a, const Event& b) { return a.bytes < b.bytes; });
    parts.peak_event = most->name;
    parts.peak = Scaled(base + most->bytes);
  }

  const ModelShape& s_;
  const WeightFormat& format_;
  const TrainingUse& use_;
  const StackFacts& facts_;
  const int64_t trainable_;
};

// torch's context; a caching allocator rounds and splits.
constexpr double kAllocator = 0.04;

// Which part of 8-bit states it is that token table and head keep 32-bit ones: some optimizers
// store those in 8 bit too.
double TablesIn8Bit(const ModelShape& shape, const TrainingUse& use, const TrainingParts& parts) {
  if (use.optimizer != Optimizer::kAdamW8bit || use.method != Method::kFull || parts.states <= 0)
    return 0;
  const double all = (2 + 8.0 / 256) * Real(parts.trainable);
  const double tables = 6 * Real(Wide{shape.vocab} * shape.hidden);
  return tables / (all + tables);
}

// Tensors that lie in the heap: all but those above the size that glibc maps by itself, which are
// the token table's, the logits, and activations of many tokens at once.
int64_t InHeap(const ModelShape& shape, const TrainingParts& parts, const TrainingUse& use,
               bool is_late) {
  constexpr double kMostInHeap = 32 << 20;
  const double table = 4 * Real(Wide{shape.vocab} * shape.hidden);
  const double all = std::max(1.0, 4 * Real(shape.params_total));
  const double share = table > kMostInHeap ? std::max(0.0, 1 - table / all) : 1;
  const double base = Real(parts.weights) + Real(parts.states);
  const double rest = std::max(0.0, Real(parts.peak) - base);
  if (is_late) return Scale(1, share * (base + rest));
  const double hidden = 4 * Real(Wide{shape.hidden} * use.sequence * use.batch);
  const double small = std::min(1.0, kMostInHeap / std::max(1.0, hidden));
  return Scale(1, share * base + small * std::max(0.0, rest - Real(parts.logits)));
}

Component Part(std::string name, int64_t bytes, double below, double above, std::string evidence,
               std::string source) {
  return {std::move(name), "gpu0", Around(bytes, below, above), std::move(evidence),
          std::move(source)};
}

}  // namespace

Component TorchContext() {
  return {"context",
          "gpu0",
          {MiB(400).value, MiB(460).value, MiB(560).value},
          "class constant, not probed here",
          "stas00/ml-engineering@744d01e1"};
}

double LiveLayerCopies(const ModelShape& shape) {
  if (shape.hidden <= 0) return 28;
  const double hidden = Real(shape.hidden);
  const double width =
      Real(shape.has_experts() ? shape.experts_per_token * shape.expert_intermediate
                               : shape.intermediate) /
      hidden;
  const double q = Real(Wide{shape.heads} * shape.head_dim) / hidden;
  const double k = Real(Wide{shape.kv_heads} * shape.head_dim) / hidden;
  return (shape.mlp_matrices == 3 ? 4 : 2) * width + 9 + 5 * q + (shape.qk_norm ? 3 * (q + k) : 0);
}

int64_t AdapterParams(const ModelShape& shape, int64_t rank, bool all_linear) {
  Wide sum = 0;
  for (const auto& [tensor, times] : CountedTensorsOf(shape)) {
    const bool is_linear = tensor.layer >= 0 && tensor.role != TensorRole::kVector &&
                           tensor.role != TensorRole::kRouter;
    const bool is_qv = tensor.role == TensorRole::kAttnQ || tensor.role == TensorRole::kAttnV;
    if (tensor.role == TensorRole::kAttnQkv && !all_linear) {
      sum += times * 2 * Wide{rank} * (tensor.columns + Wide{shape.heads} * shape.head_dim);
    } else if (is_linear && (all_linear || is_qv) && !tensor.expert) {
      sum += times * Wide{rank} * (tensor.columns + tensor.rows);
    } else if (is_linear && all_linear && tensor.expert && shape.experts > 0) {
      sum += times * Wide{rank} * (Wide{tensor.columns} * shape.experts + tensor.rows);
    }
  }
  return Clamp(sum);
}

int64_t AdapterOutputs(const ModelShape& shape, bool all_linear) {
  Wide sum = 0;
  for (const auto& [tensor, times] : CountedTensorsOf(shape)) {
    const bool is_linear = tensor.layer >= 0 && tensor.role != TensorRole::kVector &&
                           tensor.role != TensorRole::kRouter;
    const bool is_qv = tensor.role == TensorRole::kAttnQ || tensor.role == TensorRole::kAttnV ||
                       tensor.role == TensorRole::kAttnQkv;
    if (is_linear && (all_linear || is_qv)) sum += times * Wide{tensor.rows};
  }
  return Clamp(sum);
}

TrainingParts TrainingPartsOf(const ModelShape& shape, const WeightFormat& format,
                              const TrainingUse& use) {
  return Timeline(shape, format, use).Run();
}

std::string_view NameOf(Stack stack) {
  switch (stack) {
    case Stack::kLitgpt: return "litgpt";
    case Stack::kLitgpt2023: return "litgpt of 2023";
    case Stack::kTorchtune: return "torchtune";
    case Stack::kPeft: return "peft";
    case Stack::kLlamaFactory: return "llama-factory";
    case Stack::kUnsloth: return "unsloth";
    case Stack::kTorchtitan: return "torchtitan";
    case Stack::kMegatron: return "megatron";
    case Stack::kGeneric: break;
  }
  return "generic";
}

std::string_view NameOf(Method method) {
  switch (method) {
    case Method::kLora: return "lora";
    case Method::kDora: return "dora";
    case Method::kAdapter: return "adapter";
    case Method::kFull: break;
  }
  return "full";
}

std::string_view NameOf(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::kAdamW8bit: return "adamw8bit";
    case Optimizer::kPagedAdamW: return "paged";
    case Optimizer::kAdafactor: return "adafactor";
    case Optimizer::kSgdMomentum: return "sgd";
    case Optimizer::kSgd: return "plain sgd";
    case Optimizer::kLion: return "lion";
    case Optimizer::kAdamW: break;
  }
  return "adamw";
}

std::string_view NameOf(Checkpointing checkpointing) {
  switch (checkpointing) {
    case Checkpointing::kSelective: return "selective";
    case Checkpointing::kFull: return "full";
    case Checkpointing::kNone: break;
  }
  return "none";
}

WorkPoint PeakPointOf(const ModelShape& shape, const WeightFormat& format, const TrainingUse& use) {
  const auto peak = [&](int64_t batch) {
    TrainingUse other = use;
    other.batch = batch;
    return Real(EstimateTraining(shape, format, other, 0).peak.mid);
  };
  const double one = peak(use.batch);
  const double slope = std::clamp(peak(2 * use.batch) - one, 0.0, one);
  WorkPoint point;
  point.kind = WorkKind::kPeak;
  point.engine = NameOf(use.stack);
  point.setup = fmt::format("{} r{} {} {} gpus {}{}{}{}{}", NameOf(use.method), use.rank,
                            NameOf(use.optimizer), NameOf(use.checkpointing), use.gpus,
                            use.compiled ? " compiled" : "", use.chunked_loss ? " chunked" : "",
                            use.optimizer_in_backward ? " in backward" : "",
                            use.activation_offload ? " offload" : "");
  point.format = format.name;
  point.model = shape.id;
  point.parts = {one - slope, slope};
  return point;
}

Estimate EstimateTraining(const ModelShape& shape, const WeightFormat& format,
                          const TrainingUse& use, int64_t available) {
  const TrainingParts parts = TrainingPartsOf(shape, format, use);
  const StackFacts& facts = FactsOf(use.stack);
  const std::string source(facts.source);
  const double doubt = shape.evidence == ShapeEvidence::kCloses
                           ? 0
                           : (shape.evidence == ShapeEvidence::kApproximate ? 0.05 : 0.15);
  Estimate estimate;
  estimate.available = available;
  auto& list = estimate.components;
  list.push_back(Part("weights", parts.weights, 0.012 + doubt, 0.015 + doubt, "formula",
                      format.name + "; " + shape.source));
  list.push_back(Part("optimizer states", parts.states, doubt + TablesIn8Bit(shape, use, parts),
                      doubt, "exact", "fit/training.h"));
  // What is alive at the peak beside weights and states, in the shares of that moment.
  const int64_t rest = std::max<int64_t>(0, parts.peak - parts.weights - parts.states);
  const double dora = use.method == Method::kDora ? 0.3 : 0;  // no measurement of it is at hand
  const bool late =
      parts.peak_event == "optimizer step" || parts.peak_event == "backward, last layer";
  if (late) {
    list.push_back(Part("gradients and work", rest, 0.08 + doubt, 0.18 + doubt, "formula", source));
  } else {
    const int64_t logits = std::min(parts.logits, rest);
    list.push_back(Part("logits", logits, 0.15, 0.25, "class constant", source));
    list.push_back(Part("activations", rest - logits, 0.18 + doubt, 0.20 + dora + doubt,
                        "class constant", source));
  }
  list.push_back({"buffers", "gpu0",
                  Around(static_cast<Wide>(facts.fixed_gib * 1073741824.0), 1, 1), "class constant",
                  source});
  if (use.in_ram) {
    const int64_t heap = InHeap(shape, parts, use, late);
    list.push_back({"kept by the heap",
                    "gpu0",
                    {Scale(heap, 0.3), Scale(heap, 0.5), Scale(heap, 1.2)},
                    "class constant",
                    "glibc's malloc; fit/training.h"});
  }
  if (use.pipeline > 1) {
    // Buffers between stages, gathered parts that overlap: seen in one source only.
    list.push_back({"pipeline buffers", "gpu0", {0, rest / 20, rest * 2 / 5}, "guess", source});
  }
  if (use.reserved || use.includes_context) {
    const int64_t slack = Scale(rest, kAllocator);
    const int64_t held = use.reserved ? MiB(512).value : 0;  // freed and not given back
    list.push_back({"allocator",
                    "gpu0",
                    {0, slack, 3 * slack + held},
                    "class constant",
                    "torch caching allocator"});
  }
  if (use.includes_context) {
    list.push_back(TorchContext());
  }
  estimate.peak = SumOf(list, "gpu0");
  if (parts.host > 0) {
    list.push_back(
        {"weights and states", "host", Around(parts.host, 0.05, 0.5), "formula", "fit/training.h"});
  }
  estimate.verdict = Judge(estimate.peak, available);
  return estimate;
}

}  // namespace curbstop::fit
