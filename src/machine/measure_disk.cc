#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/measure.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlock = 4 << 20;
constexpr size_t kAlignment = 4096;  // what O_DIRECT asks of every common disk

std::string Doing(std::string_view what, const fs::path& folder) {
  return fmt::format("cannot {} a file in `{}`", what, Printable(folder.string()));
}

// A file that no name leads to: the kernel frees it when the descriptor closes, also after a kill.
class NamelessFile {
 public:
  static Result<NamelessFile> Make(const fs::path& folder);
  NamelessFile(NamelessFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), direct_(other.direct_) {}
  NamelessFile& operator=(NamelessFile&&) = delete;
  ~NamelessFile() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  bool direct() const { return direct_; }

 private:
  NamelessFile(int fd, bool direct) : fd_(fd), direct_(direct) {}
  int fd_;
  bool direct_;
};

Result<NamelessFile> NamelessFile::Make(const fs::path& folder) {
  const int direct = open(folder.c_str(), O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
  if (direct >= 0) return NamelessFile(direct, true);
  const int plain = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (plain >= 0) return NamelessFile(plain, false);
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL) {
    return FromErrno(errno, Doing("make", folder));
  }
  // File systems without O_TMPFILE (9p, NFS, some FUSE): the name lives for an instant.
  std::string name = (folder / ".curbstop-measure-XXXXXX").string();
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named < 0) return FromErrno(errno, Doing("make", folder));
  unlink(name.c_str());
  const bool is_direct = fcntl(named, F_SETFL, O_DIRECT) == 0;
  return NamelessFile(named, is_direct);
}

struct Freed {
  void operator()(void* memory) const { free(memory); }
};
using Block = std::unique_ptr<unsigned char, Freed>;

// Bytes that no disk or file system can compress or store once.
Block MakeBlock() {
  Block block(static_cast<unsigned char*>(aligned_alloc(kAlignment, kBlock)));
  uint64_t state = 0x9E3779B97F4A7C15;
  for (size_t i = 0; block && i < kBlock; i += sizeof state) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;  // xorshift64 (Marsaglia 2003)
    memcpy(block.get() + i, &state, sizeof state);
  }
  return block;
}

// The next block must differ, or a deduplicating disk would write it once.
void Mark(unsigned char* block, int64_t number) {
  for (size_t at = 0; at < kBlock; at += kAlignment) memcpy(block + at, &number, sizeof number);
}

Status CheckSpace(const fs::path& folder, Bytes needed) {
  struct statvfs info{};
  if (statvfs(folder.c_str(), &info) != 0) return FromErrno(errno, Doing("make", folder));
  const Bytes free{static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize)};
  if (free.value >= 2 * needed.value) return {};
  return Exhausted(fmt::format("`{}` has {} free, measuring needs {}", Printable(folder.string()),
                               BytesText(free), BytesText({2 * needed.value})))
      .WithHint("free space, or measure from a folder on another disk");
}

double Megabytes(int64_t bytes, Ticks took) {
  const double seconds = std::chrono::duration<double>(took).count();
  return seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0;
}

// Whole blocks at increasing offsets until `most` bytes or the time is over; the bytes moved.
template <typename Move>
Result<int64_t> MoveBlocks(int64_t most, Millis time, Clock& clock, std::string_view doing,
                           Move move) {
  const Ticks begun = clock.Awake();
  int64_t at = 0;
  while (at < most && (at == 0 || clock.Awake() - begun < time)) {
    const ssize_t count = move(at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, std::string(doing));
    if (count == 0) break;
    at += count;
    if (static_cast<size_t>(count) < kBlock) break;  // the last piece of a full disk or short file
  }
  return at;
}

}  // namespace

Result<DiskRates> MeasureDisk(const fs::path& folder, const DiskSize& size, Clock& clock) {
  TRY(CheckSpace(folder, size.file));
  TRY_ASSIGN(const NamelessFile file, NamelessFile::Make(folder));
  const Block block = MakeBlock();
  if (!block) return Exhausted("cannot get 4 MiB of memory");

  const Ticks before_write = clock.Awake();
  TRY_ASSIGN(const int64_t written,
             MoveBlocks(size.file.value, size.time, clock, Doing("write", folder), [&](int64_t at) {
               Mark(block.get(), at);
               return pwrite(file.fd(), block.get(), kBlock, at);
             }));
  if (fdatasync(file.fd()) != 0) return FromErrno(errno, Doing("flush", folder));
  const Ticks write_took = clock.Awake() - before_write;

  posix_fadvise(file.fd(), 0, 0, POSIX_FADV_DONTNEED);
  const Ticks before_read = clock.Awake();
  TRY_ASSIGN(const int64_t read_back,
             MoveBlocks(written, size.time, clock, Doing("read", folder),
                        [&](int64_t at) { return pread(file.fd(), block.get(), kBlock, at); }));
  const Ticks read_took = clock.Awake() - before_read;
  return DiskRates{Megabytes(written, write_took), Megabytes(read_back, read_took), file.direct()};
}

Result<Calibration> MeasureMachine(const Machine& machine, const fs::path& folder, Clock& clock) {
  MemorySize memory;
  memory.threads = std::max(
      1, static_cast<int>(machine.cpu.usable.value_or(static_cast<double>(machine.cpu.threads))));
  if (machine.memory.available) {
    memory.array.value = std::min(memory.array.value, machine.memory.available->value / 12);
  }
  Calibration calibration;
  TRY_ASSIGN(calibration.memory_gbps, MeasureMemory(memory, clock));
  TRY_ASSIGN(const DiskRates disk, MeasureDisk(folder, DiskSize{}, clock));
  calibration.disk_write_mbps = disk.write_mbps;
  calibration.disk_read_mbps = disk.read_mbps;
  calibration.disk_direct = disk.direct;
  if (const Disk* under = DiskUnder(machine, folder)) calibration.disk_mount = under->mount;
  calibration.cpu_model = machine.cpu.model;
  calibration.measured_at_ms = clock.WallMs();
  return calibration;
}

}  // namespace curbstop
