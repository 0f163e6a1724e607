#include "cloud/practice/machines/machine_disk.h"

#include <algorithm>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud/practice/machines/internal/process_tree.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr Ticks kSoonest = std::chrono::milliseconds(500);
constexpr int64_t kShare = 20;   // a look may cost one part in so many of the time
constexpr int64_t kBlock = 512;  // what st_blocks counts

// `now` at the most for a write, `ever` for this process and its heirs.
rlimit FileLimit(int64_t now, int64_t ever) {
  return {static_cast<rlim_t>(now), static_cast<rlim_t>(ever)};
}

}  // namespace

int64_t BytesBelow(const std::filesystem::path& folder) {
  const auto entries = ListFolder(folder);
  if (!entries.ok()) return 0;
  int64_t sum = 0;
  for (const FolderEntry& entry : *entries) {
    const std::filesystem::path path = folder / entry.name;
    struct stat seen{};
    if (lstat(path.c_str(), &seen) != 0) continue;
    sum += seen.st_blocks * kBlock /
           std::max<int64_t>(1, S_ISDIR(seen.st_mode) ? 1 : static_cast<int64_t>(seen.st_nlink));
    if (S_ISDIR(seen.st_mode)) sum += BytesBelow(path);
  }
  return sum;
}

MachineDisk::MachineDisk(std::vector<std::filesystem::path> folders, int64_t bytes, Clock& clock)
    : folders_(std::move(folders)), bytes_(std::max<int64_t>(1, bytes)), clock_(clock) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write then fails, and kills nobody
  const rlimit limit = FileLimit(bytes_, bytes_);
  setrlimit(RLIMIT_FSIZE, &limit);
}

void MachineDisk::LimitAll() const {
  const rlimit limit = FileLimit(is_full_ ? 0 : bytes_, bytes_);
  for (const int pid : ProcessTree(getpid())) prlimit(pid, RLIMIT_FSIZE, &limit, nullptr);
}

Millis MachineDisk::Look() {
  const Ticks begun = clock_.Boot();
  if (begun < next_) return std::chrono::duration_cast<Millis>(next_ - begun) + Millis(1);
  int64_t held = 0;
  for (const std::filesystem::path& folder : folders_) held += BytesBelow(folder);
  const bool was_full = is_full_;
  is_full_ = held > bytes_;
  if (is_full_ || was_full) LimitAll();  // whoever was started between forks too
  const Ticks pause = std::max(kSoonest, kShare * (clock_.Boot() - begun));
  next_ = clock_.Boot() + pause;
  return std::chrono::duration_cast<Millis>(pause);
}

}  // namespace curbstop
