#include "plan/spot/ours.h"

#include <algorithm>

namespace curbstop {
namespace {

struct Choice {
  SpotAction action;
  double cost = kNeverFinishes;
};

class Chooser {
 public:
  Chooser(const SpotView& view, const SpotTuning& tuning) : view_(view), table_(view, tuning) {
    rescue_ = CheapestOnDemand(view);
    time_s_ = static_cast<double>(TicksLeft(view, view.tick)) * view.tick_s;
    slack_ = time_s_ - view.left_s() - view.pending_s;
  }

  SpotAction Choose() const {
    Choice best = Rescue();
    Improve(best, Keep());
    for (const int place : table_.steady()) Improve(best, Start(place, SpotKind::kOnDemand));
    for (int place = 0; place < static_cast<int>(view_.places.size()); ++place)
      Improve(best, Start(place, SpotKind::kSpot));
    // Of two that cost the same, the one that works: what is done is done.
    Choice wait = Wait();
    wait.cost *= 1 + 1e-6;
    Improve(best, wait);
    return best.action;
  }

 private:
  static void Improve(Choice& best, const Choice& other) {
    if (other.cost < best.cost) best = other;
  }

  const SpotPlace& At(int place) const { return view_.places[static_cast<size_t>(place)]; }

  bool Holds(SpotMachine machine) const { return view_.held == machine; }

  // Seconds of the coming tick that `machine` works, and what it then has done.
  double Done(SpotMachine machine) const {
    if (machine.kind == SpotKind::kIdle) return 0;
    const double pending = Holds(machine) ? view_.pending_s : At(machine.place).overhead_s;
    return std::max(view_.tick_s - pending, 0.0) * At(machine.place).speed;
  }

  // Whether on demand would finish in time, were all else lost after the coming tick.
  bool CertainAfter(SpotMachine machine) const {
    const double left = view_.left_s() - Done(machine);
    if (left <= 0.001) return true;
    const bool is_rescue = machine.kind == SpotKind::kOnDemand && machine.place == rescue_;
    const double pending = Holds(machine) ? view_.pending_s : At(rescue_).overhead_s;
    const double start = is_rescue ? std::max(pending - view_.tick_s, 0.0) : At(rescue_).overhead_s;
    return left / At(rescue_).speed + start <= time_s_ - view_.tick_s + 1e-6;
  }

  // What keeps the deadline when nothing else does; also when it is lost: then it is the soonest.
  Choice Rescue() const {
    if (view_.held.kind == SpotKind::kOnDemand && At(view_.held.place).speed >= 1)
      return {RunOn(view_.held), kNeverFinishes};
    return {RunOnDemand(rescue_), kNeverFinishes};
  }

  Choice Keep() const {
    if (view_.held.kind == SpotKind::kIdle) return {};
    const int place = view_.held.place;
    const bool spot = view_.held.kind == SpotKind::kSpot;
    const bool steady_rescue = !spot && At(place).speed >= 1;
    if (!steady_rescue && !CertainAfter(view_.held)) return {};
    const double price =
        static_cast<double>((spot ? At(place).spot : At(place).on_demand).value()) / 3600.0;
    const double rest = spot ? table_.Spot(place, slack_) : table_.Steady(place, slack_);
    return {RunOn(view_.held), price * view_.pending_s + rest};
  }

  Choice Wait() const {
    if (view_.held.kind != SpotKind::kIdle || !CertainAfter({})) return {};
    return {RunIdle(), table_.Wait(view_.data_at, slack_)};
  }

  Choice Start(int place, SpotKind kind) const {
    const SpotMachine machine{kind, place};
    if (Holds(machine) || !CertainAfter(machine)) return {};
    const double slack = time_s_ - view_.left_s();
    if (kind == SpotKind::kOnDemand)
      return {RunOn(machine), table_.EnterSteady(place, view_.data_at, slack)};
    if (!At(place).sells_spot || At(place).now.has_value()) return {};
    return {TrySpot(place), table_.EnterSpot(place, view_.data_at, slack)};
  }

  const SpotView& view_;
  SpotCostTable table_;
  int rescue_ = 0;
  double time_s_ = 0;  // in whole ticks, until the deadline
  double slack_ = 0;
};

}  // namespace

SpotAction OursNextTuned(const SpotView& view, const SpotTuning& tuning) {
  return Chooser(view, tuning).Choose();
}

SpotAction OursNext(const SpotView& view) { return OursNextTuned(view, {}); }

}  // namespace curbstop
