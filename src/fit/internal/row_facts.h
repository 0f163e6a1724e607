// What a truth row's free text says, gathered once for all kinds of questions.
#pragma once

#include <string>

#include "fit/families.h"
#include "fit/hardware.h"
#include "fit/truth.h"
#include "fit/weights.h"

namespace curbstop::fit {

enum class Engine { kLlamaCpp, kVllm, kTensorRt, kTorch, kMlx, kExllama, kNone };

struct RowFacts {
  Hardware hardware;
  Engine engine = Engine::kNone;
  bool is_training = false;
  std::string technique;  // lower case, model's tag and notes left out
  std::string text;       // technique, notes and hardware, lower case
};

RowFacts FactsOf(const TruthRow& row);

// Errors: kNotFound where neither the family table nor a size helps.
Result<ModelShape> ShapeOf(const TruthRow& row);
// From the row's own column, else from the model's name, else the engine's default.
Result<WeightFormat> FormatOf(const TruthRow& row, const ModelShape& shape);

}  // namespace curbstop::fit
