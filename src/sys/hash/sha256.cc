#include "sys/hash/sha256.h"

#include <array>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return Hex(digest);
}

}  // namespace curbstop
