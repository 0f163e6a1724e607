// What the search for a technique tries: questions, each with the choices that it is made of.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fit/answer.h"
#include "fit/quality.h"

namespace curbstop::fit {

// One choice as far as quality goes.
struct QualityAxis {
  std::string choice;  // "Q4_K_M"; equal choices are equally good
  bool is_reference = false;
  double capacity = 0;  // of the same `family` the larger is as good: rank, bits
  std::string_view family;
  const QualityFigure* figure = nullptr;
};

struct TechniqueChoice {
  FitQuestion question;
  std::string options;
  std::vector<QualityAxis> axes;  // the same kinds in the same order for all of one search
  int64_t context = 0;            // of inference: more is better
  int changed = 0;
  std::shared_ptr<const FitAnswer> answer;  // where listing it took one; null: not asked yet
};

using Held = std::set<std::string>;

std::vector<TechniqueChoice> TrainingCandidates(const FitQuestion& asked, const Held& held);
std::vector<TechniqueChoice> InferenceCandidates(const FitQuestion& asked, const Held& held);

// `a` is at least as good as `b`, for sure.
bool IsAsGood(const QualityAxis& a, const QualityAxis& b);

}  // namespace curbstop::fit
