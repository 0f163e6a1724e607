// A file descriptor that closes itself, and the few reads and writes that the store needs.
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/result.h"

namespace curbstop {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }

  bool ok() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // An error at closing (a late ENOSPC or EDQUOT) is an error of the write.
  Status Close(const std::filesystem::path& file);

 private:
  int fd_ = -1;
};

// "cannot VERB `PATH`", safe to print.
std::string Doing(std::string_view verb, const std::filesystem::path& path);

// Never follows a link in the last part and never blocks on a pipe.
Result<Fd> OpenToRead(const std::filesystem::path& file);
Result<Fd> OpenFolder(const std::filesystem::path& folder);

Status WriteFully(int fd, std::string_view bytes, const std::filesystem::path& file);

// The rest of the file in blocks of `block_size` bytes, only the last one shorter; an empty file
// gives one empty block. The view is valid during the call.
Status ReadBlocks(int fd, const std::filesystem::path& file, size_t block_size,
                  const std::function<Status(std::string_view)>& take);

}  // namespace curbstop
