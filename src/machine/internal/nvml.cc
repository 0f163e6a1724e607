#include "machine/internal/nvml.h"

#include <cerrno>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

namespace curbstop {
namespace {

// The few declarations of NVML that are used. Device is an opaque pointer; 0 is success.
using Device = void*;
struct MemoryInfo {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};
struct Utilization {
  unsigned int gpu = 0;
  unsigned int memory = 0;
};

constexpr const char* kLibraries[] = {"libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1",
                                      "/usr/local/nvidia/lib64/libnvidia-ml.so.1"};
constexpr int kMostSeconds = 2;
constexpr unsigned kTextLength = 96;  // NVML_DEVICE_UUID_V2_BUFFER_SIZE

class Nvml {
 public:
  explicit Nvml(void* library) : library_(library) {}

  // The function of that name called with the arguments; an old driver that lacks it is a failure.
  template <typename... Arguments>
  int Call(const char* name, Arguments... arguments) const {
    void* symbol = dlsym(library_, name);
    if (symbol == nullptr) return kNoFunction;
    return reinterpret_cast<int (*)(Arguments...)>(symbol)(arguments...);
  }

  std::string Words(int code) const {
    void* symbol = dlsym(library_, "nvmlErrorString");
    if (symbol == nullptr) return fmt::format("error {}", code);
    return reinterpret_cast<const char* (*)(int)>(symbol)(code);
  }

  std::string TextOf(const char* name, Device device) const {
    char text[kTextLength] = {};
    return Call(name, device, static_cast<char*>(text), kTextLength) == 0 ? text : "";
  }

 private:
  static constexpr int kNoFunction = 13;  // NVML_ERROR_FUNCTION_NOT_FOUND
  void* library_;
};

std::string Watts(const Nvml& nvml, const char* name, Device device) {
  unsigned int milliwatts = 0;
  return nvml.Call(name, device, &milliwatts) == 0 ? fmt::format("{:.2f} W", milliwatts / 1000.0)
                                                   : "[N/A]";
}

std::string DeviceRow(const Nvml& nvml, unsigned int index, const std::string& driver) {
  Device device = nullptr;
  if (nvml.Call("nvmlDeviceGetHandleByIndex_v2", index, &device) != 0) return "";
  MemoryInfo memory;
  const bool has_memory = nvml.Call("nvmlDeviceGetMemoryInfo", device, &memory) == 0;
  int major = 0;
  int minor = 0;
  const bool has_compute =
      nvml.Call("nvmlDeviceGetCudaComputeCapability", device, &major, &minor) == 0;
  Utilization busy;
  const bool has_busy = nvml.Call("nvmlDeviceGetUtilizationRates", device, &busy) == 0;
  const auto mebibytes = [&](unsigned long long bytes) {
    return has_memory ? fmt::format("{} MiB", bytes >> 20) : std::string("[N/A]");
  };
  return fmt::format(
      "{}, {}, {}, {}, {}, {}, {}, {}, {}, {}\n", index, nvml.TextOf("nvmlDeviceGetUUID", device),
      nvml.TextOf("nvmlDeviceGetName", device), mebibytes(memory.total), mebibytes(memory.free),
      driver, has_compute ? fmt::format("{}.{}", major, minor) : "[N/A]",
      Watts(nvml, "nvmlDeviceGetEnforcedPowerLimit", device),
      Watts(nvml, "nvmlDeviceGetPowerUsage", device),
      has_busy ? fmt::format("{} %", busy.gpu) : "[N/A]");
}

std::string AllDevices(const Nvml& nvml) {
  char driver[kTextLength] = "[N/A]";
  nvml.Call("nvmlSystemGetDriverVersion", static_cast<char*>(driver), kTextLength);
  unsigned int count = 0;
  if (const int code = nvml.Call("nvmlDeviceGetCount_v2", &count); code != 0) {
    return "failed: " + nvml.Words(code);
  }
  std::string text =
      "index, uuid, name, memory.total [MiB], memory.free [MiB], driver_version, compute_cap, "
      "enforced.power.limit [W], power.draw [W], utilization.gpu [%]\n";
  for (unsigned int index = 0; index < count; ++index) text += DeviceRow(nvml, index, driver);
  return text;
}

// In the child: asks the library, writes the answer into the pipe, ends without any clean-up.
[[noreturn]] void AnswerInChild(void* library, int pipe_end) {
  signal(SIGALRM, SIG_DFL);
  alarm(kMostSeconds);
  const Nvml nvml(library);
  const int code = nvml.Call("nvmlInit_v2");
  const std::string text = code == 0 ? AllDevices(nvml) : "failed: " + nvml.Words(code);
  const ssize_t written = write(pipe_end, text.data(), text.size());
  _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

// What the child writes until it closes the pipe. Its alarm ends it; the wait is for a child that
// hangs inside the kernel, where no signal reaches it.
Result<std::string> ReadAnswer(int pipe_end) {
  std::string text;
  char buffer[4096];
  for (;;) {
    pollfd waiting{pipe_end, POLLIN, 0};
    const int ready = poll(&waiting, 1, 1000 * (kMostSeconds + 1));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Unavailable("NVML did not answer in time");
    const ssize_t count = read(pipe_end, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

void* OpenLibrary() {
  for (const char* name : kLibraries) {
    if (void* library = dlopen(name, RTLD_LAZY | RTLD_LOCAL)) return library;
  }
  return nullptr;
}

}  // namespace

Result<std::string> ReadNvml() {
  void* library = OpenLibrary();
  if (library == nullptr) return NotFound("`libnvidia-ml.so.1` is not installed");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return FromErrno(errno, "cannot make a pipe");
  const pid_t child = fork();
  if (child == 0) AnswerInChild(library, ends[1]);
  close(ends[1]);
  Result<std::string> text =
      child > 0 ? ReadAnswer(ends[0]) : FromErrno(errno, "cannot start a child");
  close(ends[0]);
  if (child > 0) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, text.ok() ? 0 : WNOHANG);
  }
  if (!text.ok()) return text;
  if (text->starts_with("failed: ")) return Unavailable("NVML says: " + text->substr(8));
  if (text->empty()) return Unavailable("NVML ended without an answer");
  return text;
}

}  // namespace curbstop
