#include "machine/internal/recording_source.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/scrub.h"

namespace curbstop {
namespace {

constexpr std::string_view kPciNames = "/usr/share/misc/pci.ids";
constexpr std::string_view kAmdNames = "/usr/share/libdrm/amdgpu.ids";

// Of a folder, the names that a reader will look for again.
bool IsKept(std::string_view folder, std::string_view name) {
  if (folder == "/usr/local") return name.starts_with("cuda-");
  if (folder.ends_with("-linux-gnu")) return name.starts_with("libcudart.so.");
  return folder.ends_with("/slaves");
}

// Lines of the big tables of device names that are about this computer's devices.
std::string KeepDeviceNames(std::string_view path, std::string_view text,
                            const std::set<std::string>& ids) {
  std::string kept;
  for (const std::string_view line : Lines(text)) {
    std::string id;
    if (path == kAmdNames) id = Lower(Trim(line.substr(0, line.find(','))));
    if (path == kPciNames) id = line.starts_with('\t') ? line.substr(1, 4) : line.substr(0, 4);
    if (ids.contains(id) && !line.starts_with("\t\t")) kept += std::string(line) + "\n";
  }
  return kept;
}

}  // namespace

Result<std::string> RecordingSource::File(std::string_view path) {
  Result<std::string> text = source_.File(path);
  if (text.ok()) files_[std::string(path)] = *text;
  return text;
}

std::vector<std::string> RecordingSource::Names(std::string_view folder) {
  std::vector<std::string> names = source_.Names(folder);
  for (const std::string& name : names) {
    if (IsKept(folder, name)) files_.try_emplace(fmt::format("{}/{}", folder, name), "");
  }
  return names;
}

bool RecordingSource::Has(std::string_view path) {
  const bool has = source_.Has(path);
  if (has && path != "/proc/cpuinfo") files_.try_emplace(std::string(path), "");
  return has;
}

Result<std::string> RecordingSource::Command(std::string_view name) {
  Result<std::string> text = source_.Command(name);
  if (text.ok()) {
    commands_[std::string(name)] = *text;
  } else if (text.error().kind() != ErrorKind::kNotFound) {
    commands_[std::string(name)] = "failed: " + text.error().message() + "\n";
  }
  return text;
}

Result<DiskSpace> RecordingSource::Space(std::string_view mount) {
  Result<DiskSpace> space = source_.Space(mount);
  if (space.ok()) spaces_[std::string(mount)] = *space;
  return space;
}

std::map<std::string, std::string> RecordingSource::Tree() const {
  std::map<std::string, std::string> tree = {{"version", "1\n"}};
  Renamers renamers;
  std::set<std::string> ids;
  for (const auto& [path, text] : files_) {
    if (path.ends_with("/device") || path.ends_with("/vendor")) {
      ids.insert(std::string(Trim(text).substr(0, 2) == "0x" ? Trim(text).substr(2) : Trim(text)));
    }
  }
  for (const auto& [path, text] : files_) {
    const bool is_table = path == kPciNames || path == kAmdNames;
    const bool is_group = path.starts_with("/sys/fs/cgroup/");
    std::string place = path.substr(1);
    if (is_group) {
      // The controller's folder and the file keep their names, the groups between do not.
      const size_t name = path.rfind('/');
      place =
          "sys/fs/cgroup" + renamers.groups.Path(path.substr(14, name - 14)) + path.substr(name);
    }
    tree[place] = is_table ? KeepDeviceNames(path, text, ids) : ScrubFile(path, text, renamers);
  }
  for (const auto& [name, text] : commands_)
    tree["commands/" + name + ".txt"] = ScrubCommand(name, text);
  std::string df = "    1B-blocks         Avail Mounted on\n";
  for (const auto& [mount, space] : spaces_) {
    df += fmt::format("{:>13} {:>13} {}\n", space.total.value, space.free.value,
                      renamers.mounts.Path(mount));
  }
  tree["commands/df.txt"] = df;
  return tree;
}

}  // namespace curbstop
