#include "sys/file_store.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/failpoint.h"
#include "sys/random_bytes.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

std::string Doing(std::string_view what, const fs::path& path) {
  return fmt::format("cannot {} `{}`", what, Printable(path.string()));
}

Status WriteAll(int fd, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, Doing("write", file));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  if (fdatasync(fd) != 0) return FromErrno(errno, Doing("write", file));
  return {};
}

// Closes the descriptor; an error at closing (a late ENOSPC or EDQUOT) is an error of the write.
Status WriteAndClose(int fd, std::string_view bytes, const fs::path& file) {
  Status written = WriteAll(fd, bytes, file);
  if (close(fd) != 0 && written.ok()) return FromErrno(errno, Doing("write", file));
  return written;
}

// A name that no other process or container makes, short enough beside any legal name.
fs::path TemporaryBeside(const fs::path& file) {
  std::array<unsigned char, 8> random{};
  RealRandom().Fill(random);
  constexpr size_t kMostName = 100;
  return file.parent_path() /
         fmt::format(".{}.{}.tmp", file.filename().string().substr(0, kMostName), Hex(random));
}

}  // namespace

Status SyncFolder(const fs::path& folder) {
  const int fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FromErrno(errno, Doing("open the folder", folder));
  const int synced = fsync(fd);
  const int error = errno;
  close(fd);
  if (synced != 0 && error != EINVAL) return FromErrno(error, Doing("sync the folder", folder));
  return {};
}

Status RealFileStore::Write(const fs::path& file, std::string_view bytes, mode_t mode) {
  const fs::path temporary = TemporaryBeside(file);
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return FromErrno(errno, Doing("write", file));
  Status written = WriteAndClose(fd, bytes, file);
  FAILPOINT("file.before_rename");
  if (written.ok()) written = Move(temporary, file);
  if (!written.ok()) unlink(temporary.c_str());
  return written;
}

Status RealFileStore::Append(const fs::path& file, std::string_view bytes, mode_t mode) {
  const bool is_new = access(file.c_str(), F_OK) != 0;
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0) return FromErrno(errno, Doing("write", file));
  const off_t old_size = lseek(fd, 0, SEEK_END);
  Status written = WriteAll(fd, bytes, file);
  // A record cut short by a full disk would be glued to the next one.
  if (!written.ok() && ftruncate(fd, old_size) != 0) {
    written = std::move(written).error().WithHint("the last record in the file may be torn");
  }
  close(fd);
  if (written.ok() && is_new) return SyncFolder(file.parent_path());
  return written;
}

Status RealFileStore::Move(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) {
    const int number = errno;
    std::string what =
        fmt::format("cannot move `{}` to `{}`", Printable(from.string()), Printable(to.string()));
    if (number != EXDEV) return FromErrno(number, std::move(what));
    return No("they lie on different file systems").While(std::move(what));
  }
  FAILPOINT("file.after_rename");
  return SyncFolder(to.parent_path());
}

Status RealFileStore::Remove(const fs::path& file) {
  if (unlink(file.c_str()) == 0) return SyncFolder(file.parent_path());
  if (errno == ENOENT) return {};
  return FromErrno(errno, Doing("remove", file));
}

}  // namespace curbstop
