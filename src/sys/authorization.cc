#include "sys/authorization.h"

#include "base/base64.h"
#include "base/text.h"

namespace curbstop {
namespace {

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ other));
  }
  return difference == 0;
}

std::string ShownToken(const std::string& authorization) {
  const size_t space = authorization.find(' ');
  if (space == authorization.npos) return "";
  const std::string scheme = Lower(std::string_view(authorization).substr(0, space));
  const std::string rest(Trim(std::string_view(authorization).substr(space)));
  if (scheme == "bearer") return rest;
  if (scheme != "basic") return "";
  const auto pair = FromBase64(rest);
  if (!pair.ok() || pair->find(':') == pair->npos) return "";
  return pair->substr(pair->find(':') + 1);
}

}  // namespace

bool MayUse(const Secret& token, const std::string& authorization) {
  return EqualInConstantTime(ShownToken(authorization), token.Reveal()) && !token.empty();
}

}  // namespace curbstop
