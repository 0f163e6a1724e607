// The runs that hold GPUs of this computer now, and how long they will, by what they usually take.
#pragma once

#include <vector>

#include "base/result.h"
#include "plan/gpu_queue.h"
#include "run/journal.h"
#include "sys/directories.h"

namespace curbstop {

Result<std::vector<GpuHolder>> ReadGpuHolders(Journal& journal, const Directories& directories,
                                              int64_t now_ms);

}  // namespace curbstop
