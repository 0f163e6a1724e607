#include "fit/changes.h"

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace curbstop::fit {
namespace {

using Edit = std::function<bool(FitQuestion&)>;  // false: it changes nothing here

struct NamedEdit {
  std::string text;
  Edit edit;
  bool same_work = true;  // the same tokens are computed, by the same model
};

constexpr std::string_view kLadder[] = {"Q8_0",   "Q6_K",    "Q5_K_M", "Q4_K_M",
                                        "Q3_K_M", "IQ3_XXS", "IQ2_M",  "IQ2_XXS"};

bool UseFormat(FitQuestion& question, std::string_view name) {
  Result<WeightFormat> format = UnderstandFormat(name);
  if (!format.ok() ||
      WeightBytes(question.shape, *format).mid >= WeightBytes(question.shape, question.format).mid)
    return false;
  question.format = *format;
  return true;
}

std::vector<NamedEdit> LlamaEdits(const FitQuestion& asked) {
  std::vector<NamedEdit> edits;
  edits.push_back({"--cache-type q8_0", [](FitQuestion& q) {
                     if (q.llama.cache.k.bytes_of_32 <= 34) return false;
                     q.llama.cache.k = q.llama.cache.v = *CacheTypeOfName("q8_0");
                     return true;
                   }});
  for (int64_t context = asked.llama.cache.context / 2; context >= 1024 && edits.size() < 4;
       context /= 2) {
    edits.push_back({fmt::format("--context {}", context),
                     [context](FitQuestion& q) {
                       q.llama.cache.context = context;
                       return true;
                     },
                     false});
  }
  if (asked.shape.has_experts()) {
    edits.push_back({"--experts-in-ram",
                     [](FitQuestion& q) { return !std::exchange(q.llama.experts_in_ram, true); }});
  }
  for (const std::string_view name : kLadder) {
    edits.push_back({fmt::format("--quant {}", name),
                     [name](FitQuestion& q) { return UseFormat(q, name); }, false});
  }
  return edits;
}

std::vector<NamedEdit> TrainingEdits(const FitQuestion& asked) {
  std::vector<NamedEdit> edits;
  edits.push_back({"--chunked-loss",
                   [](FitQuestion& q) { return !std::exchange(q.training.chunked_loss, true); }});
  for (int64_t batch = asked.training.batch / 2; batch >= 1; batch /= 2) {
    if (asked.training.batch % batch != 0) continue;
    const int64_t times = asked.training.accumulation * (asked.training.batch / batch);
    edits.push_back(
        {fmt::format("--batch {} --accumulate {}", batch, times), [batch, times](FitQuestion& q) {
           q.training.batch = batch;
           q.training.accumulation = times;
           return true;
         }});
  }
  edits.push_back({"--checkpointing full", [](FitQuestion& q) {
                     return std::exchange(q.training.checkpointing, Checkpointing::kFull) !=
                            Checkpointing::kFull;
                   }});
  edits.push_back({"--optimizer adamw8bit", [](FitQuestion& q) {
                     return q.training.method == Method::kFull &&
                            std::exchange(q.training.optimizer, Optimizer::kAdamW8bit) ==
                                Optimizer::kAdamW;
                   }});
  edits.push_back({"--quant nf4", [](FitQuestion& q) {
                     return q.training.method != Method::kFull && UseFormat(q, "nf4");
                   }});
  edits.push_back({"--method lora", [](FitQuestion& q) {
                     const bool was_full = q.training.method == Method::kFull;
                     q.training.method = Method::kLora;
                     return was_full;
                   }});
  edits.push_back({"--method qlora", [](FitQuestion& q) {
                     const bool changed = UseFormat(q, "nf4") || q.training.method == Method::kFull;
                     q.training.method = Method::kLora;
                     q.training.mixed_precision = false;
                     return changed;
                   }});
  for (int64_t sequence = asked.training.sequence / 2; sequence >= 256; sequence /= 2) {
    edits.push_back({fmt::format("--sequence {}", sequence),
                     [sequence](FitQuestion& q) {
                       q.training.sequence = sequence;
                       return true;
                     },
                     false});
  }
  return edits;
}

std::vector<NamedEdit> ImageEdits(const FitQuestion& asked) {
  std::vector<NamedEdit> edits;
  if (asked.images.training && asked.images.checkpointing != Checkpointing::kFull) {
    edits.push_back({"--checkpointing full", [](FitQuestion& q) {
                       q.images.checkpointing = Checkpointing::kFull;
                       return true;
                     }});
  }
  for (int64_t batch = asked.training.batch / 2; batch >= 1; batch /= 2) {
    edits.push_back({fmt::format("--batch {}", batch), [batch](FitQuestion& q) {
                       q.training.batch = batch;
                       return true;
                     }});
  }
  return edits;
}

std::vector<NamedEdit> TableEdits(const FitQuestion& asked) {
  std::vector<NamedEdit> edits;
  if (!asked.table.single) {
    edits.push_back({"--quant float32", [](FitQuestion& q) { return q.table.single = true; }});
  }
  const bool is_forest = asked.table.family == TableFamily::kForest ||
                         asked.table.family == TableFamily::kForestRegression;
  for (const int64_t depth : {20, 12}) {
    if (!is_forest || (asked.table.depth > 0 && asked.table.depth <= depth)) continue;
    edits.push_back({fmt::format("--depth {}", depth),
                     [depth](FitQuestion& q) {
                       q.table.depth = depth;
                       return true;
                     },
                     false});
  }
  for (int64_t rows = asked.table.rows / 2; rows >= 1000; rows /= 2) {
    edits.push_back({fmt::format("--rows {}", rows),
                     [rows](FitQuestion& q) {
                       q.table.rows = rows;
                       return true;
                     },
                     false});
  }
  return edits;
}

std::vector<NamedEdit> EditsFor(const FitQuestion& question) {
  if (question.task == Task::kTraining) return TrainingEdits(question);
  if (question.task == Task::kLlamaCpp) return LlamaEdits(question);
  if (question.task == Task::kImages || question.task == Task::kNetwork)
    return ImageEdits(question);
  if (question.task == Task::kTable) return TableEdits(question);
  std::vector<NamedEdit> edits;
  for (const int64_t part : {2, 4, 8}) {
    const int64_t length = question.vllm.max_model_len / part;
    edits.push_back({fmt::format("--context {}", length),
                     [length](FitQuestion& q) {
                       q.vllm.max_model_len = length;
                       return length > 0;
                     },
                     false});
  }
  return edits;
}

std::optional<double> SpeedOf(const FitAnswer& answer) {
  if (answer.training) return answer.training->mid;
  if (answer.images) return answer.images->mid;
  if (answer.decode) return answer.decode->mid;
  if (answer.fit_seconds && answer.fit_seconds->mid > 0) return 1 / answer.fit_seconds->mid;
  return std::nullopt;
}

// Nothing where the edit does not apply or does not lead to `fits`.
std::optional<Change> Try(const FitAnswer& before, const FitQuestion& changed, std::string text) {
  const Result<FitAnswer> after = QuickFit(changed);
  if (!after.ok() || after->estimate.verdict != Verdict::kFits) return std::nullopt;
  Change change{std::move(text), after->estimate.peak, after->estimate.verdict, std::nullopt};
  const auto old_speed = SpeedOf(before);
  const auto new_speed = SpeedOf(*after);
  if (old_speed && new_speed && *old_speed > 0) change.speed = *new_speed / *old_speed;
  return change;
}

constexpr size_t kMostChanges = 4;

}  // namespace

namespace {

void TrySingles(const FitAnswer& answer, std::span<const NamedEdit> edits,
                std::vector<Change>& found) {
  for (const NamedEdit& one : edits) {
    FitQuestion changed = answer.question;
    if (found.size() >= kMostChanges || !one.edit(changed)) continue;
    if (auto change = Try(answer, changed, one.text)) found.push_back(std::move(*change));
  }
}

void TryPairs(const FitAnswer& answer, std::span<const NamedEdit> edits,
              std::vector<Change>& found) {
  for (size_t i = 0; i < edits.size(); ++i) {
    for (size_t j = i + 1; j < edits.size() && found.size() < kMostChanges; ++j) {
      FitQuestion changed = answer.question;
      if (!edits[i].edit(changed) || !edits[j].edit(changed)) continue;
      if (auto change = Try(answer, changed, edits[i].text + " " + edits[j].text))
        found.push_back(std::move(*change));
    }
  }
}

}  // namespace

std::vector<Change> ChangesFor(const FitAnswer& answer) {
  std::vector<NamedEdit> edits = EditsFor(answer.question);
  const auto others = std::stable_partition(edits.begin(), edits.end(),
                                            [](const NamedEdit& one) { return one.same_work; });
  const std::span<const NamedEdit> same(edits.begin(), others);
  std::vector<Change> found;
  TrySingles(answer, same, found);
  if (found.empty()) TryPairs(answer, same, found);
  if (found.empty()) TrySingles(answer, std::span<const NamedEdit>(others, edits.end()), found);
  if (found.empty()) TryPairs(answer, edits, found);
  return found;
}

}  // namespace curbstop::fit
