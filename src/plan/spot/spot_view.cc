#include "plan/spot/spot_view.h"

#include <algorithm>
#include <cmath>

namespace curbstop {

void AddSighting(std::vector<SpotSpell>& spells, int64_t tick, bool up) {
  if (!spells.empty() && spells.back().up == up) {
    spells.back().last = tick;
  } else {
    spells.push_back({.up = up, .first = tick, .last = tick});
  }
}

int64_t TicksLeft(const SpotView& view, int64_t tick) {
  return static_cast<int64_t>(std::floor(view.job->deadline_s / view.tick_s)) - tick;
}

int CheapestOnDemand(const SpotView& view) {
  double full_speed = 0;
  for (const SpotPlace& place : view.places) {
    if (place.sells_on_demand) full_speed = std::max(full_speed, std::min(place.speed, 1.0));
  }
  int best = -1;
  double least = 0;
  for (size_t i = 0; i < view.places.size(); ++i) {
    const SpotPlace& place = view.places[i];
    if (place.speed < full_speed || !place.sells_on_demand) continue;
    const int at = static_cast<int>(i);
    const bool held = view.held == SpotMachine{SpotKind::kOnDemand, at};
    const double start = held ? view.pending_s : place.overhead_s;
    const bool moves = view.data_at >= 0 && view.data_at != at;
    const double cost = static_cast<double>(place.on_demand.value()) *
                            (view.left_s() / place.speed + start) / 3600.0 +
                        (moves ? static_cast<double>(view.job->move.value()) : 0.0);
    if (best >= 0 && cost >= least) continue;
    best = at;
    least = cost;
  }
  return best;
}

}  // namespace curbstop
