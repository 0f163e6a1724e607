// MD5, the name that DVC gives to contents; an address, not a guard against an attacker.
//
// DVC 2.x named text files by their content with CR LF turned into LF ("md5-dos2unix"). Data is
// taken in blocks of 2^20 bytes; a block counts as text if its first 512 bytes hold no NUL and at
// most 30 % bytes outside {32..126, LF, CR, TAB, FF, BS}. So the decision falls per block, and a
// CR LF that straddles two blocks stays.
// Source: RFC 1321; dvc-data b9ec41c, hashfile/hash.py and istextfile.py.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace curbstop {

struct Md5 {
  std::array<unsigned char, 16> bytes{};
  auto operator<=>(const Md5&) const = default;
};

std::string HexOf(const Md5& digest);                // 32 lower-case digits
std::optional<Md5> ParseMd5(std::string_view text);  // either case; empty if it is none

enum class HashKind { kMd5, kMd5Dos2Unix };

inline constexpr size_t kHashBlock = size_t{1} << 20;

// One hasher serves many contents, one after the other. Threads: one.
class Md5Hasher {
 public:
  explicit Md5Hasher(HashKind kind = HashKind::kMd5);
  Md5Hasher(const Md5Hasher&) = delete;
  Md5Hasher& operator=(const Md5Hasher&) = delete;
  ~Md5Hasher();

  // For kMd5Dos2Unix each call is one block: kHashBlock bytes, less only at the end.
  void Update(std::string_view block);
  // The digest of what came since the last Finish.
  Md5 Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  HashKind kind_;
};

Md5 Md5Of(std::string_view content, HashKind kind = HashKind::kMd5);

}  // namespace curbstop
