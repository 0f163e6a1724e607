#include "store/internal/verify.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/internal/hash_tree.h"

namespace curbstop {
namespace {

Error Missing(const std::filesystem::path& object) {
  return NotFound(fmt::format("the object `{}` is not in the store", object.string()))
      .WithHint("copy it from where the data was added, or add the data again");
}

Error Damaged(const std::filesystem::path& object, const Md5& found) {
  return Corrupt(fmt::format("the object `{}` is damaged: its content has md5 {}", object.string(),
                             HexOf(found)))
      .WithHint("remove that file, then add the data again or copy the object from elsewhere");
}

}  // namespace

Status VerifyObjects(const std::filesystem::path& objects, const std::filesystem::path& index,
                     std::vector<ObjectId> ids, HashKind kind) {
  if (ids.empty()) return {};
  std::sort(ids.begin(), ids.end(),
            [](const ObjectId& a, const ObjectId& b) { return ObjectPlace(a) < ObjectPlace(b); });
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<WalkedFile> wanted;
  wanted.reserve(ids.size());
  for (const ObjectId& id : ids) wanted.push_back({ObjectPlace(id), EntryKind::kFile});
  const HashJob job{.root = objects,
                    .index = index,
                    .kind = kind,
                    .scanned = {},
                    .started_ns = KernelFileTimeNs()};
  if (!IsFolder(objects)) return Missing(objects / ObjectPlace(ids.front()));
  TRY_ASSIGN(std::vector<StatedFile> stated, StatFiles(objects, std::move(wanted)));
  for (StatedFile& file : stated) file.stamp = WithoutChangeTime(file.stamp);
  TRY_ASSIGN(const std::vector<ContentFile> found, HashTree(std::move(stated), job));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i >= found.size() || found[i].path != ObjectPlace(ids[i]))
      return Missing(objects / ObjectPlace(ids[i]));
    if (found[i].md5 != ids[i].md5) return Damaged(objects / ObjectPlace(ids[i]), found[i].md5);
  }
  return {};
}

}  // namespace curbstop
