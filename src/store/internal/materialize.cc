#include "store/internal/materialize.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal/fd.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

enum class Outcome { kDone, kNotHere };  // kNotHere: this file system cannot, try the next kind

mode_t ModeOf(const FileForm& form) {
  if (form.read_only) return form.executable ? 0555 : 0444;
  return form.executable ? 0777 : 0666;  // less the umask
}

Result<Fd> Create(const fs::path& target, const FileForm& form) {
  Fd fd(open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, ModeOf(form)));
  if (!fd.ok()) return FromErrno(errno, Doing("write", target));
  return fd;
}

Status CopyContent(int from, int to, const fs::path& target) {
  constexpr size_t kStep = size_t{1} << 30;
  for (;;) {
    const ssize_t count = copy_file_range(from, nullptr, to, nullptr, kStep, 0);
    if (count == 0) return {};
    if (count > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) {
      return FromErrno(errno, Doing("write", target));
    }
    return ReadBlocks(from, target, size_t{1} << 20,
                      [&](std::string_view block) { return WriteFully(to, block, target); });
  }
}

Result<Outcome> Clone(const fs::path& object, const fs::path& target, const FileForm& form) {
  TRY_ASSIGN(const Fd from, OpenToRead(object));
  TRY_ASSIGN(const Fd to, Create(target, form));
  if (ioctl(to.get(), FICLONE, from.get()) == 0) return Outcome::kDone;
  const int error = errno;
  unlink(target.c_str());
  if (error == ENOSPC || error == EDQUOT) return FromErrno(error, Doing("write", target));
  return Outcome::kNotHere;
}

Result<Outcome> Copy(const fs::path& object, const fs::path& target, const FileForm& form) {
  TRY_ASSIGN(const Fd from, OpenToRead(object));
  TRY_ASSIGN(Fd to, Create(target, form));
  Status copied = CopyContent(from.get(), to.get(), target);
  if (copied.ok()) copied = to.Close(target);
  if (copied.ok()) return Outcome::kDone;
  unlink(target.c_str());
  return std::move(copied).error();
}

Result<Outcome> Link(const fs::path& object, const fs::path& target, LinkKind kind,
                     const FileForm& form) {
  if (form.executable) return Outcome::kNotHere;
  const int made = kind == LinkKind::kHardlink ? link(object.c_str(), target.c_str())
                                               : symlink(object.c_str(), target.c_str());
  if (made == 0) return Outcome::kDone;
  if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP)
    return Outcome::kNotHere;
  return FromErrno(errno, Doing("write", target));
}

Result<Outcome> Try(LinkKind kind, const fs::path& object, const fs::path& target,
                    const FileForm& form) {
  switch (kind) {
    case LinkKind::kReflink: return Clone(object, target, form);
    case LinkKind::kCopy: return Copy(object, target, form);
    case LinkKind::kHardlink:
    case LinkKind::kSymlink: break;
  }
  return Link(object, target, kind, form);
}

}  // namespace

Status Materialize(const fs::path& object, const fs::path& target, const FileForm& form) {
  for (const LinkKind kind : form.links) {
    TRY_ASSIGN(const Outcome outcome, Try(kind, object, target, form));
    if (outcome == Outcome::kDone) return {};
  }
  TRY(Copy(object, target, form));
  return {};
}

}  // namespace curbstop
