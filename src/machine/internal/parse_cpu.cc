#include "machine/internal/parse_cpu.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/text.h"

namespace curbstop {
namespace {

// Flags that decide which builds of numeric libraries run, under the names we show.
constexpr std::pair<std::string_view, std::string_view> kFeatures[] = {
    {"avx", "avx"},
    {"avx2", "avx2"},
    {"fma", "fma"},
    {"f16c", "f16c"},
    {"avx512f", "avx512f"},
    {"avx512_vnni", "avx512_vnni"},
    {"avx512_bf16", "avx512_bf16"},
    {"amx_tile", "amx"},
    {"asimd", "neon"},
    {"sve", "sve"},
    {"i8mm", "i8mm"},
    {"bf16", "bf16"}};

// MIDR_EL1 part numbers of implementer 0x41 (Arm), from Arm's technical reference manuals.
constexpr std::pair<std::string_view, std::string_view> kArmParts[] = {
    {"0xd08", "Arm Cortex-A72"},  {"0xd0b", "Arm Cortex-A76"},   {"0xd0c", "Arm Neoverse-N1"},
    {"0xd40", "Arm Neoverse-V1"}, {"0xd42", "Arm Cortex-A78AE"}, {"0xd49", "Arm Neoverse-N2"},
    {"0xd4f", "Arm Neoverse-V2"}, {"0xd85", "Arm Cortex-X925"}};

struct KeyAndValue {
  std::string_view key;
  std::string_view value;
};

KeyAndValue SplitLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos) return {};
  return {Trim(line.substr(0, colon)), Trim(line.substr(colon + 1))};
}

void AddFeatures(std::string_view flags, Cpu& cpu) {
  std::set<std::string> all;
  for (std::string& flag : Split(flags, ' ')) all.insert(std::move(flag));
  for (const auto& [flag, shown] : kFeatures) {
    if (all.contains(std::string(flag))) cpu.features.emplace_back(shown);
  }
}

std::string_view ArmModel(std::string_view text) {
  if (ColonField(text, "CPU implementer") != "0x41") return "";
  const std::string_view part = ColonField(text, "CPU part");
  for (const auto& [number, name] : kArmParts) {
    if (number == part) return name;
  }
  return "";
}

std::string ArchOf(std::string_view text, std::string_view flags) {
  if (ColonField(text, "CPU architecture") == "8") return "arm64";
  const std::string padded = " " + std::string(flags) + " ";
  return padded.find(" lm ") != padded.npos ? "x86_64" : "";
}

void CountCpus(std::string_view text, Cpu& cpu) {
  std::set<std::string> sockets;
  std::set<std::string> cores;
  std::string socket;
  for (const std::string_view line : Lines(text)) {
    const auto [key, value] = SplitLine(line);
    if (key == "processor" && IsDigits(value)) ++cpu.threads;
    if (key == "physical id") sockets.insert(socket = value);
    if (key == "core id") cores.insert(socket + "/" + std::string(value));
  }
  cpu.sockets = std::max<int64_t>(1, static_cast<int64_t>(sockets.size()));
  cpu.cores = cores.empty() ? cpu.threads : static_cast<int64_t>(cores.size());
}

void Erase(std::string& text, std::string_view part) {
  for (size_t at; (at = text.find(part)) != text.npos;) text.erase(at, part.size());
}

}  // namespace

std::string_view ColonField(std::string_view text, std::string_view key) {
  for (const std::string_view line : Lines(text)) {
    const KeyAndValue field = SplitLine(line);
    if (field.key == key) return field.value;
  }
  return "";
}

std::optional<int64_t> SmallestField(std::string_view text, std::string_view key, int64_t most) {
  std::optional<int64_t> smallest;
  for (const std::string_view line : Lines(text)) {
    const size_t end_of_key = line.find_first_of(":=");
    if (end_of_key == line.npos || Trim(line.substr(0, end_of_key)) != key) continue;
    const std::string_view value = Trim(line.substr(end_of_key + 1));
    int64_t number = 0;
    const auto error = std::from_chars(value.data(), value.data() + value.size(), number).ec;
    if (error != std::errc() || number < 1 || number > most) continue;
    smallest = std::min(number, smallest.value_or(number));
  }
  return smallest;
}

std::string CleanCpuModel(std::string_view model) {
  std::string clean(model.substr(0, model.find('@')));
  for (const std::string_view part : {"(R)", "(TM)", "(tm)", "(r)"}) Erase(clean, part);
  if (const size_t at = clean.find(" CPU"); at != clean.npos) clean.erase(at, 4);
  // "AMD Ryzen 5 5600X 6-Core Processor": the cores are counted elsewhere.
  if (const size_t at = clean.find("-Core Processor"); at != clean.npos) {
    clean.erase(clean.rfind(' ', at));
  }
  while (clean.find("  ") != clean.npos) clean.erase(clean.find("  "), 1);
  return Printable(Trim(clean).substr(0, 100));
}

CpuInfo ParseCpuInfo(std::string_view text) {
  CpuInfo info;
  if (text.find('\0') != text.npos) return info;
  std::string_view flags = ColonField(text, "flags");
  if (flags.empty()) flags = ColonField(text, "Features");
  std::string_view model = ColonField(text, "model name");
  if (model.empty()) model = ArmModel(text);
  info.cpu.model = CleanCpuModel(model);
  info.cpu.arch = ArchOf(text, flags);
  AddFeatures(flags, info.cpu);
  CountCpus(text, info.cpu);
  const std::string padded = " " + std::string(flags) + " ";
  info.under_hypervisor = padded.find(" hypervisor ") != padded.npos;
  return info;
}

std::optional<int64_t> CountCpuList(std::string_view list) {
  constexpr int64_t kMostCpus = 65'536;
  int64_t count = 0;
  for (const std::string& part : Split(Trim(list), ',')) {
    int64_t first = 0;
    const char* const end = part.data() + part.size();
    auto [after, error] = std::from_chars(part.data(), end, first);
    int64_t last = first;
    if (error == std::errc() && after != end && *after == '-') {
      const auto second = std::from_chars(after + 1, end, last);
      after = second.ptr;
      error = second.ec;
    }
    if (error != std::errc() || after != end || first < 0 || last < first || last > kMostCpus) {
      return std::nullopt;
    }
    count += last - first + 1;
  }
  return count;
}

}  // namespace curbstop
