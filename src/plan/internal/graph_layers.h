// A step graph in layers: what the steps so far leave behind for the later ones, and nothing else.
//
// Boundary b lies before step b. A state at it says, for each step before b that a later one still
// asks about, where its data lies and whether its machine can still be taken over. Arcs lead from
// boundary b to b + 1: one per mode of step b, cold or warm. Cold arcs do not depend on whose
// machine could have been taken over, so states that differ in that alone share them: they lead
// from a group of states, warm ones from a state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "plan/graph_search.h"
#include "plan/internal/graph_shape.h"

namespace curbstop {

struct GraphArc {
  uint32_t to = 0;  // state at the next boundary
  uint32_t mode = 0;
  bool took_over = false;
  int64_t cost = 0;
  int64_t time = 0;
  int64_t reserve = 0;
};

// How finish times pass from one boundary to the next. `start_from` and `kept` name slots at the
// boundary before; the slots at the one after are `kept`, then the new finish if it is waited for,
// then the latest finish of the steps that nobody waits for, if there is one.
struct GraphClock {
  std::vector<size_t> start_from;
  std::vector<size_t> kept;
  bool adds_finish = false;
  std::optional<size_t> done_before;  // slot of the latest finish at the boundary before
  bool adds_done = false;             // the new finish is one that nobody waits for
  size_t slots = 0;                   // at the boundary after
};

struct GraphLayer {
  std::vector<uint32_t> group_of;  // per state
  std::vector<uint32_t>
      first_arc;  // per state its warm arcs, then per group its cold ones; the end
  std::vector<GraphArc> arcs;
  GraphClock clock;
  std::vector<size_t> owners;  // of the slots before it: a step; the number of steps: "done"

  size_t states() const { return group_of.size(); }
  size_t groups() const { return first_arc.size() - 1 - states(); }
  std::span<const GraphArc> Warm(size_t state) const { return ArcsOf(state); }
  std::span<const GraphArc> Cold(size_t group) const { return ArcsOf(states() + group); }

 private:
  std::span<const GraphArc> ArcsOf(size_t node) const {
    return std::span(arcs).subspan(first_arc[node], first_arc[node + 1] - first_arc[node]);
  }
};

// One layer per step; after the last there is one state. Empty: more than `most_arcs`.
std::optional<std::vector<GraphLayer>> LayersOf(const StepGraph& graph, const GraphShape& shape,
                                                const std::vector<std::vector<size_t>>& modes,
                                                size_t most_arcs);

}  // namespace curbstop
