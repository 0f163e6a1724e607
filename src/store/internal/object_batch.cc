#include "store/internal/object_batch.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <linux/fs.h>
#include <set>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/failpoint.h"
#include "sys/file_store.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBatches = "curbstop-tmp";
constexpr size_t kManyObjects = 8;                // from here on one syncfs is cheaper
constexpr int64_t kSmallFile = int64_t{4} << 20;  // read into memory, hashed, written only if new

// Starts afresh, whatever an error left behind.
Md5Hasher& FreshHasher() {
  thread_local Md5Hasher hasher;
  hasher.Finish();
  return hasher;
}

Status MakeCacheFolder(const fs::path& folder, bool group_shared) {
  if (IsFolder(folder)) return {};
  TRY(MakeFolders(folder));
  if (group_shared) chmod(folder.c_str(), 02775);
  return {};
}

Result<struct stat> StatOpened(int fd, const fs::path& file) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return FromErrno(errno, Doing("read", file));
  if (!S_ISREG(info.st_mode))
    return InvalidInput(fmt::format("`{}` is no plain file", Printable(file.string())));
  return info;
}

Result<Fd> CreateObjectFile(const fs::path& path) {
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!fd.ok()) return FromErrno(errno, Doing("write an object in", path.parent_path()));
  fchmod(fd.get(), 0444);  // whatever the umask
  return fd;
}

Status SyncFile(const fs::path& path) {
  TRY_ASSIGN(const Fd fd, OpenToRead(path));
  if (fdatasync(fd.get()) != 0) return FromErrno(errno, Doing("write", path));
  return {};
}

}  // namespace

ObjectBatch::ObjectBatch(const DvcConfig& config, std::unique_ptr<Staging> staging, Fd cache)
    : objects_(ObjectsFolder(config.cache, HashKind::kMd5)),
      group_shared_(config.group_shared),
      staging_(std::move(staging)),
      cache_(std::move(cache)) {}

Result<std::unique_ptr<ObjectBatch>> ObjectBatch::Open(const DvcConfig& config) {
  TRY(MakeCacheFolder(ObjectsFolder(config.cache, HashKind::kMd5), config.group_shared));
  TRY_ASSIGN(std::unique_ptr<Staging> staging, Staging::Open(config.cache / kBatches));
  TRY_ASSIGN(Fd cache, OpenFolder(config.cache));
  return std::unique_ptr<ObjectBatch>(
      new ObjectBatch(config, std::move(staging), std::move(cache)));
}

// A truncated object is no object: its size must be the content's.
bool ObjectBatch::InStore(const ObjectId& id, int64_t size) const {
  struct stat info{};
  return stat((objects_ / ObjectPlace(id)).c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         info.st_size == size;
}

bool ObjectBatch::Claim(const ObjectId& id, int64_t size) {
  const bool in_store = InStore(id, size);
  const std::lock_guard lock(mutex_);
  return !in_store && pending_.try_emplace(id).second;
}

void ObjectBatch::Unclaim(const ObjectId& id) {
  const std::lock_guard lock(mutex_);
  pending_.erase(id);
}

Result<TakenFile> ObjectBatch::TakeFile(const fs::path& file, TakeHow how) {
  TRY_ASSIGN(const Fd fd, OpenToRead(file));
  TRY_ASSIGN(const struct stat before, StatOpened(fd.get(), file));
  TakenFile taken{.md5 = {}, .stamp = StampOf(before), .mode = before.st_mode};
  if (how == TakeHow::kHardlink) {
    TRY_ASSIGN(taken.md5, TakeLink(fd.get(), file));
  } else if (before.st_size <= kSmallFile) {
    TRY_ASSIGN(taken.md5, TakeSmall(fd.get(), file, before.st_size));
  } else {
    TRY_ASSIGN(taken.md5, TakeLarge(fd.get(), file));
  }
  TRY_ASSIGN(const struct stat after, StatOpened(fd.get(), file));
  if (IsSame(WithoutChangeTime(StampOf(after)), taken.stamp)) return taken;
  Unclaim({taken.md5, false});
  return Conflict(fmt::format("`{}` changes while it is being added", Printable(file.string())))
      .WithHint("let the program that writes it finish, then try again");
}

Result<Md5> ObjectBatch::TakeSmall(int fd, const fs::path& file, int64_t size) {
  Md5 md5;
  TRY(ReadBlocks(fd, file, static_cast<size_t>(kSmallFile) + 1,
                 [&](std::string_view bytes) -> Status {
                   if (static_cast<int64_t>(bytes.size()) != size)
                     return {};  // it changes; the caller sees it
                   Md5Hasher& hasher = FreshHasher();
                   hasher.Update(bytes);
                   md5 = hasher.Finish();
                   return WriteTemporary({md5, false}, bytes);
                 }));
  return md5;
}

Status ObjectBatch::WriteTemporary(const ObjectId& id, std::string_view bytes) {
  if (!Claim(id, static_cast<int64_t>(bytes.size()))) return {};
  const fs::path path = staging_->NextName();
  const auto write_all = [&]() -> Status {
    TRY_ASSIGN(const Fd temporary, CreateObjectFile(path));
    TRY(WriteFully(temporary.get(), bytes, path));
    FAILPOINT("store.temporary_written");
    return Keep(id, temporary, path);
  };
  Status written = write_all();
  if (!written.ok()) Unclaim(id);
  return written;
}

Result<Md5> ObjectBatch::TakeLarge(int fd, const fs::path& file) {
  const fs::path path = staging_->NextName();
  TRY_ASSIGN(const Fd temporary, CreateObjectFile(path));
  const bool cloned = ioctl(temporary.get(), FICLONE, fd) == 0;
  Md5Hasher& hasher = FreshHasher();
  int64_t size = 0;
  TRY(ReadBlocks(cloned ? temporary.get() : fd, file, kHashBlock,
                 [&](std::string_view block) -> Status {
                   hasher.Update(block);
                   size += static_cast<int64_t>(block.size());
                   return cloned ? Status() : WriteFully(temporary.get(), block, path);
                 }));
  const Md5 md5 = hasher.Finish();
  if (!Claim({md5, false}, size)) {
    unlink(path.c_str());
    return md5;
  }
  FAILPOINT("store.temporary_written");
  TRY(Keep({md5, false}, temporary, path));
  return md5;
}

Result<Md5> ObjectBatch::TakeLink(int fd, const fs::path& file) {
  Md5Hasher& hasher = FreshHasher();
  int64_t size = 0;
  TRY(ReadBlocks(fd, file, kHashBlock, [&](std::string_view block) -> Status {
    hasher.Update(block);
    size += static_cast<int64_t>(block.size());
    return {};
  }));
  const Md5 md5 = hasher.Finish();
  if (!Claim({md5, false}, size)) return md5;
  const fs::path path = staging_->NextName();
  if (link(file.c_str(), path.c_str()) != 0) {
    Unclaim({md5, false});
    lseek(fd, 0, SEEK_SET);
    return TakeLarge(fd, file);  // another file system, or one without hard links
  }
  TRY_ASSIGN(const Fd temporary, OpenToRead(path));
  fchmod(temporary.get(), 0444);
  FAILPOINT("store.temporary_written");
  TRY(Keep({md5, false}, temporary, path));
  return md5;
}

Status ObjectBatch::TakeFolderList(const ObjectId& id, std::string_view bytes) {
  return WriteTemporary(id, bytes);
}

Status ObjectBatch::Keep(const ObjectId& id, const Fd& temporary, const fs::path& path) {
  TRY_ASSIGN(const struct stat info, StatOpened(temporary.get(), path));
  const std::lock_guard lock(mutex_);
  pending_[id] = {path, WithoutChangeTime(StampOf(info))};
  return {};
}

Status ObjectBatch::Commit() {
  if (pending_.empty()) return {};
  FAILPOINT("store.before_sync");
  TRY(SyncContents());
  FAILPOINT("store.before_publish");
  for (const auto& [id, pending] : pending_) TRY(Publish(id, pending));
  TRY(SyncPlaces());
  FAILPOINT("store.after_publish");
  for (const auto& [id, pending] : pending_) written_[id] = pending.stamp;
  pending_.clear();
  return {};
}

Status ObjectBatch::SyncContents() const {
  if (pending_.size() > kManyObjects) {
    if (syncfs(cache_.get()) != 0) return FromErrno(errno, Doing("write", objects_));
    return {};
  }
  for (const auto& [id, pending] : pending_) TRY(SyncFile(pending.temporary));
  return {};
}

// Renaming over an object with the same name changes nothing but heals a truncated one.
Status ObjectBatch::Publish(const ObjectId& id, const Pending& pending) {
  const fs::path place = objects_ / ObjectPlace(id);
  TRY(MakeCacheFolder(place.parent_path(), group_shared_));
  if (rename(pending.temporary.c_str(), place.c_str()) != 0)
    return FromErrno(errno, Doing("write", place));
  FAILPOINT("store.object_published");
  return {};
}

Status ObjectBatch::SyncPlaces() const {
  if (pending_.size() > kManyObjects) {
    if (syncfs(cache_.get()) != 0) return FromErrno(errno, Doing("write", objects_));
    return {};
  }
  std::set<fs::path> folders{objects_};
  for (const auto& [id, pending] : pending_)
    folders.insert((objects_ / ObjectPlace(id)).parent_path());
  for (const fs::path& folder : folders) TRY(SyncFolder(folder));
  return {};
}

std::vector<IndexEntry> ObjectBatch::Written() const {
  std::vector<IndexEntry> entries;
  for (const auto& [id, stamp] : written_)
    entries.push_back({ObjectPlace(id), stamp, id.md5, false});
  return entries;
}

}  // namespace curbstop
