#include "machine/calibration.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kVersion = 1;
constexpr int64_t kMostBytes = 1 << 20;

Json OrNull(const std::optional<double>& value) {
  return value ? Json(std::round(*value * 10) / 10) : Json();
}

// A rate must be above 0 and below what any memory does.
Result<std::optional<double>> Rate(const Json& json, std::string_view key) {
  const Json* member = json.Find(key);
  if (member == nullptr || member->IsNull()) return std::optional<double>();
  const std::optional<double> number = member->AsDouble();
  if (number && *number > 0 && *number < 1e7) return number;
  return Corrupt(fmt::format("`{}` is no rate", key));
}

Result<Calibration> Parse(std::string_view text) {
  const Result<Json> json = ParseJson(text);
  if (!json.ok()) return Corrupt(json.error().message());
  if (json->IntOr("version", 0) != kVersion) {
    return Corrupt(
        fmt::format("its version is {}, expected {}", json->IntOr("version", 0), kVersion));
  }
  Calibration calibration;
  TRY_ASSIGN(calibration.memory_gbps, Rate(*json, "memory_gbps"));
  TRY_ASSIGN(calibration.disk_read_mbps, Rate(*json, "disk_read_mbps"));
  TRY_ASSIGN(calibration.disk_write_mbps, Rate(*json, "disk_write_mbps"));
  calibration.disk_mount = json->StringOr("disk_mount", "");
  calibration.disk_direct = json->BoolOr("disk_direct", false);
  calibration.cpu_model = json->StringOr("cpu_model", "");
  calibration.measured_at_ms = json->IntOr("measured_at_ms", 0);
  if (const Json* runs = json->Find("runs")) calibration.runs = *runs;
  return calibration;
}

}  // namespace

Json CalibrationJson(const Calibration& calibration) {
  return Json::MakeObject({{"memory_gbps", OrNull(calibration.memory_gbps)},
                           {"disk_read_mbps", OrNull(calibration.disk_read_mbps)},
                           {"disk_write_mbps", OrNull(calibration.disk_write_mbps)},
                           {"disk_mount", calibration.disk_mount},
                           {"disk_direct", calibration.disk_direct},
                           {"cpu_model", calibration.cpu_model},
                           {"measured_at_ms", calibration.measured_at_ms}});
}

Result<std::optional<Calibration>> ReadCalibration(const std::filesystem::path& file) {
  if (!Exists(file)) return std::optional<Calibration>();
  TRY_ASSIGN(const std::string text, ReadFile(file, kMostBytes));
  Result<Calibration> calibration = Parse(text);
  if (calibration.ok()) return std::optional<Calibration>(*std::move(calibration));
  return std::move(calibration)
      .error()
      .While(fmt::format("`{}` is broken", Printable(file.string())))
      .WithHint("`curbstop assess --measure` makes it anew");
}

Status WriteCalibration(const std::filesystem::path& file, const Calibration& calibration,
                        FileStore& files) {
  TRY(MakeFolders(file.parent_path(), true));
  Json json = Json::MakeObject({{"version", kVersion}});
  const Json fields = CalibrationJson(calibration);
  for (const auto& [key, value] : fields.members()) json.Set(key, value);
  if (!calibration.runs.items().empty()) json.Set("runs", calibration.runs);
  return files.Write(file, WriteJson(json, JsonStyle::kIndented) + "\n", 0644);
}

void AddCalibration(const std::filesystem::path& file, Machine& machine) {
  Result<std::optional<Calibration>> calibration = ReadCalibration(file);
  if (!calibration.ok()) {
    machine.unreadable.push_back({"calibration", calibration.error().OneLine()});
  } else if (*calibration && (*calibration)->cpu_model != machine.cpu.model) {
    machine.unreadable.push_back({"calibration", fmt::format("it was measured on another CPU, {}",
                                                             (*calibration)->cpu_model)});
    if (!(*calibration)->runs.items().empty())
      machine.calibration = Calibration{.runs = std::move((*calibration)->runs)};
  } else {
    machine.calibration = *std::move(calibration);
  }
}

}  // namespace curbstop
