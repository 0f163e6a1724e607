// Whether a step may have a folder of the project as its checkpoint folder: what lies there when a
// run starts afresh is moved away, so it must not be the user's own work.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "sys/process.h"

namespace curbstop {

// How many entries a run that starts afresh would move out of `root / dir`; 0 where it is missing.
// Errors: kInvalidInput if it is there and no folder, or if git tracks a file in it.
Result<int64_t> CheckFreshCheckpointFolder(const std::filesystem::path& root,
                                           const std::filesystem::path& dir,
                                           ProcessRunner& processes);

}  // namespace curbstop
