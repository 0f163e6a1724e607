#include "fit/search.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "fit/internal/candidates.h"

namespace curbstop::fit {

bool IsAsGood(const QualityAxis& a, const QualityAxis& b) {
  if (a.is_reference || a.choice == b.choice) return true;
  if (b.is_reference) return false;
  if (!a.family.empty() && a.family == b.family && a.capacity >= b.capacity) return true;
  return a.figure != nullptr && b.figure != nullptr && a.figure->metric == b.figure->metric &&
         a.figure->Loss() <= b.figure->Loss();
}

namespace {

// What a candidate came to: as much as comparing needs.
struct Outcome {
  const TechniqueChoice* candidate = nullptr;
  Span peak;
  Verdict verdict = Verdict::kUnknown;
  double speed = 0;  // 0: not known
};

std::optional<double> SpeedOf(const FitAnswer& answer) {
  if (answer.training) return answer.training->mid;
  if (answer.decode) return answer.decode->mid;
  return std::nullopt;
}

bool IsAsGood(const TechniqueChoice& a, const TechniqueChoice& b) {
  if (a.context < b.context) return false;
  for (size_t i = 0; i < a.axes.size(); ++i) {
    if (!fit::IsAsGood(a.axes[i], b.axes[i])) return false;
  }
  return true;
}

// `slack`: so much worse counts as equal.
bool IsAsLean(const Outcome& a, const Outcome& b, double slack) {
  return static_cast<double>(a.peak.mid) <= static_cast<double>(b.peak.mid) * (1 + slack) &&
         a.speed >= b.speed * (1 - slack);
}

bool Beats(const Outcome& a, const Outcome& b) {
  if (!IsAsLean(a, b, 0) || !IsAsGood(*a.candidate, *b.candidate)) return false;
  if (a.peak.mid < b.peak.mid || a.speed > b.speed) return true;
  return !IsAsGood(*b.candidate, *a.candidate);  // equal twins do not beat each other
}

std::string QualityKey(const TechniqueChoice& candidate) {
  std::string key = std::to_string(candidate.context);
  for (const QualityAxis& axis : candidate.axes)
    key += '|' + (axis.is_reference ? std::string() : axis.choice);
  return key;
}

// Of equal quality: by peak, each faster than all before it.
std::vector<Outcome> LeanOf(std::vector<Outcome> group) {
  std::stable_sort(group.begin(), group.end(), [](const Outcome& a, const Outcome& b) {
    if (a.peak.mid != b.peak.mid) return a.peak.mid < b.peak.mid;
    if (a.speed != b.speed) return a.speed > b.speed;
    return a.candidate->changed < b.candidate->changed;
  });
  std::vector<Outcome> lean;
  for (const Outcome& one : group) {
    if (lean.empty() || one.speed > lean.back().speed) lean.push_back(one);
  }
  return lean;
}

std::vector<Outcome> FrontOf(const std::vector<Outcome>& fitting) {
  std::map<std::string, std::vector<Outcome>> groups;
  for (const Outcome& one : fitting) groups[QualityKey(*one.candidate)].push_back(one);
  std::vector<Outcome> lean;
  for (auto& [key, group] : groups) {
    for (Outcome& one : LeanOf(std::move(group))) lean.push_back(one);
  }
  std::vector<Outcome> front;
  for (const Outcome& one : lean) {
    const bool beaten = std::any_of(lean.begin(), lean.end(),
                                    [&](const Outcome& other) { return Beats(other, one); });
    if (!beaten) front.push_back(one);
  }
  return front;
}

// An order to show and to choose by, no claim: a percent of perplexity or a point of accuracy
// weighs as five percent of speed, what is unknown as five percent of perplexity.
double Damage(const TechniqueChoice& candidate, int64_t context) {
  double damage = 0;
  for (const QualityAxis& axis : candidate.axes) {
    if (axis.is_reference) continue;
    damage += 0.05 * (axis.figure == nullptr ? 5 : std::max(0.0, axis.figure->Loss()));
  }
  if (candidate.context < context)
    damage += 1 - static_cast<double>(candidate.context) / static_cast<double>(context);
  return damage;
}

std::vector<QualityLoss> LossesOf(const TechniqueChoice& candidate) {
  std::vector<QualityLoss> losses;
  for (const QualityAxis& axis : candidate.axes) {
    if (!axis.is_reference) losses.push_back({axis.choice, axis.figure});
  }
  return losses;
}

Result<FitAnswer> AnswerOf(const TechniqueChoice& candidate) {
  if (candidate.answer != nullptr) return *candidate.answer;
  return QuickFit(candidate.question);
}

Outcome OutcomeOf(const TechniqueChoice& candidate, const FitAnswer& answer) {
  return {&candidate, answer.estimate.peak, answer.estimate.verdict, SpeedOf(answer).value_or(0)};
}

Result<Technique> TechniqueOf(const Outcome& outcome) {
  TRY_ASSIGN(FitAnswer answer, AnswerOf(*outcome.candidate));
  return Technique{outcome.candidate->options, std::move(answer), LossesOf(*outcome.candidate),
                   outcome.candidate->changed};
}

std::vector<Outcome> Try(const std::vector<TechniqueChoice>& candidates) {
  std::vector<Outcome> outcomes;
  for (const TechniqueChoice& one : candidates) {
    if (one.answer != nullptr) {
      outcomes.push_back(OutcomeOf(one, *one.answer));
    } else if (const Result<FitAnswer> answer = QuickFit(one.question); answer.ok()) {
      outcomes.push_back(OutcomeOf(one, *answer));  // else the engine loads no such weights
    }
  }
  return outcomes;
}

// The fewest changes; of those the least loss of quality and speed together.
const Outcome* SmallestOf(const std::vector<Outcome>& fitting, const FitAnswer& asked,
                          int64_t context) {
  const double speed = SpeedOf(asked).value_or(0);
  const auto price = [&](const Outcome& one) {
    const double slower = speed > 0 && one.speed > 0 ? std::max(0.0, 1 - one.speed / speed) : 0;
    return Damage(*one.candidate, context) + slower;
  };
  const auto found =
      std::min_element(fitting.begin(), fitting.end(), [&](const Outcome& a, const Outcome& b) {
        if (a.candidate->changed != b.candidate->changed)
          return a.candidate->changed < b.candidate->changed;
        return price(a) < price(b);
      });
  return found == fitting.end() ? nullptr : &*found;
}

}  // namespace

Result<TechniqueSearch> SearchTechniques(const FitQuestion& question,
                                         const std::set<std::string>& held) {
  if (question.task == Task::kImages || question.task == Task::kNetwork)
    return InvalidInput("there is no search for convolutional models and unknown networks")
        .WithHint("`--max-batch` tells the largest batch, an answer that is no what would fit");
  if (question.Available() <= 0)
    return InvalidInput("there is no memory to compare with").WithHint("name a GPU with `--gpu`");
  TechniqueSearch search;
  TRY_ASSIGN(search.asked, QuickFit(question));
  const bool training = question.task == Task::kTraining;
  const std::vector<TechniqueChoice> candidates =
      training ? TrainingCandidates(question, held) : InferenceCandidates(question, held);
  const std::vector<Outcome> outcomes = Try(candidates);
  search.tried = static_cast<int64_t>(outcomes.size());
  std::vector<Outcome> fitting;
  std::copy_if(outcomes.begin(), outcomes.end(), std::back_inserter(fitting),
               [](const Outcome& one) { return one.verdict == Verdict::kFits; });
  search.fitting = static_cast<int64_t>(fitting.size());
  int64_t context = 0;
  for (const TechniqueChoice& one : candidates) context = std::max(context, one.context);
  std::vector<Outcome> front = FrontOf(fitting);
  std::stable_sort(front.begin(), front.end(), [&](const Outcome& a, const Outcome& b) {
    const double damage_a = Damage(*a.candidate, context);
    const double damage_b = Damage(*b.candidate, context);
    if (damage_a != damage_b) return damage_a < damage_b;
    return a.speed > b.speed;
  });
  for (const Outcome& one : front) {
    TRY_ASSIGN(Technique technique, TechniqueOf(one));
    search.front.push_back(std::move(technique));
  }
  const bool fits = search.asked.estimate.verdict == Verdict::kFits;
  const Outcome* smallest = fits ? nullptr : SmallestOf(fitting, search.asked, context);
  if (smallest != nullptr) {
    TRY_ASSIGN(search.smallest, TechniqueOf(*smallest));
  }
  if (fitting.empty() && !outcomes.empty()) {
    const auto least = std::min_element(
        outcomes.begin(), outcomes.end(),
        [](const Outcome& a, const Outcome& b) { return a.peak.high < b.peak.high; });
    TRY_ASSIGN(search.nearest, TechniqueOf(*least));
  }
  return search;
}

}  // namespace curbstop::fit
