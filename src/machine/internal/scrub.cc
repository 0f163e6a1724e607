#include "machine/internal/scrub.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/parse_mounts.h"
#include "machine/internal/read_parts.h"

namespace curbstop {
namespace {

bool IsNumbered(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return false;
  const std::string_view rest = name.substr(stem.size());
  return rest.empty() || (IsDigits(rest) && rest.size() <= 2);
}

// Parts of mount points that say nothing about a person.
bool IsCommonMountPart(std::string_view name) {
  constexpr std::array kNames = {"home",    "mnt",  "media", "srv",    "var",    "opt",
                                 "tmp",     "root", "usr",   "local",  "lib",    "workspace",
                                 "scratch", "dev",  "shm",   "run",    "System", "Volumes",
                                 "Data",    "wsl",  "wslg",  "docker", "content"};
  if (name.size() <= 1) return true;  // a Windows drive
  for (const char* stem : {"data", "disk", "ssd", "hdd", "nvme", "storage", "backup"}) {
    if (IsNumbered(name, stem)) return true;
  }
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// Parts of control-group paths that tell the controller or the kind of container.
bool IsCommonGroupPart(std::string_view name) {
  constexpr std::array kNames = {
      "docker",        "kubepods", "libpod", "lxc",     "system.slice", "user.slice", "init.scope",
      "machine.slice", "memory",   "cpu",    "cpuacct", "cpu,cpuacct",  "unified"};
  return name.empty() || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string ScrubGroups(std::string_view text, Renamer& groups) {
  std::string kept;
  for (const std::string_view line : Lines(text)) {
    const size_t path = line.find(":/");
    if (path == line.npos) continue;
    kept += fmt::format("{}:{}\n", line.substr(0, path), groups.Path(line.substr(path + 1)));
  }
  return kept;
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == ' ' || c == '\\' || c == '\t' || c == '\n') {
      escaped += fmt::format("\\{:03o}", static_cast<unsigned>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// The source's kind, without what a person named: volume groups, servers, pools.
std::string ScrubSource(const Mount& mount) {
  if (mount.source.starts_with("/dev/mapper/")) return "/dev/mapper/volume";
  if (mount.source.starts_with("/dev/")) return mount.source.substr(0, mount.source.find(' '));
  if (mount.file_system == "9p" || mount.file_system == "drvfs")
    return mount.source.substr(0, 2) + "\\";
  return mount.file_system;
}

std::string ScrubMounts(std::string_view text, Renamers& renamers) {
  std::string kept;
  int id = 0;
  for (const Mount& mount : ParseMountInfo(text)) {
    const bool is_group = mount.file_system == "cgroup" || mount.file_system == "cgroup2";
    if (!is_group && !IsShownMount(mount)) continue;
    const std::string point = is_group ? mount.point : renamers.mounts.Path(mount.point);
    kept +=
        fmt::format("{} 1 {} {} {} rw - {} {} {}\n", ++id, mount.device_number,
                    is_group ? Escaped(renamers.groups.Path(mount.root)) : "/", Escaped(point),
                    mount.file_system, is_group ? mount.file_system : Escaped(ScrubSource(mount)),
                    is_group ? mount.super_options : "rw");
  }
  return kept;
}

// "GPU-<uuid>" in every cell: the UUID is the card's serial number by another name.
std::string ScrubUuids(std::string_view text) {
  constexpr std::string_view kStart = "GPU-";
  constexpr size_t kUuidLength = 36;
  std::string kept;
  int count = 0;
  while (!text.empty()) {
    const size_t at = text.find(kStart);
    kept += text.substr(0, at);
    if (at == text.npos) break;
    kept += fmt::format("GPU-00000000-0000-0000-0000-{:012}", ++count);
    text.remove_prefix(std::min(text.size(), at + kStart.size() + kUuidLength));
  }
  return kept;
}

}  // namespace

std::string Renamer::Path(std::string_view path) {
  std::vector<std::string> parts = Split(path, '/');
  for (std::string& part : parts) {
    if (is_common_(part)) continue;
    const auto [entry, is_new] = names_.try_emplace(part, "");
    if (is_new) entry->second = fmt::format("{}{}", prefix_, names_.size());
    part = entry->second;
  }
  return Join(parts, "/");
}

Renamers::Renamers() : mounts("named-", IsCommonMountPart), groups("group", IsCommonGroupPart) {}

std::string KeepFields(std::string_view text, std::initializer_list<std::string_view> keys) {
  std::string kept;
  for (const std::string_view line : Lines(text)) {
    const std::string_view key = Trim(line.substr(0, line.find_first_of(":=")));
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) kept += std::string(line) + "\n";
  }
  return kept;
}

std::string ScrubFile(std::string_view path, std::string_view text, Renamers& renamers) {
  if (path == "/proc/cpuinfo") {
    return KeepFields(text,
                      {"processor", "vendor_id", "model name", "physical id", "core id", "flags",
                       "Features", "CPU implementer", "CPU architecture", "CPU part"});
  }
  if (path == "/proc/meminfo") return KeepFields(text, {"MemTotal", "MemFree", "MemAvailable"});
  if (path == "/proc/self/status") return KeepFields(text, {"Cpus_allowed_list"});
  if (path == "/proc/self/cgroup") return ScrubGroups(text, renamers.groups);
  if (path == "/proc/self/mountinfo") return ScrubMounts(text, renamers);
  if (path.ends_with("/os-release")) return KeepFields(text, {"PRETTY_NAME"});
  if (path.ends_with("/memory.stat")) {
    std::string kept;
    for (const std::string_view line : Lines(text)) {
      if (line.find("inactive_file ") != line.npos) kept += std::string(line) + "\n";
    }
    return kept;
  }
  if (path == "/proc/version") {  // the rest names who built the kernel, and where
    const std::vector<std::string> words = Split(text, ' ');
    return words.size() > 2 ? fmt::format("Linux version {}\n", words[2]) : "";
  }
  if (path.starts_with("/proc/device-tree/")) return "";
  return std::string(text);
}

std::string ScrubCommand(std::string_view name, std::string_view text) {
  if (text.starts_with("failed: ")) return std::string(text);
  if (name == "dmidecode") {
    return KeepFields(text, {"Speed", "Configured Memory Speed", "Configured Clock Speed"});
  }
  if (name == "powershell") {
    return KeepFields(text, {"TotalPhysicalMemory", "Caption", "Speed", "ConfiguredClockSpeed",
                             "wslconfig.memory"});
  }
  return ScrubUuids(text);
}

}  // namespace curbstop
