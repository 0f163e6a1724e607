#include "plan/internal/graph_bounds.h"

#include <algorithm>

namespace curbstop {
namespace {

double Weighted(const GraphArc& arc, const Weights& weights, double flow) {
  return weights.cost * static_cast<double>(arc.cost) +
         weights.reserve * static_cast<double>(arc.reserve) +
         weights.time * flow * static_cast<double>(arc.time);
}

// Flow from each finished step to those from `boundary` on, in the order of the boundary's slots.
std::vector<double> SlotFlow(const GraphLayer& layer, size_t boundary, const GraphShape& shape,
                             const TimeFlow& flow, double weight) {
  std::vector<double> sums;
  for (const size_t owner : layer.owners) {
    double sum = 0;
    for (size_t v = boundary; v < shape.waits_for.size(); ++v) {
      for (size_t i = 0; i < shape.waits_for[v].size(); ++i) {
        if (shape.waits_for[v][i] == owner) sum += flow.along[v][i];
      }
    }
    sums.push_back(weight * sum);
  }
  return sums;
}

}  // namespace

GraphBound BoundOf(const std::vector<GraphLayer>& layers, const GraphShape& shape,
                   const TimeFlow& flow, const Weights& weights) {
  const size_t steps = layers.size();
  GraphBound bound{.cost_weight = weights.cost, .reserve_weight = weights.reserve};
  bound.left.resize(steps + 1);
  bound.cold_left.resize(steps);
  bound.left[steps] = {0};
  bound.flow_left.resize(steps + 1);
  bound.slot_flow.resize(steps);
  for (size_t v = steps; v-- > 0;) {
    const GraphLayer& layer = layers[v];
    const auto least = [&](std::span<const GraphArc> arcs) {
      double sum = std::numeric_limits<double>::infinity();
      for (const GraphArc& arc : arcs)
        sum = std::min(sum, Weighted(arc, weights, flow.through[v]) + bound.left[v + 1][arc.to]);
      return sum;
    };
    for (size_t group = 0; group < layer.groups(); ++group)
      bound.cold_left[v].push_back(least(layer.Cold(group)));
    for (size_t state = 0; state < layer.states(); ++state)
      bound.left[v].push_back(
          std::min(least(layer.Warm(state)), bound.cold_left[v][layer.group_of[state]]));
    bound.flow_left[v] =
        bound.flow_left[v + 1] + (shape.is_last[v] ? weights.time * flow.through[v] : 0);
    bound.slot_flow[v] = SlotFlow(layer, v, shape, flow, weights.time);
  }
  return bound;
}

GraphPath PathOf(const std::vector<GraphLayer>& layers, const TimeFlow& flow,
                 const Weights& weights, const GraphBound& bound) {
  GraphPath path;
  uint32_t state = 0;
  for (size_t v = 0; v < layers.size(); ++v) {
    const GraphLayer& layer = layers[v];
    const GraphArc* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (const auto arcs : {layer.Warm(state), layer.Cold(layer.group_of[state])}) {
      for (const GraphArc& arc : arcs) {
        const double sum = Weighted(arc, weights, flow.through[v]) + bound.left[v + 1][arc.to];
        if (best != nullptr && sum >= least) continue;
        least = sum;
        best = &arc;
      }
    }
    path.push_back(best);
    state = best->to;
  }
  return path;
}

std::vector<int64_t> FinishTimes(const GraphShape& shape, const GraphPath& path) {
  std::vector<int64_t> finish;
  for (size_t v = 0; v < path.size(); ++v) {
    int64_t start = 0;
    for (const size_t u : shape.waits_for[v]) start = std::max(start, finish[u]);
    finish.push_back(start + path[v]->time);
  }
  return finish;
}

TimeFlow CriticalFlow(const GraphShape& shape, const std::vector<int64_t>& finish) {
  TimeFlow flow;
  for (const std::vector<size_t>& waits : shape.waits_for)
    flow.along.emplace_back(waits.size(), 0.0);
  flow.through.assign(finish.size(), 0.0);
  size_t v = finish.size() - 1;  // nobody waits for the last one; of equal ones it has to be such
  for (size_t u = 0; u < finish.size(); ++u)
    if (shape.is_last[u] && finish[u] > finish[v]) v = u;
  flow.through[v] = 1;
  while (!shape.waits_for[v].empty()) {
    const std::vector<size_t>& waits = shape.waits_for[v];
    const auto last = std::max_element(waits.begin(), waits.end(),
                                       [&](size_t a, size_t b) { return finish[a] < finish[b]; });
    flow.along[v][static_cast<size_t>(last - waits.begin())] = 1;
    v = *last;
    flow.through[v] = 1;
  }
  return flow;
}

TimeFlow Mixed(const TimeFlow& a, const TimeFlow& b, double share) {
  TimeFlow mixed = a;
  for (size_t v = 0; v < a.through.size(); ++v) {
    mixed.through[v] += share * (b.through[v] - a.through[v]);
    for (size_t i = 0; i < a.along[v].size(); ++i)
      mixed.along[v][i] += share * (b.along[v][i] - a.along[v][i]);
  }
  return mixed;
}

}  // namespace curbstop
