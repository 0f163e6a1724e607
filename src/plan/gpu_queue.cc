#include "plan/gpu_queue.h"

#include <algorithm>

namespace curbstop {

GpuWait WaitForGpus(std::vector<GpuHolder> holders, int64_t gpus_here, int64_t needed) {
  int64_t free = gpus_here;
  for (const GpuHolder& holder : holders) free -= holder.gpus;
  std::stable_sort(holders.begin(), holders.end(), [](const GpuHolder& a, const GpuHolder& b) {
    return a.left.value_or(Millis::max()) < b.left.value_or(Millis::max());
  });
  GpuWait wait{.time = Millis(0), .who = ""};
  for (const GpuHolder& holder : holders) {
    if (free >= needed) break;
    free += holder.gpus;
    wait = {holder.left, holder.who};
  }
  return wait;
}

}  // namespace curbstop
