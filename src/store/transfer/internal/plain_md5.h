// MD5 without a library, for the agent, which links none. Source: RFC 1321.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace curbstop {

using Md5Digest = std::array<unsigned char, 16>;

class PlainMd5 {
 public:
  void Update(std::string_view bytes);
  Md5Digest Finish();  // then it is a new one

 private:
  void Block(const unsigned char* block);
  std::array<uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<unsigned char, 64> rest_{};
  uint64_t length_ = 0;
};

}  // namespace curbstop
