#include "sys/files.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

// Does not wait for a writer where the file is a pipe.
class OpenedFile {
 public:
  explicit OpenedFile(const fs::path& file)
      : fd_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;
  ~OpenedFile() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string Doing(std::string_view what, const fs::path& path) {
  return fmt::format("cannot {} `{}`", what, Printable(path.string()));
}

// Reads to the end or to `most` bytes + 1, whichever is first: files in /proc have no size.
Result<std::string> ReadAll(int fd, const fs::path& file, int64_t most) {
  std::string bytes;
  struct stat info{};
  if (fstat(fd, &info) == 0)
    bytes.reserve(static_cast<size_t>(std::clamp(info.st_size, off_t{0}, most)));
  char buffer[65536];
  for (;;) {
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, Doing("read", file));
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
    if (static_cast<int64_t>(bytes.size()) > most) {
      return InvalidInput(fmt::format("it is larger than {} bytes", most))
          .While(Doing("read", file));
    }
  }
}

Status RequirePlain(int fd, const fs::path& file) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return FromErrno(errno, Doing("read", file));
  if (S_ISREG(info.st_mode)) return {};
  return InvalidInput(S_ISDIR(info.st_mode) ? "it is a folder" : "it is no plain file")
      .While(Doing("read", file));
}

EntryKind KindOf(const fs::path& folder, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG: return EntryKind::kFile;
    case DT_DIR: return EntryKind::kFolder;
    case DT_LNK: return EntryKind::kLink;
    case DT_UNKNOWN: break;
    default: return EntryKind::kOther;
  }
  struct stat info{};
  if (lstat((folder / entry.d_name).c_str(), &info) != 0) return EntryKind::kOther;
  if (S_ISREG(info.st_mode)) return EntryKind::kFile;
  if (S_ISDIR(info.st_mode)) return EntryKind::kFolder;
  return S_ISLNK(info.st_mode) ? EntryKind::kLink : EntryKind::kOther;
}

}  // namespace

Result<std::string> ReadFile(const fs::path& file, int64_t most) {
  const OpenedFile opened(file);
  if (opened.fd() < 0) return FromErrno(errno, Doing("read", file));
  TRY(RequirePlain(opened.fd(), file));
  return ReadAll(opened.fd(), file, most);
}

Result<std::string> ReadTail(const fs::path& file, int64_t most) {
  const OpenedFile opened(file);
  if (opened.fd() < 0) return FromErrno(errno, Doing("read", file));
  TRY(RequirePlain(opened.fd(), file));
  const off_t size = lseek(opened.fd(), 0, SEEK_END);
  // One byte more, which tells whether the tail starts at a line's start.
  const off_t start = std::max<off_t>(0, size - most - 1);
  lseek(opened.fd(), start, SEEK_SET);
  TRY_ASSIGN(std::string bytes, ReadAll(opened.fd(), file, most + (1 << 20)));
  if (size <= most) return bytes;
  const size_t newline = bytes.find('\n');
  const bool has_line = newline + 1 < bytes.size() && newline != bytes.npos;
  return bytes.substr(has_line ? newline + 1 : 1);
}

Result<std::vector<FolderEntry>> ListFolder(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(opendir(folder.c_str()), closedir);
  if (!opened) return FromErrno(errno, Doing("list", folder));
  std::vector<FolderEntry> entries;
  errno = 0;
  while (const dirent* entry = readdir(opened.get())) {  // NOLINT(concurrency-mt-unsafe): own DIR
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({std::string(name), KindOf(folder, *entry)});
    errno = 0;
  }
  if (errno != 0) return FromErrno(errno, Doing("list", folder));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

bool Exists(const fs::path& path) {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0;
}

int64_t FileSize(const std::filesystem::path& file) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  return failed ? 0 : static_cast<int64_t>(size);
}

FileId FileIdOf(const std::filesystem::path& file) {
  struct stat status{};
  if (stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

bool IsFolder(const fs::path& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

Status MakeFolders(const fs::path& folder, bool private_to_user) {
  if (folder.empty() || IsFolder(folder)) return {};
  TRY(MakeFolders(folder.parent_path(), private_to_user));
  if (mkdir(folder.c_str(), private_to_user ? 0700 : 0777) == 0 || errno == EEXIST) return {};
  return FromErrno(errno, Doing("make the folder", folder));
}

Status RemoveTree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return FromErrno(error.value(), Doing("remove", path));
  return {};
}

Status AppendQuickly(const fs::path& file, std::string_view bytes) {
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return FromErrno(errno, Doing("write", file));
  const ssize_t count = write(fd, bytes.data(), bytes.size());
  const int error = count < 0 ? errno : ENOSPC;
  close(fd);
  if (count == static_cast<ssize_t>(bytes.size())) return {};
  return FromErrno(error, Doing("write", file));
}

Status CheckInside(std::string_view relative) {
  const auto bad = [&](std::string_view why) {
    return InvalidInput(fmt::format("the path `{}` {}", Printable(relative), why));
  };
  if (relative.empty()) return bad("is empty");
  if (relative.starts_with('/')) return bad("is absolute");
  if (relative.find('\0') != relative.npos) return bad("holds a NUL byte");
  if (relative.find('\n') != relative.npos) return bad("holds a newline");
  for (const std::string& part : Split(relative, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return bad(part == ".." ? "leaves the folder" : "has an empty or `.` part");
    }
  }
  return {};
}

}  // namespace curbstop
