#include "plan/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "plan/gpu_name.h"
#include "plan/internal/step_choice.h"
#include "plan/internal/why.h"
#include "plan/local_fit.h"

namespace curbstop {
namespace {

Least LeastOf(const PlanGoal& goal) {
  return goal.soonest || goal.spend ? Least::kTime : Least::kCost;
}

// For a step's head line: the time of the chosen place, where it has one of its own; where none is
// chosen and the step's is unknown, of the first place whose estimate tells it.
StepTime ShownTime(const std::vector<PlanRow>& rows, const StepTime& of_step) {
  const auto is_own = [](const PlanRow& row) { return row.model_time.has_value(); };
  auto row = rows.begin();
  if (!row->chosen && !of_step.usual) row = std::ranges::find_if(rows, is_own);
  if (row == rows.end() || !is_own(*row)) return of_step;
  StepTime time = *row->model_time;
  time.on = row->hardware;
  return time;
}

// What stands in a row's way under the caps; empty reason: nothing.
struct CapVerdict {
  std::string reason;
  std::string hint;
  MicroUsd reserve;
};

// Compares the places of one step after the other, then chooses for all of them together.
class Planner {
 public:
  Planner(const PlanFacts& facts, bool every_row)
      : facts_(facts), every_row_(every_row), places_(facts, every_row) {
    plan_.budget = facts.project->budget;
    plan_.spending = facts.spending;
    plan_.electricity = facts.electricity;
    plan_.goal = facts.goal;
    spending_ = facts.spending;
  }

  Status Add(const Step& step, const StepHistory& history) {
    TRY_ASSIGN(ComparedStep compared, places_.Compare(step, history, before_));
    before_ = &step;
    steps_.push_back({std::move(compared)});
    return {};
  }
  Plan Choose() &&;

 private:
  using Compared = StepChoice;

  bool IsPinnedElsewhere(const PlanRow& row) const;
  std::string EndByCap(const PlanRow& row) const;
  CapVerdict UnderCaps(const PlannedStep& current, const PlanRow& row) const;
  void FindOptions(Compared& step) const;
  static void KeepComparable(Compared& step);
  StepGraph Graph(const std::vector<Compared*>& steps, Sharing sharing) const {
    return GraphOf(steps, sharing, facts_.project->budget.run);
  }
  static bool AnyTimeUnknown(const std::vector<Compared*>& steps);
  GraphLimits LimitsOf(const PlanGoal& goal) const;
  void ChooseTogether(std::vector<Compared*> steps);
  bool TakeNearest(const std::vector<Compared*>& steps);
  void AddFront(const std::vector<Compared*>& steps);
  bool TakeBest(const std::vector<Compared*>& steps, const PlanGoal& goal);
  Sharing SharingNow() const;
  void ShareMachines(const std::vector<Compared*>& steps);
  void ShareWhereItPays(const std::vector<Compared*>& steps);
  void ShareAsAgreed(const std::vector<Compared*>& steps);
  void Settle(Compared& step);

  const PlanFacts& facts_;
  bool every_row_;
  StepPlaces places_;
  const Step* before_ = nullptr;  // the step that was added last
  std::vector<Compared> steps_;
  Plan plan_;
  Spending spending_;  // with what the steps before reserve, where they are looked at in turn
};

CapVerdict Planner::UnderCaps(const PlannedStep& current, const PlanRow& row) const {
  const Budget& budget = facts_.project->budget;
  const bool local = row.place == "local";
  if (IsPractice(row.place)) return {};  // play money
  if (!local && !budget.cap)
    return {"no `budget: {cap: …}` is set, so nothing may be spent",
            "for example `budget: {cap: 20 USD, per: month}` in curbstop.yaml",
            {}};
  if (!local && !row.worst) {
    return {"its time is unknown, so it could cross the cap",
            "give the step a `needs: {time: …}` or a `deadline`",
            {}};
  }
  CapAsk ask = AskForEnergy(budget, row.model_time.value_or(current.time),
                            row.per_hour.value_or(MicroUsd()));
  ask.counts = ask.counts || !local;
  // A row's own figure, which for this computer is made of the watts themselves.
  if (row.worst) ask.reserve = ask.at_least = *row.worst;
  if (!row.held.empty()) {  // a shorter lease would not help
    ask.why = row.held;
    ask.per_hour = MicroUsd();
  }
  const Result<MicroUsd> held = Admit(ask, spending_);
  if (!held.ok()) return {held.error().message(), held.error().hint(), {}};
  return {"", "", *held};
}

// What bounds a step of unknown time at home.
std::string Planner::EndByCap(const PlanRow& row) const {
  const Budget& budget = facts_.project->budget;
  const std::optional<CapState> cap = TightestCap(budget, facts_.spending);
  if (row.worst || row.place != "local" || !budget.include_energy || !cap) return "";
  return fmt::format("; saved and ended by the cap after {} at the latest",
                     DurationText(TimeFor(cap->Left(), row.per_hour.value_or(MicroUsd()))));
}

bool Planner::IsPinnedElsewhere(const PlanRow& row) const {
  const auto pinned = facts_.pinned.find(row.step);
  return pinned != facts_.pinned.end() && pinned->second != PinnedPlace{row.place, row.on_bid};
}

// Rows come with `why_not` filled where they cannot run, `why` holding a note.
void Planner::FindOptions(Compared& step) const {
  step.blocked = {step.current.step.name, ErrorKind::kNo,
                  "no place has a driver and meets the needs", ""};
  step.options.clear();
  for (size_t i = 0; i < step.rows.size(); ++i) {
    PlanRow& row = step.rows[i];
    if (!row.why_not.empty() && row.place == "local")
      step.blocked.reason = row.why_not + UnknownGpu(step.current.needs);
    if (!row.has_driver || !row.why_not.empty()) continue;
    if (IsPinnedElsewhere(row)) {
      row.why_not = "not the place of the plan";
      continue;
    }
    const CapVerdict caps = UnderCaps(step.current, row);
    if (caps.reason.empty()) {
      step.options.push_back(i);
      step.reserves.push_back(caps.reserve);
      continue;
    }
    row.why_not = caps.reason;
    // Of this computer, else of the cheapest place.
    const bool says_more = step.blocked.kind != ErrorKind::kOverBudget || row.place == "local";
    if (says_more)
      step.blocked = {step.current.step.name, ErrorKind::kOverBudget, caps.reason, caps.hint};
  }
  KeepComparable(step);
}

// Where not every place says what it costs, the price of an hour decides.
void Planner::KeepComparable(Compared& step) {
  const auto is_known = [&](size_t row) { return ValueOf(step.rows[row]).has_value(); };
  if (std::all_of(step.options.begin(), step.options.end(), is_known)) return;
  size_t best = 0;
  for (size_t i = 1; i < step.options.size(); ++i) {
    if (BetterThan(step.rows[step.options[i]], step.rows[step.options[best]])) best = i;
  }
  step.options = {step.options[best]};
  step.reserves = {step.reserves[best]};
}

GraphLimits Planner::LimitsOf(const PlanGoal& goal) const {
  GraphLimits limits{.deadline = goal.deadline, .cap = goal.spend};
  Budget together = facts_.project->budget;
  together.run.reset();
  const std::optional<CapState> tightest = TightestCap(together, facts_.spending);
  if (tightest) limits.reserve = tightest->Left();
  return limits;
}

// The best for these steps together, if the limits leave any.
bool Planner::TakeBest(const std::vector<Compared*>& steps, const PlanGoal& goal) {
  const std::optional<GraphAnswer> best =
      FindBest(Graph(steps, Sharing::kNone), LeastOf(goal), LimitsOf(goal));
  if (!best) return false;
  for (size_t i = 0; i < steps.size(); ++i)
    steps[i]->chosen = steps[i]->options[best->picks[i].mode];
  plan_.together = GoalAnswer{.cost = best->cost, .time = best->time, .is_proven = best->is_proven};
  return true;
}

// What stands nearest to a goal that cannot be met: soonest where the time is short, else cheapest.
bool Planner::TakeNearest(const std::vector<Compared*>& steps) {
  if (TakeBest(steps, facts_.goal)) return true;
  if (!facts_.goal.IsSet()) return false;
  const bool nearest = TakeBest(steps, PlanGoal{.soonest = facts_.goal.deadline.has_value()});
  if (nearest) plan_.together->is_met = false;
  return nearest;
}

// For all of them; where the caps do not hold the reserves of all, one step after the other as far
// as they do.
void Planner::ChooseTogether(std::vector<Compared*> steps) {
  if (steps.empty() || TakeNearest(steps)) return;
  std::vector<Compared*> taken;
  for (Compared* step : steps) {
    taken.push_back(step);
    if (TakeNearest(taken)) continue;
    taken.pop_back();
    spending_ = facts_.spending;
    for (const Compared* before : taken) {
      const auto at = std::find(before->options.begin(), before->options.end(), before->chosen);
      spending_.planned += before->reserves[static_cast<size_t>(at - before->options.begin())];
    }
    for (const size_t row : step->options) step->rows[row].why_not.clear();
    step->reserves.clear();
    FindOptions(*step);
    step->options.clear();
  }
  spending_ = facts_.spending;
  if (!taken.empty()) TakeNearest(taken);
}

Sharing Planner::SharingNow() const {
  return facts_.may_share && !facts_.hand_overs ? Sharing::kWhereItPays : Sharing::kNone;
}

// Whether one way is better in what the goal asks for, or keeps limits that nothing else keeps.
bool IsBetter(const GraphAnswer& now, const GoalAnswer& before, Least least) {
  if (!before.is_met) return true;
  return least == Least::kCost ? now.cost < before.cost : now.time < before.time;
}

// A search of its own, because a machine that waits needs more in reserve: where the caps do not
// leave that, the steps still have their places.
void Planner::ShareWhereItPays(const std::vector<Compared*>& steps) {
  const Least least = LeastOf(facts_.goal);
  const auto best = FindBest(Graph(steps, Sharing::kWhereItPays), least, LimitsOf(facts_.goal));
  if (!best || !IsBetter(*best, *plan_.together, least)) return;
  for (size_t i = 0; i < steps.size(); ++i) {
    steps[i]->chosen = steps[i]->options[best->picks[i].mode];
    if (best->picks[i].took_over) HandOver(steps[i - 1]->row(), steps[i]->row());
  }
  plan_.together = GoalAnswer{.cost = best->cost, .time = best->time, .is_proven = best->is_proven};
}

void Planner::ShareAsAgreed(const std::vector<Compared*>& steps) {
  for (size_t i = 1; i < steps.size(); ++i) {
    PlanRow& giver = steps[i - 1]->row();
    PlanRow& taker = steps[i]->row();
    const auto agreed = facts_.hand_overs->find(giver.step);
    const bool is_agreed = agreed != facts_.hand_overs->end() && agreed->second == taker.step;
    if (!is_agreed || !CanHandOver(giver, taker)) continue;
    plan_.together->cost = plan_.together->cost - *taker.p50 + *taker.warm->p50;
    plan_.together->time -= *taker.finish_p50 - *taker.warm->time_p50;
    HandOver(giver, taker);
  }
}

// Steps that were chosen for all together: machines that one hands to the next.
void Planner::ShareMachines(const std::vector<Compared*>& steps) {
  if (!facts_.may_share || !plan_.together) return;
  if (facts_.hand_overs) ShareAsAgreed(steps);
  else ShareWhereItPays(steps);
}

bool Planner::AnyTimeUnknown(const std::vector<Compared*>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Compared* step) {
    return std::any_of(step->options.begin(), step->options.end(),
                       [&](size_t row) { return !TimeOf(step->rows[row]); });
  });
}

void Planner::AddFront(const std::vector<Compared*>& steps) {
  for (const GraphAnswer& answer :
       FindFront(Graph(steps, SharingNow()), LimitsOf(PlanGoal()), facts_.front)) {
    FrontPoint point{answer.cost, answer.time, {}, {}, {}};
    for (size_t i = 0; i < steps.size(); ++i) {
      const PlanRow& row = steps[i]->rows[steps[i]->options[answer.picks[i].mode]];
      point.places.push_back(row.place);
      point.on_bid.push_back(row.on_bid);
      point.goes_on.push_back(answer.picks[i].took_over);
    }
    plan_.together->front.push_back(std::move(point));
  }
}

Plan Planner::Choose() && {
  std::vector<Compared*> open;
  for (Compared& step : steps_) {
    FindOptions(step);
    if (!step.options.empty()) open.push_back(&step);
  }
  const bool is_whole = open.size() == steps_.size() && !AnyTimeUnknown(open);
  ChooseTogether(open);
  if (!is_whole) plan_.together.reset();
  if (plan_.together) ShareMachines(open);
  if (plan_.together && facts_.front > 0) AddFront(open);
  for (Compared& step : steps_) Settle(step);
  return std::move(plan_);
}

// Words for each row, and the order in which they are shown.
void Planner::Settle(Compared& step) {
  std::vector<PlanRow>& rows = step.rows;
  PlanRow* best = step.options.empty() ? nullptr : &rows[step.chosen];
  if (best == nullptr) plan_.blocked.push_back(step.blocked);
  const PlanGoal& goal = facts_.goal;
  for (PlanRow& row : rows) {
    row.chosen = &row == best;
    if (row.chosen) {
      row.why = WhyChosen(row, goal) + EndByCap(row);
      continue;
    }
    if (row.why_not.empty()) {
      row.compared = ComparedText(row, best);
      row.why_not = WhyLost(row, best, goal);
    }
    row.why.clear();
  }
  if (best != nullptr) {
    const auto at = rows.begin() + static_cast<std::ptrdiff_t>(step.chosen);
    std::rotate(rows.begin(), at, at + 1);
  }
  const size_t most = kMostRunnersUp + (best != nullptr ? 1 : 0);
  if (!every_row_ && rows.size() > most) {
    step.left_out.Add(kDearer, static_cast<int64_t>(rows.size() - most));
    rows.resize(most);
  }
  const StepTime time = ShownTime(rows, step.current.time);
  std::move(rows.begin(), rows.end(), std::back_inserter(plan_.rows));
  step.left_out.MoveTo(plan_.left_out, step.current.step.name);
  plan_.times.push_back(time);
}

Status CheckNames(const PlanFacts& facts) {
  std::vector<std::string> known;
  for (const Step& step : facts.project->steps) known.push_back(step.name);
  for (const std::string& name : facts.steps) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return NotFound(fmt::format("the project has no step `{}`{}", Printable(name),
                                DidYouMean(name, known)))
        .WithHint(fmt::format("its steps: {}", Join(known, ", ")));
  }
  return {};
}

// What a step at home of unknown time can cost: where electricity counts, the caps end it.
std::optional<MicroUsd> WorstOfUnknown(const Plan& plan) {
  if (!plan.budget.include_energy) return std::nullopt;
  const std::optional<CapState> tightest = TightestCap(plan.budget, plan.spending);
  if (!tightest) return std::nullopt;
  return tightest->Left();
}

}  // namespace

std::optional<MicroUsd> WorstOf(const Plan& plan) {
  if (!plan.blocked.empty()) return std::nullopt;
  MicroUsd sum;
  bool is_known = true;
  for (const PlanRow& row : plan.rows) {
    if (!row.chosen) continue;
    const std::optional<MicroUsd> worst = row.worst ? row.worst : WorstOfUnknown(plan);
    if (!worst) return std::nullopt;
    sum += *worst;
    is_known = is_known && row.worst;
  }
  if (is_known) return sum;
  Budget together = plan.budget;
  together.run.reset();
  const std::optional<CapState> tightest = TightestCap(together, plan.spending);
  return tightest ? std::min(sum, tightest->Left()) : sum;
}

Result<Plan> ComparePlaces(const PlanFacts& facts, bool every_row) {
  const std::vector<Step>& steps = facts.project->steps;
  CHECK(facts.history.size() == steps.size());
  TRY(CheckNames(facts));
  Planner planner(facts, every_row);
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto& asked = facts.steps;
    if (!asked.empty() && std::find(asked.begin(), asked.end(), steps[i].name) == asked.end())
      continue;
    TRY(planner.Add(steps[i], facts.history[i]));
  }
  return std::move(planner).Choose();
}

namespace {

Status CheckGoal(const Plan& plan) {
  const PlanGoal& goal = plan.goal;
  if (!goal.IsSet()) return {};
  if (!plan.together) {
    return Error(ErrorKind::kNo, "the time of a step is unknown")
        .While("cannot plan for a time or a sum of all steps")
        .WithHint("give each step a `needs: {time: …}` or a `deadline`");
  }
  if (plan.together->is_met) return {};
  const std::string nearest = fmt::format("{} USD and {}", UsdTextUp(plan.together->cost),
                                          DurationText(plan.together->time));
  std::vector<std::string> limits;
  if (goal.deadline) limits.push_back(fmt::format("within {}", DurationText(*goal.deadline)));
  if (goal.spend) limits.push_back(fmt::format("for {} USD", UsdText(*goal.spend)));
  return Error(ErrorKind::kNo, fmt::format("what comes nearest, shown above, is {}", nearest))
      .While(fmt::format("no places finish all steps {}", Join(limits, " and ")))
      .WithHint("`curbstop plan --front` shows what is possible");
}

}  // namespace

Status CheckEveryStepHasAPlace(const Plan& plan) {
  if (plan.blocked.empty()) return CheckGoal(plan);
  const Blocked& first = plan.blocked.front();
  const bool over = first.kind == ErrorKind::kOverBudget;
  return Error(first.kind, first.reason)
      .While(fmt::format("step `{}` can run nowhere now", first.step))
      .WithHint(over ? first.hint : "`curbstop plan --why-not` lists every place with its reason");
}

Result<Plan> MakePlan(const PlanFacts& facts, bool every_row) {
  TRY_ASSIGN(Plan plan, ComparePlaces(facts, every_row));
  TRY(CheckEveryStepHasAPlace(plan));
  return plan;
}

}  // namespace curbstop
