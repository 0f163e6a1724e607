#include "plan/spot/reach.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace curbstop {
namespace {

Millis TimeOfTicks(int64_t ticks, double tick_s) {
  return Millis(static_cast<int64_t>(std::ceil(static_cast<double>(ticks) * tick_s * 1000)));
}

// A way to work: seconds and micro-dollars for each second of work.
struct Pace {
  double seconds = 1;
  double price = 0;
};

std::vector<Pace> PacesOf(const SpotView& view) {
  std::vector<Pace> paces;
  for (const SpotPlace& place : view.places) {
    const auto add = [&](MicroUsd per_hour) {
      paces.push_back(
          {1 / place.speed, static_cast<double>(per_hour.value()) / 3600 / place.speed});
    };
    if (place.sells_on_demand) add(place.on_demand);
    if (place.sells_spot) add(place.spot);
  }
  return paces;
}

// Whether a mix of two paces keeps within both; of more than two none does better.
bool Mixes(const Pace& a, const Pace& b, double seconds, double price) {
  // The share of `a` must lie between these.
  double least = 0, most = 1;
  const auto keep = [&](double of_a, double of_b, double limit) {
    if (of_a == of_b) {
      if (of_b > limit) most = -1;
    } else if (of_a > of_b) {
      most = std::min(most, (limit - of_b) / (of_a - of_b));
    } else {
      least = std::max(least, (of_b - limit) / (of_b - of_a));
    }
  };
  keep(a.seconds, b.seconds, seconds);
  keep(a.price, b.price, price);
  return least <= most;
}

}  // namespace

SpotReach::SpotReach(const SpotView& view) : view_(view), ticks_(TicksLeft(view, view.tick) - 1) {
  std::optional<MicroUsd> least;
  for (int place = 0; place < static_cast<int>(view.places.size()); ++place) {
    const SpotMachine machine{SpotKind::kOnDemand, place};
    const std::optional<MicroUsd> total = TotalBy(place, After(machine));
    if (!total || !WithinCap(*total) || (least && *total >= *least)) continue;
    least = total;
    rescue_ = machine;
  }
}

SpotReach::Then SpotReach::After(SpotMachine machine) const {
  Then then{view_.left_s(), view_.spent, view_.data_at, machine, 0};
  if (machine.kind == SpotKind::kIdle) return then;
  const SpotPlace& place = view_.places[static_cast<size_t>(machine.place)];
  const bool starts = machine != view_.held;
  const double pending = starts ? place.overhead_s : view_.pending_s;
  if (starts && view_.data_at >= 0 && view_.data_at != machine.place) then.spent += view_.job->move;
  then.spent += CostOf(machine.kind == SpotKind::kSpot ? place.spot : place.on_demand,
                       TimeOfTicks(1, view_.tick_s));
  then.data_at = machine.place;
  then.left_s -= std::max(view_.tick_s - pending, 0.0) * place.speed;
  then.pending_s = std::max(pending - view_.tick_s, 0.0);
  return then;
}

std::optional<MicroUsd> SpotReach::TotalBy(int place, const Then& then) const {
  if (then.left_s <= kNoWork) return ticks_ >= 0 ? std::optional(then.spent) : std::nullopt;
  const SpotPlace& there = view_.places[static_cast<size_t>(place)];
  if (!there.sells_on_demand) return std::nullopt;
  const bool held = then.held == SpotMachine{SpotKind::kOnDemand, place};
  const double seconds = (held ? then.pending_s : there.overhead_s) + then.left_s / there.speed;
  const double ticks = std::ceil(seconds / view_.tick_s - 1e-9);
  if (ticks > static_cast<double>(ticks_)) return std::nullopt;
  const bool moves = then.data_at >= 0 && then.data_at != place;
  return then.spent +
         CostOf(there.on_demand, TimeOfTicks(static_cast<int64_t>(ticks), view_.tick_s)) +
         there.held_back + (moves ? view_.job->move : MicroUsd());
}

bool SpotReach::InTimeAfter(SpotMachine machine) const {
  const Then then = After(machine);
  for (int place = 0; place < static_cast<int>(view_.places.size()); ++place) {
    if (TotalBy(place, then)) return true;
  }
  return false;
}

bool SpotReach::CertainAfter(SpotMachine machine) const {
  const Then then = After(machine);
  for (int place = 0; place < static_cast<int>(view_.places.size()); ++place) {
    const std::optional<MicroUsd> total = TotalBy(place, then);
    if (total && WithinCap(*total)) return true;
  }
  return false;
}

bool SpotReach::ConceivableAfter(SpotMachine machine) const {
  const Then then = After(machine);
  if (!WithinCap(then.spent) || ticks_ < 0) return false;
  if (then.left_s <= kNoWork || !view_.job->cap) return true;
  const double seconds = static_cast<double>(ticks_) * view_.tick_s / then.left_s;
  const double price = static_cast<double>((*view_.job->cap - then.spent).value()) / then.left_s;
  const std::vector<Pace> paces = PacesOf(view_);
  for (size_t a = 0; a < paces.size(); ++a) {
    for (size_t b = 0; b <= a; ++b) {
      if (Mixes(paces[a], paces[b], seconds, price)) return true;
    }
  }
  return false;
}

}  // namespace curbstop
