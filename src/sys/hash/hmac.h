// HMAC-SHA256, raw 32 bytes. Source: RFC 2104, FIPS 198-1, by OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace curbstop {

std::string HmacSha256(std::string_view key, std::string_view bytes);

}  // namespace curbstop
