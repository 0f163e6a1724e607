// An exclusive lock on a file, held until the object or the process is gone (flock).
//
// The lock is not inherited by children. The file stays; only its lock means something.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/result.h"

namespace curbstop {

class FileLock {
 public:
  // Empty if another process holds it. Folders on the way are made.
  // Errors: kDenied, kExhausted, kUnavailable.
  static Result<std::optional<FileLock>> TryTake(const std::filesystem::path& file);

  // Waits while another process holds it, at most `timeout`.
  // Errors: those of TryTake, kUnavailable at the timeout.
  static Result<FileLock> Take(const std::filesystem::path& file,
                               std::chrono::milliseconds timeout);

  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// Whether some process holds it now; false if the file does not exist.
bool IsLocked(const std::filesystem::path& file);

}  // namespace curbstop
