#include "run/agent/time_limit.h"

#include <algorithm>

namespace curbstop {

using std::chrono::milliseconds;

void NoteStart(Json& started, Ticks boot_now, const std::string& boot_id) {
  started.Set("boot_ms", int64_t{std::chrono::duration_cast<milliseconds>(boot_now).count()});
  started.Set("boot_id", boot_id);
}

Ticks FirstStart(const std::vector<SpoolLine>& lines, const std::string& boot_id, Ticks boot_now) {
  Ticks first = boot_now;
  for (const SpoolLine& line : lines) {
    if (line.body.StringOr("kind", "") != "started") continue;
    if (line.body.StringOr("boot_id", "") != boot_id) continue;
    const int64_t boot_ms = line.body.IntOr("boot_ms", -1);
    if (boot_ms >= 0) first = std::min<Ticks>(first, milliseconds(boot_ms));
  }
  return first;
}

}  // namespace curbstop
