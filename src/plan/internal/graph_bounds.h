// What the steps that are left cost at least, under limits on time and reserve.
//
// For weights w = (cost weight a, reserve weight r, flow f of the time multiplier) and a state s at
// boundary b let h(s) be the least of  sum of (a cost + r reserve + f(v) time)  over the steps from
// b on. Whatever completes a label (cost, reserve, finish times F) within deadline D then has
//
//   a total cost + r total reserve >= a cost + r reserve + h(s) + sum of g(u) F(u) - G D
//
// where g(u) is the flow from a finished step u to the steps that are left and G all of the flow
// that leaves them: start(v) >= F(u) along each precedence, and each last finish is at most D.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "plan/internal/graph_layers.h"

namespace curbstop {

inline constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// Inclusive; kNoLimit: none.
struct SearchLimits {
  int64_t cost = kNoLimit;
  int64_t time = kNoLimit;
  int64_t reserve = kNoLimit;
};

// How much of the multiplier passes each precedence: the same order as GraphShape::waits_for.
struct TimeFlow {
  std::vector<std::vector<double>> along;
  std::vector<double> through;  // each step; of a first step what begins there
};

struct GraphBound {
  double cost_weight = 0;
  double reserve_weight = 0;
  std::vector<std::vector<double>> left;       // h, per boundary and state
  std::vector<std::vector<double>> cold_left;  // the same per boundary and group of states
  std::vector<std::vector<double>> slot_flow;  // g, per boundary and slot
  std::vector<double> flow_left;               // G, per boundary
};

struct Weights {
  double cost = 1;
  double reserve = 0;
  double time = 0;  // times `flow`
};

// A way through the layers: one arc per step.
using GraphPath = std::vector<const GraphArc*>;

// `flow` has a total of 1.
GraphBound BoundOf(const std::vector<GraphLayer>& layers, const GraphShape& shape,
                   const TimeFlow& flow, const Weights& weights);
// The path whose weighted sum the bound is at the start.
GraphPath PathOf(const std::vector<GraphLayer>& layers, const TimeFlow& flow,
                 const Weights& weights, const GraphBound& bound);

// Finish time of each step on a path.
std::vector<int64_t> FinishTimes(const GraphShape& shape, const GraphPath& path);

// All of the multiplier along the steps that decide when the whole is done.
TimeFlow CriticalFlow(const GraphShape& shape, const std::vector<int64_t>& finish);
// (1 - share) a + share b.
TimeFlow Mixed(const TimeFlow& a, const TimeFlow& b, double share);

}  // namespace curbstop
