#include "sys/sqlite/testing/faulty_disk.h"

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "base/check.h"
#include "sys/sqlite/testing/disk_history.h"

namespace curbstop {
namespace {

// A slot of the WAL's index: many connections hold it, or one alone.
struct IndexLock {
  int shared = 0;
  bool exclusive = false;
};

// What all connections to a file share.
struct Node {
  int64_t number = 0;
  std::string bytes;
  int shared = 0;  // connections at SQLITE_LOCK_SHARED or above
  const void* reserved = nullptr;
  const void* exclusive = nullptr;  // the one at SQLITE_LOCK_PENDING or above
  std::vector<std::unique_ptr<char[]>> index;
  std::array<IndexLock, SQLITE_SHM_NLOCK> index_locks = {};
  int index_users = 0;
};

// SQLite's handle of an open file. It lives in memory that SQLite gives and takes back.
struct Handle : sqlite3_file {
  MemoryVfs* vfs = nullptr;
  std::shared_ptr<Node> node;
  bool read_only = false;
  bool syncs_folder = false;  // at its next sync, as the unix VFS does for new journals and WALs
  int level = SQLITE_LOCK_NONE;
  bool uses_index = false;
  unsigned index_shared = 0;  // slots that it holds, as bits
  unsigned index_exclusive = 0;
};

Handle& Of(sqlite3_file* file) { return *static_cast<Handle*>(file); }

}  // namespace

class MemoryVfs {
 public:
  explicit MemoryVfs(DiskImage image);
  MemoryVfs(const MemoryVfs&) = delete;
  MemoryVfs& operator=(const MemoryVfs&) = delete;
  ~MemoryVfs();

  int Open(const char* path, Handle& handle, int flags);
  int Delete(const std::string& path, bool folder);
  int Write(Node& node, std::string_view bytes, int64_t at);
  void Truncate(Node& node, int64_t size);
  void Sync(Handle& handle);
  bool HasBytes(const std::string& path) const;
  int FillWithRandom(int size, char* out);

  void FillAt(int64_t writes) { writes_left_ = writes, is_full_ = false; }
  bool is_full() const { return is_full_; }
  DiskHistory& history() { return *history_; }
  DiskImage Files() const;

  int open_files = 0;

 private:
  std::string_view WhatFits(std::string_view bytes);
  std::shared_ptr<Node> Create(const std::string& path);

  std::map<std::string, std::shared_ptr<Node>> files_;
  std::unique_ptr<DiskHistory> history_;
  int64_t created_ = 0;
  int64_t writes_left_ = 0;  // until the disk is full; 0: it never is
  bool is_full_ = false;
  std::mt19937_64 random_;
  sqlite3_vfs registered_ = {};
  sqlite3_vfs* before_ = nullptr;  // the default while this one is not
};

namespace {

MemoryVfs& Of(sqlite3_vfs* vfs) { return *static_cast<MemoryVfs*>(vfs->pAppData); }

// ---- one file, as SQLite calls it ------------------------------------------------------------

int Close(sqlite3_file* file) {
  --Of(file).vfs->open_files;
  std::destroy_at(&Of(file));
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
  const std::string& bytes = Of(file).node->bytes;
  const auto from = std::min(static_cast<size_t>(at), bytes.size());
  const size_t count = bytes.copy(static_cast<char*>(out), static_cast<size_t>(size), from);
  std::fill(static_cast<char*>(out) + count, static_cast<char*>(out) + size, '\0');
  return count == static_cast<size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  if (Of(file).read_only) return SQLITE_READONLY;
  const std::string_view view(static_cast<const char*>(bytes), static_cast<size_t>(size));
  return Of(file).vfs->Write(*Of(file).node, view, at);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  Of(file).vfs->Truncate(*Of(file).node, size);
  return SQLITE_OK;
}

int Sync(sqlite3_file* file, int) {
  Of(file).vfs->Sync(Of(file));
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(Of(file).node->bytes.size());
  return SQLITE_OK;
}

int TakeExclusive(Handle& handle) {
  if (handle.read_only) return SQLITE_IOERR_LOCK;  // as fcntl answers
  Node& node = *handle.node;
  const bool held =
      (node.reserved && node.reserved != &handle) || (node.exclusive && node.exclusive != &handle);
  if (held) return SQLITE_BUSY;
  node.exclusive = &handle;
  handle.level = node.shared > 1 ? SQLITE_LOCK_PENDING : SQLITE_LOCK_EXCLUSIVE;
  return handle.level == SQLITE_LOCK_EXCLUSIVE ? SQLITE_OK : SQLITE_BUSY;
}

int TakeLock(sqlite3_file* file, int level) {
  Handle& handle = Of(file);
  Node& node = *handle.node;
  if (handle.level >= level) return SQLITE_OK;
  if (level == SQLITE_LOCK_EXCLUSIVE) return TakeExclusive(handle);
  if (level == SQLITE_LOCK_SHARED) {
    if (node.exclusive) return SQLITE_BUSY;
    ++node.shared;
  } else {
    if (node.reserved) return SQLITE_BUSY;
    node.reserved = &handle;
  }
  handle.level = level;
  return SQLITE_OK;
}

int Unlock(sqlite3_file* file, int level) {
  Handle& handle = Of(file);
  if (handle.level <= level) return SQLITE_OK;
  if (handle.node->reserved == &handle) handle.node->reserved = nullptr;
  if (handle.node->exclusive == &handle) handle.node->exclusive = nullptr;
  if (level == SQLITE_LOCK_NONE) --handle.node->shared;
  handle.level = level;
  return SQLITE_OK;
}

int IsReserved(sqlite3_file* file, int* reserved) {
  *reserved = Of(file).node->reserved || Of(file).node->exclusive ? 1 : 0;
  return SQLITE_OK;
}

int Control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file*) { return 4096; }
int Promises(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int MapIndex(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  Handle& handle = Of(file);
  Node& node = *handle.node;
  if (!handle.uses_index) ++node.index_users;
  handle.uses_index = true;
  const auto wanted = static_cast<size_t>(region) + 1;
  while (extend && node.index.size() < wanted) {
    node.index.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
  }
  *out = node.index.size() < wanted ? nullptr : node.index[static_cast<size_t>(region)].get();
  return SQLITE_OK;
}

void FreeIndexSlot(Handle& handle, int slot) {
  IndexLock& lock = handle.node->index_locks[static_cast<size_t>(slot)];
  const unsigned bit = 1U << slot;
  if (handle.index_exclusive & bit) lock.exclusive = false;
  if (handle.index_shared & bit) --lock.shared;
  handle.index_exclusive &= ~bit;
  handle.index_shared &= ~bit;
}

bool CanTakeIndexSlot(const Handle& handle, int slot, bool alone) {
  const IndexLock& lock = handle.node->index_locks[static_cast<size_t>(slot)];
  const unsigned bit = 1U << slot;
  if (lock.exclusive) return (handle.index_exclusive & bit) != 0;
  return !alone || lock.shared == ((handle.index_shared & bit) != 0 ? 1 : 0);
}

void TakeIndexSlot(Handle& handle, int slot, bool alone) {
  FreeIndexSlot(handle, slot);
  IndexLock& lock = handle.node->index_locks[static_cast<size_t>(slot)];
  const unsigned bit = 1U << slot;
  (alone ? handle.index_exclusive : handle.index_shared) |= bit;
  if (alone) lock.exclusive = true;
  if (!alone) ++lock.shared;
}

int LockIndex(sqlite3_file* file, int first, int count, int flags) {
  Handle& handle = Of(file);
  const bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  const bool takes = (flags & SQLITE_SHM_LOCK) != 0;
  for (int slot = first; takes && slot < first + count; ++slot) {
    if (!CanTakeIndexSlot(handle, slot, alone)) return SQLITE_BUSY;
  }
  for (int slot = first; slot < first + count; ++slot) {
    if (takes) TakeIndexSlot(handle, slot, alone);
    if (!takes) FreeIndexSlot(handle, slot);
  }
  return SQLITE_OK;
}

void Barrier(sqlite3_file*) {}

int UnmapIndex(sqlite3_file* file, int) {
  Handle& handle = Of(file);
  if (!handle.uses_index) return SQLITE_OK;
  LockIndex(file, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  handle.uses_index = false;
  if (--handle.node->index_users == 0) handle.node->index.clear();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kFileCalls = {2,       Close,      Read,     Write,    Truncate,
                                           Sync,    FileSize,   TakeLock, Unlock,   IsReserved,
                                           Control, SectorSize, Promises, MapIndex, LockIndex,
                                           Barrier, UnmapIndex, nullptr,  nullptr};

// ---- the disk, as SQLite calls it ------------------------------------------------------------

int OpenFile(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  file->pMethods = nullptr;
  Handle& handle = *std::construct_at(static_cast<Handle*>(file));
  const int code = Of(vfs).Open(path, handle, flags);
  if (code != SQLITE_OK) {
    std::destroy_at(&handle);
    return code;
  }
  handle.vfs = &Of(vfs);
  handle.pMethods = &kFileCalls;
  ++handle.vfs->open_files;
  if (flags_out) *flags_out = flags;
  return SQLITE_OK;
}

int DeleteFile(sqlite3_vfs* vfs, const char* path, int folder) {
  return Of(vfs).Delete(path, folder != 0);
}

// An empty file does not count, as in the unix VFS: it may be what a crash left of a creation.
int Access(sqlite3_vfs* vfs, const char* path, int, int* out) {
  *out = Of(vfs).HasBytes(path) ? 1 : 0;
  return SQLITE_OK;
}

int FullPath(sqlite3_vfs*, const char* path, int size, char* out) {
  const std::string_view view(path);
  if (view.size() >= static_cast<size_t>(size)) return SQLITE_CANTOPEN;
  out[view.copy(out, view.size())] = '\0';
  return SQLITE_OK;
}

int Randomness(sqlite3_vfs* vfs, int size, char* out) { return Of(vfs).FillWithRandom(size, out); }

int Sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int JulianDay(sqlite3_vfs*, sqlite3_int64* milliseconds) {
  *milliseconds = 212'600'000'000'000;
  return SQLITE_OK;
}

int JulianDayInDays(sqlite3_vfs*, double* days) {
  *days = 212'600'000'000'000 / 86'400'000.0;
  return SQLITE_OK;
}

}  // namespace

MemoryVfs::MemoryVfs(DiskImage image) {
  DiskContent start;
  for (auto& [path, bytes] : image) {
    auto node = std::make_shared<Node>();
    node->number = start.names[path] = ++created_;
    start.files[created_] = node->bytes = std::move(bytes);
    files_[path] = std::move(node);
  }
  history_ = std::make_unique<DiskHistory>(std::move(start));

  before_ = sqlite3_vfs_find(nullptr);
  registered_.iVersion = 2;
  registered_.szOsFile = sizeof(Handle);
  registered_.mxPathname = 1024;
  registered_.zName = "faulty-disk";
  registered_.pAppData = this;
  registered_.xOpen = OpenFile;
  registered_.xDelete = DeleteFile;
  registered_.xAccess = Access;
  registered_.xFullPathname = FullPath;
  registered_.xRandomness = Randomness;
  registered_.xSleep = Sleep;
  registered_.xCurrentTime = JulianDayInDays;
  registered_.xCurrentTimeInt64 = JulianDay;
  CHECK(sqlite3_vfs_register(&registered_, 1) == SQLITE_OK);
  sqlite3_randomness(0, nullptr);  // SQLite's own numbers, such as a WAL's salt, begin anew
}

MemoryVfs::~MemoryVfs() {
  CHECK(open_files == 0);
  CHECK(sqlite3_vfs_find(nullptr) == &registered_);  // the latest made goes first
  sqlite3_vfs_unregister(&registered_);
  sqlite3_vfs_register(before_, 1);
}

std::shared_ptr<Node> MemoryVfs::Create(const std::string& path) {
  auto node = std::make_shared<Node>();
  node->number = ++created_;
  history_->Add({.kind = DiskOperation::Kind::kCreate, .file = created_, .path = path});
  return files_[path] = std::move(node);
}

int MemoryVfs::Open(const char* path, Handle& handle, int flags) {
  constexpr int kWithFolder =
      SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  const bool creates = (flags & SQLITE_OPEN_CREATE) != 0;
  if (path == nullptr) {  // a temporary file, which no crash leaves
    handle.node = std::make_shared<Node>();
    return SQLITE_OK;
  }
  const auto found = files_.find(path);
  if (found == files_.end() && !creates) return SQLITE_CANTOPEN;
  handle.node = found == files_.end() ? Create(path) : found->second;
  handle.read_only = (flags & SQLITE_OPEN_READONLY) != 0;
  handle.syncs_folder = creates && (flags & kWithFolder) != 0;
  return SQLITE_OK;
}

int MemoryVfs::Delete(const std::string& path, bool folder) {
  const auto found = files_.find(path);
  if (found == files_.end()) return SQLITE_IOERR_DELETE_NOENT;
  history_->Add({.kind = DiskOperation::Kind::kDelete,
                 .file = found->second->number,
                 .path = path,
                 .folder = folder});
  files_.erase(found);
  return SQLITE_OK;
}

std::string_view MemoryVfs::WhatFits(std::string_view bytes) {
  if (is_full_) return "";
  if (writes_left_ == 0 || --writes_left_ > 0) return bytes;
  is_full_ = true;
  return bytes.substr(0, bytes.size() / 2);
}

int MemoryVfs::Write(Node& node, std::string_view bytes, int64_t at) {
  const std::string_view fits = node.number == 0 ? bytes : WhatFits(bytes);
  if (!fits.empty()) PutBytes(node.bytes, at, fits);
  if (!fits.empty() && node.number != 0) {
    history_->Add({.kind = DiskOperation::Kind::kWrite,
                   .file = node.number,
                   .at = at,
                   .bytes = std::string(fits)});
  }
  return fits.size() == bytes.size() ? SQLITE_OK : SQLITE_FULL;
}

void MemoryVfs::Truncate(Node& node, int64_t size) {
  node.bytes.resize(static_cast<size_t>(size));
  if (node.number == 0) return;
  history_->Add({.kind = DiskOperation::Kind::kTruncate, .file = node.number, .at = size});
}

void MemoryVfs::Sync(Handle& handle) {
  if (handle.node->number == 0) return;
  history_->Add({.kind = DiskOperation::Kind::kSync,
                 .file = handle.node->number,
                 .folder = std::exchange(handle.syncs_folder, false)});
}

bool MemoryVfs::HasBytes(const std::string& path) const {
  const auto found = files_.find(path);
  return found != files_.end() && !found->second->bytes.empty();
}

int MemoryVfs::FillWithRandom(int size, char* out) {
  for (int i = 0; i < size; ++i) out[i] = static_cast<char>(random_());
  return size;
}

DiskImage MemoryVfs::Files() const {
  DiskImage image;
  for (const auto& [path, node] : files_) image[path] = node->bytes;
  return image;
}

FaultyDisk::FaultyDisk(DiskImage image) : vfs_(std::make_unique<MemoryVfs>(std::move(image))) {}
FaultyDisk::~FaultyDisk() = default;

DiskImage FaultyDisk::Files() const { return vfs_->Files(); }
void FaultyDisk::FillAt(int64_t writes) { vfs_->FillAt(writes); }
void FaultyDisk::FreeSpace() { vfs_->FillAt(0); }
bool FaultyDisk::IsFull() const { return vfs_->is_full(); }
int64_t FaultyDisk::operations() const { return vfs_->history().size(); }

DiskImage FaultyDisk::AfterCrash(int64_t operation, Crash crash, SyncKind sync, uint64_t seed) {
  return vfs_->history().AfterCrash(operation, crash, sync, seed);
}

}  // namespace curbstop
