#include "plan/graph_search.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.h"
#include "plan/internal/graph_labels.h"

namespace curbstop {
namespace {

constexpr size_t kMostArcs = 1'000'000;
constexpr size_t kMostLabels = 200'000;     // of one time each
constexpr size_t kMostWideLabels = 20'000;  // of several, which are compared pair by pair
constexpr int kMostMultipliers = 16;
constexpr std::ptrdiff_t kMostMixedBounds = 3;

void CheckFigures(const StepGraph& graph) {
  const auto is_sum = [](MicroUsd amount) {
    return amount >= MicroUsd() && amount <= kDearestMode;
  };
  const auto is_time = [](Millis time) { return time >= Millis(0) && time <= kLongestMode; };
  CHECK(graph.places > 0 && graph.steps.size() < 256);
  for (const GraphStep& step : graph.steps) {
    for (const GraphMode& mode : step.modes) {
      CHECK(is_sum(mode.cost) && is_sum(mode.warm_cost) && is_sum(mode.reserve));
      CHECK(is_time(mode.time) && is_time(mode.warm_time) && mode.place < graph.places);
    }
    for (const GraphInput& input : step.inputs) {
      CHECK(input.tolls.empty() || input.tolls.size() == size_t{graph.places} * graph.places);
      for (const Toll& toll : input.tolls) CHECK(is_sum(toll.cost) && is_time(toll.time));
    }
  }
}

struct Totals {
  int64_t cost = 0;
  int64_t time = 0;
  int64_t reserve = 0;
};

SearchLimits LimitsOf(const GraphLimits& limits) {
  SearchLimits found;
  if (limits.cap) found.cost = limits.cap->value();
  if (limits.deadline) found.time = limits.deadline->count();
  if (limits.reserve) found.reserve = limits.reserve->value();
  return found;
}

bool Keeps(const Totals& totals, const SearchLimits& limits) {
  return totals.cost <= limits.cost && totals.time <= limits.time &&
         totals.reserve <= limits.reserve;
}

// Finds paths through one set of layers.
class PathFinder {
 public:
  PathFinder(const GraphShape& shape, const std::vector<GraphLayer>& layers, bool counts_reserve)
      : shape_(shape), layers_(layers), counts_reserve_(counts_reserve) {}

  bool is_complete() const { return is_complete_; }

  std::optional<GraphPath> Find(Least least, SearchLimits limits) {
    if (least == Least::kCost) return LeastCost(limits);
    const std::optional<GraphPath> soonest = LeastTime(limits);
    if (!soonest) return std::nullopt;
    limits.time = TotalsOf(*soonest).time;
    const std::optional<GraphPath> cheapest = LeastCost(limits);
    return cheapest ? cheapest : soonest;
  }

 private:
  Totals TotalsOf(const GraphPath& path) const {
    Totals totals;
    for (const GraphArc* arc : path) {
      totals.cost += arc->cost;
      totals.reserve += arc->reserve;
    }
    for (const int64_t finish : FinishTimes(shape_, path))
      totals.time = std::max(totals.time, finish);
    return totals;
  }

  // The bound of these weights, kept for the search, and its path.
  GraphPath Relax(const TimeFlow& flow, const Weights& weights) {
    bounds_.push_back(BoundOf(layers_, shape_, flow, weights));
    GraphPath path = PathOf(layers_, flow, weights, bounds_.back());
    Note(path);
    return path;
  }

  // A better one than the best so far?
  void Note(const GraphPath& path) {
    const Totals totals = TotalsOf(path);
    if (!Keeps(totals, limits_)) return;
    if (best_ && Value(totals) >= Value(TotalsOf(*best_))) return;
    best_ = path;
  }

  std::pair<int64_t, int64_t> Value(const Totals& totals) const {
    return least_ == Least::kCost ? std::pair(totals.cost, totals.time)
                                  : std::pair(totals.time, totals.cost);
  }

  void Begin(Least least, const SearchLimits& limits) {
    bounds_.clear();
    best_.reset();
    least_ = least;
    limits_ = limits;
  }

  std::optional<GraphPath> LeastCost(const SearchLimits& limits) {
    Begin(Least::kCost, limits);
    const GraphPath cheapest = Cheapest();
    if (!best_ && limits.time != kNoLimit) TradeTimeForCost(cheapest);
    // Cheaper than any bound that holds is nothing.
    const double floor = KeepTightest([&](const GraphBound& bound) { return CostFloor(bound); });
    const int64_t most = best_ ? TotalsOf(*best_).cost : limits.cost;
    return Deepen(static_cast<int64_t>(floor), most, limits_.cost);
  }

  std::optional<GraphPath> LeastTime(const SearchLimits& limits) {
    Begin(Least::kTime, limits);
    const GraphPath cheapest = Cheapest();
    if (TotalsOf(cheapest).cost > limits.cost && !counts_reserve_) return std::nullopt;
    TradeTimeForCost(cheapest);
    const double floor = KeepTightest([&](const GraphBound& bound) { return TimeFloor(bound); });
    const int64_t most = best_ ? TotalsOf(*best_).time : limits.time;
    return Deepen(static_cast<int64_t>(floor), most, limits_.time);
  }

  // Without a look at the time; where reserves are short, with the price on them that keeps them.
  GraphPath Cheapest() {
    flow_ = CriticalFlow(shape_, std::vector<int64_t>(layers_.size()));
    GraphPath cheapest = Relax(flow_, {.cost = 1});
    reserve_price_ = 0;
    if (!counts_reserve_ || limits_.reserve == kNoLimit) return cheapest;
    GraphPath leanest = Relax(flow_, {.cost = 0, .reserve = 1});
    for (int i = 0; i < kMostMultipliers; ++i) {
      const Totals dear = TotalsOf(leanest);
      const Totals cheap = TotalsOf(cheapest);
      if (cheap.reserve <= limits_.reserve || cheap.reserve <= dear.reserve) break;
      const double price = static_cast<double>(dear.cost - cheap.cost) /
                           static_cast<double>(cheap.reserve - dear.reserve);
      if (price <= reserve_price_) break;
      GraphPath between = Relax(flow_, {.cost = 1, .reserve = price});
      const int64_t reserve = TotalsOf(between).reserve;
      if (reserve == dear.reserve || reserve == cheap.reserve) {
        reserve_price_ = price;
        break;
      }
      (reserve <= limits_.reserve ? leanest : cheapest) = std::move(between);
    }
    return leanest;
  }

  // The price of time at which the path just keeps the limit, from both sides; each step between
  // leaves a bound. Where steps run beside each other the price is spread over the paths that
  // turned out to decide.
  void TradeTimeForCost(GraphPath cheapest) {
    flow_ = CriticalFlow(shape_, FinishTimes(shape_, cheapest));
    GraphPath soonest = Relax(flow_, {.cost = 0, .time = 1});
    flow_ = Mixed(flow_, CriticalFlow(shape_, FinishTimes(shape_, soonest)), 0.5);
    double mixed = 2;
    for (int i = 0; i < kMostMultipliers; ++i) {
      const Totals slow = TotalsOf(cheapest);
      const Totals dear = TotalsOf(soonest);
      if (slow.time <= dear.time || dear.cost <= slow.cost) return;
      const double price =
          static_cast<double>(dear.cost - slow.cost) / static_cast<double>(slow.time - dear.time);
      GraphPath between = Relax(flow_, {.cost = 1, .reserve = reserve_price_, .time = price});
      const Totals totals = TotalsOf(between);
      flow_ = Mixed(flow_, CriticalFlow(shape_, FinishTimes(shape_, between)), 1 / ++mixed);
      if (totals.time >= slow.time || totals.time <= dear.time) return;
      const bool is_fast =
          least_ == Least::kCost ? totals.time <= limits_.time : totals.cost > limits_.cost;
      (is_fast ? soonest : cheapest) = std::move(between);
    }
  }

  // Each label is held against each bound, so only few stay: those of one measure alone and the
  // tightest mixed ones. Returns what the tightest says.
  template <typename Floor>
  double KeepTightest(Floor floor) {
    const auto is_mixed = [](const GraphBound& bound) {
      return bound.cost_weight != 0 && (bound.flow_left[0] != 0 || bound.reserve_weight != 0);
    };
    const auto mixed = std::stable_partition(bounds_.begin(), bounds_.end(), std::not_fn(is_mixed));
    std::stable_sort(mixed, bounds_.end(),
                     [&](const GraphBound& a, const GraphBound& b) { return floor(a) > floor(b); });
    double tightest = 0;
    for (const GraphBound& bound : bounds_) tightest = std::max(tightest, floor(bound));
    const auto kept = std::min<std::ptrdiff_t>(kMostMixedBounds, bounds_.end() - mixed);
    bounds_.erase(mixed + kept, bounds_.end());
    return tightest;
  }

  // What a bound says of the total cost, or of the time, of any path within the limits.
  double CostFloor(const GraphBound& bound) const {
    if (bound.cost_weight == 0 || (bound.reserve_weight != 0 && limits_.reserve == kNoLimit) ||
        (bound.flow_left[0] != 0 && limits_.time == kNoLimit)) {
      return 0;
    }
    const double taken = bound.flow_left[0] * static_cast<double>(limits_.time) +
                         bound.reserve_weight * static_cast<double>(limits_.reserve);
    return Below(bound.left[0][0], taken);
  }
  double TimeFloor(const GraphBound& bound) const {
    if (bound.flow_left[0] == 0 || (bound.cost_weight != 0 && limits_.cost == kNoLimit) ||
        (bound.reserve_weight != 0 && limits_.reserve == kNoLimit)) {
      return 0;
    }
    const double taken = bound.cost_weight * static_cast<double>(limits_.cost) +
                         bound.reserve_weight * static_cast<double>(limits_.reserve);
    return Below(bound.left[0][0], taken) / bound.flow_left[0];
  }
  static double Below(double sum, double taken) {
    return sum - taken - 1 - 1e-9 * (std::abs(sum) + std::abs(taken));
  }

  size_t MostLabels() const {
    const bool is_line = std::all_of(layers_.begin(), layers_.end(), [](const GraphLayer& layer) {
      return layer.clock.slots == 1;
    });
    return is_line && !counts_reserve_ ? kMostLabels : kMostWideLabels;
  }

  // Searches within a limit little above what is possible at best, and raises it until something is
  // found: then the best of it is the best of all. `limit` is the one that is raised.
  std::optional<GraphPath> Deepen(int64_t floor, int64_t most, int64_t& limit) {
    constexpr int64_t kUnlimited = kNoLimit / 4;
    const int64_t top = std::min(most, kUnlimited);
    int64_t step = std::max<int64_t>(1, most == kNoLimit ? floor / 64 : (top - floor) / 16);
    floor = std::min(floor, top);
    for (;;) {
      const bool is_last = step >= top - floor;
      limit = is_last ? most : floor + step;
      const bool counts_cost = least_ == Least::kCost || limits_.cost != kNoLimit;
      const LabelAnswer found = SearchLabels({.layers = layers_,
                                              .bounds = bounds_,
                                              .limits = limits_,
                                              .least = least_,
                                              .counts_cost = counts_cost,
                                              .counts_reserve = counts_reserve_,
                                              .most_labels = MostLabels()});
      is_complete_ = is_complete_ && found.is_complete;
      if (found.path) return found.path;
      if (is_last) return best_;  // what was thrown away could have held it
      step *= 4;
    }
  }

  const GraphShape& shape_;
  const std::vector<GraphLayer>& layers_;
  bool counts_reserve_;
  bool is_complete_ = true;
  Least least_ = Least::kCost;
  SearchLimits limits_;
  std::vector<GraphBound> bounds_;
  std::optional<GraphPath> best_;
  TimeFlow flow_;
  double reserve_price_ = 0;
};

// A graph and its layers, made once for any number of questions.
class Prepared {
 public:
  Prepared(const StepGraph& graph, bool counts_reserve)
      : graph_(graph), shape_(ShapeOf(graph)), counts_reserve_(counts_reserve) {
    std::vector<std::vector<size_t>> modes = UsefulModes(graph, shape_, counts_reserve);
    for (size_t most = 64; !layers_; most /= 2) {
      layers_ = LayersOf(graph, shape_, modes, kMostArcs);
      if (!layers_) Thin(modes, most);
    }
  }

  std::optional<GraphAnswer> Find(Least least, const GraphLimits& limits) const {
    PathFinder finder(shape_, *layers_, counts_reserve_);
    const std::optional<GraphPath> path = finder.Find(least, LimitsOf(limits));
    if (!path) return std::nullopt;
    std::vector<Pick> picks;
    for (const GraphArc* arc : *path) picks.push_back({arc->mode, arc->took_over});
    GraphAnswer answer = AnswerOf(graph_, std::move(picks));
    answer.is_proven = finder.is_complete() && !was_thinned_;
    return answer;
  }

 private:
  // Too wide a graph: of each step the cheapest modes and the fastest one stay.
  void Thin(std::vector<std::vector<size_t>>& modes, size_t most) {
    CHECK(most > 0);
    was_thinned_ = true;
    for (size_t v = 0; v < modes.size(); ++v) {
      const std::vector<GraphMode>& all = graph_.steps[v].modes;
      std::vector<size_t>& kept = modes[v];
      if (kept.size() <= most) continue;
      std::sort(kept.begin(), kept.end(), [&](size_t a, size_t b) {
        return std::pair(all[a].cost, a) < std::pair(all[b].cost, b);
      });
      const size_t fastest = *std::min_element(
          kept.begin(), kept.end(), [&](size_t a, size_t b) { return all[a].time < all[b].time; });
      kept.resize(most);
      if (std::find(kept.begin(), kept.end(), fastest) == kept.end()) kept.back() = fastest;
      std::sort(kept.begin(), kept.end());
    }
  }

  const StepGraph& graph_;
  GraphShape shape_;
  bool counts_reserve_;
  bool was_thinned_ = false;
  std::optional<std::vector<GraphLayer>> layers_;
};

// Reserves hardly ever bind: the search is without them first, and with them only if what it finds
// needs more than there is.
class Solver {
 public:
  explicit Solver(const StepGraph& graph) : graph_(graph), free_(graph, false) {}

  std::optional<GraphAnswer> Find(Least least, const GraphLimits& limits) {
    GraphLimits without = limits;
    without.reserve.reset();
    std::optional<GraphAnswer> answer = free_.Find(least, without);
    if (!answer || !limits.reserve || answer->reserve <= *limits.reserve) return answer;
    if (!with_reserve_) with_reserve_.emplace(graph_, true);
    return with_reserve_->Find(least, limits);
  }

 private:
  const StepGraph& graph_;
  Prepared free_;
  std::optional<Prepared> with_reserve_;
};

bool CanBeSolved(const StepGraph& graph) {
  CheckFigures(graph);
  return !graph.steps.empty() &&
         std::none_of(graph.steps.begin(), graph.steps.end(),
                      [](const GraphStep& step) { return step.modes.empty(); });
}

// The cheapest, then each time the cheapest of those that are sooner; no more than `most`.
std::vector<GraphAnswer> FromTheCheapest(Solver& solver, GraphLimits limits, size_t most) {
  std::vector<GraphAnswer> front;
  while (front.size() < most) {
    std::optional<GraphAnswer> next = solver.Find(Least::kCost, limits);
    if (!next) break;
    limits.deadline = next->time - Millis(1);
    front.push_back(*std::move(next));
  }
  return front;
}

}  // namespace

GraphAnswer AnswerOf(const StepGraph& graph, std::vector<Pick> picks) {
  const GraphShape shape = ShapeOf(graph);
  CHECK(picks.size() == graph.steps.size());
  GraphAnswer answer;
  std::vector<Millis> finish;
  std::vector<bool> was_given(picks.size());
  for (size_t v = 0; v < picks.size(); ++v) {
    const GraphStep& step = graph.steps[v];
    const GraphMode& mode = step.modes[picks[v].mode];
    const bool warm = picks[v].took_over;
    if (warm) {
      const std::optional<size_t> giver = shape.giver[v];
      CHECK(giver && !was_given[*giver] && mode.machine >= 0 &&
            graph.steps[*giver].modes[picks[*giver].mode].machine == mode.machine);
      was_given[*giver] = true;
    }
    Millis at{0};
    for (const size_t u : shape.waits_for[v]) at = std::max(at, finish[u]);
    at += warm ? mode.warm_time : mode.time;
    answer.cost += warm ? mode.warm_cost : mode.cost;
    for (const GraphInput& input : step.inputs) {
      if (input.tolls.empty()) continue;
      const GraphMode& source = graph.steps[input.from].modes[picks[input.from].mode];
      const Toll toll = TollFor(graph, input, source.place, mode);
      at += toll.time;
      answer.cost += toll.cost;
    }
    answer.reserve += mode.reserve;
    answer.time = std::max(answer.time, at);
    finish.push_back(at);
  }
  answer.picks = std::move(picks);
  return answer;
}

std::optional<GraphAnswer> FindBest(const StepGraph& graph, Least least,
                                    const GraphLimits& limits) {
  if (!CanBeSolved(graph)) return std::nullopt;
  return Solver(graph).Find(least, limits);
}

std::vector<GraphAnswer> FindFront(const StepGraph& graph, const GraphLimits& limits, size_t most) {
  if (most == 0 || !CanBeSolved(graph)) return {};
  Solver solver(graph);
  std::vector<GraphAnswer> front = FromTheCheapest(solver, limits, most + 1);
  if (front.size() <= most) return front;
  const std::optional<GraphAnswer> soonest = solver.Find(Least::kTime, limits);
  const Millis span = front.front().time - soonest->time;
  front.resize(1);
  for (size_t i = 1; i < most; ++i) {
    GraphLimits within = limits;
    within.deadline =
        front.front().time - span * static_cast<int64_t>(i) / static_cast<int64_t>(most - 1);
    std::optional<GraphAnswer> next = solver.Find(Least::kCost, within);
    if (next && next->time < front.back().time) front.push_back(*std::move(next));
  }
  return front;
}

}  // namespace curbstop
