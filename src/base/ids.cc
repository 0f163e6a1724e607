#include "base/ids.h"

#include <algorithm>

#include "base/check.h"

namespace curbstop {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

std::string RunIdFrom(std::span<const unsigned char> random) {
  CHECK(random.size() >= 7);
  uint64_t bits = 0;
  for (size_t i = 0; i < 7; ++i) bits = bits << 8 | random[i];
  std::string id;
  for (size_t i = 0; i < kRunIdLength; ++i) id += kAlphabet[bits >> (5 * i) & 31];
  return id;
}

bool IsRunId(std::string_view text) {
  return text.size() == kRunIdLength && std::all_of(text.begin(), text.end(), [](char c) {
           return kAlphabet.find(c) != kAlphabet.npos;
         });
}

}  // namespace curbstop
