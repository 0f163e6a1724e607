// Names for runs that were started without one.
#pragma once

#include <cstdint>
#include <string>

namespace curbstop {

// `adjective-noun-123`, chosen by `seed`.
std::string RunNameFrom(uint64_t seed);

}  // namespace curbstop
