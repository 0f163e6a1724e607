#include <algorithm>

#include <fmt/format.h>

#include "fit/internal/candidates.h"

namespace curbstop::fit {
namespace {

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

constexpr Named<Checkpointing> kCheckpointing[] = {{"none", Checkpointing::kNone},
                                                   {"selective", Checkpointing::kSelective},
                                                   {"full", Checkpointing::kFull}};
constexpr Named<Optimizer> kOptimizers[] = {
    {"adamw", Optimizer::kAdamW},      {"adamw8bit", Optimizer::kAdamW8bit},
    {"paged", Optimizer::kPagedAdamW}, {"adafactor", Optimizer::kAdafactor},
    {"sgd", Optimizer::kSgdMomentum},  {"lion", Optimizer::kLion}};
constexpr Named<Sharding> kShardings[] = {{"none", Sharding::kNone},
                                          {"zero1", Sharding::kZero1},
                                          {"zero2", Sharding::kZero2},
                                          {"zero3", Sharding::kZero3}};
constexpr std::string_view kAdapterFormats[] = {"bf16", "int8", "nf4-dq"};
constexpr int64_t kRanks[] = {8, 16, 32, 64};

// The way from which all others follow: what is trained, over weights of which format.
struct Base {
  Method method = Method::kFull;
  WeightFormat format;
  int64_t rank = 0;
};

std::vector<WeightFormat> AdapterFormats(const FitQuestion& asked, const Held& held) {
  if (held.contains("--quant")) return {asked.format};
  std::vector<WeightFormat> formats;
  for (const std::string_view name : kAdapterFormats) formats.push_back(*UnderstandFormat(name));
  return formats;
}

std::vector<int64_t> Ranks(const FitQuestion& asked, const Held& held) {
  if (held.contains("--rank")) return {asked.training.rank};
  std::set<int64_t> ranks(std::begin(kRanks), std::end(kRanks));
  ranks.insert(asked.training.rank);
  return {ranks.begin(), ranks.end()};
}

std::vector<Base> Bases(const FitQuestion& asked, const Held& held) {
  std::vector<Base> bases;
  const bool plain = asked.format.kind == FormatKind::kPlain;
  if (plain || !held.contains("--quant"))
    bases.push_back({Method::kFull, plain ? asked.format : *UnderstandFormat("bf16"), 0});
  const Method adapter =
      asked.training.method == Method::kFull ? Method::kLora : asked.training.method;
  for (const WeightFormat& format : AdapterFormats(asked, held)) {
    for (const int64_t rank : Ranks(asked, held)) bases.push_back({adapter, format, rank});
  }
  return bases;
}

// Ways to the same batch: micro-batches of one device that divide it.
std::vector<int64_t> MicroBatches(const TrainingUse& use, const Held& held) {
  if (held.contains("--accumulate")) return {use.batch};
  const int64_t all = use.batch * use.accumulation;
  std::vector<int64_t> sizes;
  for (int64_t size = all; size >= 1 && sizes.size() < 8; --size) {
    const bool even = all % size == 0;
    // Of a large batch the halves, down to one.
    if (even && (sizes.empty() || 2 * size <= sizes.back() || size == 1)) sizes.push_back(size);
  }
  return sizes;
}

template <typename Value, size_t N>
std::vector<Named<Value>> Choices(const Named<Value> (&all)[N], const Held& held,
                                  std::string_view option, Value asked) {
  std::vector<Named<Value>> list;
  for (const Named<Value>& one : all) {
    if (!held.contains(std::string(option)) || one.value == asked) list.push_back(one);
  }
  return list;
}

std::vector<bool> Flags(const Held& held, const char* option, bool asked) {
  return held.contains(option) ? std::vector<bool>{asked} : std::vector<bool>{false, true};
}

std::string_view MethodWord(const Base& base) {
  if (base.method == Method::kFull) return "full";
  const bool quantised = base.format.name.starts_with("nf4");
  if (base.method == Method::kDora) return quantised ? "qdora" : "dora";
  return quantised ? "qlora" : "lora";
}

class Lister {
 public:
  Lister(const FitQuestion& asked, const Held& held) : asked_(asked), held_(held) {}

  std::vector<TechniqueChoice> Run() {
    for (const Base& base : Bases(asked_, held_)) OfBase(base);
    return std::move(list_);
  }

 private:
  void OfBase(const Base& base) {
    FitQuestion question = asked_;
    question.format = base.format;
    TrainingUse& use = question.training;
    use.method = base.method;
    if (base.rank > 0) use.rank = base.rank;
    if (base.format.kind != FormatKind::kPlain) use.mixed_precision = false;
    const TrainingUse& asked = asked_.training;
    for (const auto& checkpointing :
         Choices(kCheckpointing, held_, "--checkpointing", asked.checkpointing)) {
      use.checkpointing = checkpointing.value;
      for (const bool chunked : Flags(held_, "--chunked-loss", asked.chunked_loss)) {
        use.chunked_loss = chunked;
        for (const bool offload : Flags(held_, "--cpu-offload", asked.cpu_offload)) {
          use.cpu_offload = offload;
          OfOptimizers(question, base, checkpointing.name);
        }
      }
    }
  }

  // States of adapters are small: only the optimizer that is asked.
  void OfOptimizers(FitQuestion& question, const Base& base, std::string_view checkpointing) {
    TrainingUse& use = question.training;
    for (const auto& optimizer :
         Choices(kOptimizers, held_, "--optimizer", asked_.training.optimizer)) {
      const bool is_asked = optimizer.value == asked_.training.optimizer;
      const bool tried = optimizer.value != Optimizer::kLion && base.method == Method::kFull;
      if (!is_asked && !tried) continue;
      // Offloaded states are in RAM already.
      if (optimizer.value == Optimizer::kPagedAdamW && use.cpu_offload) continue;
      use.optimizer = optimizer.value;
      OfBatches(question, base, checkpointing, optimizer.name);
    }
  }

  void OfBatches(FitQuestion& question, const Base& base, std::string_view checkpointing,
                 std::string_view optimizer) {
    TrainingUse& use = question.training;
    const int64_t all = asked_.training.batch * asked_.training.accumulation;
    for (const int64_t batch : MicroBatches(asked_.training, held_)) {
      use.batch = batch;
      use.accumulation =
          held_.contains("--accumulate") ? asked_.training.accumulation : all / batch;
      const bool may = base.method == Method::kFull && use.accumulation == 1 && !use.cpu_offload;
      for (const bool in_backward :
           Flags(held_, "--optimizer-in-backward", asked_.training.optimizer_in_backward)) {
        if (in_backward && !may) continue;
        use.optimizer_in_backward = in_backward;
        OfShardings(question, base, checkpointing, optimizer);
      }
    }
  }

  void OfShardings(FitQuestion& question, const Base& base, std::string_view checkpointing,
                   std::string_view optimizer) {
    TrainingUse& use = question.training;
    for (const auto& sharding :
         Choices(kShardings, held_, "--sharding", asked_.training.sharding)) {
      if (use.gpus <= 1 && sharding.value != Sharding::kNone) continue;
      use.sharding = sharding.value;
      Add(question, base, checkpointing, optimizer, sharding.name);
    }
  }

  void Add(const FitQuestion& question, const Base& base, std::string_view checkpointing,
           std::string_view optimizer, std::string_view sharding) {
    const TrainingUse& use = question.training;
    TechniqueChoice one;
    one.question = question;
    one.options = fmt::format("--method {}", MethodWord(base));
    if (base.method != Method::kFull && base.format.name != "bf16" && base.format.name != "nf4-dq")
      one.options += " --quant " + base.format.name;
    if (base.method != Method::kFull) one.options += fmt::format(" --rank {}", base.rank);
    one.options += fmt::format(" --checkpointing {}", checkpointing);
    if (use.chunked_loss) one.options += " --chunked-loss";
    if (optimizer != "adamw") one.options += fmt::format(" --optimizer {}", optimizer);
    if (use.optimizer_in_backward) one.options += " --optimizer-in-backward";
    one.options += fmt::format(" --batch {}", use.batch);
    if (use.accumulation > 1) one.options += fmt::format(" --accumulate {}", use.accumulation);
    if (use.gpus > 1) one.options += fmt::format(" --sharding {}", sharding);
    if (use.cpu_offload) one.options += " --cpu-offload";
    one.axes = {Weights(base), Trained(base), OptimizerAxis(use, optimizer)};
    one.changed = Changed(question);
    list_.push_back(std::move(one));
  }

  QualityAxis Weights(const Base& base) const {
    QualityAxis axis;
    axis.choice = base.format.name;
    axis.is_reference = base.format.kind == FormatKind::kPlain;
    axis.capacity = base.format.bits;
    axis.family = base.format.name.starts_with("nf4") ? "nf4" : "";
    if (!axis.is_reference) axis.figure = FindQuality(asked_.shape, "weights", axis.choice);
    return axis;
  }

  QualityAxis Trained(const Base& base) const {
    QualityAxis axis;
    axis.is_reference = base.method == Method::kFull;
    if (axis.is_reference) return axis;
    const std::string_view word = base.method == Method::kDora ? "dora" : "lora";
    axis.choice = fmt::format("{} of rank {}", word, base.rank);
    axis.capacity = static_cast<double>(base.rank);
    axis.family = word;
    axis.figure = FindQuality(asked_.shape, "method", word, base.rank);
    return axis;
  }

  // Paged states, and steps in the backward pass, compute what AdamW computes.
  QualityAxis OptimizerAxis(const TrainingUse& use, std::string_view optimizer) const {
    QualityAxis axis;
    axis.is_reference =
        use.optimizer == Optimizer::kAdamW || use.optimizer == Optimizer::kPagedAdamW;
    if (!axis.is_reference) axis.choice = optimizer;
    return axis;
  }

  int Changed(const FitQuestion& question) const {
    const TrainingUse& a = question.training;
    const TrainingUse& b = asked_.training;
    const bool adapters = a.method != Method::kFull;
    int count = 0;
    count += a.method != b.method || question.format.name != asked_.format.name;
    count += adapters && a.rank != b.rank;
    count += a.checkpointing != b.checkpointing;
    count += a.chunked_loss != b.chunked_loss;
    count += a.optimizer != b.optimizer;
    count += a.optimizer_in_backward != b.optimizer_in_backward;
    count += a.batch != b.batch;
    count += a.sharding != b.sharding;
    count += a.cpu_offload != b.cpu_offload;
    return count;
  }

  const FitQuestion& asked_;
  const Held& held_;
  std::vector<TechniqueChoice> list_;
};

}  // namespace

std::vector<TechniqueChoice> TrainingCandidates(const FitQuestion& asked, const Held& held) {
  return Lister(asked, held).Run();
}

}  // namespace curbstop::fit
