#include "store/internal/layout.h"

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {

Result<ObjectId> ParseObjectId(std::string_view text) {
  const bool is_folder = text.ends_with(kDirSuffix);
  const std::string_view hex = is_folder ? text.substr(0, text.size() - kDirSuffix.size()) : text;
  const std::optional<Md5> md5 = ParseMd5(hex);
  if (!md5) {
    return InvalidInput(fmt::format(
        "`{}` is no object id, expected 32 hex digits, for a folder with `.dir`", Printable(text)));
  }
  return ObjectId{*md5, is_folder};
}

std::filesystem::path ObjectsFolder(const std::filesystem::path& cache, HashKind kind) {
  return kind == HashKind::kMd5 ? cache / "files" / "md5" : cache;
}

std::string ObjectPlace(const ObjectId& id) {
  std::string text = id.Text();
  text.insert(2, 1, '/');
  return text;
}

}  // namespace curbstop
