// `curbstop-agent keep`: holds the step's secrets in memory alone and starts the worker (the Agent)
// again when it dies.
//
// The secrets come by stdin and go to each worker by its stdin; they are in no file, no argument
// and no environment of keeper or worker, and neither leaves a core file. A keeper that dies takes
// them along: the worker sees its lock free, saves, and ends the machine as `at_end` says.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "run/agent/order.h"
#include "sys/clock.h"
#include "sys/process.h"

namespace curbstop {

// Detaches and returns when the worker has begun. `program`: this program's own file.
// Errors: kConflict (the run has a keeper or an agent), kUnavailable (the worker ended at once:
// what it said), those of the files.
Status Keep(const std::filesystem::path& folder, const AgentOrder& order, std::string secrets,
            const std::filesystem::path& program);

bool KeeperLives(const std::filesystem::path& folder);

// No core file, and no look into its memory by other processes of this user.
void HideMemory();

}  // namespace curbstop
