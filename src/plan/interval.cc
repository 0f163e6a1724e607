#include "plan/interval.h"

#include <algorithm>
#include <cmath>

namespace curbstop {

Millis CheckpointInterval(Millis write, std::optional<Millis> mtbf) {
  if (!mtbf) return kLongestInterval;
  const double best =
      write < *mtbf / 2
          ? std::sqrt(2.0 * static_cast<double>(write.count()) * static_cast<double>(mtbf->count()))
          : static_cast<double>(mtbf->count());
  return std::clamp(Millis(static_cast<int64_t>(best)), kShortestInterval, kLongestInterval);
}

Millis IntervalToBring(Millis interval, Millis bring) {
  return std::max(interval, bring + bring / 8 + std::chrono::seconds(5));
}

Millis LostWorkBound(const SafeWork& work) { return work.interval + work.write + work.bring; }

}  // namespace curbstop
