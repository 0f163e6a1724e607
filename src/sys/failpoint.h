// Places where a test lets the process die, as `kill -9` would. Nothing in release builds.
//
// CURBSTOP_FAILPOINT=name:n:kill ends the process the n-th time it passes FAILPOINT("name").
// CURBSTOP_FAILPOINT_LOG=FILE appends each name passed: a first run lists the points, the
// following runs die at each of them in turn. With a log the n-th passage is counted over all
// processes that write to it, so that whoever comes after the dead one lives.
#pragma once

#ifdef CURBSTOP_FAILPOINTS
#define FAILPOINT(name) ::curbstop::PassFailpoint(name)
#else
#define FAILPOINT(name) static_cast<void>(0)
#endif

namespace curbstop {

void PassFailpoint(const char* name);

}  // namespace curbstop
