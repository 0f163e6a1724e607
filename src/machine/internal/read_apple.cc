// A Mac, from the text of `sysctl -a` and `system_profiler` in a recorded tree (this program runs
// on Linux; the tree is made on the Mac by hand, see docs/formats/machine-tree.md).
//
// The GPU's share of the memory follows `iogpu.wired_limit_mb` where it is set. Its default is not
// documented, so it is not computed here.
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/parse_cpu.h"
#include "machine/internal/parse_gpus.h"
#include "machine/internal/read_parts.h"

namespace curbstop {
namespace {

std::optional<int64_t> Number(std::string_view text, std::string_view key) {
  const std::string_view field = ColonField(text, key);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (error != std::errc() || end == field.data() || number < 0) return std::nullopt;
  return number;
}

void TakeCpu(std::string_view sysctl, Machine& machine) {
  Cpu& cpu = machine.cpu;
  cpu.model = CleanCpuModel(ColonField(sysctl, "machdep.cpu.brand_string"));
  const bool is_arm = cpu.model.starts_with("Apple") || Number(sysctl, "hw.optional.arm64") == 1;
  cpu.arch = is_arm ? "arm64" : "x86_64";
  cpu.sockets = std::max<int64_t>(1, Number(sysctl, "hw.packages").value_or(1));
  cpu.cores = Number(sysctl, "hw.physicalcpu").value_or(0);
  cpu.threads = Number(sysctl, "hw.logicalcpu").value_or(cpu.cores);
  if (Number(sysctl, "hw.optional.neon") == 1 || is_arm) cpu.features.emplace_back("neon");
  if (cpu.model.empty()) AddUnreadable(machine, "cpu model", "`sysctl` does not name it");
}

// Free, inactive and speculative pages can be had at once; wired and compressed ones cannot.
void TakeMemory(FactSource& source, std::string_view sysctl, Machine& machine) {
  const std::optional<int64_t> total = Number(sysctl, "hw.memsize");
  if (total) machine.memory.total = Bytes{*total};
  if (!total) AddUnreadable(machine, "memory", "`sysctl` has no `hw.memsize`");
  machine.memory.unified = machine.cpu.arch == "arm64";
  const Result<std::string> pages = source.Command("vm_stat");
  const std::optional<int64_t> page = Number(sysctl, "hw.pagesize");
  if (!pages.ok() || !page) {
    return AddUnreadable(machine, "free memory", "`vm_stat` is not in the tree");
  }
  int64_t free = 0;
  for (const char* key : {"Pages free", "Pages inactive", "Pages speculative"}) {
    free += Number(*pages, key).value_or(0);
  }
  if (free > 0 && free < (int64_t{1} << 40)) machine.memory.available = Bytes{free * *page};
}

void TakeGpu(std::string_view sysctl, std::string_view profiler, Machine& machine) {
  Gpu gpu;
  gpu.source = "apple";
  gpu.driver_name = Printable(ColonField(profiler, "Chipset Model").substr(0, 100));
  if (gpu.driver_name.empty() && machine.memory.unified) gpu.driver_name = machine.cpu.model;
  if (gpu.driver_name.empty()) {
    return AddUnreadable(machine, "GPU", "`system_profiler` does not name it");
  }
  AddCatalogueFacts(gpu);
  const std::optional<int64_t> limit_mb = Number(sysctl, "iogpu.wired_limit_mb");
  if (limit_mb && *limit_mb > 0 && *limit_mb < (1 << 24)) {
    gpu.memory_total = MiB(*limit_mb);
  } else {
    AddUnreadable(machine, "the GPU's share of memory",
                  "only Metal knows it (recommendedMaxWorkingSetSize); `iogpu.wired_limit_mb` is "
                  "at its default");
  }
  machine.gpus.push_back(std::move(gpu));
}

void TakeDisk(FactSource& source, Machine& machine) {
  for (const char* mount : {"/System/Volumes/Data", "/"}) {
    const Result<DiskSpace> space = source.Space(mount);
    if (!space.ok()) continue;
    machine.disks.push_back(
        {mount, "", "unknown", "`diskutil` is not in the tree", "apfs", space->total, space->free});
    return;
  }
  AddUnreadable(machine, "disks", "`df` is not in the tree");
}

}  // namespace

void ReadApple(FactSource& source, Machine& machine) {
  const std::string sysctl = source.Command("sysctl").ok() ? *source.Command("sysctl") : "";
  const Result<std::string> text = source.Command("system_profiler");
  const std::string profiler = text.ok() ? *text : "";
  const std::string_view version = ColonField(sysctl, "kern.osproductversion");
  machine.os = version.empty() ? "macOS" : fmt::format("macOS {}", Printable(version));
  machine.kernel = Printable(ColonField(sysctl, "kern.osrelease"));
  TakeCpu(sysctl, machine);
  TakeMemory(source, sysctl, machine);
  TakeGpu(sysctl, profiler, machine);
  TakeDisk(source, machine);
  AddUnreadable(machine, "programs", "the tree of a Mac does not name them");
  AddUnreadable(machine, "memory speed", "Apple does not publish it by command");
}

}  // namespace curbstop
