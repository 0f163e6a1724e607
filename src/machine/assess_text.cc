#include "machine/assess_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"

namespace curbstop {
namespace {

constexpr size_t kWidth = 80;

// Words in lines of at most kWidth columns; the first line starts with `first`, the others with as
// many spaces. A word longer than a line stands alone.
std::string Wrapped(std::string_view text, const std::string& first) {
  std::string page;
  std::string line = first;
  bool has_word = false;
  for (const std::string& word : Split(text, ' ')) {
    if (has_word && line.size() + 1 + word.size() > kWidth) {
      page += line + "\n";
      line = std::string(first.size(), ' ');
      has_word = false;
    }
    line += (has_word ? " " : "") + word;
    has_word = true;
  }
  return page + line + "\n";
}

std::string FactLine(std::string_view name, std::string_view value) {
  return Wrapped(Printable(value), fmt::format("  {:<9} ", name));
}

std::string CpuText(const Cpu& cpu) {
  if (cpu.threads == 0) return "not readable";
  std::string text = cpu.model.empty() ? cpu.arch : cpu.model;
  if (text.empty()) text = "unknown model";
  if (cpu.sockets > 1) text += fmt::format(", {} sockets", cpu.sockets);
  text += fmt::format(", {} core{}, {} threads", cpu.cores, cpu.cores == 1 ? "" : "s", cpu.threads);
  if (cpu.max_mhz)
    text += fmt::format(", up to {:.1f} GHz", static_cast<double>(*cpu.max_mhz) / 1000);
  if (cpu.usable) text += fmt::format(", of which {:.3g} may be used", *cpu.usable);
  std::vector<std::string> shown;
  for (const char* feature : {"avx512f", "amx", "sve", "avx2", "neon"}) {
    const bool has =
        std::find(cpu.features.begin(), cpu.features.end(), feature) != cpu.features.end();
    if (has && shown.size() < 2) shown.emplace_back(feature);
  }
  return shown.empty() ? text : text + ", " + Join(shown, ", ");
}

std::string MemoryText(const Machine& machine) {
  const Memory& memory = machine.memory;
  if (!memory.total) return "not readable";
  std::string text = BytesText(*memory.total);
  if (memory.unified) text += ", shared by CPU and GPU";
  if (memory.limit) text += fmt::format(", of which {} may be used", BytesText(*memory.limit));
  if (memory.available) text += fmt::format(", {} available", BytesText(*memory.available));
  if (memory.speed_mts) text += fmt::format(", {} MT/s", *memory.speed_mts);
  if (machine.wsl && machine.wsl->windows_memory) {
    text += fmt::format("; Windows itself has {}", BytesText(*machine.wsl->windows_memory));
  }
  return text;
}

std::string GpuText(const Gpu& gpu) {
  std::string text = gpu.name;
  if (gpu.memory_total) text += ", " + BytesText(*gpu.memory_total);
  if (gpu.memory_free) text += fmt::format(", {} free", BytesText(*gpu.memory_free));
  if (gpu.bandwidth_gbps) text += fmt::format(", {:.4g} GB/s", *gpu.bandwidth_gbps);
  if (!gpu.compute_capability.empty()) text += ", capability " + gpu.compute_capability;
  if (!gpu.driver_version.empty()) text += ", driver " + gpu.driver_version;
  return text + fmt::format(" (by {})", gpu.source);
}

std::string DiskText(const Disk& disk) {
  std::string text = fmt::format("{}: {}", disk.mount, disk.file_system);
  if (disk.kind == "unknown") {
    text += ", kind unknown";
  } else if (disk.kind != disk.file_system) {
    text += disk.kind == "memory" ? " in memory"
                                  : " on " + (disk.kind == "hdd" ? "a hard disk" : disk.kind);
  }
  if (disk.free && disk.total) {
    text += fmt::format(", {} free of {}", BytesText(*disk.free), BytesText(*disk.total));
  }
  return text;
}

std::string SystemText(const Machine& machine) {
  std::string text = machine.os.empty() ? "unknown system" : machine.os;
  if (!machine.kernel.empty()) text += ", kernel " + machine.kernel;
  if (!machine.cpu.arch.empty()) text += ", " + machine.cpu.arch;
  if (machine.wsl) {
    text += fmt::format(", WSL {}", machine.wsl->version);
    if (!machine.wsl->windows_version.empty()) text += " on " + machine.wsl->windows_version;
  } else if (!machine.hypervisor.empty()) {
    text += machine.hypervisor == "unknown" ? ", in a virtual machine"
                                            : ", in a virtual machine by " + machine.hypervisor;
  }
  if (machine.container) {
    text += fmt::format(", {} container",
                        machine.container->kind == "unknown" ? "in a" : machine.container->kind);
    if (machine.container->cgroup_version > 0) {
      text += fmt::format(" (cgroup v{})", machine.container->cgroup_version);
    }
  }
  return text;
}

std::string ProgramsText(const Machine& machine) {
  std::vector<std::string> parts;
  for (const Found& found : machine.found) {
    parts.push_back(found.version.empty() ? found.name : found.name + " " + found.version);
  }
  if (!parts.empty()) return Join(parts, ", ");
  const bool not_known = std::any_of(machine.unreadable.begin(), machine.unreadable.end(),
                                     [](const Unreadable& one) { return one.what == "programs"; });
  return not_known ? "not known" : "none of python3, CUDA, nvcc, uv found";
}

std::string PowerText(const Machine& machine) {
  const PowerFigure with_gpu = PowerUnderLoad(machine, true);
  const PowerFigure without = PowerUnderLoad(machine, false);
  if (with_gpu.watts == without.watts)
    return fmt::format("{} W under load, assumed", without.watts);
  return fmt::format("{} W under load, {} W with the GPU, assumed", without.watts, with_gpu.watts);
}

std::string CalibrationText(const std::optional<Calibration>& calibration) {
  if (!calibration) return "nothing yet: `curbstop assess --measure` takes a few seconds";
  std::vector<std::string> parts;
  if (calibration->memory_gbps)
    parts.push_back(fmt::format("memory {:.1f} GB/s", *calibration->memory_gbps));
  if (calibration->disk_read_mbps) {
    parts.push_back(fmt::format("disk at {} reads {:.0f} MB/s{}", calibration->disk_mount,
                                *calibration->disk_read_mbps,
                                calibration->disk_direct ? "" : " (maybe from its cache)"));
  }
  if (calibration->disk_write_mbps) {
    parts.push_back(fmt::format("writes {:.0f} MB/s", *calibration->disk_write_mbps));
  }
  const size_t runs = calibration->runs.items().size();
  std::string text = Join(parts, ", ");
  if (calibration->measured_at_ms > 0)
    text += fmt::format(", on {}", DateText(calibration->measured_at_ms));
  if (runs > 0) text += fmt::format("{}{} model runs", text.empty() ? "" : "; ", runs);
  return text;
}

std::string FactsText(const Machine& machine) {
  std::string page = machine.origin == "synthetic"
                         ? "A synthetic computer: made from documents, not recorded\n\n"
                     : machine.origin == "recorded" ? "A recorded computer\n\n"
                                                    : "This computer\n\n";
  page += FactLine("CPU", CpuText(machine.cpu));
  page += FactLine("Memory", MemoryText(machine));
  for (const Gpu& gpu : machine.gpus)
    page += FactLine(fmt::format("GPU {}", gpu.index), GpuText(gpu));
  if (machine.gpus.empty()) page += FactLine("GPU", "none found");
  for (const Disk& disk : machine.disks) {
    if (disk.mount != "/dev/shm") page += FactLine("Disk", DiskText(disk));
  }
  page += FactLine("System", SystemText(machine));
  page += FactLine("Programs", ProgramsText(machine));
  page += FactLine("Power", PowerText(machine));
  if (machine.origin == "live") page += FactLine("Measured", CalibrationText(machine.calibration));
  return page;
}

std::string UnreadableText(const Machine& machine) {
  std::vector<std::string> lines;
  for (const Unreadable& one : machine.unreadable) lines.push_back(one.what + ": " + one.why);
  for (const Disk& disk : machine.disks) {
    if (!disk.why_unknown.empty()) {
      lines.push_back(fmt::format("kind of the disk at {}: {}", disk.mount, disk.why_unknown));
    }
  }
  if (lines.empty()) return "";
  std::string page = "\nCould not be read\n\n";
  for (const std::string& line : lines) page += Wrapped(Printable(line), "  - ");
  return page;
}

std::string AdviceText(const std::vector<Advice>& advice, AdviceKind kind, std::string_view title,
                       Explain explain) {
  std::string page;
  for (const Advice& one : advice) {
    if (one.kind != kind) continue;
    page += Wrapped(Printable(one.text), "  - ");
    if (explain == Explain::kNo) continue;
    page += Wrapped(Printable(one.fact), "      fact: ");
    page += Wrapped(fmt::format("{} ({})", one.why, one.rule), "      rule: ");
  }
  return page.empty() ? "" : fmt::format("\n{}\n\n{}", title, page);
}

Json PowerJson(const PowerFigure& figure) {
  return Json::MakeObject(
      {{"watts", figure.watts}, {"assumed", figure.assumed}, {"source", figure.source}});
}

}  // namespace

std::string AssessText(const Machine& machine, const std::vector<Advice>& advice, Explain explain) {
  return FactsText(machine) + UnreadableText(machine) +
         AdviceText(advice, AdviceKind::kGoodFor, "Good for", explain) +
         AdviceText(advice, AdviceKind::kModels, "With models, today, by estimate", explain) +
         AdviceText(advice, AdviceKind::kHoldsBack, "What holds it back", explain) +
         AdviceText(advice, AdviceKind::kDoNotBuy, "Do not buy", explain);
}

Json AssessJson(const Machine& machine, const std::vector<Advice>& advice) {
  Json object = MachineJson(machine);
  object.Set("class", MachineClass(machine));
  object.Set("power", Json::MakeObject({{"without_gpu", PowerJson(PowerUnderLoad(machine, false))},
                                        {"with_gpu", PowerJson(PowerUnderLoad(machine, true))}}));
  Json list = Json::MakeArray();
  for (const Advice& one : advice) {
    list.Push(Json::MakeObject({{"kind", std::string(NameOf(one.kind))},
                                {"rule", one.rule},
                                {"text", one.text},
                                {"fact", one.fact},
                                {"why", one.why}}));
  }
  object.Set("advice", std::move(list));
  return object;
}

}  // namespace curbstop
