#include "plan/internal/graph_shape.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/check.h"

namespace curbstop {
namespace {

// before[v][u]: u is done before v begins, in every schedule.
std::vector<std::vector<bool>> Ancestors(const std::vector<std::vector<size_t>>& direct) {
  std::vector<std::vector<bool>> before(direct.size(), std::vector<bool>(direct.size()));
  for (size_t v = 0; v < direct.size(); ++v) {
    for (const size_t u : direct[v]) {
      before[v][u] = true;
      for (size_t w = 0; w < u; ++w) before[v][w] = before[v][w] || before[u][w];
    }
  }
  return before;
}

std::vector<std::vector<size_t>> DirectlyBefore(const StepGraph& graph) {
  std::vector<std::vector<size_t>> direct(graph.steps.size());
  for (size_t v = 0; v < graph.steps.size(); ++v) {
    for (const GraphInput& input : graph.steps[v].inputs) {
      CHECK(input.from < v);
      direct[v].push_back(input.from);
    }
    if (graph.one_at_a_time && v > 0) direct[v].push_back(v - 1);
    std::sort(direct[v].begin(), direct[v].end());
    direct[v].erase(std::unique(direct[v].begin(), direct[v].end()), direct[v].end());
  }
  return direct;
}

// What can be lost or won beside a mode's own figures.
struct Gap {
  int64_t cost = 0;
  int64_t time = 0;
};

constexpr int64_t kNever = std::numeric_limits<int64_t>::max() / 1024;

Gap Worse(Gap a, Gap b) { return {std::max(a.cost, b.cost), std::max(a.time, b.time)}; }

// Which modes of one step beat each other.
class StepModes {
 public:
  StepModes(const StepGraph& graph, const GraphShape& shape, size_t step, bool by_reserve)
      : graph_(graph), step_(graph.steps[step]), by_reserve_(by_reserve) {
    if (shape.giver[step]) {
      for (const GraphMode& mode : graph.steps[*shape.giver[step]].modes) given_[mode.machine] = {};
    }
    for (size_t v = step + 1; v < graph.steps.size(); ++v) {
      if (shape.giver[v] == step) NoteTaker(graph.steps[v]);
      for (const GraphInput& input : graph.steps[v].inputs) {
        if (input.from == step && !input.tolls.empty())
          NoteSent(input, graph.steps[v], graph.one_at_a_time || shape.giver[v] == step);
      }
    }
  }

  std::vector<size_t> Useful() const {
    std::vector<size_t> order(step_.modes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const GraphMode& x = step_.modes[a];
      const GraphMode& y = step_.modes[b];
      return std::tie(x.cost, x.time, x.reserve, a) < std::tie(y.cost, y.time, y.reserve, b);
    });
    std::vector<size_t> kept;
    for (const size_t i : order) {
      const bool beaten = std::any_of(kept.begin(), kept.end(), [&](size_t other) {
        return Beats(step_.modes[other], step_.modes[i]);
      });
      if (!beaten) kept.push_back(i);
    }
    std::sort(kept.begin(), kept.end());
    return kept;
  }

 private:
  void NoteTaker(const GraphStep& taker) {
    for (const GraphMode& mode : taker.modes) {
      if (mode.machine < 0) continue;
      const Gap saved{mode.cost.value() - mode.warm_cost.value(),
                      (mode.time - mode.warm_time).count()};
      Gap& most = taken_[mode.machine];
      most = Worse(most, saved);
    }
  }

  // sent_[a x places + b]: how much worse at most it is for a taker that the data lies at a, not b.
  // `shifts`: being done sooner here makes good for a longer way of the data; a taker that waits
  // for something else too does not begin sooner by it.
  void NoteSent(const GraphInput& input, const GraphStep& taker, bool shifts) {
    MicroUsd rate;
    for (const GraphMode& mode : taker.modes) rate = std::max(rate, mode.per_hour);
    const size_t places = graph_.places;
    sent_.resize(places * places);
    for (size_t a = 0; a < places; ++a) {
      for (size_t b = 0; b < places; ++b) {
        Gap worst;
        for (size_t to = 0; to < places; ++to) {
          const Toll& one = input.tolls[a * places + to];
          const Toll& other = input.tolls[b * places + to];
          const Millis longer = std::max(one.time - other.time, Millis(0));
          // Rounded up apart from each other, the two products may be one further apart.
          const int64_t billed = CostOf(rate, longer).value() + (longer.count() > 0 ? 1 : 0);
          const int64_t late = shifts || longer.count() == 0 ? longer.count() : kNever;
          worst = Worse(worst, {one.cost.value() - other.cost.value() + billed, late});
        }
        Gap& sum = sent_[a * places + b];
        if (a != b) sum = {sum.cost + worst.cost, sum.time + worst.time};
      }
    }
  }

  Gap Received(const GraphMode& better, const GraphMode& mode) const {
    Gap sum;
    if (better.place == mode.place && better.per_hour <= mode.per_hour) return sum;
    for (const GraphInput& input : step_.inputs) {
      if (input.tolls.empty()) continue;
      Gap worst;
      for (uint32_t from = 0; from < graph_.places; ++from) {
        const Toll one = TollFor(graph_, input, from, better);
        const Toll other = TollFor(graph_, input, from, mode);
        worst =
            Worse(worst, {one.cost.value() - other.cost.value(), (one.time - other.time).count()});
      }
      sum = {sum.cost + worst.cost, sum.time + worst.time};
    }
    return sum;
  }

  bool Beats(const GraphMode& better, const GraphMode& mode) const {
    int64_t cost = mode.cost.value() - better.cost.value();
    int64_t time = (mode.time - better.time).count();
    if (cost < 0 || time < 0 || (by_reserve_ && better.reserve > mode.reserve)) return false;
    const bool same_machine = mode.machine >= 0 && mode.machine == better.machine;
    if (mode.machine >= 0 && given_.contains(mode.machine)) {
      // Warm against warm on the same machine; else what replaces it has one of its own.
      cost = std::min(cost,
                      (mode.warm_cost - (same_machine ? better.warm_cost : better.cost)).value());
      time = std::min(time,
                      (mode.warm_time - (same_machine ? better.warm_time : better.time)).count());
    }
    if (!same_machine) {
      const auto taken = taken_.find(mode.machine);
      if (mode.machine >= 0 && taken != taken_.end()) {
        cost -= taken->second.cost;
        time -= taken->second.time;
      }
    }
    if (cost < 0 || time < 0) return false;
    const Gap in = Received(better, mode);
    const Gap out = sent_.empty() ? Gap() : sent_[better.place * graph_.places + mode.place];
    return in.cost + out.cost <= cost && in.time + out.time <= time;
  }

  const StepGraph& graph_;
  const GraphStep& step_;
  bool by_reserve_;
  std::unordered_map<int32_t, Gap> given_;  // machines that it may be handed
  std::unordered_map<int32_t, Gap>
      taken_;  // machines that a later step may take, and what it saves
  std::vector<Gap> sent_;
};

}  // namespace

GraphShape ShapeOf(const StepGraph& graph) {
  const std::vector<std::vector<size_t>> direct = DirectlyBefore(graph);
  const std::vector<std::vector<bool>> before = Ancestors(direct);
  GraphShape shape;
  shape.waits_for.resize(direct.size());
  shape.is_last.assign(direct.size(), true);
  shape.giver.resize(direct.size());
  for (size_t v = 0; v < direct.size(); ++v) {
    for (const size_t u : direct[v]) {
      shape.is_last[u] = false;
      const bool is_hidden = std::any_of(direct[v].begin(), direct[v].end(),
                                         [&](size_t other) { return before[other][u]; });
      if (!is_hidden) shape.waits_for[v].push_back(u);
    }
    if (shape.waits_for[v].size() == 1) shape.giver[v] = shape.waits_for[v][0];
  }
  return shape;
}

Toll TollFor(const StepGraph& graph, const GraphInput& input, uint32_t place,
             const GraphMode& mode) {
  const Toll& toll = input.tolls[size_t{place} * graph.places + mode.place];
  return {toll.cost + CostOf(mode.per_hour, toll.time), toll.time};
}

std::vector<std::vector<size_t>> UsefulModes(const StepGraph& graph, const GraphShape& shape,
                                             bool by_reserve) {
  std::vector<std::vector<size_t>> useful;
  for (size_t step = 0; step < graph.steps.size(); ++step)
    useful.push_back(StepModes(graph, shape, step, by_reserve).Useful());
  return useful;
}

}  // namespace curbstop
