#include "run/agent/step_cgroup.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/files.h"
#include "sys/process_identity.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

// One line of /proc/self/mountinfo that mounts a hierarchy.
struct CgroupMount {
  std::string type;     // cgroup2, cgroup
  std::string top;      // which part of the hierarchy is mounted
  std::string place;    // where
  std::string options;  // names the controllers of version 1
};

std::vector<CgroupMount> ReadMounts(const fs::path& root) {
  std::vector<CgroupMount> mounts;
  const Result<std::string> text = ReadFile(root / "proc/self/mountinfo");
  if (!text.ok()) return mounts;
  for (const std::string_view line : Lines(*text)) {
    const std::vector<std::string> cells = Split(line, ' ');
    const auto dash = std::find(cells.begin(), cells.end(), "-");
    if (cells.size() < 5 || cells.end() - dash < 4 || !dash[1].starts_with("cgroup")) continue;
    mounts.push_back({dash[1], cells[3], cells[4], dash[3]});
  }
  return mounts;
}

bool HasWord(const std::string& list, std::string_view word) {
  const std::vector<std::string> words = Split(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Our own place in the hierarchy of that controller; the empty name is version 2's.
std::optional<std::string> OwnPlace(const fs::path& root, std::string_view controller) {
  const Result<std::string> text = ReadFile(root / "proc/self/cgroup");
  if (!text.ok()) return std::nullopt;
  for (const std::string_view line : Lines(*text)) {
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string names(line.substr(first + 1, second - first - 1));
    const bool ours = controller.empty() ? line.starts_with("0::") : HasWord(names, controller);
    if (ours) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// Where that place lies among the folders; empty if the mount does not show it.
fs::path FolderOf(const fs::path& root, const CgroupMount& mount, std::string place) {
  if (place.find("..") != place.npos) return {};  // outside of our cgroup namespace
  if (mount.top != "/") {
    if (place != mount.top && !place.starts_with(mount.top + "/")) return {};
    place.erase(0, mount.top.size());
  }
  const fs::path folder = root.string() + mount.place + place;
  return folder.lexically_normal();
}

bool MayMakeIn(const fs::path& folder) {
  return access(folder.c_str(), W_OK | X_OK) == 0 &&
         access((folder / "cgroup.procs").c_str(), W_OK) == 0;
}

void AddProcesses(const fs::path& folder, std::vector<int>& found) {
  const Result<std::string> text = ReadFile(folder / "cgroup.procs");
  for (const std::string_view line : text.ok() ? Lines(*text) : std::vector<std::string_view>()) {
    const int pid = IsDigits(line) ? std::atoi(std::string(line).c_str()) : 0;
    // 0 stands for a process outside of our pid namespace.
    if (pid > 0 && pid != getpid() && IdentifyProcess(pid)) found.push_back(pid);
  }
  const auto entries = ListFolder(folder);
  for (const FolderEntry& entry : entries.ok() ? *entries : std::vector<FolderEntry>()) {
    if (entry.kind == EntryKind::kFolder) AddProcesses(folder / entry.name, found);
  }
}

void RemoveFolders(const fs::path& folder) {
  const auto entries = ListFolder(folder);
  for (const FolderEntry& entry : entries.ok() ? *entries : std::vector<FolderEntry>()) {
    if (entry.kind == EntryKind::kFolder) RemoveFolders(folder / entry.name);
  }
  rmdir(folder.c_str());
}

}  // namespace

std::vector<fs::path> CgroupParents(const fs::path& root) {
  std::vector<fs::path> parents;
  const std::vector<CgroupMount> mounts = ReadMounts(root);
  const auto add = [&](const std::string& type, std::string_view controller) {
    const std::optional<std::string> place = OwnPlace(root, controller);
    for (const CgroupMount& mount : mounts) {
      const bool ours =
          mount.type == type && (controller.empty() || HasWord(mount.options, controller));
      const fs::path folder = place && ours ? FolderOf(root, mount, *place) : fs::path();
      if (!folder.empty() && MayMakeIn(folder)) return parents.push_back(folder);
    }
  };
  add("cgroup2", "");
  add("cgroup", "freezer");
  add("cgroup", "pids");
  return parents;
}

std::optional<StepCgroup> StepCgroup::Make(const std::vector<fs::path>& parents,
                                           const std::string& name, const fs::path& list,
                                           FileStore& files) {
  for (const fs::path& parent : parents) {
    const fs::path folder = parent / name;
    if (!files.Write(list, folder.string() + "\n", 0600).ok()) return std::nullopt;
    const bool made = mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST;
    if (made && access((folder / "cgroup.procs").c_str(), W_OK) == 0) return StepCgroup(folder);
    if (made) rmdir(folder.c_str());
  }
  return std::nullopt;
}

std::optional<StepCgroup> StepCgroup::Find(const fs::path& list) {
  const Result<std::string> text = ReadFile(list, 65536);
  if (!text.ok()) return std::nullopt;
  const fs::path folder(Trim(*text));
  const bool there = folder.is_absolute() && Exists(folder / "cgroup.procs");
  return there ? std::optional(StepCgroup(folder)) : std::nullopt;
}

std::vector<int> StepCgroup::Processes() const {
  std::vector<int> found;
  AddProcesses(folder_, found);
  return found;
}

void StepCgroup::Kill() const {
  const int fd = open((folder_ / "cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = write(fd, "1", 1);
  close(fd);
}

void StepCgroup::Remove() const { RemoveFolders(folder_); }

}  // namespace curbstop
