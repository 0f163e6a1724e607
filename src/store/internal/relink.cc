#include "store/internal/relink.h"

#include <cerrno>
#include <cstdio>
#include <sys/stat.h>

#include "store/internal/layout.h"
#include "store/internal/materialize.h"
#include "store/internal/parallel.h"
#include "store/internal/staging.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

bool IsSuchLink(const fs::path& path, const fs::path& object, LinkKind kind) {
  if ((kind == LinkKind::kSymlink) != fs::is_symlink(fs::symlink_status(path))) return false;
  struct stat info_a{};
  struct stat info_b{};
  return stat(path.c_str(), &info_a) == 0 && stat(object.c_str(), &info_b) == 0 &&
         info_a.st_ino == info_b.st_ino && info_a.st_dev == info_b.st_dev;
}

bool IsUnchanged(const fs::path& path, const FileStamp& stamp) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && IsSame(WithoutChangeTime(StampOf(info)), stamp);
}

}  // namespace

Status Relink(const fs::path& root, const DvcConfig& config,
              const std::vector<ContentFile>& files) {
  if (files.empty()) return {};
  const fs::path objects = ObjectsFolder(config.cache, HashKind::kMd5);
  const FileForm form{.links = config.links, .read_only = true, .executable = false};
  TRY_ASSIGN(const std::unique_ptr<Staging> staging,
             OpenStagingFor(root / files.front().path, root));
  return ForEachParallel(files.size(), 16, [&](size_t i) -> Status {
    const fs::path path = root / files[i].path;
    const fs::path object = objects / ObjectPlace({files[i].md5, false});
    if (files[i].executable() || IsSuchLink(path, object, config.links.front()) ||
        !IsUnchanged(path, files[i].stamp))
      return {};
    const fs::path staged = staging->NextName();
    TRY(Materialize(object, staged, form));
    if (rename(staged.c_str(), path.c_str()) != 0) return FromErrno(errno, Doing("replace", path));
    return {};
  });
}

}  // namespace curbstop
