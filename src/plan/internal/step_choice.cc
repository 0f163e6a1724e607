#include "plan/internal/step_choice.h"

#include <algorithm>

#include "market/match.h"
#include "plan/internal/why.h"

namespace curbstop {
namespace {

// Either serves where the other was rented, for the same price: steps may bid differently.
bool IsSameMachine(const PlanRow& a, const PlanRow& b) {
  return a.place == b.place && a.on_bid == b.on_bid && a.per_hour == b.per_hour &&
         a.disk == b.disk && Covers(a.rented_for, b.rented_for) &&
         Covers(b.rented_for, a.rented_for);
}

// Numbers of machines that are the same thing rented.
class MachineNumbers {
 public:
  int32_t Of(const PlanRow& row) {
    const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const PlanRow* other) {
      return IsSameMachine(*other, row);
    });
    const auto number = static_cast<int32_t>(found - seen_.begin());
    if (found == seen_.end()) seen_.push_back(&row);
    return number;
  }

 private:
  std::vector<const PlanRow*> seen_;
};

// While it waits more is held for it than for its step alone.
MicroUsd HeldMore(const PlanRow& row) {
  return row.worst && row.worst_waiting ? *row.worst_waiting - *row.worst : MicroUsd();
}

bool MayWait(const PlanRow& row, std::optional<MicroUsd> per_run) {
  return row.worst_waiting && (!per_run || IsPractice(row.place) || *row.worst_waiting <= *per_run);
}

GraphMode ModeOf(const PlanRow& row, MicroUsd reserve) {
  GraphMode mode{.cost = std::min(ValueOf(row).value_or(MicroUsd()), kDearestMode),
                 .time = std::min(TimeOf(row).value_or(Millis(0)), kLongestMode)};
  // An unknown time is no sum: the steps run one after the other, and the cap ends the last.
  if (row.worst) mode.reserve = std::min(reserve, kDearestMode);
  mode.warm_cost = mode.cost;
  mode.warm_time = mode.time;
  return mode;
}

// Every step but the last holds what its machine's waiting would cost, whether or not it waits.
void LetShare(const PlanRow& row, bool is_last, MachineNumbers& numbers, GraphMode& mode) {
  mode.machine = numbers.Of(row);
  if (!is_last && mode.reserve > MicroUsd())
    mode.reserve = std::min(mode.reserve + HeldMore(row), kDearestMode);
  if (!row.warm || !row.warm->p50 || !row.warm->time_p50) return;
  mode.warm_cost = std::min(*row.warm->p50, mode.cost);
  mode.warm_time = std::min(*row.warm->time_p50, mode.time);
}

}  // namespace

StepGraph GraphOf(const std::vector<StepChoice*>& steps, Sharing sharing,
                  std::optional<MicroUsd> per_run) {
  StepGraph graph;
  MachineNumbers numbers;
  for (const StepChoice* step : steps) {
    GraphStep& node = graph.steps.emplace_back();
    for (size_t i = 0; i < step->options.size(); ++i) {
      const PlanRow& row = step->rows[step->options[i]];
      GraphMode& mode = node.modes.emplace_back(ModeOf(row, step->reserves[i]));
      const bool is_last = step == steps.back();
      if (sharing == Sharing::kWhereItPays && (is_last || MayWait(row, per_run)))
        LetShare(row, is_last, numbers, mode);
    }
  }
  return graph;
}

bool CanHandOver(const PlanRow& giver, const PlanRow& taker) {
  return giver.worst_waiting && taker.warm && taker.warm->p50 && IsSameMachine(giver, taker);
}

void HandOver(PlanRow& giver, PlanRow& taker) {
  giver.hands_to = taker.step;
  giver.worst = giver.worst_waiting;
  giver.kept = std::max(giver.kept, giver.waits);
  taker.takes_from = giver.step;
  taker.p10 = taker.warm->p10;
  taker.p50 = taker.warm->p50;
  taker.p90 = taker.warm->p90;
  taker.finish_p50 = taker.warm->time_p50;
  taker.finish_p90 = taker.warm->time_p90;
  taker.parts = taker.warm->parts;
  taker.upload = taker.warm_upload;
  taker.code = {};
  taker.boot = {};
}

}  // namespace curbstop
