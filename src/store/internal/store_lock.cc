#include "store/internal/store_lock.h"

#include <cerrno>
#include <sys/file.h>

#include "store/internal/hash_index.h"
#include "sys/clock.h"

namespace curbstop {

Result<Fd> LockStore(const std::filesystem::path& root, LockUse use,
                     std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause{10};
  TRY(MakeStateFolder(root / ".curbstop"));
  const std::filesystem::path file = root / ".curbstop" / "store.lock";
  Fd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.ok()) return FromErrno(errno, Doing("lock", file));
  const bool alone = use == LockUse::kAlone;
  RealClock clock;
  for (const Ticks end = clock.Awake() + patience;;) {
    if (flock(fd.get(), (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK) return FromErrno(errno, Doing("lock", file));
    if (alone || clock.Awake() >= end) break;
    clock.Wait(kPause);
  }
  if (alone) {
    return Conflict("data is being added to this store right now")
        .WithHint("try again when that is done");
  }
  return Unavailable("`curbstop data gc` is at work in this store")
      .WithHint("try again when it is done");
}

}  // namespace curbstop
