#include "run/supervisor/timeline.h"

#include <algorithm>

namespace curbstop {

void Advance(Timeline& timeline, const Event& event, bool rebooted, Plants plants) {
  const int64_t by_wall = event.at_ms - timeline.wall_ms;
  const int64_t by_boot = event.facts.boot_ms - timeline.boot_ms;
  if (timeline.now_ms == 0) timeline.now_ms = event.at_ms;
  else if (plants.Has(Plant::kWallClockForBootTime)) timeline.now_ms += by_wall;
  else timeline.now_ms += std::max<int64_t>(rebooted ? by_wall : by_boot, 0);
  if (event.facts.date_ms != 0 && !plants.Has(Plant::kWallClockForBootTime)) {
    const bool knows = timeline.trusted && !rebooted;
    timeline.now_ms = knows ? std::max(timeline.now_ms, event.facts.date_ms)
                            : event.facts.date_ms + event.facts.date_age_ms;
  }
  timeline.trusted = (timeline.trusted && !rebooted) || event.facts.date_ms != 0;
  if (event.facts.boot_ms != 0) timeline.boot_ms = event.facts.boot_ms;
  timeline.awake_ms = event.awake_ms;
  timeline.wall_ms = event.at_ms;
}

}  // namespace curbstop
