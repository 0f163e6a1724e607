// The time by which rentals are measured: an estimate of the provider's clock.
//
// An answer's own Date sets it, and how long the answer may have been on its way; later ones only
// forward. So it is never behind the provider's clock.
// Between answers boot time carries it on, which counts sleep and never jumps. After a reboot only
// the wall clock is left until the next answer; it is believed forward only, so that a clock set
// back cannot hide time that bills. An event that does not tell its boot time moves nothing.
#pragma once

#include "run/supervisor/event.h"
#include "run/supervisor/plants.h"

namespace curbstop {

struct Timeline {
  int64_t now_ms = 0;
  int64_t boot_ms = 0;
  int64_t awake_ms = 0;
  int64_t wall_ms = 0;
  bool trusted = false;  // an answer's Date was heard in this boot
};

// `rebooted`: the event is the first of another boot.
void Advance(Timeline& timeline, const Event& event, bool rebooted, Plants plants);

}  // namespace curbstop
