// What of a step graph does not depend on the modes that are chosen, and which modes can matter.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "plan/graph_search.h"

namespace curbstop {

struct GraphShape {
  // Whose finish a step's start depends on: those that come before it, less those that come before
  // another of them.
  std::vector<std::vector<size_t>> waits_for;
  std::vector<bool> is_last;                 // nobody waits for it
  std::vector<std::optional<size_t>> giver;  // whose machine it could take over
};

GraphShape ShapeOf(const StepGraph& graph);

// The toll that a mode of step `to` pays for data that lies at `place`.
Toll TollFor(const StepGraph& graph, const GraphInput& input, uint32_t place,
             const GraphMode& mode);

// Per step the modes that no other beats whatever the other steps do, in ascending order.
// `by_reserve`: a smaller reserve counts as better too.
std::vector<std::vector<size_t>> UsefulModes(const StepGraph& graph, const GraphShape& shape,
                                             bool by_reserve);

}  // namespace curbstop
