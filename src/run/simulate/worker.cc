#include "run/simulate/worker.h"

#include <ranges>

namespace curbstop {

const Written* Worker::Newest() const {
  for (const Written& one : std::views::reverse(written)) {
    if (one.complete) return &one;
  }
  return nullptr;
}

}  // namespace curbstop
