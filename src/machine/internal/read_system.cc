// Operating system, CPU and memory as the kernel shows them; programs found.
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/parse_cpu.h"
#include "machine/internal/read_parts.h"

namespace curbstop {
namespace {

// "PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"" without the quotes.
std::string ReleaseField(std::string_view text, std::string_view key) {
  for (const std::string_view line : Lines(text)) {
    if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") continue;
    std::string_view value = Trim(line.substr(key.size() + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return Printable(value.substr(0, 200));
  }
  return "";
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

// "24683656 kB" of /proc/meminfo.
std::optional<Bytes> KibField(std::string_view text, std::string_view key) {
  const std::optional<int64_t> kib = WholeNumber(ColonField(text, key));
  if (!kib || *kib < 0 || *kib > (int64_t{1} << 50)) return std::nullopt;
  return Bytes{*kib << 10};
}

std::string Hypervisor(FactSource& source) {
  constexpr std::pair<std::string_view, std::string_view> kVendors[] = {
      {"QEMU", "qemu"},
      {"VMware, Inc.", "vmware"},
      {"innotek GmbH", "virtualbox"},
      {"Amazon EC2", "amazon"},
      {"Google", "google"},
      {"Xen", "xen"},
      {"Microsoft Corporation", "hyper-v"}};
  const std::string vendor = source.Text("/sys/class/dmi/id/sys_vendor");
  for (const auto& [text, name] : kVendors) {
    if (vendor == text) return std::string(name);
  }
  return "unknown";
}

void ReadCpuPower(FactSource& source, Cpu& cpu) {
  const std::string text =
      source.Text("/sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw");
  const std::optional<int64_t> micro_watts = WholeNumber(text);
  // Boards that lift the limit write thousands of watts there: no use as a power class.
  if (micro_watts && *micro_watts > 5'000'000 && *micro_watts <= 400'000'000) {
    cpu.tdp_watts = *micro_watts / 1'000'000;
    cpu.tdp_source = "rapl";
    return;
  }
  cpu.tdp_watts = LookUpCpuTdp(cpu.model);
  if (cpu.tdp_watts) cpu.tdp_source = "table";
}

// The first thing in the text that looks like "3.11.2".
std::string VersionIn(std::string_view text) {
  for (const std::string& line : Split(text.substr(0, 4096), '\n')) {
    for (std::string& word : Split(line, ' ')) {
      if (word.size() > 1 && (word[0] == 'V' || word[0] == 'v') && IsDigit(word[1]))
        word.erase(0, 1);
      if (word.empty() || !IsDigit(word[0]) || word.find('.') == word.npos) continue;
      while (!word.empty() && !IsDigit(word.back()) && !IsLetter(word.back())) word.pop_back();
      return Printable(word.substr(0, 40));
    }
  }
  return "";
}

void AddProgram(FactSource& source, std::string_view name, Machine& machine) {
  const Result<std::string> text = source.Command(name);
  if (text.ok()) {
    machine.found.push_back({std::string(name), VersionIn(*text), ""});
  } else if (text.error().kind() != ErrorKind::kNotFound) {
    AddUnreadable(machine, std::string(name), text.error().message());
  }
}

// Toolkits leave `version.json` (CUDA 11.1 and later) or `version.txt` in their folder.
void AddCuda(FactSource& source, Machine& machine) {
  for (const std::string& name : source.Names("/usr/local")) {
    if (!name.starts_with("cuda-")) continue;
    machine.found.push_back({"cuda", name.substr(5), "/usr/local/" + name});
  }
  if (!source.Names("/usr/local/cuda").empty() && machine.found.empty()) {
    const std::string text = source.Text("/usr/local/cuda/version.txt");
    machine.found.push_back({"cuda", VersionIn(text), "/usr/local/cuda"});
  }
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}) {
    for (const std::string& name : source.Names(folder)) {
      if (!name.starts_with("libcudart.so.")) continue;
      machine.found.push_back({"libcudart", name.substr(13), fmt::format("{}/{}", folder, name)});
      return;
    }
  }
}

}  // namespace

void AddUnreadable(Machine& machine, std::string what, std::string why) {
  machine.unreadable.push_back({std::move(what), std::move(why)});
}

void ReadSystem(FactSource& source, Machine& machine) {
  std::string release = source.Text("/etc/os-release");
  if (release.empty()) release = source.Text("/usr/lib/os-release");
  machine.os = ReleaseField(release, "PRETTY_NAME");
  if (machine.os.empty()) AddUnreadable(machine, "os", "`/etc/os-release` does not name it");
  const std::vector<std::string> words = Split(source.Text("/proc/version"), ' ');
  if (words.size() > 2 && words[0] == "Linux") machine.kernel = Printable(words[2].substr(0, 100));
  if (machine.kernel.empty()) AddUnreadable(machine, "kernel", "`/proc/version` does not name it");
}

void ReadCpu(FactSource& source, Machine& machine) {
  const Result<std::string> text = source.File("/proc/cpuinfo");
  if (!text.ok()) return AddUnreadable(machine, "cpu", text.error().message());
  CpuInfo info = ParseCpuInfo(*text);
  machine.cpu = std::move(info.cpu);
  if (info.under_hypervisor) machine.hypervisor = Hypervisor(source);
  if (machine.cpu.threads == 0) AddUnreadable(machine, "cpu", "`/proc/cpuinfo` lists no processor");
  if (machine.cpu.model.empty()) {
    AddUnreadable(machine, "cpu model", "`/proc/cpuinfo` does not name it");
  }
  const std::optional<int64_t> khz =
      WholeNumber(source.Text("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"));
  if (khz && *khz > 0) machine.cpu.max_mhz = *khz / 1000;
  ReadCpuPower(source, machine.cpu);
}

void ReadMemory(FactSource& source, Machine& machine) {
  const Result<std::string> text = source.File("/proc/meminfo");
  if (!text.ok()) return AddUnreadable(machine, "memory", text.error().message());
  machine.memory.total = KibField(*text, "MemTotal");
  machine.memory.available = KibField(*text, "MemAvailable");
  if (!machine.memory.total) AddUnreadable(machine, "memory", "`/proc/meminfo` has no `MemTotal`");
}

void ReadMemorySpeed(FactSource& source, Machine& machine) {
  if (machine.memory.speed_mts) return;
  const Result<std::string> text = source.Command("dmidecode");
  if (text.ok()) {
    Memory& memory = machine.memory;
    memory.rated_mts = SmallestField(*text, "Speed", 20'000);
    memory.speed_mts = SmallestField(*text, "Configured Memory Speed", 20'000);
    if (!memory.speed_mts)
      memory.speed_mts = SmallestField(*text, "Configured Clock Speed", 20'000);
  }
  if (machine.memory.speed_mts) return;
  const std::string why = machine.wsl                   ? "only Windows knows it"
                          : !machine.hypervisor.empty() ? "a virtual machine does not see it"
                          : text.ok()                   ? "the firmware's table does not name it"
                          : text.error().kind() == ErrorKind::kNotFound
                              ? "`dmidecode` is not installed"
                              : "only root may read the firmware's table";
  AddUnreadable(machine, "memory speed", why);
}

void ReadFound(FactSource& source, Machine& machine) {
  AddCuda(source, machine);
  for (const char* name : {"python3", "nvcc", "uv"}) AddProgram(source, name, machine);
}

}  // namespace curbstop
