// Windows Subsystem for Linux: which version, and what Windows itself has.
//
// Source: microsoft/WSL. The kernel's release ends in "-Microsoft" in version 1 and contains
// "microsoft-standard" in version 2; /proc/sys/fs/binfmt_misc/WSLInterop* exists where Windows
// programs can be started.
#include <charconv>

#include "base/text.h"
#include "machine/internal/parse_cpu.h"
#include "machine/internal/read_parts.h"

namespace curbstop {
namespace {

// "Key=value" at a line's start, as our PowerShell question writes it.
std::string EqualsField(std::string_view text, std::string_view key) {
  for (const std::string_view line : Lines(text)) {
    const std::string_view trimmed = Trim(line);
    if (!trimmed.starts_with(key)) continue;
    const std::string_view rest = Trim(trimmed.substr(key.size()));
    if (rest.starts_with('=')) return Printable(Trim(rest.substr(1)).substr(0, 100));
  }
  return "";
}

std::optional<int64_t> Number(std::string_view text, int64_t most) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number <= 0 || number > most) return std::nullopt;
  return number;
}

bool HasInterop(FactSource& source) {
  return source.Has("/proc/sys/fs/binfmt_misc/WSLInterop") ||
         source.Has("/proc/sys/fs/binfmt_misc/WSLInterop-late");
}

}  // namespace

void ReadWsl(FactSource& source, Machine& machine) {
  const std::string version = Lower(source.Text("/proc/version"));
  const bool is_2 = version.find("microsoft-standard") != version.npos;
  const bool is_1 = !is_2 && version.find("-microsoft") != version.npos;
  if (is_1 || is_2) machine.wsl = Wsl{is_2 ? 2 : 1, {}, "", ""};
}

void ReadWindows(FactSource& source, Machine& machine) {
  if (!machine.wsl) return;
  if (!HasInterop(source)) {
    return AddUnreadable(machine, "Windows' own memory",
                         "starting Windows programs is off in this WSL (interop)");
  }
  const Result<std::string> text = source.Command("powershell");
  if (!text.ok()) return AddUnreadable(machine, "Windows' own memory", text.error().message());
  if (const auto bytes = Number(EqualsField(*text, "TotalPhysicalMemory"), int64_t{1} << 60)) {
    machine.wsl->windows_memory = Bytes{*bytes};
  } else {
    AddUnreadable(machine, "Windows' own memory", "PowerShell did not name it");
  }
  machine.wsl->windows_version = EqualsField(*text, "Caption");
  machine.wsl->config_memory = EqualsField(*text, "wslconfig.memory");
  machine.memory.speed_mts = SmallestField(*text, "ConfiguredClockSpeed", 20'000);
  machine.memory.rated_mts = SmallestField(*text, "Speed", 20'000);
}

}  // namespace curbstop
