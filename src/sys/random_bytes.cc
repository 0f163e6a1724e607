#include "sys/random_bytes.h"

#include <array>
#include <cerrno>
#include <sys/random.h>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {

void RealRandom::Fill(std::span<unsigned char> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = getrandom(bytes.data(), bytes.size(), 0);
    CHECK(count > 0 || errno == EINTR);
    if (count > 0) bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

std::string NewRunId(Random& random) {
  std::array<unsigned char, 8> bytes{};
  random.Fill(bytes);
  return RunIdFrom(bytes);
}

std::string NewToken(Random& random) {
  std::array<unsigned char, 16> bytes{};
  random.Fill(bytes);
  return Hex(bytes);
}

}  // namespace curbstop
