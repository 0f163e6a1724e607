#include "plan/spot/skynomad.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace curbstop {
namespace {

constexpr double kProbeEvery = 3600;       // seconds
constexpr double kMarginBase = 500'000;    // micro-dollars per hour that a move must gain,
constexpr double kMarginOfValue = 0.05;    // and this share of V
constexpr double kUnseenLifeHours = 1000;  // nothing was ever lost there

struct Life {
  double hours = 0;
  bool lost = false;  // else censored: left, or still up
};

std::vector<Life> LivesOf(const SpotPlace& place, double tick_s) {
  std::vector<Life> lives;
  for (size_t i = 0; i < place.spells.size(); ++i) {
    const SpotSpell& spell = place.spells[i];
    if (!spell.up) continue;
    const double ticks = static_cast<double>(spell.last - spell.first + 1);
    lives.push_back({ticks * tick_s / 3600, i + 1 < place.spells.size()});
  }
  return lives;
}

// Mean residual life at `age`: the survival curve beyond it, summed step by step; beyond the
// longest life lost, as long again as it takes to lose one at the curve's last step.
double MeanResidualLife(std::vector<Life> lives, double age) {
  std::sort(lives.begin(), lives.end(),
            [](const Life& a, const Life& b) { return a.hours < b.hours; });
  double sum = 0, survival = 1, at = age, last_step = 0;
  for (size_t i = 0; i < lives.size(); ++i) {
    if (!lives[i].lost) continue;
    last_step = 1.0 / static_cast<double>(lives.size() - i);
    if (lives[i].hours <= age) continue;
    sum += survival * (lives[i].hours - at);
    survival *= std::exp(-last_step);
    at = lives[i].hours;
  }
  if (last_step == 0) return kUnseenLifeHours;
  return sum + survival / last_step * std::max(at, 0.1);
}

class Chooser {
 public:
  explicit Chooser(const SpotView& view) : view_(view) {
    start_h_ = view.job->overhead_s / 3600;
    value_ = ValueOfProgress();
  }

  SpotAction Choose() const {
    if (MustGoOnDemand()) return OnDemand();
    SpotAction best = view_.held.kind == SpotKind::kIdle ? RunIdle() : RunOn(view_.held);
    double most = Held();
    if (view_.held.kind != SpotKind::kIdle) most += kMarginBase + kMarginOfValue * value_;
    for (int place = 0; place < static_cast<int>(view_.places.size()); ++place) {
      Improve(best, most, TrySpot(place), Spot(place));
      Improve(best, most, RunOnDemand(place), Demand(place));
    }
    return best.step == SpotStep::kRun ? ProbeFirst(best) : best;
  }

 private:
  const SpotPlace& At(int place) const { return view_.places[static_cast<size_t>(place)]; }
  double Time() const { return view_.job->deadline_s - view_.now_s(); }
  double Way(int place) const {
    const bool moves = view_.data_at >= 0 && view_.data_at != place;
    return moves ? static_cast<double>(view_.job->move.value()) : 0;
  }

  double ValueOfProgress() const {
    double on_demand = std::numeric_limits<double>::infinity(), spot = on_demand;
    for (const SpotPlace& place : view_.places) {
      on_demand = std::min(on_demand, static_cast<double>(place.on_demand.value()));
      if (place.sells_spot) spot = std::min(spot, static_cast<double>(place.spot.value()));
    }
    const double pace = view_.left_s() / Time() * view_.job->deadline_s / view_.job->work_s;
    return std::max(on_demand * pace, spot);
  }

  // The safety net: two starts where a try may still fail, one where none is needed.
  bool MustGoOnDemand() const {
    const double ticks = static_cast<double>(TicksLeft(view_, view_.tick)) * view_.tick_s;
    const double start = view_.job->overhead_s;
    const auto up = [&](double seconds) {
      return std::ceil(seconds / view_.tick_s) * view_.tick_s;
    };
    if (view_.held.kind == SpotKind::kOnDemand) return up(view_.left_s() + 2 * start) >= ticks;
    if (view_.held.kind == SpotKind::kIdle) return up(view_.left_s() + 2 * start) >= ticks;
    return up(view_.left_s() + start) >= ticks && view_.pending_s > 0;
  }

  SpotAction OnDemand() const {
    if (view_.held.kind == SpotKind::kOnDemand) return RunOn(view_.held);
    return RunOnDemand(CheapestOnDemand(view_));
  }

  double LifeHours(int place) const {
    const std::vector<SpotSpell>& spells = At(place).spells;
    const bool held = view_.held == SpotMachine{SpotKind::kSpot, place};
    const double age =
        held ? static_cast<double>(view_.tick - spells.back().first) * view_.tick_s / 3600 : 0;
    const double life = MeanResidualLife(LivesOf(At(place), view_.tick_s), age);
    return std::min(life, Time() / 3600);
  }

  double Held() const {
    if (view_.held.kind == SpotKind::kIdle) return 0;
    const SpotPlace& place = At(view_.held.place);
    const MicroUsd price = view_.held.kind == SpotKind::kSpot ? place.spot : place.on_demand;
    return value_ - static_cast<double>(price.value());
  }

  double Spot(int place) const {
    const double none = -1;
    if (!At(place).sells_spot || At(place).now.has_value()) return none;
    if (view_.held == SpotMachine{SpotKind::kSpot, place}) return none;
    const double life = LifeHours(place);
    if (life <= start_h_) return none;
    return value_ * (life - start_h_) / life - static_cast<double>(At(place).spot.value()) -
           Way(place) / life;
  }

  double Demand(int place) const {
    if (view_.held == SpotMachine{SpotKind::kOnDemand, place}) return -1;
    return value_ - static_cast<double>(At(place).on_demand.value()) - Way(place);
  }

  static void Improve(SpotAction& best, double& most, const SpotAction& action, double value) {
    if (value < 0 || value <= most) return;
    best = action;
    most = value;
  }

  // Before the tick is decided: a look at each place that was not seen for an hour.
  SpotAction ProbeFirst(const SpotAction& decided) const {
    for (int place = 0; place < static_cast<int>(view_.places.size()); ++place) {
      const std::vector<SpotSpell>& spells = At(place).spells;
      if (!At(place).sells_spot || At(place).now.has_value() || decided.machine.place == place)
        continue;
      const bool once_is_enough = !spells.empty() && spells.back().up;
      const double since =
          spells.empty() ? kProbeEvery
                         : static_cast<double>(view_.tick - spells.back().last) * view_.tick_s;
      if (!once_is_enough && since >= kProbeEvery)
        return {SpotStep::kProbe, {SpotKind::kSpot, place}};
    }
    return decided;
  }

  const SpotView& view_;
  double start_h_ = 0;
  double value_ = 0;  // of an hour of progress, micro-dollars
};

}  // namespace

SpotAction SkyNomadNext(const SpotView& view) { return Chooser(view).Choose(); }

}  // namespace curbstop
