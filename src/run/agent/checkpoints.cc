#include "run/agent/checkpoints.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

struct Times {
  timespec modified{};
  timespec changed{};
};

bool Before(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

Times ReadTimes(const fs::path& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return {};
  return {info.st_mtim, info.st_ctim};
}

// Of the entry itself or anything below it, the latest modification.
timespec LastTouched(const fs::path& path) {
  timespec latest = ReadTimes(path).modified;
  std::error_code error;
  for (fs::recursive_directory_iterator walk(path, error), end; !error && walk != end;
       walk.increment(error)) {
    const timespec touched = ReadTimes(walk->path()).modified;
    if (Before(latest, touched)) latest = touched;
  }
  return latest;
}

bool ShowsRename(const fs::path& path) {
  const Times times = ReadTimes(path);
  return Before(times.modified, times.changed);
}

std::string LastTouchedName(const fs::path& folder, const std::vector<FolderEntry>& entries) {
  std::string last;
  timespec latest{};
  for (const FolderEntry& entry : entries) {
    const timespec touched = LastTouched(folder / entry.name);
    if (!Before(touched, latest)) last = entry.name, latest = touched;
  }
  return last;
}

fs::path FreeName(const fs::path& wanted) {
  fs::path free = wanted;
  for (int n = 2; Exists(free); ++n) free = wanted.string() + "." + std::to_string(n);
  return free;
}

// The whole tree, on disk when this returns.
Status CopyTree(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  const int fd = error ? -1 : open(to.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int number = error ? error.value() : 0;
  if (number == 0 && (fd < 0 || syncfs(fd) != 0)) number = errno;
  if (fd >= 0) close(fd);
  return number == 0 ? Status() : FromErrno(number, "cannot copy `" + from.string() + "`");
}

// Within one file system a rename. Else a copy, which gets its name when it is whole and on disk;
// only then the source goes.
Status MoveAnywhere(const fs::path& from, const fs::path& to, FileStore& files) {
  Status moved = files.Move(from, to);
  if (moved.ok() || moved.error().kind() != ErrorKind::kNo) return moved;
  const fs::path part = to.string() + ".part";
  TRY(RemoveTree(part));
  Status copied = CopyTree(from, part);
  if (copied.ok()) copied = files.Move(part, to);
  if (copied.ok()) return RemoveTree(from);
  static_cast<void>(RemoveTree(part));
  return copied;
}

}  // namespace

bool HasIncompleteName(std::string_view name) {
  return name.starts_with('.') || name.starts_with("tmp") || name.ends_with(".tmp") ||
         name.ends_with(".part");
}

Result<CheckpointScan> ScanCheckpoints(const fs::path& folder, AfterKill after_kill,
                                       const std::set<std::string>& renamed) {
  CheckpointScan scan;
  if (!IsFolder(folder)) return scan;
  TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(folder));
  const std::string suspect = after_kill == AfterKill::kYes ? LastTouchedName(folder, entries) : "";
  for (const FolderEntry& entry : entries) {
    const fs::path path = folder / entry.name;
    const bool sealed =
        renamed.contains(entry.name) || Exists(path / ".complete") || ShowsRename(path);
    const bool torn = entry.name == suspect && !sealed;
    const bool complete = !HasIncompleteName(entry.name) && !torn;
    (complete ? scan.complete : scan.incomplete).push_back(entry.name);
  }
  std::sort(scan.complete.begin(), scan.complete.end(), NaturalLess);
  return scan;
}

std::vector<std::string> FinishedFolders(const fs::path& folder, std::chrono::milliseconds quiet) {
  std::vector<std::string> finished;
  const auto entries = ListFolder(folder);
  if (!entries.ok()) return finished;
  const std::string suspect = LastTouchedName(folder, *entries);
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // the clock of file times
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != EntryKind::kFolder || HasIncompleteName(entry.name)) continue;
    const timespec touched = LastTouched(folder / entry.name);
    const int64_t quiet_ms = (now.tv_sec - touched.tv_sec) * 1000;
    const bool is_left = entry.name != suspect && quiet_ms >= quiet.count();
    if (is_left || Exists(folder / entry.name / ".complete")) finished.push_back(entry.name);
  }
  return finished;
}

void CheckpointTrace::Hear(const Json& said) {
  const std::string kind = said.StringOr("kind", "");
  if (kind == "checkpoint" && said.BoolOr("renamed", false))
    renamed_.insert(said.StringOr("name", ""));
  if (kind == "attempt_starting") left_by_ = AfterKill::kYes;
  if (kind != "attempt_ended") return;
  left_by_ = said.BoolOr("killed", true) ? AfterKill::kYes : AfterKill::kNo;
}

Status MoveEntriesAside(const fs::path& folder, const std::vector<std::string>& names,
                        const fs::path& aside, FileStore& files) {
  if (names.empty()) return {};
  TRY(MakeFolders(aside));
  for (const std::string& name : names) {
    TRY(MoveAnywhere(folder / name, FreeName(aside / name), files));
  }
  return {};
}

CheckpointWatch::CheckpointWatch(const fs::path& folder)
    : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  constexpr uint32_t kEvents = IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_MODIFY;
  if (fd_ >= 0) inotify_add_watch(fd_, folder.c_str(), kEvents);
}

CheckpointWatch::~CheckpointWatch() {
  if (fd_ >= 0) close(fd_);
}

bool CheckpointWatch::Poll() {
  alignas(inotify_event) char buffer[16384];
  bool touched = false;
  for (ssize_t size = 0; fd_ >= 0 && (size = read(fd_, buffer, sizeof buffer)) > 0;) {
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const std::string name = event->len > 0 ? event->name : "";
      touched = true;
      if ((event->mask & IN_MOVED_TO) != 0) renamed_.insert(name);
      const bool finished = (event->mask & (IN_MOVED_TO | IN_CLOSE_WRITE)) != 0;
      if (finished && !HasIncompleteName(name)) finished_.push_back(name);
    }
  }
  return touched;
}

std::vector<std::string> CheckpointWatch::TakeFinished() { return std::exchange(finished_, {}); }

}  // namespace curbstop
