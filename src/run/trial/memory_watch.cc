#include "run/trial/memory_watch.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "base/units.h"
#include "sys/files.h"

namespace curbstop {
namespace {

// "VmHWM:\t  123 kB".
int64_t Field(std::string_view status, std::string_view name) {
  for (const std::string_view line : Lines(status)) {
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
    return std::atoll(std::string(Trim(line.substr(name.size() + 1))).c_str()) * 1024;
  }
  return 0;
}

// Rows of numbers, as `--format=csv,noheader,nounits` prints them; "[N/A]" is none.
std::vector<std::vector<std::optional<int64_t>>> AskDriver(std::string query,
                                                           ProcessRunner& processes) {
  ProcessRequest request;
  request.argv = {"nvidia-smi", std::move(query), "--format=csv,noheader,nounits"};
  request.timeout = std::chrono::seconds(10);
  std::vector<std::vector<std::optional<int64_t>>> rows;
  const Result<ProcessOutcome> asked = processes.Run(request);
  if (!asked.ok() || asked->exit_code != 0) return rows;
  for (const std::string_view line : Lines(asked->out)) {
    std::vector<std::optional<int64_t>> row;
    for (const std::string& cell : Split(line, ',')) {
      const std::string text(Trim(cell));
      row.push_back(IsDigits(text) ? std::optional<int64_t>(std::atoll(text.c_str()))
                                   : std::nullopt);
    }
    if (row.size() == 2) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

HostUse HostUseOf(std::string_view status) {
  HostUse use;
  use.now = Field(status, "RssAnon") + Field(status, "RssShmem");
  use.most = std::max(use.now, Field(status, "VmHWM") - Field(status, "RssFile"));
  return use;
}

MemoryWatch::MemoryWatch(std::filesystem::path proc, std::optional<int64_t> gpu,
                         ProcessRunner& processes)
    : proc_(std::move(proc)), gpu_(gpu), processes_(processes) {
  device_before_ = DeviceUse().value_or(0);
}

void MemoryWatch::LookAtHost(const std::vector<int>& pids) {
  host_now_ = 0;
  int64_t more = 0;  // by which one process was larger once than it is now
  for (const int pid : pids) {
    const Result<std::string> status =
        ReadFile(proc_ / std::to_string(pid) / "status", int64_t{1} << 16);
    if (!status.ok()) continue;
    const HostUse use = HostUseOf(*status);
    host_now_ += use.now;
    more = std::max(more, use.most - use.now);
  }
  host_peak_ = std::max(host_peak_, host_now_ + more);
}

std::optional<int64_t> MemoryWatch::DeviceUse() const {
  if (!gpu_) return std::nullopt;
  for (const auto& row : AskDriver("--query-gpu=index,memory.used", processes_)) {
    if (row[0] == gpu_ && row[1]) return MiB(*row[1]).value;
  }
  return std::nullopt;
}

std::optional<int64_t> MemoryWatch::UseOfProcesses(const std::vector<int>& pids) const {
  std::optional<int64_t> sum;
  for (const auto& row : AskDriver("--query-compute-apps=pid,used_gpu_memory", processes_)) {
    const bool theirs = row[0] && std::find(pids.begin(), pids.end(), *row[0]) != pids.end();
    if (theirs && row[1]) sum = sum.value_or(0) + MiB(*row[1]).value;
  }
  return sum;
}

void MemoryWatch::LookAtGpu(const std::vector<int>& pids) {
  if (!gpu_) return;
  std::optional<int64_t> use = UseOfProcesses(pids);
  gpu_is_theirs_ = gpu_is_theirs_ || use.has_value();
  if (!use && !gpu_is_theirs_) {
    if (const auto device = DeviceUse()) use = std::max<int64_t>(0, *device - device_before_);
  }
  if (use && *use > 0) gpu_peak_ = std::max(gpu_peak_.value_or(0), *use);
}

}  // namespace curbstop
