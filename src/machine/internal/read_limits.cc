// What a container or a service manager leaves of the computer.
//
// Source: the kernel's cgroup-v1 (cpu, cpuacct, memory) and cgroup-v2 documents. A limit of any
// group on the way to the root holds, so the smallest counts.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/parse_cpu.h"
#include "machine/internal/read_parts.h"

namespace curbstop {
namespace {

// Folders of this process's group and of those above it, innermost first.
std::vector<std::string> GroupFolders(const std::vector<Mount>& mounts, std::string_view controller,
                                      std::string_view group) {
  for (const Mount& mount : mounts) {
    const bool matches = controller.empty() ? mount.file_system == "cgroup2"
                                            : mount.file_system == "cgroup" &&
                                                  HasOption(mount.super_options, controller);
    if (!matches) continue;
    // In a container the mount shows a part of the tree: its root is cut off the group's path.
    std::string_view inside = group;
    if (mount.root != "/" && inside.starts_with(mount.root))
      inside.remove_prefix(mount.root.size());
    std::vector<std::string> folders;
    for (std::string_view left = inside; left.size() > 1; left = left.substr(0, left.rfind('/'))) {
      folders.push_back(mount.point + std::string(left));
    }
    folders.push_back(mount.point);
    return folders;
  }
  return {};
}

// The path in the line of that controller ("" is version 2's); empty if there is none.
std::string GroupOf(std::string_view text, std::string_view controller) {
  for (const std::string_view line : Lines(text)) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool matches =
        controller.empty() ? controllers.empty() : HasOption(controllers, controller);
    const std::string_view path = line.substr(second + 1);
    if (matches && path.starts_with('/') && path.find("..") == path.npos) return std::string(path);
  }
  return "";
}

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

template <typename T>
void KeepSmaller(std::optional<T>& kept, std::optional<T> seen) {
  if (seen && (!kept || *seen < *kept)) kept = seen;
}

// "200000 100000" (quota and period in microseconds); "max 100000" is no limit.
std::optional<double> CpusOfMax(std::string_view text) {
  const std::vector<std::string> parts = Split(text, ' ');
  if (parts.size() != 2) return std::nullopt;
  const std::optional<int64_t> quota = Number(parts[0]);
  const std::optional<int64_t> period = Number(parts[1]);
  if (!quota || !period || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

struct Limits {
  std::optional<double> cpus;
  std::optional<int64_t> memory;
  std::optional<int64_t>
      memory_used;  // of the group that holds the smallest limit, less page cache
};

// "inactive_file 4096" of memory.stat ("total_inactive_file" in version 1).
int64_t ReclaimableCache(std::string_view stat, std::string_view key) {
  for (const std::string_view line : Lines(stat)) {
    if (line.starts_with(key) && line.substr(key.size(), 1) == " ") {
      return Number(Trim(line.substr(key.size()))).value_or(0);
    }
  }
  return 0;
}

struct MemoryFiles {
  const char* limit;
  const char* used;
  const char* cache_key;
};
constexpr MemoryFiles kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                   "total_inactive_file"};
constexpr MemoryFiles kVersion2 = {"memory.max", "memory.current", "inactive_file"};

void AddMemoryLimit(FactSource& source, const std::string& folder, const MemoryFiles& files,
                    Limits& limits) {
  constexpr int64_t kUnlimited = int64_t{1} << 60;  // version 1 writes the largest page count
  const auto read = [&](const char* name) { return source.Text(folder + "/" + name); };
  const std::optional<int64_t> limit = Number(read(files.limit));
  if (!limit || *limit >= kUnlimited || (limits.memory && *limits.memory <= *limit)) return;
  limits.memory = limit;
  limits.memory_used = Number(read(files.used));
  if (!limits.memory_used) return;
  const int64_t cache = ReclaimableCache(read("memory.stat"), files.cache_key);
  limits.memory_used = std::max<int64_t>(0, *limits.memory_used - cache);
}

Limits FindLimits(FactSource& source, const std::vector<Mount>& mounts, std::string_view groups) {
  Limits limits;
  for (const std::string& folder : GroupFolders(mounts, "", GroupOf(groups, ""))) {
    KeepSmaller(limits.cpus, CpusOfMax(source.Text(folder + "/cpu.max")));
    AddMemoryLimit(source, folder, kVersion2, limits);
  }
  for (const std::string& folder : GroupFolders(mounts, "memory", GroupOf(groups, "memory"))) {
    AddMemoryLimit(source, folder, kVersion1, limits);
  }
  for (const std::string& folder : GroupFolders(mounts, "cpu", GroupOf(groups, "cpu"))) {
    const std::string quota = source.Text(folder + "/cpu.cfs_quota_us");  // -1 is no limit
    KeepSmaller(limits.cpus, CpusOfMax(quota + " " + source.Text(folder + "/cpu.cfs_period_us")));
  }
  return limits;
}

int64_t CgroupVersion(const std::vector<Mount>& mounts) {
  bool has_version_1 = false;
  bool has_version_2 = false;
  for (const Mount& mount : mounts) {
    has_version_1 = has_version_1 || mount.file_system == "cgroup";
    has_version_2 = has_version_2 || mount.file_system == "cgroup2";
  }
  return has_version_1 ? 1 : has_version_2 ? 2 : 0;
}

std::string ContainerKind(FactSource& source) {
  if (source.Has("/run/secrets/kubernetes.io") || source.Has("/var/run/secrets/kubernetes.io")) {
    return "kubernetes";
  }
  if (source.Has("/run/.containerenv")) return "podman";
  if (source.Has("/.dockerenv")) return "docker";
  std::string manager = source.Text("/run/systemd/container");
  if (manager == "docker" || manager == "podman" || manager == "lxc") return manager;
  if (manager == "wsl") return "";
  if (!manager.empty()) return "unknown";
  const std::string groups = source.Text("/proc/self/cgroup");
  for (const auto& [part, kind] : {std::pair{"/kubepods", "kubernetes"},
                                   {"/docker/", "docker"},
                                   {"/libpod", "podman"},
                                   {"/lxc", "lxc"}}) {
    if (groups.find(part) != groups.npos) return kind;
  }
  return "";
}

}  // namespace

void ReadContainer(FactSource& source, Machine& machine) {
  const std::string kind = ContainerKind(source);
  if (!kind.empty()) machine.container = Container{kind, 0};
}

void ReadLimits(FactSource& source, const std::vector<Mount>& mounts, Machine& machine) {
  if (machine.container) machine.container->cgroup_version = CgroupVersion(mounts);
  const Limits limits = FindLimits(source, mounts, source.Text("/proc/self/cgroup"));
  std::optional<double> cpus = limits.cpus;
  const std::string status = source.Text("/proc/self/status");
  if (const auto count = CountCpuList(ColonField(status, "Cpus_allowed_list"));
      count && *count > 0) {
    KeepSmaller(cpus, std::optional<double>(static_cast<double>(*count)));
  }
  if (cpus && *cpus < static_cast<double>(machine.cpu.threads)) machine.cpu.usable = cpus;
  Memory& memory = machine.memory;
  if (!limits.memory || (memory.total && *limits.memory >= memory.total->value)) return;
  memory.limit = Bytes{*limits.memory};
  if (!limits.memory_used) return;
  KeepSmaller(
      memory.available,
      std::optional<Bytes>(Bytes{std::max<int64_t>(0, *limits.memory - *limits.memory_used)}));
}

}  // namespace curbstop
