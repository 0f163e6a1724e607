// What a TCP connection has brought so far, read or not; 0: not known. A file of its own, as the
// kernel's header and the C library's do not go together.
#pragma once

#include <cstdint>

namespace curbstop {

uint64_t BytesReceived(int socket);

}  // namespace curbstop
