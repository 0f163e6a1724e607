#include "run/agent/revival.h"

#include <algorithm>

namespace curbstop {

bool Revival::Look(Ticks now, bool alive) {
  if (!alive) {
    alive_since_ = Ticks(-1);
    if (now < next_start_) return false;
    next_start_ = now + pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
    return true;
  }
  if (alive_since_ < Ticks(0)) alive_since_ = now;
  if (now - alive_since_ < kLongLife) return false;
  pause_ = kFirstPause;
  next_start_ = now;
  return false;
}

}  // namespace curbstop
