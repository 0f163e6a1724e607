#include "plan/local_fit.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "market/match.h"

namespace curbstop {
namespace {

bool HasName(const Gpu& gpu, std::string_view name) {
  return name.empty() || IsGpuNamed(gpu.name, name) || IsGpuNamed(gpu.driver_name, name);
}

bool Serves(const Gpu& gpu, const GpuNeed& need) {
  return !gpu.built_in && HasName(gpu, need.name) &&
         (!need.memory || !gpu.memory_total || *gpu.memory_total >= *need.memory);
}

std::string GpuNeedText(const GpuNeed& need) {
  std::string text = fmt::format(
      "{} {}", need.count, need.name.empty() ? (need.count == 1 ? "GPU" : "GPUs") : need.name);
  if (need.memory) text += fmt::format(" of {} or more", SizeText(*need.memory));
  return text;
}

std::string GpusText(const std::vector<Gpu>& gpus) {
  if (gpus.empty()) return "none";
  std::vector<std::string> names;
  for (const Gpu& gpu : gpus) {
    const std::string about = gpu.built_in       ? "built into the CPU"
                              : gpu.memory_total ? SizeText(*gpu.memory_total)
                                                 : "";
    names.push_back(about.empty() ? gpu.name : fmt::format("{} ({})", gpu.name, about));
  }
  return Join(names, ", ");
}

std::string GpuReason(const GpuNeed& need, const std::vector<Gpu>& gpus) {
  const auto serving =
      std::count_if(gpus.begin(), gpus.end(), [&](const Gpu& gpu) { return Serves(gpu, need); });
  if (serving >= need.count) return "";
  return fmt::format("needs {}, this computer has {}", GpuNeedText(need), GpusText(gpus));
}

std::string CpuReason(int64_t needed, const Cpu& cpu) {
  const double usable = cpu.usable.value_or(static_cast<double>(cpu.threads));
  if (usable <= 0 || usable >= static_cast<double>(needed)) return "";
  return fmt::format("needs {} CPUs, this computer has {:.3g}", needed, usable);
}

std::optional<Bytes> Installed(const Memory& memory) {
  return memory.limit && (!memory.total || *memory.limit < *memory.total) ? memory.limit
                                                                          : memory.total;
}

std::string MemoryReason(Bytes needed, const Memory& memory) {
  const std::optional<Bytes> installed = Installed(memory);
  if (installed && *installed < needed) {
    return fmt::format("needs {} of memory, this computer has {}", SizeText(needed),
                       BytesText(*installed));
  }
  if (memory.available && *memory.available < needed) {
    return fmt::format("needs {} of memory, {} is free now", SizeText(needed),
                       BytesText(*memory.available));
  }
  return "";
}

// The disk mounted nearest above `folder`.
const Disk* DiskUnder(const std::filesystem::path& folder, const std::vector<Disk>& disks) {
  const Disk* nearest = nullptr;
  for (const Disk& disk : disks) {
    const std::string inside = disk.mount.ends_with('/') ? disk.mount : disk.mount + "/";
    if (!(folder.string() + "/").starts_with(inside)) continue;
    if (nearest == nullptr || disk.mount.size() > nearest->mount.size()) nearest = &disk;
  }
  return nearest;
}

std::string DiskReason(Bytes needed, const std::filesystem::path& folder, const Machine& machine) {
  const Disk* disk = DiskUnder(folder, machine.disks);
  if (disk == nullptr || !disk->free || *disk->free >= needed) return "";
  return fmt::format("needs {} of disk, {} is free on `{}`", SizeText(needed),
                     BytesText(*disk->free), disk->mount);
}

std::string FirstReason(const Need& need, const Machine& machine,
                        const std::filesystem::path& folder) {
  std::string reason;
  if (need.gpu) reason = GpuReason(*need.gpu, machine.gpus);
  if (reason.empty() && need.cpus) reason = CpuReason(*need.cpus, machine.cpu);
  if (reason.empty() && need.memory) reason = MemoryReason(*need.memory, machine.memory);
  if (reason.empty() && need.disk) reason = DiskReason(*need.disk, folder, machine);
  if (reason.empty() && !need.arch.empty() && !machine.cpu.arch.empty() &&
      need.arch != machine.cpu.arch) {
    reason = fmt::format("needs a CPU of {}, this computer's is {}", need.arch, machine.cpu.arch);
  }
  return reason;
}

// What could not be checked, or is tight for the moment.
std::string Note(const Need& need, const Machine& machine, const std::filesystem::path& folder) {
  std::vector<std::string> unread;
  std::vector<std::string> notes;
  if (need.gpu && need.gpu->memory) {
    for (const Gpu& gpu : machine.gpus) {
      if (!Serves(gpu, *need.gpu)) continue;
      if (!gpu.memory_total) unread.push_back(fmt::format("memory of {}", gpu.name));
      if (gpu.memory_free && *gpu.memory_free < *need.gpu->memory) {
        notes.push_back(fmt::format("{} of {} is free now", BytesText(*gpu.memory_free), gpu.name));
      }
    }
  }
  if (need.memory && !machine.memory.available) unread.emplace_back("free memory");
  const Disk* disk = DiskUnder(folder, machine.disks);
  if (need.disk && (disk == nullptr || !disk->free)) unread.emplace_back("free disk");
  if (!unread.empty()) notes.push_back("could not be read: " + Join(unread, ", "));
  return Join(notes, "; ");
}

}  // namespace

LocalFit FitHere(const Need& need, const Machine& machine, const std::filesystem::path& folder) {
  LocalFit fit;
  fit.reason = FirstReason(need, machine, folder);
  if (fit.reason.empty()) fit.note = Note(need, machine, folder);
  return fit;
}

}  // namespace curbstop
