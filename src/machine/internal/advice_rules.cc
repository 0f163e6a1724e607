#include "machine/internal/advice_rules.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

using Findings = std::vector<Finding>;

double Gib(Bytes size) { return static_cast<double>(size.value) / (1 << 30); }

// What programs can have: a container's limit, else all.
std::optional<Bytes> UsableMemory(const Machine& machine) {
  return machine.memory.limit ? machine.memory.limit : machine.memory.total;
}

double UsableCpus(const Machine& machine) {
  return machine.cpu.usable.value_or(static_cast<double>(machine.cpu.threads));
}

std::string CpusText(const Machine& machine) {
  return fmt::format("{:.3g} CPUs", UsableCpus(machine));
}

// Cards with memory of their own, or an Apple chip: not the graphics built into a PC's CPU.
std::vector<const Gpu*> RealGpus(const Machine& machine) {
  std::vector<const Gpu*> gpus;
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.memory_total || gpu.source == "apple") gpus.push_back(&gpu);
  }
  return gpus;
}

bool IsNvidia(const Gpu& gpu) { return gpu.source == "nvml" || gpu.source == "nvidia-smi"; }

std::optional<double> Capability(const Gpu& gpu) {
  double number = 0;
  const std::string& text = gpu.compute_capability;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional<double>(number) : std::nullopt;
}

bool Has(const Machine& machine, std::string_view program) {
  return std::any_of(machine.found.begin(), machine.found.end(),
                     [&](const Found& found) { return found.name == program; });
}

bool IsRented(const Machine& machine) { return machine.container && !machine.gpus.empty(); }

// Of several mounts of one device, say a disk and its subvolumes, the first speaks for all.
std::vector<const Disk*> DistinctDisks(const Machine& machine, std::string_view kind) {
  std::set<std::string> seen;
  std::vector<const Disk*> disks;
  for (const Disk& disk : machine.disks) {
    if (disk.kind != kind) continue;
    if (disk.device.empty() || seen.insert(disk.device).second) disks.push_back(&disk);
  }
  return disks;
}

// ---- good for

Findings CpuWork(const AdviceFacts& facts) {
  const std::optional<Bytes> memory = UsableMemory(facts.machine);
  if (facts.machine.cpu.threads == 0 || !memory || Gib(*memory) < 3.5) return {};
  return {{fmt::format("preparing data, tables, text classification and tests of a pipeline: {} "
                       "and {} do that without a GPU",
                       CpusText(facts.machine), BytesText(*memory)),
           fmt::format("{}, {}", CpusText(facts.machine), BytesText(*memory))}};
}

std::string NumberFormats(double capability) {
  if (capability >= 8.9) return "bf16 and fp8 in hardware";
  if (capability >= 8.0) return "bf16 in hardware, but not fp8";
  if (capability >= 7.0) return "fp16 in hardware, but not bf16";
  return "no tensor cores: fp32 only at full speed";
}

Findings CudaWork(const AdviceFacts& facts) {
  Findings findings;
  for (const Gpu* gpu : RealGpus(facts.machine)) {
    const std::optional<double> capability = Capability(*gpu);
    if (!IsNvidia(*gpu) || !capability) continue;
    const Bytes memory = gpu->memory_free.value_or(*gpu->memory_total);
    findings.push_back({fmt::format("CUDA steps that need up to {} on {}; {}", BytesText(memory),
                                    gpu->name, NumberFormats(*capability)),
                        fmt::format("{} of {} free, compute capability {}", BytesText(memory),
                                    BytesText(*gpu->memory_total), gpu->compute_capability)});
  }
  return findings;
}

Findings RocmWork(const AdviceFacts& facts) {
  Findings findings;
  for (const Gpu* gpu : RealGpus(facts.machine)) {
    if (!gpu->compute_capability.starts_with("gfx")) continue;
    const Bytes memory = gpu->memory_free.value_or(*gpu->memory_total);
    findings.push_back(
        {fmt::format("ROCm steps that need up to {} on {}", BytesText(memory), gpu->name),
         fmt::format("{} of {} free, {}", BytesText(memory), BytesText(*gpu->memory_total),
                     gpu->compute_capability)});
  }
  return findings;
}

Findings AppleWork(const AdviceFacts& facts) {
  if (!facts.machine.memory.unified || !facts.machine.memory.total) return {};
  return {{"steps for MPS or MLX: CPU and GPU share one memory, so nothing is copied between them",
           fmt::format("unified memory, {}", BytesText(*facts.machine.memory.total))}};
}

Findings TwoGpusAtOnce(const AdviceFacts& facts) {
  const size_t count = RealGpus(facts.machine).size();
  if (count < 2) return {};
  return {{fmt::format("{} steps at the same time, one on each GPU", count),
           fmt::format("{} GPUs", count)}};
}

// ---- holds it back

Findings WslMemory(const AdviceFacts& facts) {
  const std::optional<Wsl>& wsl = facts.machine.wsl;
  const std::optional<Bytes> linux_memory = facts.machine.memory.total;
  if (!wsl || !wsl->windows_memory || !linux_memory) return {};
  const int64_t target = WslMemoryGb(*wsl->windows_memory);
  // Linux shows a little less than it is given; a tenth is no reason to touch the setting.
  if (Gib(*linux_memory) > 0.9 * static_cast<double>(target)) return {};
  return {
      {fmt::format("WSL sees {:.1f} of Windows' {:.1f} GiB: set `memory={}GB` under `[wsl2]` in "
                   ".wslconfig, then `wsl --shutdown` (which stops every distribution)",
                   Gib(*linux_memory), Gib(*wsl->windows_memory), target),
       fmt::format("Linux has {}, Windows {}, .wslconfig says {}", BytesText(*linux_memory),
                   BytesText(*wsl->windows_memory),
                   wsl->config_memory.empty() ? "nothing" : "memory=" + wsl->config_memory)}};
}

Findings WslVersion1(const AdviceFacts& facts) {
  if (!facts.machine.wsl || facts.machine.wsl->version != 1) return {};
  return {{"this is WSL 1, which has no GPU and slow files: `wsl --set-version DISTRO 2`",
           "the kernel says WSL 1"}};
}

Findings WindowsDrive(const AdviceFacts& facts) {
  const std::vector<const Disk*> drives = DistinctDisks(facts.machine, "9p");
  if (drives.empty()) return {};
  const Disk* here = facts.folder.empty() ? nullptr : DiskUnder(facts.machine, facts.folder);
  if (here != nullptr && here->kind == "9p") {
    return {{fmt::format("this folder lies on {}, a 9p mount of a Windows drive: move the project "
                         "to the Linux home, where files are many times faster",
                         here->mount),
             fmt::format("{} is {}", here->mount, here->file_system)}};
  }
  return {{fmt::format("{} is a 9p mount of a Windows drive: keep projects and data in the Linux "
                       "home, where files are many times faster",
                       drives.front()->mount),
           fmt::format("{} is {}", drives.front()->mount, drives.front()->file_system)}};
}

Findings HardDisk(const AdviceFacts& facts) {
  Findings findings;
  for (const Disk* disk : DistinctDisks(facts.machine, "hdd")) {
    const auto fast = DistinctDisks(facts.machine, "nvme");
    const std::string advice =
        fast.empty() ? "many small files load slowly from it; pack them into few large ones"
                     : fmt::format("keep old data there and the data in use on {}, which is NVMe",
                                   fast.front()->mount);
    findings.push_back({fmt::format("{} is a hard disk: {}", disk->mount, advice),
                        fmt::format("{} ({}) rotates", disk->mount, disk->device)});
  }
  return findings;
}

Findings DiskFull(const AdviceFacts& facts) {
  Findings findings;
  std::set<std::string> seen;
  for (const Disk& disk : facts.machine.disks) {
    if (!disk.total || !disk.free || disk.kind == "memory" || Gib(*disk.total) < 1) continue;
    if (!disk.device.empty() && !seen.insert(disk.device).second) continue;
    const bool little = Gib(*disk.free) < 20 || Gib(*disk.free) < Gib(*disk.total) * 0.05;
    if (!little) continue;
    findings.push_back({fmt::format("{} has {} free of {}: checkpoints and data will fill it",
                                    disk.mount, BytesText(*disk.free), BytesText(*disk.total)),
                        fmt::format("{} free on {}", BytesText(*disk.free), disk.mount)});
  }
  return findings;
}

Findings GpuMemoryTaken(const AdviceFacts& facts) {
  Findings findings;
  for (const Gpu* gpu : RealGpus(facts.machine)) {
    if (!gpu->memory_total || !gpu->memory_free) continue;
    const Bytes taken{gpu->memory_total->value - gpu->memory_free->value};
    if (Gib(taken) < 0.5 || taken.value * 50 < gpu->memory_total->value) continue;
    findings.push_back(
        {fmt::format("{} of {}'s {} is taken now, by a display or another program: plan with what "
                     "is free",
                     BytesText(taken), gpu->name, BytesText(*gpu->memory_total)),
         fmt::format("{} free of {}", BytesText(*gpu->memory_free),
                     BytesText(*gpu->memory_total))});
  }
  return findings;
}

Findings UnequalGpus(const AdviceFacts& facts) {
  const std::vector<const Gpu*> gpus = RealGpus(facts.machine);
  if (gpus.size() < 2) return {};
  const bool equal = std::all_of(gpus.begin(), gpus.end(),
                                 [&](const Gpu* gpu) { return gpu->name == gpus[0]->name; });
  if (equal) return {};
  std::vector<std::string> names;
  for (const Gpu* gpu : gpus) names.push_back(gpu->name);
  const auto smallest = std::min_element(gpus.begin(), gpus.end(), [](const Gpu* a, const Gpu* b) {
    return a->memory_total < b->memory_total;
  });
  return {{fmt::format("{} are of different kinds: one step spread over them runs at the pace and "
                       "within the memory of the weakest, {}",
                       Join(names, " and "), (*smallest)->name),
           "GPUs: " + Join(names, ", ")}};
}

Findings GpuSilent(const AdviceFacts& facts) {
  Findings findings;
  for (const Unreadable& one : facts.machine.unreadable) {
    if (!one.what.starts_with("GPU NVIDIA") && one.what != "NVIDIA GPU") continue;
    const std::string fix = facts.machine.wsl
                                ? "install or update NVIDIA's driver in Windows, never in WSL"
                                : "install NVIDIA's driver, or restart after its update";
    findings.push_back({fmt::format("an NVIDIA GPU is there but cannot be used: {}", fix),
                        fmt::format("{}: {}", one.what, one.why)});
  }
  return findings;
}

Findings OldGpu(const AdviceFacts& facts) {
  Findings findings;
  for (const Gpu* gpu : RealGpus(facts.machine)) {
    const std::optional<double> capability = Capability(*gpu);
    if (!IsNvidia(*gpu) || !capability || *capability >= 7.5) continue;
    findings.push_back({fmt::format("{} is of a generation that new PyTorch builds leave out: pin "
                                    "the version that still has it",
                                    gpu->name),
                        fmt::format("compute capability {}", gpu->compute_capability)});
  }
  return findings;
}

Findings NoCuda(const AdviceFacts& facts) {
  Findings findings;
  for (const Gpu* gpu : RealGpus(facts.machine)) {
    if (IsNvidia(*gpu)) continue;
    findings.push_back(
        {fmt::format("{} has no CUDA: steps that need bitsandbytes or TensorRT run on "
                     "a rented machine",
                     gpu->name),
         fmt::format("GPU {} read by {}", gpu->driver_name, gpu->source)});
  }
  return findings;
}

Findings NoGpu(const AdviceFacts& facts) {
  if (!RealGpus(facts.machine).empty() || !GpuSilent(facts).empty()) return {};
  return {{"no GPU for computing was found: steps with `needs: {gpu: …}` run on a rented machine",
           "neither NVML, nvidia-smi nor sysfs shows one"}};
}

Findings ContainerLimit(const AdviceFacts& facts) {
  const Machine& machine = facts.machine;
  std::vector<std::string> parts;
  if (machine.cpu.usable) {
    parts.push_back(fmt::format("{:.3g} of {} CPUs", *machine.cpu.usable, machine.cpu.threads));
  }
  if (machine.memory.limit && machine.memory.total) {
    parts.push_back(fmt::format("{} of {}", BytesText(*machine.memory.limit),
                                BytesText(*machine.memory.total)));
  }
  if (parts.empty()) return {};
  const std::string both = Join(parts, " and ");
  return {
      {fmt::format("a limit leaves {}: set workers and batch sizes by these, not by what `nproc` "
                   "or `free` show",
                   both),
       "cgroup or CPU set: " + both}};
}

Findings LittleMemory(const AdviceFacts& facts) {
  const std::optional<Bytes> memory = UsableMemory(facts.machine);
  if (!memory || Gib(*memory) >= 7.5) return {};
  return {{fmt::format("{} of memory: read data in pieces; loading a whole table may end the step",
                       BytesText(*memory)),
           fmt::format("{} usable", BytesText(*memory))}};
}

Findings SlowModules(const AdviceFacts& facts) {
  const Memory& memory = facts.machine.memory;
  if (!memory.speed_mts || !memory.rated_mts || *memory.speed_mts >= *memory.rated_mts) return {};
  return {{fmt::format("the memory runs at {} of {} MT/s: turn on XMP or EXPO in the firmware's "
                       "set-up",
                       *memory.speed_mts, *memory.rated_mts),
           fmt::format("configured {} MT/s, rated {} MT/s", *memory.speed_mts, *memory.rated_mts)}};
}

Findings SlowDiskMeasured(const AdviceFacts& facts) {
  const std::optional<Calibration>& measured = facts.machine.calibration;
  if (!measured || !measured->disk_read_mbps || *measured->disk_read_mbps >= 200) return {};
  return {{fmt::format("the disk at {} reads {:.0f} MB/s: a GPU step that streams its data from it "
                       "will wait",
                       measured->disk_mount, *measured->disk_read_mbps),
           fmt::format("measured {:.0f} MB/s", *measured->disk_read_mbps)}};
}

// Two channels of 8 bytes at the configured rate; the triad, by its way of counting, gets about
// two thirds of that, and a third with one channel.
Findings OneChannel(const AdviceFacts& facts) {
  const Machine& machine = facts.machine;
  const bool measured = machine.calibration && machine.calibration->memory_gbps;
  if (!measured || !machine.memory.speed_mts || machine.cpu.sockets != 1) return {};
  const double two_channels = static_cast<double>(*machine.memory.speed_mts) * 16 / 1000;
  if (*machine.calibration->memory_gbps >= 0.42 * two_channels) return {};
  return {{fmt::format("memory moves {:.1f} GB/s where two channels at {} MT/s could move {:.1f}: "
                       "look whether the modules sit in the slots for two channels",
                       *machine.calibration->memory_gbps, *machine.memory.speed_mts, two_channels),
           fmt::format("measured {:.1f} GB/s", *machine.calibration->memory_gbps)}};
}

Findings NoPython(const AdviceFacts& facts) {
  const bool asked = !facts.machine.found.empty() || facts.machine.memory.unified;
  if (!asked || Has(facts.machine, "python3") || facts.machine.memory.unified) return {};
  return {{"`python3` was not found: steps written in Python cannot run here", "not in PATH"}};
}

// ---- do not buy

Findings RamBehindWsl(const AdviceFacts& facts) {
  if (WslMemory(facts).empty()) return {};
  return {
      {"RAM, before WSL is given more of what Windows already has", WslMemory(facts).front().fact}};
}

Findings RamUnused(const AdviceFacts& facts) {
  const Memory& memory = facts.machine.memory;
  if (!WslMemory(facts).empty() || facts.machine.container || !memory.total || !memory.available) {
    return {};
  }
  if (memory.unified) {
    return {{"RAM: this chip's cannot be extended", "unified memory"}};
  }
  if (Gib(*memory.total) < 15 || memory.available->value * 2 < memory.total->value) return {};
  return {
      {fmt::format("RAM on a hunch: {} of {} are available now. Buy when a run has been seen to "
                   "fill it",
                   BytesText(*memory.available), BytesText(*memory.total)),
       fmt::format("{} available of {}", BytesText(*memory.available), BytesText(*memory.total))}};
}

Findings BiggerGpu(const AdviceFacts& facts) {
  const std::vector<const Gpu*> gpus = RealGpus(facts.machine);
  if (gpus.empty() || facts.machine.container || facts.machine.memory.unified) return {};
  const Gpu* largest = *std::max_element(gpus.begin(), gpus.end(), [](const Gpu* a, const Gpu* b) {
    return a->memory_total < b->memory_total;
  });
  return {{fmt::format("a bigger GPU, as long as no step of yours was seen to need more than {}: "
                       "`curbstop plan` shows what renting one for the few that do costs",
                       BytesText(*largest->memory_total)),
           fmt::format("{} with {}", largest->name, BytesText(*largest->memory_total))}};
}

Findings FirstGpu(const AdviceFacts& facts) {
  if (NoGpu(facts).empty() || facts.machine.container || !facts.machine.hypervisor.empty())
    return {};
  return {{"a GPU before one was rented for the same step: `curbstop plan` shows the price",
           "no GPU found"}};
}

Findings FasterDisk(const AdviceFacts& facts) {
  for (const Disk& disk : facts.machine.disks) {
    if (disk.kind != "nvme" || !disk.free || Gib(*disk.free) < 100) continue;
    return {{fmt::format("another NVMe disk: {} of {} are free on {}", BytesText(*disk.free),
                         BytesText(*disk.total), disk.mount),
             fmt::format("{} is NVMe, {} free", disk.mount, BytesText(*disk.free))}};
  }
  return {};
}

Findings SmallSharedMemory(const AdviceFacts& facts) {
  for (const Disk& disk : facts.machine.disks) {
    if (disk.mount != "/dev/shm" || !disk.total || Gib(*disk.total) >= 1) continue;
    return {
        {fmt::format("/dev/shm has {}: PyTorch's loader workers end with a bus error when it is "
                     "full; start the container with `--shm-size 8g`",
                     BytesText(*disk.total)),
         fmt::format("/dev/shm is {}", BytesText(*disk.total))}};
  }
  return {};
}

Findings PartsOfAVirtualMachine(const AdviceFacts& facts) {
  if (facts.machine.hypervisor.empty() || facts.machine.wsl || IsRented(facts.machine)) return {};
  return {{"parts: this is a virtual machine; give it more of its host, or choose a larger one",
           "the CPU says that a hypervisor runs it"}};
}

Findings NothingForRented(const AdviceFacts& facts) {
  if (!IsRented(facts.machine)) return {};
  return {{"anything: a container with a GPU is most likely rented; choose another offer instead",
           fmt::format("{} container, {} GPU", facts.machine.container->kind,
                       facts.machine.gpus.size())}};
}

using enum AdviceKind;
constexpr AdviceRule kRules[] = {
    {"cpu-work", kGoodFor, CpuWork,
     "CPUs and 3.5 GiB or more of usable memory carry data preparation and linear models"},
    {"cuda-work", kGoodFor, CudaWork,
     "what is free on the card bounds a step; bf16 needs capability 8.0, fp8 8.9, fp16 tensor "
     "cores "
     "7.0 (NVIDIA, CUDA C++ Programming Guide, table of compute capabilities)"},
    {"rocm-work", kGoodFor, RocmWork,
     "what is free on the card bounds a step; AMD's cards run ROCm"},
    {"apple-work", kGoodFor, AppleWork, "Apple silicon has one memory for CPU and GPU"},
    {"gpus-in-parallel", kGoodFor, TwoGpusAtOnce, "each step gets a GPU of its own"},
    {"wsl-memory", kHoldsBack, WslMemory,
     "WSL takes half of Windows' memory unless told otherwise (microsoft/WSL, WslCoreConfig); "
     "advised is the smaller of RAM less a fifth (4 to 8 GB) and three quarters of it"},
    {"wsl-1", kHoldsBack, WslVersion1, "GPU support came with WSL 2"},
    {"windows-drive", kHoldsBack, WindowsDrive,
     "each file operation on a 9p mount crosses to Windows; reports: about 300 s against 10 s for "
     "one tool (microsoft/WSL#4197), 293 MB/s against 1.9 GB/s (#5262)"},
    {"gpu-silent", kHoldsBack, GpuSilent, "a card without an answering driver cannot compute"},
    {"no-gpu", kHoldsBack, NoGpu, "no probe found a card with memory of its own"},
    {"gpu-memory-taken", kHoldsBack, GpuMemoryTaken,
     "memory that others hold is not there for a step; 0.5 GiB and 2 % or more is worth knowing"},
    {"unequal-gpus", kHoldsBack, UnequalGpus,
     "data-parallel steps wait for the slowest and are sized for the smallest card"},
    {"old-gpu", kHoldsBack, OldGpu,
     "PyTorch 2.15 plans to drop the builds that still serve Pascal and Volta, capability below "
     "7.5 "
     "(pytorch/pytorch#190385)"},
    {"no-cuda", kHoldsBack, NoCuda, "CUDA runs on NVIDIA's cards only"},
    {"container-limit", kHoldsBack, ContainerLimit,
     "the smallest limit of the process's own group and all above it holds"},
    {"small-shm", kHoldsBack, SmallSharedMemory,
     "containers get 64 MiB of shared memory unless told otherwise; loader workers pass batches "
     "through it"},
    {"little-memory", kHoldsBack, LittleMemory, "below 7.5 GiB usable"},
    {"hard-disk", kHoldsBack, HardDisk, "a rotating disk seeks some hundred times a second"},
    {"disk-full", kHoldsBack, DiskFull, "less than 20 GiB or 5 % free"},
    {"slow-memory", kHoldsBack, SlowModules,
     "modules start at their basic speed until told otherwise"},
    {"slow-disk", kHoldsBack, SlowDiskMeasured, "measured below 200 MB/s, the pace of a hard disk"},
    {"one-channel", kHoldsBack, OneChannel,
     "measured below 0.42 of two channels' rate; the triad gets about 0.65 of what is there"},
    {"no-python", kHoldsBack, NoPython, "no `python3` answered"},
    {"ram-behind-wsl", kDoNotBuy, RamBehindWsl, "follows from wsl-memory"},
    {"ram", kDoNotBuy, RamUnused,
     "more than half of 15 GiB or more was available when it was read"},
    {"bigger-gpu", kDoNotBuy, BiggerGpu,
     "buy for a need that was measured; rent for the rare large step"},
    {"first-gpu", kDoNotBuy, FirstGpu, "rent before buying"},
    {"faster-disk", kDoNotBuy, FasterDisk, "an NVMe disk with 100 GiB or more free"},
    {"virtual-machine", kDoNotBuy, PartsOfAVirtualMachine, "its hardware is the host's"},
    {"rented", kDoNotBuy, NothingForRented, "hardware that is not yours cannot be extended"},
};

}  // namespace

std::span<const AdviceRule> AdviceRules() { return kRules; }

}  // namespace curbstop
