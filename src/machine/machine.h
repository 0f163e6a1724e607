// What a computer is: facts read from the system, never guessed. What cannot be read is empty and
// listed in `unreadable` with the reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"

namespace curbstop {

struct Gpu {
  int64_t index = 0;        // as the driver counts; CUDA too, with CUDA_DEVICE_ORDER=PCI_BUS_ID
  std::string uuid;         // the driver's, or empty
  std::string name;         // as in the accelerator catalogue, or the driver's spelling
  std::string driver_name;  // the driver's spelling
  std::optional<Bytes> memory_total;
  std::optional<Bytes> memory_free;
  std::optional<double> bandwidth_gbps;  // catalogue
  std::string compute_capability;        // "8.6", or empty
  std::string driver_version;
  std::optional<int64_t> tdp_watts;     // catalogue
  std::optional<int64_t> limit_watts;   // the power limit that the driver enforces
  std::optional<int64_t> draw_watts;    // at the moment of reading
  std::optional<int64_t> busy_percent;  // at the moment of reading
  std::string source;                   // "nvml", "nvidia-smi", "sysfs", "apple"
  bool built_in = false;                // into the CPU: no memory of its own to speak of
};

struct Cpu {
  std::string model;
  std::string arch;  // "x86_64", "arm64"
  int64_t sockets = 1;
  int64_t cores = 0;
  int64_t threads = 0;
  std::optional<double> usable;  // CPUs that a container limit leaves, where below `threads`
  std::optional<int64_t> max_mhz;
  std::vector<std::string> features;  // avx2, avx512f, amx, neon, …
  std::optional<int64_t> tdp_watts;   // RAPL's limit, else our table, else empty
  std::string tdp_source;             // "rapl", "table", or empty
};

struct Memory {
  std::optional<Bytes> total;
  std::optional<Bytes> available;
  std::optional<Bytes> limit;        // a container's, where below total
  bool unified = false;              // CPU and GPU share it (Apple)
  std::optional<int64_t> speed_mts;  // as configured
  std::optional<int64_t> rated_mts;  // what the slowest module is made for
};

struct Disk {
  std::string mount;
  std::string device;
  std::string kind;  // "nvme", "ssd", "hdd", "network", "9p", "memory", "unknown"
  std::string why_unknown;
  std::string file_system;
  std::optional<Bytes> total;
  std::optional<Bytes> free;
};

struct Wsl {
  int64_t version = 0;                  // 1 or 2
  std::optional<Bytes> windows_memory;  // the host's own
  std::string windows_version;          // "Microsoft Windows 11 Pro", or empty
  std::string config_memory;            // `memory=` of .wslconfig as written, or empty
};

struct Container {
  std::string kind;  // "docker", "podman", "kubernetes", "lxc", "unknown"
  int64_t cgroup_version = 0;
};

struct Found {
  std::string name;  // "python3", "cuda", "nvcc", "uv"
  std::string version;
  std::string path;
};

struct Calibration {
  std::optional<double> memory_gbps;     // 10^9 bytes per second
  std::optional<double> disk_read_mbps;  // 10^6 bytes per second
  std::optional<double> disk_write_mbps;
  std::string disk_mount;
  bool disk_direct = false;  // past the page cache
  std::string cpu_model;     // measured on this CPU
  int64_t measured_at_ms = 0;
  Json runs;  // model runs, as fit/measured_runs.h writes them; kept as they are
};

struct Unreadable {
  std::string what;
  std::string why;
};

struct Machine {
  std::string os;  // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;
  std::string origin;  // "live", "recorded" (a tree), or "synthetic": a tree made from documents
  std::string hypervisor;  // "kvm", "vmware", "unknown", …; empty on bare metal
  Cpu cpu;
  Memory memory;
  std::vector<Disk> disks;
  std::vector<Gpu> gpus;
  std::optional<Wsl> wsl;
  std::optional<Container> container;
  std::vector<Found> found;
  std::optional<Calibration> calibration;
  std::vector<Unreadable> unreadable;
};

Json MachineJson(const Machine& machine);

// The disk that an absolute path lies on: the longest mount above it. Null if none is known.
const Disk* DiskUnder(const Machine& machine, const std::filesystem::path& path);

// The class that run history is keyed by: "2x RTX-3080", else the CPU's model.
std::string MachineClass(const Machine& machine);

// Power drawn by this computer under a step's load, in watts, and where the figure is from:
// TDP x 0.7 + 60 W where nothing measures it, "assumed".
struct PowerFigure {
  int64_t watts = 0;
  bool assumed = true;
  std::string source;
};
PowerFigure PowerUnderLoad(const Machine& machine, bool uses_gpu);

}  // namespace curbstop
