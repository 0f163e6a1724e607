// The same work for many items on as many threads as the computer has cores, eight at most.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace curbstop {

// Calls `work(i)` once for each i below `count`, in runs of `grain` neighbours; after an error no
// further run starts. The error of the lowest item that failed. `work` must stand being called
// from several threads.
Status ForEachParallel(size_t count, size_t grain, const std::function<Status(size_t)>& work);

}  // namespace curbstop
