#include "sys/ssh/ssh_folder.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

// Others could put a socket of theirs there, or talk to ours.
Status CheckPrivate(const fs::path& folder) {
  struct stat info{};
  if (lstat(folder.c_str(), &info) != 0) {
    return FromErrno(errno, fmt::format("cannot look at `{}`", Printable(folder.string())));
  }
  if (S_ISDIR(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 0077) == 0) return {};
  return Denied(fmt::format("`{}` is not a folder of this user's alone (owner {}, mode {:o})",
                            Printable(folder.string()), info.st_uid, info.st_mode & 07777))
      .WithHint("remove it, or set XDG_RUNTIME_DIR to a private folder");
}

}  // namespace

Status CheckControlFolder(const fs::path& folder) {
  if (folder.string().size() > kMostControlFolder) {
    return InvalidInput(fmt::format("`{}` has {} bytes, a connection's socket allows {}",
                                    Printable(folder.string()), folder.string().size(),
                                    kMostControlFolder));
  }
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return FromErrno(errno, fmt::format("cannot make `{}`", Printable(folder.string())));
  }
  return CheckPrivate(folder);
}

Result<fs::path> MakeControlFolder(std::string_view runtime_folder) {
  const fs::path ours = fs::path(runtime_folder) / "curbstop";
  if (!runtime_folder.empty() && runtime_folder.front() == '/' &&
      CheckPrivate(fs::path(runtime_folder)).ok() && CheckControlFolder(ours).ok()) {
    return ours;
  }
  const fs::path shared = fmt::format("/tmp/curbstop-{}", geteuid());
  TRY(CheckControlFolder(shared));
  return shared;
}

}  // namespace curbstop
