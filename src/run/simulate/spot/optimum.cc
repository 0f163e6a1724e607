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
    nowhere_ = least_ = started_ = modes_[0].costs;
    enter_.assign(market.places.size(), least_);
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

  // The costs of all states at the start of `tick`, from those at its end. Plain loops over the
  // need, one for each mode: compilers make vectors of them.
  void Back(int64_t tick) {
    // Needs that no plan reaches by now, and those that no plan can still meet, are left out.
    const int64_t needs = Needs();
    first_ = std::max<int64_t>(1, grid_.work - tick * most_per_tick_);
    last_ = std::min(needs - 1, (grid_.ticks - tick) * most_per_tick_);
    if (first_ > last_) return;
    std::fill(least_.begin() + first_, least_.begin() + last_ + 1, kNever);
    for (Costs& enter : enter_)
      std::copy_n(&least_[At(first_)], last_ - first_ + 1, &enter[At(first_)]);
    for (Mode& mode : modes_) RunFor(mode, Price(mode, tick));
    for (size_t place = 0; place < enter_.size(); ++place) Idle(idle_[place], enter_[place]);
    for (int64_t n = first_; n <= last_; ++n)
      nowhere_[At(n)] = std::min(nowhere_[At(n)], least_[At(n)]);
    for (Mode& mode : modes_) {
      const Costs& idle = idle_[static_cast<size_t>(mode.place)];
      for (int64_t n = first_; n <= last_; ++n)
        mode.before[At(n)] = std::min(mode.before[At(n)], idle[At(n)]);
      mode.costs.swap(mode.before);
    }
  }

  // A tick of it, going on and started now.
  void RunFor(Mode& mode, double price) {
    if (price == kNever) {
      std::fill(mode.before.begin() + first_, mode.before.begin() + last_ + 1, kNever);
      return;
    }
    AddAt(mode.costs, -mode.tick_units, price, mode.before);
    const int64_t change = mode.start_units - mode.tick_units;
    AddAt(mode.costs, change, price, started_);
    double* const enter = enter_[static_cast<size_t>(mode.place)].data();
    double* const least = least_.data();
    const double* const started = started_.data();
    for (int64_t n = first_; n <= last_; ++n) {
      enter[n] = std::min(enter[n], started[n]);
      least[n] = std::min(least[n], started[n]);
    }
  }

  // to[need] = from[need + change] + price; a need below 0 is none, one beyond the table never met.
  void AddAt(const Costs& from, int64_t change, double price, Costs& to) {
    const int64_t end = std::min(last_, Needs() - 1 - change);
    int64_t n = first_;
    for (; n <= end && n + change < 0; ++n) to[At(n)] = from[0] + price;
    const double* const source = from.data();
    double* const target = to.data();
    for (; n <= end; ++n) target[n] = source[n + change] + price;
    for (; n <= last_; ++n) target[n] = kNever;
  }

  void Idle(Costs& idle, const Costs& enter) {
    const auto move = static_cast<double>(job_.move.value());
    for (int64_t n = first_; n <= last_; ++n)
      idle[At(n)] = std::min(idle[At(n)], std::min(enter[At(n)], least_[At(n)] + move));
  }

  static size_t At(int64_t need) { return static_cast<size_t>(need); }
  int64_t Needs() const { return static_cast<int64_t>(nowhere_.size()); }

  const TraceMarket& market_;
  const SpotJob& job_;
  int64_t start_;
  Grid grid_;
  int64_t longest_start_ = 0;
  int64_t most_per_tick_ = 0;
  std::vector<Mode> modes_;
  std::vector<Costs> idle_;  // by where the checkpoint lies
  Costs nowhere_;            // nothing has run yet
  // Of the tick that is gone back over.
  std::vector<Costs> enter_;  // by place
  Costs least_, started_;
  int64_t first_ = 0, last_ = 0;  // needs
};

SpotAction OnlyOnDemand(const SpotView& view) { return RunOnDemand(CheapestOnDemand(view)); }

}  // namespace

SpotOptimum Optimum(const TraceMarket& market, const SpotJob& job, int64_t start_tick) {
  SpotOptimum optimum = Program(market, job, start_tick).Solve();
  if (optimum.missed) optimum.usd = Usd(Replay(market, job, start_tick, OnlyOnDemand));
  return optimum;
}

}  // namespace curbstop
