#include "plan/internal/why.h"

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr Millis kMinute{60'000};

std::string Difference(MicroUsd from, MicroUsd to, std::string_view unit) {
  const bool dearer = to >= from;
  return fmt::format("{}{} {}", dearer ? "+" : "-", UsdText(dearer ? to - from : from - to), unit);
}

// How a row compares with the chosen one: "+0.42 USD", or per hour where no time is known; and what
// it takes longer, where that is a minute or more.
std::string Against(const PlanRow& chosen, const PlanRow& row) {
  if (!ValueOf(chosen) || !ValueOf(row)) {
    return Difference(chosen.per_hour.value_or(MicroUsd()), row.per_hour.value_or(MicroUsd()),
                      "USD/h");
  }
  std::string text = Difference(*ValueOf(chosen), *ValueOf(row), "USD");
  const Millis longer = TimeOf(row).value_or(Millis(0)) - TimeOf(chosen).value_or(Millis(0));
  if (longer >= kMinute) text += fmt::format(", {} longer", DurationText(longer));
  if (longer <= -kMinute) text += fmt::format(", {} sooner", DurationText(-longer));
  return text;
}

// Cheaper, and yet not chosen: a limit on all steps together stands in the way.
std::string WhyLostThoughCheaper(const PlanGoal& goal) {
  if (goal.soonest || goal.spend) return "slower";
  if (goal.deadline) return "too slow for the deadline of all steps";
  return "held with the other steps it is above the cap";
}

}  // namespace

std::optional<MicroUsd> ValueOf(const PlanRow& row) { return row.p50 ? row.p50 : row.worst; }
std::optional<Millis> TimeOf(const PlanRow& row) {
  return row.finish_p50 ? row.finish_p50 : row.finish_worst;
}

bool BetterThan(const PlanRow& a, const PlanRow& b) {
  if (a.worst && b.worst && *a.worst != *b.worst) return *a.worst < *b.worst;
  return a.per_hour.value_or(MicroUsd()) < b.per_hour.value_or(MicroUsd());
}

std::string ComparedText(const PlanRow& row, const PlanRow* chosen) {
  if (chosen == nullptr) return row.why.empty() ? "meets the needs" : row.why;
  return Against(*chosen, row) + (row.why.empty() ? "" : ", " + row.why);
}

std::string WhyLost(const PlanRow& row, const PlanRow* chosen, const PlanGoal& goal) {
  if (!row.has_driver) return fmt::format("no driver yet, {}", row.compared);
  const bool cheaper =
      chosen != nullptr && ValueOf(row) && ValueOf(*chosen) && *ValueOf(row) < *ValueOf(*chosen);
  return fmt::format("{}: {}", cheaper ? WhyLostThoughCheaper(goal) : "dearer", row.compared);
}

std::string WhyChosen(const PlanRow& row, const PlanGoal& goal) {
  std::string why = row.place == "local" ? "meets the needs, electricity only"
                                         : "cheapest to finish of the places that can run it";
  if (goal.IsSet()) why = "best for all steps together";
  if (IsPractice(row.place)) why += ", in play money";
  if (!row.held.empty()) why += "; " + row.held;
  return row.why.empty() ? why : fmt::format("{}; {}", why, row.why);
}

}  // namespace curbstop
