#include "store/internal/store_lock.h"

#include <cerrno>
#include <sys/file.h>

#include "store/internal/hash_index.h"

namespace curbstop {

Result<Fd> LockStore(const std::filesystem::path& root, LockUse use) {
  TRY(MakeStateFolder(root / ".curbstop"));
  const std::filesystem::path file = root / ".curbstop" / "store.lock";
  Fd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.ok()) return FromErrno(errno, Doing("lock", file));
  if (flock(fd.get(), (use == LockUse::kAlone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return fd;
  if (use == LockUse::kAlone) {
    return Conflict("data is being added to this store right now")
        .WithHint("try again when that is done");
  }
  return Conflict("`curbstop data gc` is at work in this store")
      .WithHint("try again when it is done");
}

}  // namespace curbstop
