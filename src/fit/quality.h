// What a technique costs in quality: published figures, never our own guesses. catalog/quality.csv
// holds them; where it has none for a technique, its loss is not known, and the answer says so.
//
//   loss = value / reference - 1 of a perplexity, in percent; reference - value of an accuracy, in
//          percent points
//
// A figure belongs to one model and one test. Of several on the same technique the one whose model
// is nearest in size is taken (the ratio of the parameter counts): quantising hurts small models
// more. It is a prior for every other model, so that each loss names the model it was measured on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fit/shape.h"

namespace curbstop::fit {

struct QualityFigure {
  std::string kind;  // "weights", "cache", "method"
  std::string name;  // "Q4_K_M", "q8_0", "lora"
  int64_t rank = 0;  // of adapters
  std::string model;
  double params = 0;
  std::string test;
  std::string metric;  // "perplexity", "accuracy"
  double value = 0;
  double reference = 0;  // the same of 16 bit, or of full training
  std::string as_of;
  std::string source;

  double Loss() const;
};

// Errors: kInvalidInput with the line.
Result<std::vector<QualityFigure>> ReadQuality(std::string_view text);
const std::vector<QualityFigure>& BundledQuality();

// Null: nothing is published. `rank` counts only where the figures have one.
const QualityFigure* FindQuality(const ModelShape& shape, std::string_view kind,
                                 std::string_view name, int64_t rank = 0);

// "+2.8 % perplexity (llama-3-8b)", "-1.8 points accuracy (llama-3.2-3b)".
std::string LossText(const QualityFigure& figure);

}  // namespace curbstop::fit
