// GPUs by the first of these that answers: NVML, nvidia-smi, then sysfs for other makers' cards.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/parse_gpus.h"
#include "machine/internal/read_parts.h"

namespace curbstop {
namespace {

constexpr std::string_view kNvidia = "0x10de";
constexpr std::string_view kAmd = "0x1002";
constexpr std::string_view kIntel = "0x8086";

// What was tried and how it failed, for the reason that the user reads.
struct Tried {
  std::vector<std::string> reasons;
  bool driver_complained = false;
};

bool TakeNvidia(FactSource& source, const char* command, std::string_view name, Machine& machine,
                Tried& tried) {
  const Result<std::string> text = source.Command(command);
  if (!text.ok()) {
    tried.reasons.push_back(text.error().message());
    tried.driver_complained |= text.error().kind() != ErrorKind::kNotFound;
    return false;
  }
  Result<std::vector<Gpu>> gpus = ParseNvidiaCsv(*text, name);
  if (!gpus.ok()) {
    tried.reasons.push_back(
        fmt::format("`{}` was not understood: {}", name, gpus.error().message()));
    tried.driver_complained = true;
    return false;
  }
  for (Gpu& gpu : *gpus) AddCatalogueFacts(gpu);
  machine.gpus = *std::move(gpus);
  return true;
}

// A line "744C,\tC8,\tAMD Radeon RX 7900 XTX" of libdrm's table; empty if it is not there.
std::string AmdName(FactSource& source, std::string_view device, std::string_view revision) {
  const Result<std::string> table = source.File("/usr/share/libdrm/amdgpu.ids");
  if (!table.ok()) return "";
  for (const std::string_view line : Lines(*table)) {
    const std::vector<std::string> cells = Split(line, ',');
    if (cells.size() < 3 || "0x" + Lower(Trim(cells[0])) != device) continue;
    if ("0x" + Lower(Trim(cells[1])) == revision) return Printable(Trim(cells[2]));
  }
  return "";
}

// The device's line below its maker's in the PCI list: "\t56a0  DG2 [Arc A770]"; empty if not
// there.
std::string PciName(FactSource& source, std::string_view vendor, std::string_view device) {
  const Result<std::string> table = source.File("/usr/share/misc/pci.ids");
  if (!table.ok() || vendor.size() < 3 || device.size() < 3) return "";
  bool inside = false;
  for (const std::string_view line : Lines(*table)) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != '\t') inside = line.starts_with(vendor.substr(2));
    if (!inside || line[0] != '\t' || !line.substr(1).starts_with(device.substr(2))) continue;
    std::string_view name = Trim(line.substr(5));
    const size_t open = name.find('[');
    const size_t close = name.rfind(']');
    if (open != name.npos && close != name.npos && close > open) {
      name = name.substr(open + 1, close - open - 1);
    }
    return Printable(name);
  }
  return "";
}

std::optional<Bytes> ByteFile(FactSource& source, const std::string& file) {
  const std::string text = source.Text(file);
  int64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc() || bytes < 0) return std::nullopt;
  return Bytes{bytes};
}

// Graphics built into a CPU. Intel's sit on PCI bus 0, its cards behind a bridge. AMD's driver
// shows for them the few hundred MiB that the firmware sets aside, for a card its memory.
bool IsBuiltIn(FactSource& source, const std::string& folder, std::string_view vendor,
               const std::optional<Bytes>& memory) {
  constexpr int64_t kMostSetAside = int64_t{2} << 30;
  if (vendor == kAmd) return !memory || memory->value <= kMostSetAside;
  const std::string uevent = source.Text(folder + "/uevent");
  const size_t slot = uevent.find("PCI_SLOT_NAME=");
  // "PCI_SLOT_NAME=0000:03:00.0"
  return slot == uevent.npos || uevent.compare(slot + 19, 3, "00:") == 0;
}

bool IsCard(std::string_view name) { return name.starts_with("card") && IsDigits(name.substr(4)); }

Gpu SysfsGpu(FactSource& source, const std::string& folder, std::string_view vendor) {
  const std::string device = source.Text(folder + "/device");
  Gpu gpu;
  gpu.source = "sysfs";
  if (vendor == kAmd) gpu.driver_name = AmdName(source, device, source.Text(folder + "/revision"));
  if (gpu.driver_name.empty()) gpu.driver_name = Printable(source.Text(folder + "/product_name"));
  if (gpu.driver_name.empty()) gpu.driver_name = PciName(source, vendor, device);
  if (gpu.driver_name.empty()) {
    gpu.driver_name =
        fmt::format("{} device {}", vendor == kAmd ? "AMD" : "Intel", Printable(device));
  }
  gpu.memory_total = ByteFile(source, folder + "/mem_info_vram_total");
  const std::optional<Bytes> used = ByteFile(source, folder + "/mem_info_vram_used");
  if (gpu.memory_total && used) {
    gpu.memory_free = Bytes{std::max<int64_t>(0, gpu.memory_total->value - used->value)};
  }
  gpu.built_in = IsBuiltIn(source, folder, vendor, gpu.memory_total);
  return gpu;
}

void TakeSysfs(FactSource& source, Machine& machine) {
  int64_t index = 0;
  for (const std::string& card : source.Names("/sys/class/drm")) {
    if (!IsCard(card)) continue;
    const std::string folder = fmt::format("/sys/class/drm/{}/device", card);
    const std::string vendor = source.Text(folder + "/vendor");
    if (vendor != kAmd && vendor != kIntel) continue;
    Gpu gpu = SysfsGpu(source, folder, vendor);
    gpu.index = index++;
    AddCatalogueFacts(gpu);
    if (!gpu.memory_total) {
      AddUnreadable(machine, fmt::format("memory of GPU `{}`", gpu.driver_name),
                    "the kernel's driver does not show it (graphics built into a CPU have none)");
    }
    machine.gpus.push_back(std::move(gpu));
  }
}

// NVIDIA display controllers on the PCI bus (class 0x03….), whether or not a driver is loaded.
std::vector<std::string> NvidiaOnPci(FactSource& source) {
  std::vector<std::string> names;
  for (const std::string& slot : source.Names("/sys/bus/pci/devices")) {
    const std::string folder = "/sys/bus/pci/devices/" + slot;
    if (source.Text(folder + "/vendor") != kNvidia) continue;
    if (!source.Text(folder + "/class").starts_with("0x03")) continue;
    const std::string device = source.Text(folder + "/device");
    const std::string name = PciName(source, kNvidia, device);
    names.push_back(name.empty() ? "device " + Printable(device) : name);
  }
  return names;
}

void ExplainMissingNvidia(FactSource& source, const Tried& tried, Machine& machine) {
  const std::vector<std::string> on_pci = NvidiaOnPci(source);
  const std::string why = Join(tried.reasons, "; ");
  if (!on_pci.empty()) {
    return AddUnreadable(machine, fmt::format("GPU NVIDIA {}", Join(on_pci, ", ")),
                         "it is on the PCI bus, but no driver answers: " + why);
  }
  const bool wsl_passes_one = machine.wsl && source.Has("/dev/dxg");
  if (tried.driver_complained || wsl_passes_one) AddUnreadable(machine, "NVIDIA GPU", why);
}

}  // namespace

void ReadGpus(FactSource& source, Machine& machine) {
  Tried tried;
  const bool found = TakeNvidia(source, "nvml", "nvml", machine, tried) ||
                     TakeNvidia(source, "nvidia-smi", "nvidia-smi", machine, tried) ||
                     (tried.driver_complained &&
                      TakeNvidia(source, "nvidia-smi-old", "nvidia-smi", machine, tried));
  if (!found) ExplainMissingNvidia(source, tried, machine);
  TakeSysfs(source, machine);
}

}  // namespace curbstop
