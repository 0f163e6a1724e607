#include "sys/file_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sys/clock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

// IsLocked holds a shared lock for a moment, and a child holds a copy between its fork and exec:
// neither may make us give up. False with errno.
bool LockWithPatience(int fd) {
  constexpr int kTries = 10;
  for (int tries = 1; flock(fd, LOCK_EX | LOCK_NB) != 0; ++tries) {
    const int error = errno;
    if (error == EWOULDBLOCK && tries < kTries) RealClock().Wait(std::chrono::milliseconds(1));
    errno = error;
    if (error != EWOULDBLOCK || tries == kTries) return false;
  }
  return true;
}

}  // namespace

Result<std::optional<FileLock>> FileLock::TryTake(const std::filesystem::path& file) {
  TRY(MakeFolders(file.parent_path()));
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return FromErrno(errno, fmt::format("cannot open the lock `{}`", file.string()));
  FileLock lock(fd);
  if (LockWithPatience(fd)) return std::optional(std::move(lock));
  if (errno == EWOULDBLOCK) return std::optional<FileLock>();
  return FromErrno(errno, fmt::format("cannot take the lock `{}`", file.string()));
}

Result<FileLock> FileLock::Take(const std::filesystem::path& file,
                                std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds kPause{5};
  RealClock clock;
  for (std::chrono::milliseconds waited{0};; waited += kPause) {
    TRY_ASSIGN(std::optional<FileLock> lock, TryTake(file));
    if (lock) return *std::move(lock);
    if (waited >= timeout) break;
    clock.Wait(kPause);
  }
  return Unavailable(fmt::format("another process holds the lock `{}`", file.string()));
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

bool IsLocked(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return locked;
}

}  // namespace curbstop
