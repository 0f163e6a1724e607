#include "record/internal/page_token.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/json.h"

namespace curbstop {
namespace {

Error BadToken(const std::string& token) {
  return InvalidInput(
      fmt::format("Invalid page token, could not base64-decode `{}` to an offset", token));
}

}  // namespace

std::string MakePageToken(int64_t offset) {
  return ToBase64(fmt::format("{{\"offset\": {}}}", offset));
}

Result<int64_t> ReadPageToken(const std::string& token) {
  if (token.empty()) return 0;
  const auto decoded = FromBase64(token);
  if (!decoded.ok()) return BadToken(token);
  const auto json = ParseJson(*decoded);
  if (!json.ok()) return BadToken(token);
  const int64_t offset = json->IntOr("offset", -1);
  if (offset < 0) return BadToken(token);
  return offset;
}

}  // namespace curbstop
