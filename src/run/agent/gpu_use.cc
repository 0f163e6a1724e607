#include "run/agent/gpu_use.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace curbstop {

EnvironmentList GpuVariables(const std::vector<int64_t>& gpus) {
  std::vector<std::string> indices;
  for (const int64_t gpu : gpus) indices.push_back(std::to_string(gpu));
  return {{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"}, {"CUDA_VISIBLE_DEVICES", Join(indices, ",")}};
}

std::optional<bool> GpusAreBusy(const std::vector<int64_t>& gpus, ProcessRunner& processes) {
  ProcessRequest request;
  request.argv = {"nvidia-smi", "--query-gpu=index,utilization.gpu",
                  "--format=csv,noheader,nounits"};
  request.timeout = std::chrono::seconds(10);
  const Result<ProcessOutcome> asked = processes.Run(request);
  if (!asked.ok()) return std::nullopt;
  std::optional<bool> busy;
  for (const std::string_view line : Lines(asked->out)) {
    const std::vector<std::string> cells = Split(line, ',');
    if (cells.size() != 2 || !IsDigits(Trim(cells[0])) || !IsDigits(Trim(cells[1]))) continue;
    const int64_t index = std::atoll(cells[0].c_str());
    if (std::find(gpus.begin(), gpus.end(), index) == gpus.end()) continue;
    busy = busy.value_or(false) || std::atoi(std::string(Trim(cells[1])).c_str()) > 0;
  }
  return busy;
}

}  // namespace curbstop
