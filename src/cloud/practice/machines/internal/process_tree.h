// A process with all that descend from it, as /proc tells it at this moment.
#pragma once

#include <vector>

namespace curbstop {

// `pid` first; it alone where it is gone.
std::vector<int> ProcessTree(int pid);

}  // namespace curbstop
