#include "plan/spot/uniform_progress.h"

#include <cmath>

namespace curbstop {
namespace {

struct Rule {
  bool keeps_pace = false;       // with the line from start to deadline
  bool stays_on_demand = false;  // until ahead by two starts
};

double UpToTicks(double seconds, double tick_s) { return std::ceil(seconds / tick_s) * tick_s; }

// What the rule asks for, were spot to be had or not.
SpotKind Wanted(const SpotView& view, Rule rule, bool spot) {
  const SpotJob& job = *view.job;
  const double t = view.now_s();
  const double start = job.overhead_s;
  const double left = std::floor((job.deadline_s - t) / view.tick_s) * view.tick_s;
  const SpotKind held = view.held.kind;
  SpotKind wanted = spot ? SpotKind::kSpot : SpotKind::kIdle;
  const bool behind = view.done_s < t * job.work_s / job.deadline_s;
  if (rule.keeps_pace && behind) wanted = spot ? SpotKind::kSpot : SpotKind::kOnDemand;
  const bool far_ahead = (t + 2 * start) * job.work_s / job.deadline_s < view.done_s;
  if (rule.stays_on_demand && held == SpotKind::kOnDemand && (!spot || !far_ahead))
    wanted = SpotKind::kOnDemand;
  if (UpToTicks(view.left_s() + 2 * start, view.tick_s) >= left && held != SpotKind::kSpot)
    wanted = SpotKind::kOnDemand;
  if (UpToTicks(view.left_s() + start, view.tick_s) >= left) {
    const bool works = held == SpotKind::kSpot && view.pending_s == 0;
    wanted = works ? SpotKind::kSpot : SpotKind::kOnDemand;
  }
  return wanted;
}

bool Lost(const SpotView& view, int place) {
  return view.data_at >= 0 && view.places[static_cast<size_t>(place)].region ==
                                  view.places[static_cast<size_t>(view.data_at)].region;
}

// The place to try next: by price, those of the region that was lost last come last.
int NextToTry(const SpotView& view) {
  int best = -1;
  for (int i = 0; i < static_cast<int>(view.places.size()); ++i) {
    const SpotPlace& place = view.places[static_cast<size_t>(i)];
    if (!place.sells_spot || place.now.has_value()) continue;
    if (best < 0) {
      best = i;
      continue;
    }
    const SpotPlace& other = view.places[static_cast<size_t>(best)];
    const bool later = Lost(view, i), other_later = Lost(view, best);
    if (later != other_later ? other_later : place.spot < other.spot) best = i;
  }
  return best;
}

SpotAction OnDemand(const SpotView& view) {
  if (view.held.kind == SpotKind::kOnDemand) return RunOn(view.held);
  return RunOnDemand(view.data_at >= 0 ? view.data_at : CheapestOnDemand(view));
}

SpotAction Next(const SpotView& view, Rule rule) {
  const bool spot_held = view.held.kind == SpotKind::kSpot;
  const int untried = spot_held ? -1 : NextToTry(view);
  const SpotKind wanted = Wanted(view, rule, spot_held || untried >= 0);
  if (wanted == SpotKind::kOnDemand) return OnDemand(view);
  if (wanted == SpotKind::kIdle) return RunIdle();
  return spot_held ? RunOn(view.held) : TrySpot(untried);
}

}  // namespace

SpotAction GreedyNext(const SpotView& view) { return Next(view, {}); }

SpotAction UniformProgressNext(const SpotView& view) {
  return Next(view, {.keeps_pace = true, .stays_on_demand = true});
}

SpotAction PlainUniformProgressNext(const SpotView& view) {
  return Next(view, {.keeps_pace = true});
}

}  // namespace curbstop
