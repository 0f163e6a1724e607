#include "store/internal/hash_index.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <fmt/format.h>
#include <xxhash.h>

#include "store/internal/fd.h"
#include "sys/failpoint.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr char kMagic[8] = {'c', 'u', 'r', 'b', 'i', 'd', 'x', '\n'};
constexpr uint32_t kVersion = 2;
constexpr uint32_t kRacy = 1;

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t record_size;
  uint64_t count;
  uint64_t paths_size;
  uint64_t checksum;  // XXH3-64 of everything after the header
};
static_assert(sizeof(Header) == 40);

bool IsBelow(std::string_view path, std::string_view folder) {
  if (folder.empty()) return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

struct HashIndex::Record {
  uint64_t inode;
  int64_t modified_ns;
  int64_t size;
  int64_t changed_ns;
  uint64_t path_offset;
  uint32_t path_size;
  uint32_t flags;
  unsigned char md5[16];
};

Status MakeStateFolder(const std::filesystem::path& folder) {
  if (IsFolder(folder)) return {};
  TRY(MakeFolders(folder));
  const std::filesystem::path file = folder / ".gitignore";
  Fd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd.ok()) return errno == EEXIST ? Status() : FromErrno(errno, Doing("write", file));
  return WriteFully(fd.get(), "*\n", file);
}

FileStamp StampOf(const struct stat& info) {
  return {.inode = info.st_ino,
          .modified_ns = info.st_mtim.tv_sec * kSecond + info.st_mtim.tv_nsec,
          .size = info.st_size,
          .changed_ns = info.st_ctim.tv_sec * kSecond + info.st_ctim.tv_nsec};
}

FileStamp WithoutChangeTime(FileStamp stamp) {
  stamp.changed_ns = 0;
  return stamp;
}

bool IsSame(const FileStamp& a, const FileStamp& b) {
  const bool both_tell = a.changed_ns != 0 && b.changed_ns != 0;
  return both_tell ? a == b : WithoutChangeTime(a) == WithoutChangeTime(b);
}

int64_t KernelFileTimeNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

bool IsRacy(const FileStamp& stamp, int64_t started_ns) {
  // File systems that keep whole seconds only (or two of them) stamp later changes alike.
  const auto may_hide = [&](int64_t stamped_ns) {
    const int64_t grain = stamped_ns % kSecond == 0 ? 2 * kSecond : 0;
    return stamped_ns + grain >= started_ns;
  };
  return may_hide(stamp.modified_ns) || (stamp.changed_ns != 0 && may_hide(stamp.changed_ns));
}

// They are called `NAME.PID.N.tmp`.
void SweepTemporaries(const std::filesystem::path& file) {
  const std::string start = file.filename().string() + ".";
  const auto entries = ListFolder(file.parent_path());
  for (size_t i = 0; entries.ok() && i < entries->size(); ++i) {
    const std::string& name = (*entries)[i].name;
    if (!name.starts_with(start) || !name.ends_with(".tmp")) continue;
    const int pid = std::atoi(name.c_str() + start.size());
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) unlink((file.parent_path() / name).c_str());
  }
}

HashIndex::HashIndex(HashIndex&& other) noexcept
    : map_(std::exchange(other.map_, nullptr)),
      map_size_(other.map_size_),
      records_(other.records_),
      paths_(other.paths_),
      count_(std::exchange(other.count_, 0)) {}

HashIndex::~HashIndex() {
  if (map_ != nullptr) munmap(map_, map_size_);
}

HashIndex HashIndex::Load(const std::filesystem::path& file) {
  HashIndex index;
  const Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info{};
  if (!fd.ok() || fstat(fd.get(), &info) != 0) return index;
  if (!S_ISREG(info.st_mode) || info.st_size < static_cast<off_t>(sizeof(Header))) return index;
  const auto size = static_cast<size_t>(info.st_size);
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  if (map == MAP_FAILED) return index;
  index.map_ = map;
  index.map_size_ = size;
  if (!index.Accept()) index.count_ = 0;
  return index;
}

// Every byte and every offset is checked before the first use.
bool HashIndex::Accept() {
  const auto* header = static_cast<const Header*>(map_);
  const size_t rest = map_size_ - sizeof(Header);
  if (std::memcmp(header->magic, kMagic, sizeof kMagic) != 0 || header->version != kVersion)
    return false;
  if (header->record_size != sizeof(Record) || header->count > rest / sizeof(Record)) return false;
  if (header->paths_size != rest - header->count * sizeof(Record)) return false;
  const char* body = static_cast<const char*>(map_) + sizeof(Header);
  if (XXH3_64bits(body, rest) != header->checksum) return false;
  records_ = reinterpret_cast<const Record*>(body);
  count_ = header->count;
  paths_ = body + count_ * sizeof(Record);
  return std::all_of(records_, records_ + count_, [&](const Record& record) {
    return record.path_offset <= header->paths_size &&
           record.path_size <= header->paths_size - record.path_offset;
  });
}

std::string_view HashIndex::PathOf(size_t i) const {
  return {paths_ + records_[i].path_offset, records_[i].path_size};
}

size_t HashIndex::LowerBound(std::string_view path, size_t from) const {
  // Gallops: neighbours are found in one step, far ones in a few.
  size_t step = 1;
  size_t high = from;
  while (high < count_ && PathOf(high) < path) {
    from = high + 1;
    high += step;
    step *= 2;
  }
  high = std::min(high, count_);
  while (from < high) {
    const size_t middle = from + (high - from) / 2;
    if (PathOf(middle) < path) {
      from = middle + 1;
    } else {
      high = middle;
    }
  }
  return from;
}

const Md5* HashIndex::Cursor::Find(std::string_view path, const FileStamp& stamp) {
  next_ = index_.LowerBound(path, next_);
  if (next_ == index_.count_ || index_.PathOf(next_) != path) return nullptr;
  const Record& record = index_.records_[next_];
  const FileStamp known{record.inode, record.modified_ns, record.size, record.changed_ns};
  if (!IsSame(known, stamp) || (record.flags & kRacy) != 0) return nullptr;
  static_assert(sizeof(Md5) == sizeof record.md5);
  return reinterpret_cast<const Md5*>(record.md5);
}

Status HashIndex::Save(const std::filesystem::path& file, const std::vector<IndexEntry>& fresh,
                       const std::vector<std::string>& scanned) const {
  std::vector<Record> records;
  std::string paths;
  records.reserve(count_ + fresh.size());
  const auto add = [&](Record record, std::string_view path) {
    record.path_offset = paths.size();
    record.path_size = static_cast<uint32_t>(path.size());
    paths += path;
    records.push_back(record);
  };
  const auto add_fresh = [&](const IndexEntry& entry) {
    Record record{.inode = entry.stamp.inode,
                  .modified_ns = entry.stamp.modified_ns,
                  .size = entry.stamp.size,
                  .changed_ns = entry.stamp.changed_ns,
                  .path_offset = 0,
                  .path_size = 0,
                  .flags = entry.racy ? kRacy : 0,
                  .md5 = {}};
    std::memcpy(record.md5, entry.md5.bytes.data(), sizeof record.md5);
    add(record, entry.path);
  };
  const auto was_scanned = [&](std::string_view path) {
    return std::any_of(scanned.begin(), scanned.end(),
                       [&](const std::string& folder) { return IsBelow(path, folder); });
  };
  auto next = fresh.begin();
  for (size_t i = 0; i < count_; ++i) {
    const std::string_view path = PathOf(i);
    while (next != fresh.end() && next->path < path) add_fresh(*next++);
    const bool replaced = next != fresh.end() && next->path == path;
    if (!replaced && !was_scanned(path)) add(records_[i], path);
  }
  while (next != fresh.end()) add_fresh(*next++);

  const std::string_view body_records(reinterpret_cast<const char*>(records.data()),
                                      records.size() * sizeof(Record));
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, body_records.data(), body_records.size());
  XXH3_64bits_update(state, paths.data(), paths.size());
  Header header{.magic = {},
                .version = kVersion,
                .record_size = sizeof(Record),
                .count = records.size(),
                .paths_size = paths.size(),
                .checksum = XXH3_64bits_digest(state)};
  XXH3_freeState(state);
  std::memcpy(header.magic, kMagic, sizeof kMagic);

  TRY(MakeStateFolder(file.parent_path()));
  SweepTemporaries(file);
  static std::atomic<unsigned> saves{0};
  const std::filesystem::path temporary =
      fmt::format("{}.{}.{}.tmp", file.string(), getpid(), ++saves);
  const auto write_all = [&]() -> Status {
    Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.ok()) return FromErrno(errno, Doing("write", file));
    TRY(WriteFully(fd.get(), {reinterpret_cast<const char*>(&header), sizeof header}, file));
    TRY(WriteFully(fd.get(), body_records, file));
    TRY(WriteFully(fd.get(), paths, file));
    return fd.Close(file);
  };
  Status written = write_all();
  FAILPOINT("index.before_rename");
  // No fsync: a torn index fails its checksum and is made again.
  if (written.ok() && rename(temporary.c_str(), file.c_str()) != 0) {
    written = FromErrno(errno, Doing("replace", file));
  }
  if (!written.ok()) unlink(temporary.c_str());
  return written;
}

}  // namespace curbstop
