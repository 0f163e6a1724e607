#include "machine/machine.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/calibration.h"

namespace curbstop {
namespace {

Json OrNull(const std::optional<Bytes>& size) { return size ? Json(size->value) : Json(); }
template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
Json OrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json CpuJson(const Cpu& cpu) {
  return Json::MakeObject({{"model", OrNull(cpu.model)},
                           {"arch", OrNull(cpu.arch)},
                           {"sockets", cpu.sockets},
                           {"cores", cpu.cores},
                           {"threads", cpu.threads},
                           {"usable", OrNull(cpu.usable)},
                           {"max_mhz", OrNull(cpu.max_mhz)},
                           {"features", Json::ArrayOf(cpu.features)},
                           {"tdp_watts", OrNull(cpu.tdp_watts)},
                           {"tdp_source", OrNull(cpu.tdp_source)}});
}

Json MemoryJson(const Memory& memory) {
  return Json::MakeObject({{"total_bytes", OrNull(memory.total)},
                           {"available_bytes", OrNull(memory.available)},
                           {"limit_bytes", OrNull(memory.limit)},
                           {"speed_mts", OrNull(memory.speed_mts)},
                           {"rated_mts", OrNull(memory.rated_mts)},
                           {"unified", memory.unified}});
}

Json DiskJson(const Disk& disk) {
  return Json::MakeObject({{"mount", disk.mount},
                           {"device", OrNull(disk.device)},
                           {"kind", disk.kind},
                           {"why_unknown", OrNull(disk.why_unknown)},
                           {"file_system", disk.file_system},
                           {"total_bytes", OrNull(disk.total)},
                           {"free_bytes", OrNull(disk.free)}});
}

Json GpuJson(const Gpu& gpu) {
  return Json::MakeObject({{"index", gpu.index},
                           {"name", gpu.name},
                           {"driver_name", gpu.driver_name},
                           {"uuid", OrNull(gpu.uuid)},
                           {"memory_total_bytes", OrNull(gpu.memory_total)},
                           {"memory_free_bytes", OrNull(gpu.memory_free)},
                           {"bandwidth_gbps", OrNull(gpu.bandwidth_gbps)},
                           {"compute_capability", OrNull(gpu.compute_capability)},
                           {"driver_version", OrNull(gpu.driver_version)},
                           {"tdp_watts", OrNull(gpu.tdp_watts)},
                           {"limit_watts", OrNull(gpu.limit_watts)},
                           {"draw_watts", OrNull(gpu.draw_watts)},
                           {"busy_percent", OrNull(gpu.busy_percent)},
                           {"source", gpu.source}});
}

Json WslJson(const Wsl& wsl) {
  return Json::MakeObject({{"version", wsl.version},
                           {"windows_memory_bytes", OrNull(wsl.windows_memory)},
                           {"windows_version", OrNull(wsl.windows_version)},
                           {"config_memory", OrNull(wsl.config_memory)}});
}

template <typename T, typename Make>
Json ArrayOf(const std::vector<T>& items, Make make) {
  Json array = Json::MakeArray();
  for (const T& item : items) array.Push(make(item));
  return array;
}

Json FoundJson(const Found& found) {
  return Json::MakeObject(
      {{"name", found.name}, {"version", OrNull(found.version)}, {"path", OrNull(found.path)}});
}

Json UnreadableJson(const Unreadable& one) {
  return Json::MakeObject({{"what", one.what}, {"why", one.why}});
}

Json ContainerJson(const Container& container) {
  return Json::MakeObject({{"kind", container.kind}, {"cgroup_version", container.cgroup_version}});
}

}  // namespace

Json MachineJson(const Machine& machine) {
  return Json::MakeObject(
      {{"origin", OrNull(machine.origin)},
       {"os", OrNull(machine.os)},
       {"kernel", OrNull(machine.kernel)},
       {"hypervisor", OrNull(machine.hypervisor)},
       {"cpu", CpuJson(machine.cpu)},
       {"memory", MemoryJson(machine.memory)},
       {"disks", ArrayOf(machine.disks, DiskJson)},
       {"gpus", ArrayOf(machine.gpus, GpuJson)},
       {"wsl", machine.wsl ? WslJson(*machine.wsl) : Json()},
       {"container", machine.container ? ContainerJson(*machine.container) : Json()},
       {"found", ArrayOf(machine.found, FoundJson)},
       {"calibration", machine.calibration ? CalibrationJson(*machine.calibration) : Json()},
       {"unreadable", ArrayOf(machine.unreadable, UnreadableJson)}});
}

const Disk* DiskUnder(const Machine& machine, const std::filesystem::path& path) {
  const std::string place = path.lexically_normal().string();
  const Disk* best = nullptr;
  for (const Disk& disk : machine.disks) {
    const bool above =
        disk.mount == "/" || place == disk.mount || place.starts_with(disk.mount + "/");
    if (above && (best == nullptr || disk.mount.size() > best->mount.size())) best = &disk;
  }
  return best;
}

std::string MachineClass(const Machine& machine) {
  std::vector<std::pair<std::string, int64_t>> counts;
  for (const Gpu& gpu : machine.gpus) {
    if (!gpu.memory_total && !machine.memory.unified) continue;  // graphics built into a CPU
    auto entry = counts.begin();
    while (entry != counts.end() && entry->first != gpu.name) ++entry;
    if (entry == counts.end()) entry = counts.insert(entry, {gpu.name, 0});
    ++entry->second;
  }
  std::sort(counts.begin(), counts.end());
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{}x {}", count, name));
  if (!parts.empty()) return Join(parts, " + ");
  if (!machine.cpu.model.empty()) return machine.cpu.model;
  return fmt::format("{} CPU", machine.cpu.arch.empty() ? "unknown" : machine.cpu.arch);
}

}  // namespace curbstop
