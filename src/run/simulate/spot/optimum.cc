#include "run/simulate/spot/optimum.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace curbstop {
namespace {

constexpr int64_t kFinestUnits = 40'000;  // of work
constexpr double kNever = std::numeric_limits<double>::infinity();

struct Grid {
  double unit_s = 1;
  int64_t work = 0;
  int64_t ticks = 0;  // that fit before the deadline
  bool exact = true;
};

Grid GridOf(const TraceMarket& market, const SpotJob& job) {
  Grid grid;
  const auto tick = static_cast<int64_t>(market.tick_s);
  int64_t unit = tick;
  for (const TracePlace& place : market.places) {
    const double start = place.place.overhead_s;
    grid.exact = grid.exact && start == std::floor(start) && place.place.speed == 1;
    unit = std::gcd(unit, static_cast<int64_t>(start));
  }
  while (job.work_s / static_cast<double>(unit) > static_cast<double>(kFinestUnits)) {
    grid.exact = false;
    ++unit;
    while (tick % unit != 0) ++unit;
  }
  grid.unit_s = static_cast<double>(unit);
  grid.work = static_cast<int64_t>(std::ceil((job.work_s - 0.001) / grid.unit_s));
  if (!grid.exact) grid.work = static_cast<int64_t>(std::floor(job.work_s / grid.unit_s));
  grid.ticks = static_cast<int64_t>(std::floor(job.deadline_s / market.tick_s));
  return grid;
}

// Costs in micro-dollars from a tick to the end, by need left.
using Costs = std::vector<double>;

struct Mode {
  int place = 0;
  bool spot = false;
  int64_t tick_units = 0;   // of need that a tick takes
  int64_t start_units = 0;  // of need that a start adds
  Costs costs;              // while this machine runs, from the next tick on
  Costs before;
};

class Program {
 public:
  Program(const TraceMarket& market, const SpotJob& job, int64_t start)
      : market_(market), job_(job), start_(start), grid_(GridOf(market, job)) {
    for (int i = 0; i < static_cast<int>(market.places.size()); ++i) {
      AddMode(i, false);
      if (market.places[static_cast<size_t>(i)].place.sells_spot) AddMode(i, true);
    }
    for (const Mode& mode : modes_) {
      longest_start_ = std::max(longest_start_, mode.start_units);
      most_per_tick_ = std::max(most_per_tick_, mode.tick_units);
    }
    const auto needs = static_cast<size_t>(grid_.work + longest_start_ + 1);
    for (Mode& mode : modes_) mode.costs.assign(needs, kNever);
    for (Mode& mode : modes_) {
      mode.costs[0] = 0;
      mode.before = mode.costs;
    }
    idle_.assign(market.places.size(), modes_[0].costs);
    nowhere_ = modes_[0].costs;
  }

  SpotOptimum Solve() {
    for (int64_t tick = grid_.ticks - 1; tick >= 0; --tick) Back(tick);
    SpotOptimum optimum{.exact = grid_.exact};
    const double cost = nowhere_[static_cast<size_t>(grid_.work)];
    optimum.missed = cost == kNever;
    if (!optimum.missed) optimum.usd = cost / 1e6;
    return optimum;
  }

 private:
  void AddMode(int place, bool spot) {
    const SpotPlace& there = market_.places[static_cast<size_t>(place)].place;
    Mode mode{.place = place, .spot = spot};
    const double tick = market_.tick_s * there.speed / grid_.unit_s;
    const double start = there.overhead_s * there.speed / grid_.unit_s;
    mode.tick_units = static_cast<int64_t>(std::ceil(tick - 1e-9));
    mode.start_units = static_cast<int64_t>(std::floor(start + 1e-9));
    modes_.push_back(std::move(mode));
  }

  double Price(const Mode& mode, int64_t tick) const {
    const TracePlace& place = market_.places[static_cast<size_t>(mode.place)];
    double per_hour = static_cast<double>(place.place.on_demand.value());
    if (mode.spot) {
      const auto at = static_cast<size_t>(start_ + tick);
      if (at >= place.available.size() || !place.available[at]) return kNever;
      per_hour = static_cast<double>(place.price[at].value());
    }
    return per_hour * market_.tick_s / 3600.0;
  }

  // The costs of all states at the start of `tick`, from those at its end.
  void Back(int64_t tick) {
    const auto needs = static_cast<int64_t>(nowhere_.size());
    const auto move = static_cast<double>(job_.move.value());
    std::vector<double> price;
    for (const Mode& mode : modes_) price.push_back(Price(mode, tick));
    std::vector<double> enter(market_.places.size());
    // Needs that no plan reaches by now, and those that no plan can still meet, are left out.
    const int64_t first = std::max<int64_t>(1, grid_.work - tick * most_per_tick_);
    const int64_t most = std::min(needs - 1, (grid_.ticks - tick) * most_per_tick_);
    for (int64_t need = first; need <= most; ++need) {
      const auto n = static_cast<size_t>(need);
      std::fill(enter.begin(), enter.end(), kNever);
      double least = kNever;
      for (size_t m = 0; m < modes_.size(); ++m) {
        Mode& mode = modes_[m];
        mode.before[n] = kNever;
        if (price[m] == kNever) continue;
        mode.before[n] =
            price[m] +
            mode.costs[static_cast<size_t>(std::max<int64_t>(need - mode.tick_units, 0))];
        const int64_t started = need + mode.start_units - mode.tick_units;
        if (started >= needs) continue;
        const double cost =
            price[m] + mode.costs[static_cast<size_t>(std::max<int64_t>(started, 0))];
        double& here = enter[static_cast<size_t>(mode.place)];
        here = std::min(here, cost);
        least = std::min(least, cost);
      }
      for (size_t place = 0; place < enter.size(); ++place)
        idle_[place][n] = std::min({idle_[place][n], enter[place], least + move});
      nowhere_[n] = std::min(nowhere_[n], least);
      for (Mode& mode : modes_)
        mode.before[n] = std::min(mode.before[n], idle_[static_cast<size_t>(mode.place)][n]);
    }
    for (Mode& mode : modes_) mode.costs.swap(mode.before);
  }

  const TraceMarket& market_;
  const SpotJob& job_;
  int64_t start_;
  Grid grid_;
  int64_t longest_start_ = 0;
  int64_t most_per_tick_ = 0;
  std::vector<Mode> modes_;
  std::vector<Costs> idle_;  // by where the checkpoint lies
  Costs nowhere_;            // nothing has run yet
};

SpotAction OnlyOnDemand(const SpotView& view) { return RunOnDemand(CheapestOnDemand(view)); }

}  // namespace

SpotOptimum Optimum(const TraceMarket& market, const SpotJob& job, int64_t start_tick) {
  SpotOptimum optimum = Program(market, job, start_tick).Solve();
  if (optimum.missed) optimum.usd = Usd(Replay(market, job, start_tick, OnlyOnDemand));
  return optimum;
}

}  // namespace curbstop
