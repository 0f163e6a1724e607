#include "store/transfer/internal/plain_md5.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace curbstop {
namespace {

// floor(2^32 * abs(sin(i + 1))).
constexpr uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

uint32_t Word(const unsigned char* bytes) {
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 |
         static_cast<uint32_t>(bytes[2]) << 16 | static_cast<uint32_t>(bytes[3]) << 24;
}

}  // namespace

namespace {

// One of the 64 steps. The four words take turns: instead of moving them on, the next step names
// them anew.
template <size_t kStep>
[[gnu::always_inline]] inline void Step(std::array<uint32_t, 4>& state, const uint32_t* words) {
  constexpr size_t kRound = kStep / 16;
  constexpr size_t kFactor[] = {1, 5, 3, 7};
  constexpr size_t kOffset[] = {0, 1, 5, 0};
  constexpr size_t kWord = (kFactor[kRound] * kStep + kOffset[kRound]) % 16;
  uint32_t& a = state[(64 - kStep) % 4];
  const uint32_t b = state[(65 - kStep) % 4];
  const uint32_t c = state[(66 - kStep) % 4];
  const uint32_t d = state[(67 - kStep) % 4];
  uint32_t mixed = 0;
  if constexpr (kRound == 0) mixed = d ^ (b & (c ^ d));
  if constexpr (kRound == 1) mixed = (d & b) | (~d & c);
  if constexpr (kRound == 2) mixed = b ^ c ^ d;
  if constexpr (kRound == 3) mixed = c ^ (b | ~d);
  a = b + std::rotl(a + mixed + kSines[kStep] + words[kWord], kTurns[kRound][kStep % 4]);
}

template <size_t... kSteps>
[[gnu::always_inline]] inline void AllSteps(std::array<uint32_t, 4>& state, const uint32_t* words,
                                            std::index_sequence<kSteps...>) {
  (Step<kSteps>(state, words), ...);
}

}  // namespace

void PlainMd5::Block(const unsigned char* block) {
  uint32_t words[16];
  for (int i = 0; i < 16; ++i) words[i] = Word(block + 4 * i);
  std::array<uint32_t, 4> state = state_;
  AllSteps(state, words, std::make_index_sequence<64>());
  for (size_t i = 0; i < state.size(); ++i) state_[i] += state[i];
}

void PlainMd5::Update(std::string_view bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  size_t held = length_ % 64;
  length_ += left;
  while (left > 0) {
    if (held == 0 && left >= 64) {
      Block(data);
      data += 64, left -= 64;
      continue;
    }
    const size_t count = std::min(left, 64 - held);
    std::memcpy(rest_.data() + held, data, count);
    data += count, left -= count, held += count;
    if (held == 64) Block(rest_.data()), held = 0;
  }
}

Md5Digest PlainMd5::Finish() {
  const uint64_t bits = length_ * 8;
  const size_t held = length_ % 64;
  std::string tail(held < 56 ? 56 - held : 120 - held, '\0');
  tail[0] = '\x80';
  for (int i = 0; i < 8; ++i) tail += static_cast<char>(bits >> (8 * i));
  Update(tail);
  Md5Digest digest;
  for (size_t i = 0; i < 16; ++i) {
    digest[i] = static_cast<unsigned char>(state_[i / 4] >> (8 * (i % 4)));
  }
  *this = PlainMd5();
  return digest;
}

}  // namespace curbstop
