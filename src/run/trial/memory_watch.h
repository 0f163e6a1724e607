// The most memory that a step's processes held, looked at again and again from outside.
//
//   host  what is theirs alone (RssAnon, RssShmem), and what the kernel remembers of each
//         process's own peak (VmHWM less its mapped files): nothing short is missed there
//   gpu   what the driver counts for their process ids; where it counts none of them (another pid
//         namespace, WSL) what the device holds more than at the start. torch's allocator keeps
//         what it took, so that a look at the end sees the peak.
//
// Source: proc_pid_status(5); nvidia-smi --help-query-compute-apps, --help-query-gpu.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "sys/process.h"

namespace curbstop {

struct HostUse {
  int64_t now = 0;   // bytes
  int64_t most = 0;  // at most so much at any time so far, by the kernel's own mark
};

// Of one /proc/PID/status; zeros where it says nothing.
HostUse HostUseOf(std::string_view status);

class MemoryWatch {
 public:
  // `gpu`: its index by nvidia-smi; none: nobody asks it.
  MemoryWatch(std::filesystem::path proc, std::optional<int64_t> gpu, ProcessRunner& processes);

  void LookAtHost(const std::vector<int>& pids);
  void LookAtGpu(const std::vector<int>& pids);

  int64_t host_now() const { return host_now_; }
  int64_t host_peak() const { return host_peak_; }
  std::optional<int64_t> gpu_peak() const { return gpu_peak_; }
  // Whether the driver named these processes, so that nothing else is in the figure.
  bool gpu_is_theirs() const { return gpu_is_theirs_; }

 private:
  std::optional<int64_t> DeviceUse() const;
  std::optional<int64_t> UseOfProcesses(const std::vector<int>& pids) const;

  std::filesystem::path proc_;
  std::optional<int64_t> gpu_;
  ProcessRunner& processes_;
  int64_t device_before_ = 0;
  int64_t host_now_ = 0;
  int64_t host_peak_ = 0;
  std::optional<int64_t> gpu_peak_;
  bool gpu_is_theirs_ = false;
};

}  // namespace curbstop
