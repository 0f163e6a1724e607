#include "run/port_wait.h"

namespace curbstop {

PortWait::Next PortWait::Look(Ticks now) const {
  if (!taken_since_) return Next::kOwnPort;
  if (now < next_try_) return Next::kNothingYet;
  return now - *taken_since_ < kPatience ? Next::kOwnPort : Next::kAnyPort;
}

void PortWait::Taken(Ticks now) {
  if (!taken_since_) taken_since_ = now;
  next_try_ = now + kPause;
}

}  // namespace curbstop
