// The search itself: labels through the layers, dropped where another label or a bound says so.
#pragma once

#include <optional>
#include <vector>

#include "plan/internal/graph_bounds.h"

namespace curbstop {

struct LabelTask {
  const std::vector<GraphLayer>& layers;
  const std::vector<GraphBound>& bounds;
  SearchLimits limits;
  Least least = Least::kCost;
  bool counts_cost = true;     // false: the total cost is of no interest and has no limit
  bool counts_reserve = true;  // the same of the reserve
  size_t most_labels = 0;      // per boundary
};

struct LabelAnswer {
  std::optional<GraphPath> path;  // the best; empty: none keeps the limits
  bool is_complete = true;        // false: labels were thrown away without a reason
};

LabelAnswer SearchLabels(const LabelTask& task);

}  // namespace curbstop
