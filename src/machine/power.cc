#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/machine.h"

namespace curbstop {
namespace {

constexpr int64_t kAssumedCpuWatts = 65;  // the most common class of desktop CPUs
constexpr int64_t kBaseWatts = 60;        // board, memory, disks, losses of the power supply
constexpr int64_t kLoadPercent = 70;      // of the sum of power limits, over a whole step

struct Part {
  int64_t watts = 0;
  std::string source;
};

Part CpuPart(const Cpu& cpu) {
  if (!cpu.tdp_watts) return {kAssumedCpuWatts, fmt::format("CPU {} W assumed", kAssumedCpuWatts)};
  return {*cpu.tdp_watts,
          fmt::format("CPU {} W {}", *cpu.tdp_watts,
                      cpu.tdp_source == "rapl" ? "by RAPL's limit" : "TDP by table")};
}

Part GpuPart(const Gpu& gpu) {
  if (gpu.limit_watts) {
    return {*gpu.limit_watts,
            fmt::format("{} {} W by the driver's limit", gpu.name, *gpu.limit_watts)};
  }
  if (gpu.tdp_watts) {
    return {*gpu.tdp_watts, fmt::format("{} {} W TDP by catalogue", gpu.name, *gpu.tdp_watts)};
  }
  return {0, fmt::format("{} unknown, counted as 0 W", gpu.name)};
}

// The catalogue's figure for a chip that holds CPU and GPU is for both.
bool IsWholeChip(const Machine& machine) { return machine.memory.unified && !machine.gpus.empty(); }

}  // namespace

PowerFigure PowerUnderLoad(const Machine& machine, bool uses_gpu) {
  std::vector<Part> parts;
  if (!IsWholeChip(machine)) parts.push_back(CpuPart(machine.cpu));
  if (uses_gpu || IsWholeChip(machine)) {
    for (const Gpu& gpu : machine.gpus) parts.push_back(GpuPart(gpu));
  }
  int64_t sum = 0;
  std::vector<std::string> sources;
  for (Part& part : parts) {
    sum += part.watts;
    sources.push_back(std::move(part.source));
  }
  const int64_t watts = (sum * kLoadPercent + 99) / 100 + kBaseWatts;
  return {watts, true, fmt::format("({}) x 0.7 + {} W, assumed", Join(sources, " + "), kBaseWatts)};
}

}  // namespace curbstop
