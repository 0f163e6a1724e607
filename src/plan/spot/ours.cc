#include "plan/spot/ours.h"

#include <algorithm>

#include "plan/spot/reach.h"

namespace curbstop {
namespace {

struct Choice {
  SpotAction action;
  double cost = kNeverFinishes;
};

class Chooser {
 public:
  Chooser(const SpotView& view, const SpotTuning& tuning)
      : view_(view), reach_(view), table_(view, tuning) {
    slack_ = static_cast<double>(TicksLeft(view, view.tick)) * view.tick_s - view.left_s();
  }

  SpotAction Choose() const {
    if (reach_.Rescue()) {
      return Cheapest([&](SpotMachine m) { return reach_.CertainAfter(m); },
                      {RunOn(*reach_.Rescue())})
          .action;
    }
    SpotAction action = view_.job->cap ? AtRisk() : Late();
    if (action.says == SpotSays::kNothing)
      action.says = view_.job->cap ? SpotSays::kCapAtRisk : SpotSays::kDeadlineLost;
    return action;
  }

 private:
  // The least expected cost of all actions after which it is still as `may` wants it.
  template <typename May>
  Choice Cheapest(May may, Choice best) const {
    const auto improve = [&](const Choice& other, SpotMachine machine) {
      if (other.cost < best.cost && may(machine)) best = other;
    };
    improve(Keep(), view_.held);
    for (const int place : table_.steady())
      improve(Start(place, SpotKind::kOnDemand), {SpotKind::kOnDemand, place});
    for (int place = 0; place < Places(); ++place)
      improve(Start(place, SpotKind::kSpot), {SpotKind::kSpot, place});
    // Of two that cost the same, the one that works: what is done is done.
    Choice wait = Wait();
    wait.cost *= 1 + 1e-6;
    improve(wait, {});
    return best;
  }

  // The cap does not pay for a machine that is not lost. While there is time, as if it did; then
  // whatever works and leaves a hope, the cheapest first; past all hope not a dollar more.
  SpotAction AtRisk() const {
    const Choice best = Cheapest(
        [&](SpotMachine m) { return reach_.InTimeAfter(m) && reach_.ConceivableAfter(m); }, {});
    if (best.cost < kNeverFinishes) return best.action;
    if (view_.held.kind == SpotKind::kSpot && reach_.ConceivableAfter(view_.held))
      return RunOn(view_.held);
    if (const int place = CheapestHope(SpotKind::kSpot); place >= 0) return TrySpot(place);
    if (const int place = CheapestHope(SpotKind::kOnDemand); place >= 0) return RunOnDemand(place);
    if (reach_.ConceivableAfter({})) return RunIdle();
    return {SpotStep::kStop, {}, SpotSays::kCannotBoth};
  }

  int CheapestHope(SpotKind kind) const {
    int best = -1;
    for (int place = 0; place < Places(); ++place) {
      const bool spot = kind == SpotKind::kSpot;
      if (spot ? !MayTry(place) : !At(place).sells_on_demand) continue;
      if (!reach_.ConceivableAfter({kind, place})) continue;
      const auto price = [&](int at) { return spot ? At(at).spot : At(at).on_demand; };
      if (best < 0 || price(place) < price(best)) best = place;
    }
    return best;
  }

  // The deadline is lost: what is soonest, which is the machine that works already.
  SpotAction Late() const {
    if (view_.held.kind != SpotKind::kIdle && At(view_.held.place).speed >= 1)
      return RunOn(view_.held);
    return RunOnDemand(CheapestOnDemand(view_));
  }

  int Places() const { return static_cast<int>(view_.places.size()); }
  const SpotPlace& At(int place) const { return view_.places[static_cast<size_t>(place)]; }
  bool Holds(SpotMachine machine) const { return view_.held == machine; }
  bool MayTry(int place) const { return At(place).sells_spot && !At(place).now.has_value(); }

  Choice Keep() const {
    if (view_.held.kind == SpotKind::kIdle) return {};
    const int place = view_.held.place;
    const bool spot = view_.held.kind == SpotKind::kSpot;
    const double price =
        static_cast<double>((spot ? At(place).spot : At(place).on_demand).value()) / 3600.0;
    const double slack = slack_ - view_.pending_s;
    const double rest = spot ? table_.Spot(place, slack) : table_.Steady(place, slack);
    return {RunOn(view_.held), price * view_.pending_s + rest};
  }

  Choice Wait() const {
    if (view_.held.kind != SpotKind::kIdle) return {};
    return {RunIdle(), table_.Wait(view_.data_at, slack_)};
  }

  Choice Start(int place, SpotKind kind) const {
    const SpotMachine machine{kind, place};
    if (Holds(machine)) return {};
    if (kind == SpotKind::kOnDemand)
      return {RunOn(machine), table_.EnterSteady(place, view_.data_at, slack_)};
    if (!MayTry(place)) return {};
    return {TrySpot(place), table_.EnterSpot(place, view_.data_at, slack_)};
  }

  const SpotView& view_;
  SpotReach reach_;
  SpotCostTable table_;
  double slack_ = 0;  // of the whole ticks until the deadline, beyond the work
};

}  // namespace

SpotAction OursNextTuned(const SpotView& view, const SpotTuning& tuning) {
  return Chooser(view, tuning).Choose();
}

SpotAction OursNext(const SpotView& view) { return OursNextTuned(view, {}); }

}  // namespace curbstop
