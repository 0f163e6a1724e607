#include "run/agent/progress.h"

#include <algorithm>

namespace curbstop {

void Progress::Look(Ticks now, bool sign_of_life) {
  silence_ += std::clamp(now - last_look_, Ticks(0), kMostPerLook);
  last_look_ = now;
  if (!sign_of_life) return;
  longest_ = std::max(longest_, silence_);
  silence_ = Ticks(0);
}

Ticks Progress::Limit() const { return std::max(floor_, 3 * longest_); }

}  // namespace curbstop
