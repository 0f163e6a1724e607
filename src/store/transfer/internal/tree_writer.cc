#include "store/transfer/internal/tree_writer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <signal.h>
#include <sys/stat.h>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "sys/clock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr size_t kPiece = 256 << 10;
constexpr size_t kMostParts = 1000;  // more than one is rare already
constexpr char kWhole[] = "whole";   // a file that came in one piece, until it has its name
constexpr int kUnderWay = -1;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string PartName(const WireEntry& entry) {
  return fmt::format("{}-{}", Hex(entry.md5), entry.size);
}

bool IsThere(int folder, const char* name, struct stat& info) {
  return fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

std::string_view FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

Error OtherContents(const WireEntry& entry) {
  return Conflict(fmt::format("`{}` has other contents than announced: it has changed since",
                              Printable(entry.path)));
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// Who can read a file may also run it.
mode_t Runnable(mode_t mode) { return (mode & 0666) | (mode & 0444) >> 2; }

}  // namespace

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Error TreeWriter::Failed(int error, std::string_view verb, std::string_view path) const {
  const std::string what = fmt::format("cannot {} `{}`", verb, Printable((root_ / path).string()));
  // A link, file or folder where another kind of thing should be.
  if (error == ELOOP || error == ENOTDIR || error == EISDIR || error == ENOTEMPTY) {
    return Conflict(what + ": something else has a name on its way");
  }
  return FromErrno(error, what);
}

Result<TreeWriter> TreeWriter::Open(const std::filesystem::path& root, WhoElse who,
                                    std::function<Status()> breathe) {
  TRY(MakeFolders(root));
  TreeWriter writer(root, std::move(breathe));
  writer.folder_ = OwnFd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!writer.folder_.ok()) return writer.Failed(errno, "open", "");
  if (mkdirat(writer.folder_.get(), kTransferFolder, 0700) != 0 && errno != EEXIST) {
    return writer.Failed(errno, "make", kTransferFolder);
  }
  writer.parts_ = OwnFd(openat(writer.folder_.get(), kTransferFolder, kFolderFlags));
  if (!writer.parts_.ok()) return writer.Failed(errno, "open", kTransferFolder);
  TRY(writer.TakeLock(who));
  TRY(writer.ListParts());
  return writer;
}

// By fcntl, because the kernel names the holder.
Status TreeWriter::TakeLock(WhoElse who) {
  lock_ = OwnFd(openat(parts_.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock_.ok()) return Failed(errno, "lock", kTransferFolder);
  RealClock clock;
  for (int i = 0; i < 200; ++i) {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    if (fcntl(lock_.get(), F_SETLK, &lock) == 0) return {};
    if (who == WhoElse::kRefuse) break;
    if (fcntl(lock_.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 1) {
      kill(lock.l_pid, SIGKILL);
    }
    clock.Wait(Millis(10));
  }
  return Conflict(
      fmt::format("another transfer into `{}` is under way", Printable(root_.string())));
}

Status TreeWriter::ListParts() {
  const int again = openat(parts_.get(), ".", kFolderFlags);
  const std::unique_ptr<DIR, CloseFolder> list(again < 0 ? nullptr : fdopendir(again));
  if (!list) return Failed(errno, "read", kTransferFolder);
  while (const dirent* found = readdir(list.get())) {
    struct stat info{};
    if (left_.size() < kMostParts && IsThere(parts_.get(), found->d_name, info) &&
        S_ISREG(info.st_mode) && info.st_nlink == 1) {
      left_[found->d_name] = info.st_size;
    }
  }
  return {};
}

Result<int> TreeWriter::Parent(const std::string& path, bool make) {
  const std::string_view wanted = FolderOf(path);
  if (wanted.empty()) return folder_.get();
  if (parent_.ok() && wanted == parent_path_) return parent_.get();
  OwnFd folder;
  for (const std::string& part : Split(wanted, '/')) {
    const int above = folder.ok() ? folder.get() : folder_.get();
    int next = openat(above, part.c_str(), kFolderFlags);
    if (next < 0 && errno == ENOENT) {
      if (!make) return -1;
      if (mkdirat(above, part.c_str(), 0777) != 0 && errno != EEXIST) {
        return Failed(errno, "make the folder of", path);
      }
      next = openat(above, part.c_str(), kFolderFlags);
    }
    if (next < 0) return Failed(errno, "open the folder of", path);
    folder = OwnFd(next);
  }
  parent_path_ = wanted;
  parent_ = std::move(folder);
  return parent_.get();
}

Status TreeWriter::Hash(int fd, int64_t size, PlainMd5& md5) const {
  // For small files a large buffer costs more than they do.
  std::string buffer(static_cast<size_t>(std::min(size, static_cast<int64_t>(kPiece))), '\0');
  while (size > 0) {
    const ssize_t count =
        read(fd, buffer.data(), std::min(static_cast<size_t>(size), buffer.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed(errno, "read", entry_.path);
    if (count == 0) return {};  // shorter than it was: the hash says so
    md5.Update(std::string_view(buffer).substr(0, static_cast<size_t>(count)));
    size -= count;
    TRY(breathe_());
  }
  return {};
}

Result<bool> TreeWriter::HasContents(int folder, const std::string& name, const WireEntry& entry) {
  struct stat info{};
  if (!IsThere(folder, name.c_str(), info)) return false;
  if (S_ISDIR(info.st_mode)) return Failed(EISDIR, "write", entry.path);
  if (!S_ISREG(info.st_mode) || info.st_size != entry.size) return false;
  const OwnFd file(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok()) return false;
  PlainMd5 md5;
  TRY(Hash(file.get(), entry.size, md5));
  return md5.Finish() == entry.md5;
}

Result<bool> TreeWriter::HasLink(int folder, const std::string& name, const WireEntry& entry) {
  std::string to(entry.link_to.size() + 1, '\0');
  const ssize_t count = readlinkat(folder, name.c_str(), to.data(), to.size());
  return count >= 0 && to.substr(0, static_cast<size_t>(count)) == entry.link_to;
}

Result<bool> TreeWriter::Has(const WireEntry& entry) {
  TRY_ASSIGN(const int folder, Parent(entry.path, false));
  if (folder < 0) return false;
  const std::string name = BaseName(entry.path);
  return entry.IsLink() ? HasLink(folder, name, entry) : HasContents(folder, name, entry);
}

Status TreeWriter::MakeLink(const WireEntry& entry) {
  unlinkat(parts_.get(), "link", 0);
  if (symlinkat(entry.link_to.c_str(), parts_.get(), "link") != 0) {
    return Failed(errno, "make the link", entry.path);
  }
  return Rename("link", entry);
}

Status TreeWriter::Rename(const std::string& from, const WireEntry& entry) {
  TRY_ASSIGN(const int folder, Parent(entry.path, true));
  if (renameat(parts_.get(), from.c_str(), folder, BaseName(entry.path).c_str()) == 0) return {};
  return Failed(errno, "write", entry.path);
}

Result<int64_t> TreeWriter::Look(const WireEntry& entry) {
  TRY_ASSIGN(const bool has, Has(entry));
  if (has && !entry.IsLink()) {
    TRY_ASSIGN(const int folder, Parent(entry.path, false));
    struct stat info{};
    const std::string name = BaseName(entry.path);
    const bool wanted = entry.kind == WireKind::kExecutable;
    if (IsThere(folder, name.c_str(), info) && ((info.st_mode & 0100) != 0) != wanted) {
      const OwnFd file(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
      const mode_t mode = wanted ? Runnable(info.st_mode) : info.st_mode & 0666;
      if (!file.ok() || fchmod(file.get(), mode) != 0) return Failed(errno, "write", entry.path);
    }
  }
  if (has) return -1;
  if (entry.IsLink()) {
    TRY(MakeLink(entry));
    return -1;
  }
  if (entry.size == 0) {
    TRY(WriteWhole(entry, {}));
    return -1;
  }
  const auto part = left_.find(PartName(entry));
  if (part == left_.end()) return 0;
  const int64_t offset = part->second;
  left_.erase(part);  // one entry goes on with it, another of the same contents starts anew
  if (offset < entry.size) return offset;
  if (offset > entry.size) return 0;
  TRY(Begin(entry, offset));
  TRY_ASSIGN(const bool good, Commit());
  return good ? -1 : 0;
}

Result<OwnFd> TreeWriter::MakePart(const std::string& name, const WireEntry& entry) {
  const mode_t mode = entry.kind == WireKind::kExecutable ? 0777 : 0666;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  OwnFd file(openat(parts_.get(), name.c_str(), kFlags, mode));
  if (!file.ok() && errno == EEXIST) {
    unlinkat(parts_.get(), name.c_str(), 0);
    file = OwnFd(openat(parts_.get(), name.c_str(), kFlags, mode));
  }
  if (!file.ok()) return Failed(errno, "write", entry.path);
  return file;
}

Status TreeWriter::Write(int fd, std::string_view bytes, const WireEntry& entry) const {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Failed(errno, "write", entry.path);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Status TreeWriter::WriteWhole(const WireEntry& entry, std::string_view contents) {
  PlainMd5 md5;
  md5.Update(contents);
  if (md5.Finish() != entry.md5) return OtherContents(entry);
  {
    TRY_ASSIGN(const OwnFd file, MakePart(kWhole, entry));
    TRY(Write(file.get(), contents, entry));
  }
  return Rename(kWhole, entry);
}

Status TreeWriter::Begin(const WireEntry& entry, int64_t offset) {
  entry_ = entry;
  offset_ = offset;
  md5_ = PlainMd5();
  if (offset > 0) return BeginAgain(entry, offset);
  TRY_ASSIGN(part_, MakePart(PartName(entry), entry));
  return {};
}

// With the part of an earlier time.
Status TreeWriter::BeginAgain(const WireEntry& entry, int64_t offset) {
  constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  part_ = OwnFd(openat(parts_.get(), PartName(entry).c_str(), kFlags));
  struct stat info{};
  if (!part_.ok() || fstat(part_.get(), &info) != 0) return Failed(errno, "write", entry.path);
  if (!S_ISREG(info.st_mode) || info.st_nlink != 1) return Failed(ELOOP, "write", entry.path);
  if (ftruncate(part_.get(), offset) != 0) return Failed(errno, "write", entry.path);
  const mode_t mode =
      entry.kind == WireKind::kExecutable ? Runnable(info.st_mode) : info.st_mode & 0666;
  if (mode != (info.st_mode & 0777) && fchmod(part_.get(), mode) != 0)
    return Failed(errno, "write", entry.path);
  return Hash(part_.get(), offset, md5_);
}

Status TreeWriter::Append(std::string_view bytes) {
  md5_.Update(bytes);
  return Write(part_.get(), bytes, entry_);
}

Result<bool> TreeWriter::Commit() {
  const std::string part = PartName(entry_);
  if (md5_.Finish() != entry_.md5) {
    unlinkat(parts_.get(), part.c_str(), 0);
    if (offset_ > 0) return false;
    return OtherContents(entry_);
  }
  part_ = OwnFd();
  TRY(Rename(part, entry_));
  return true;
}

// The only point at which anything waits for the disk. Minutes, where much is still in memory.
Status TreeWriter::WriteToDisk() {
  std::atomic<int> outcome = kUnderWay;
  const std::jthread writer([&] { outcome = syncfs(folder_.get()) == 0 ? 0 : errno; });
  for (RealClock clock; outcome == kUnderWay; clock.Wait(Millis(5))) TRY(breathe_());
  return outcome == 0 ? Status() : Failed(outcome, "write", "");
}

Status TreeWriter::Finish() {
  TRY(WriteToDisk());
  std::map<std::string, int64_t> parts;
  std::swap(parts, left_);
  TRY(ListParts());
  for (const auto& [name, size] : left_) unlinkat(parts_.get(), name.c_str(), 0);
  unlinkat(folder_.get(), kTransferFolder, AT_REMOVEDIR);
  return {};
}

}  // namespace curbstop
