// A broken promise of our own code ends the process, in every build.
//
// What the outside world can cause is a Result (base/result.h), never a CHECK.
#pragma once

#define CHECK(condition) \
  ((condition) ? void(0) : ::curbstop::CheckFailed(#condition, __FILE__, __LINE__))

namespace curbstop {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace curbstop
