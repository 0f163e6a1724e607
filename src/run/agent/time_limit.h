// How long a step has been under way, over all agents of its run: what `deadline` and `--lease`
// bound, and what `needs: time` is compared with.
//
// Boot time, so that the computer's sleep counts, as it would on a rented machine. It begins with
// the first agent's `started`: an agent that was lost and started again gives the step no new time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "run/agent/spool.h"
#include "sys/clock.h"

namespace curbstop {

// {boot_ms, boot_id}, for the agent's `started` line.
void NoteStart(Json& started, Ticks boot_now, const std::string& boot_id);

// The first start on record in this boot, never later than `boot_now`. After a reboot no attempt is
// started again, so that other boots need not be counted.
Ticks FirstStart(const std::vector<SpoolLine>& lines, const std::string& boot_id, Ticks boot_now);

}  // namespace curbstop
