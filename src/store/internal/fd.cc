#include "store/internal/fd.h"

#include <cerrno>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {

std::string Doing(std::string_view verb, const std::filesystem::path& path) {
  return fmt::format("cannot {} `{}`", verb, Printable(path.string()));
}

Status Fd::Close(const std::filesystem::path& file) {
  if (close(std::exchange(fd_, -1)) == 0) return {};
  return FromErrno(errno, Doing("write", file));
}

Result<Fd> OpenToRead(const std::filesystem::path& file) {
  Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.ok()) return FromErrno(errno, Doing("read", file));
  return fd;
}

Result<Fd> OpenFolder(const std::filesystem::path& folder) {
  Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return FromErrno(errno, Doing("open the folder", folder));
  return fd;
}

Status WriteFully(int fd, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, Doing("write", file));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Status ReadBlocks(int fd, const std::filesystem::path& file, size_t block_size,
                  const std::function<Status(std::string_view)>& take) {
  thread_local std::vector<char> buffer;  // NOLINT(misc-use-internal-linkage): a local has none
  if (buffer.size() < block_size) buffer.resize(block_size);
  for (bool first = true;; first = false) {
    size_t filled = 0;
    while (filled < block_size) {
      const ssize_t count = read(fd, buffer.data() + filled, block_size - filled);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return FromErrno(errno, Doing("read", file));
      if (count == 0) break;
      filled += static_cast<size_t>(count);
    }
    if (filled > 0 || first) TRY(take({buffer.data(), filled}));
    if (filled < block_size) return {};
  }
}

}  // namespace curbstop
