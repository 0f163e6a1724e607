#include "store/transfer/internal/tree_source.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "store/transfer/internal/tree_writer.h"

namespace curbstop {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kFileFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

Error Changed(std::string_view path) {
  return Conflict(fmt::format("`{}` has changed or gone since it was listed", Printable(path)));
}

std::optional<Md5Digest> DigestOf(std::string_view hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Md5Digest digest{};
  if (hex.size() != 2 * digest.size()) return {};
  for (size_t i = 0; i < hex.size(); ++i) {
    const size_t digit = kDigits.find(hex[i]);
    if (digit == kDigits.npos) return {};
    digest[i / 2] = static_cast<unsigned char>(digest[i / 2] << 4 | digit);
  }
  return digest;
}

Result<OwnFd> OpenSized(int fd, const WireEntry& entry) {
  OwnFd file(fd);
  struct stat info{};
  if (!file.ok() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_size != entry.size) {
    return Changed(entry.path);
  }
  return file;
}

// Into entry.md5.
Status Hash(int fd, WireEntry& entry, const std::stop_token& stop) {
  constexpr int64_t kPiece = 256 << 10;
  PlainMd5 md5;
  std::string buffer(static_cast<size_t>(std::min(entry.size, kPiece)), '\0');
  for (int64_t done = 0; done < entry.size;) {
    if (stop.stop_requested()) return Cancelled("the transfer was stopped");
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Changed(entry.path);
    md5.Update(std::string_view(buffer).substr(0, static_cast<size_t>(count)));
    done += count;
  }
  entry.md5 = md5.Finish();
  return {};
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

Result<std::vector<std::string>> NamesIn(int folder, const std::string& path) {
  const int again = openat(folder, ".", kFolderFlags);
  const std::unique_ptr<DIR, CloseFolder> list(again < 0 ? nullptr : fdopendir(again));
  if (!list) return FromErrno(errno, fmt::format("cannot read `{}`", Printable(path)));
  std::vector<std::string> names;
  while (const dirent* found = readdir(list.get())) {
    const std::string name = found->d_name;
    if (name != "." && name != ".." && name != kTransferFolder) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<WireHello> ListedSource::Totals() {
  WireHello hello;
  hello.files = static_cast<int64_t>(files_.size());
  for (const TransferFile& file : files_) hello.bytes += file.link_to.empty() ? file.size : 0;
  return hello;
}

Result<std::optional<WireEntry>> ListedSource::Next(const std::stop_token&) {
  if (next_ == files_.size()) return std::optional<WireEntry>();
  const TransferFile& file = files_[next_++];
  WireEntry entry;
  entry.path = file.path;
  entry.link_to = file.link_to;
  entry.kind = !file.link_to.empty() ? WireKind::kLink
               : file.executable     ? WireKind::kExecutable
                                     : WireKind::kFile;
  if (!entry.IsLink()) {
    const std::optional<Md5Digest> md5 = DigestOf(file.md5);
    if (!md5 || file.size < 0) {
      return InvalidInput(
          fmt::format("`{}` is no md5 of `{}`", Printable(file.md5), Printable(file.path)));
    }
    entry.md5 = *md5;
    entry.size = file.size;
  }
  TRY(CheckEntry(entry));
  return std::optional(std::move(entry));
}

Result<OwnFd> ListedSource::Open(int64_t number, const WireEntry& entry) {
  const std::filesystem::path& source = files_[static_cast<size_t>(number)].source;
  return OpenSized(open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), entry);
}

Result<WireHello> WalkedSource::Totals() {
  WireHello hello;
  for (;;) {
    TRY_ASSIGN(const std::optional<WireEntry> entry, Step());
    if (!entry) break;
    hello.files += 1;
    hello.bytes += entry->size;
    TRY(breathe_());
  }
  started_ = false;
  return hello;
}

Status WalkedSource::Enter(const std::string& name) {
  Level level;
  const int above = levels_.empty() ? AT_FDCWD : levels_.back().folder.get();
  if (!levels_.empty()) level.path = levels_.back().path + name + "/";
  // The root itself was named by whoever asks; a link there is his.
  const int flags = levels_.empty() ? kFolderFlags & ~O_NOFOLLOW : kFolderFlags;
  level.folder = OwnFd(openat(above, levels_.empty() ? root_.c_str() : name.c_str(), flags));
  if (!level.folder.ok()) {
    return FromErrno(errno,
                     fmt::format("cannot read `{}`", Printable((root_ / level.path).string())));
  }
  if (levels_.empty() && !only_.empty()) {
    level.names = only_;
    std::sort(level.names.begin(), level.names.end());
  } else {
    TRY_ASSIGN(level.names, NamesIn(level.folder.get(), level.path));
  }
  levels_.push_back(std::move(level));
  return {};
}

Result<WireEntry> WalkedSource::Describe(const Level& level, const std::string& name) const {
  WireEntry entry;
  entry.path = level.path + name;
  struct stat info{};
  if (fstatat(level.folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return Changed(entry.path);
  }
  if (S_ISREG(info.st_mode)) {
    entry.kind = (info.st_mode & 0111) != 0 ? WireKind::kExecutable : WireKind::kFile;
    entry.size = info.st_size;
    return entry;
  }
  if (!S_ISLNK(info.st_mode)) {
    return InvalidInput(fmt::format("`{}` is no file, folder or link", Printable(entry.path)));
  }
  entry.kind = WireKind::kLink;
  entry.link_to.resize(4097);
  const ssize_t count = readlinkat(level.folder.get(), name.c_str(), entry.link_to.data(), 4097);
  entry.link_to.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  return entry;
}

Result<std::optional<WireEntry>> WalkedSource::Step() {
  if (!started_) TRY(Enter(""));
  started_ = true;
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.next == level.names.size()) {
      levels_.pop_back();
      continue;
    }
    const std::string name = level.names[level.next++];
    struct stat info{};
    if (fstatat(level.folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(info.st_mode)) {
      if (levels_.size() > 500) {
        return InvalidInput(fmt::format("`{}` lies too deep", Printable(level.path)));
      }
      TRY(Enter(name));
      continue;
    }
    TRY_ASSIGN(WireEntry entry, Describe(level, name));
    TRY(CheckEntry(entry));
    return std::optional(std::move(entry));
  }
  return std::optional<WireEntry>();
}

Result<std::optional<WireEntry>> WalkedSource::Next(const std::stop_token& stop) {
  TRY_ASSIGN(std::optional<WireEntry> entry, Step());
  if (entry && !entry->IsLink()) {
    const int folder = levels_.back().folder.get();
    TRY_ASSIGN(const OwnFd file,
               OpenSized(openat(folder, BaseName(entry->path).c_str(), kFileFlags), *entry));
    TRY(Hash(file.get(), *entry, stop));
  }
  return entry;
}

Result<OwnFd> WalkedSource::Open(int64_t, const WireEntry& entry) {
  OwnFd folder(open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::vector<std::string> parts = Split(entry.path, '/');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    folder = OwnFd(openat(folder.get(), parts[i].c_str(), kFolderFlags));
    if (!folder.ok()) return Changed(entry.path);
  }
  return OpenSized(openat(folder.get(), parts.back().c_str(), kFileFlags), entry);
}

}  // namespace curbstop
