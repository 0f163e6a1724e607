// `curbstop-agent follow`: the one long-lived channel between home and a run's folder away.
//
// It reads and appends to files only, so that it may be cut and started again at any time: what
// home has (FollowFrom) says where to go on, and a command has its id. While it lives it holds a
// shared lock, by which the agent knows that somebody is there.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "run/agent/follow_feed.h"
#include "sys/clock.h"
#include "sys/file_store.h"

namespace curbstop {

struct FollowRequest {
  std::filesystem::path folder;
  FollowFrom from;
  int in = 0;
  int out = 1;
  Ticks most_silence{0};  // nothing heard for so long: the link is dead. 0: never
};

// Until `in` ends, `out` breaks, or most_silence is over. It tells
// {"from":"life","uptime_ms":…,"lease_end_s":…} at least each second, and holds at most about 1 MiB
// while nobody reads. Errors: kNotFound (the run's folder), those of FollowFeed and FollowOrders,
// kUnavailable (silence).
Status Follow(const FollowRequest& request, const std::filesystem::path& home, Clock& clock,
              FileStore& files);

// Whether somebody is connected to this run now.
bool SomebodyFollows(const std::filesystem::path& folder);

}  // namespace curbstop
