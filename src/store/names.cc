#include "store/names.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr std::string_view kProtected[] = {".git", ".dvc", ".curbstop"};

bool IsProtected(std::string_view part) {
  return part.size() > 3 && part[0] == '.' &&
         std::find(std::begin(kProtected), std::end(kProtected), Lower(part)) !=
             std::end(kProtected);
}

bool HasProtectedPart(std::string_view path) {
  for (size_t start = 0; start < path.size();) {
    const size_t slash = std::min(path.find('/', start), path.size());
    if (IsProtected(path.substr(start, slash - start))) return true;
    start = slash + 1;
  }
  return false;
}

}  // namespace

Status CheckMemberName(std::string_view path) {
  TRY(CheckInside(path));
  const auto bad = [&](std::string_view why) {
    return InvalidInput(fmt::format("the path `{}` {}", Printable(path), why));
  };
  if (!IsUtf8(path)) return bad("is not UTF-8, which DVC's folder lists cannot hold");
  if (path.find('\\') != path.npos) return bad("holds a backslash, a folder separator on Windows");
  if (HasProtectedPart(path)) return bad("lies in `.git`, `.dvc` or `.curbstop`");
  return {};
}

}  // namespace curbstop
