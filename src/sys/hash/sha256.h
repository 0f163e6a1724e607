// SHA-256 of bytes in memory, as 64 hex digits. Source: FIPS 180-4, by OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace curbstop {

std::string Sha256Hex(std::string_view bytes);

}  // namespace curbstop
