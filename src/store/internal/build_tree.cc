#include "store/internal/build_tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/internal/parallel.h"
#include "sys/files.h"

namespace curbstop {

namespace fs = std::filesystem;

Result<std::vector<DirMember>> ReadFolderList(const fs::path& objects, const ObjectId& id,
                                              HashKind kind) {
  constexpr int64_t kMostBytes = int64_t{4} << 30;
  const fs::path file = objects / ObjectPlace(id);
  Result<std::string> bytes = ReadFile(file, kMostBytes);
  if (!bytes.ok() && bytes.error().kind() == ErrorKind::kNotFound) {
    return NotFound(fmt::format("the object `{}` is not in the store", file.string()))
        .WithHint("copy it from where the data was added, or add the data again");
  }
  if (!bytes.ok()) return std::move(bytes).error();
  if (const Md5 found = Md5Of(*bytes, kind); found != id.md5) {
    return Corrupt(fmt::format("the object `{}` is damaged: its content has md5 {}", file.string(),
                               HexOf(found)))
        .WithHint("remove that file, then add the data again or copy the object from elsewhere");
  }
  Result<std::vector<DirMember>> members = ReadDirObject(*bytes);
  if (members.ok()) return members;
  return std::move(members).error().While(
      fmt::format("cannot read the object `{}`", file.string()));
}

Status BuildTree(const std::vector<DirMember>& members, const fs::path& target,
                 const BuildJob& job) {
  TRY(MakeFolders(target));
  std::string last;
  for (const DirMember& member : members) {
    const size_t slash = member.path.rfind('/');
    if (slash == member.path.npos || member.path.compare(0, slash, last) == 0) continue;
    last = member.path.substr(0, slash);
    TRY(MakeFolders(target / last));
  }
  return ForEachParallel(members.size(), 16, [&](size_t i) -> Status {
    FileForm form = job.form;
    form.executable =
        std::binary_search(job.executable.begin(), job.executable.end(), members[i].path);
    return Materialize(job.objects / ObjectPlace({members[i].md5, false}), target / members[i].path,
                       form);
  });
}

}  // namespace curbstop
