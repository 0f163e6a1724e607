#include "machine/internal/parse_gpus.h"

#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/accelerators.h"

namespace curbstop {
namespace {

using Row = std::map<std::string, std::string>;

// "memory.total [MiB]" → "memory.total".
std::string ColumnName(std::string_view cell) {
  return std::string(Trim(cell.substr(0, cell.find('['))));
}

std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells = Split(line, ',');
  for (std::string& cell : cells) cell = std::string(Trim(cell));
  return cells;
}

std::optional<double> Number(const Row& row, const char* column) {
  const auto cell = row.find(column);
  if (cell == row.end()) return std::nullopt;
  double number = 0;
  const std::string& text = cell->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // Nothing of a GPU counts in more than ten million of its unit (MiB, W, %).
  if (error != std::errc() || !(number >= 0 && number <= 1e7)) return std::nullopt;
  return number;
}

std::optional<Bytes> Mebibytes(const Row& row, const char* column) {
  const std::optional<double> number = Number(row, column);
  return number ? std::optional<Bytes>(MiB(std::llround(*number))) : std::nullopt;
}

std::optional<int64_t> Whole(const Row& row, const char* column) {
  const std::optional<double> number = Number(row, column);
  return number ? std::optional<int64_t>(std::llround(*number)) : std::nullopt;
}

std::string Text(const Row& row, const char* column) {
  const auto cell = row.find(column);
  if (cell == row.end() || cell->second.starts_with('[') || cell->second == "ERR!") return "";
  return Printable(cell->second.substr(0, 120));
}

Gpu MakeGpu(const Row& row, std::string_view source) {
  Gpu gpu;
  gpu.index = Whole(row, "index").value_or(0);
  gpu.uuid = Text(row, "uuid");
  gpu.driver_name = Text(row, "name");
  gpu.memory_total = Mebibytes(row, "memory.total");
  gpu.memory_free = Mebibytes(row, "memory.free");
  gpu.driver_version = Text(row, "driver_version");
  gpu.compute_capability = Number(row, "compute_cap") ? Text(row, "compute_cap") : "";
  gpu.limit_watts = Whole(row, "enforced.power.limit");
  gpu.draw_watts = Whole(row, "power.draw");
  gpu.busy_percent = Whole(row, "utilization.gpu");
  gpu.source = source;
  return gpu;
}

}  // namespace

Result<std::vector<Gpu>> ParseNvidiaCsv(std::string_view text, std::string_view source) {
  std::vector<std::string> header;
  std::vector<Gpu> gpus;
  for (const std::string_view line : Lines(text)) {
    if (Trim(line).empty()) continue;
    const std::vector<std::string> cells = Cells(line);
    if (header.empty()) {
      for (const std::string& cell : cells) header.push_back(ColumnName(cell));
      const bool is_header = std::find(header.begin(), header.end(), "name") != header.end();
      if (!is_header) {
        return Corrupt(fmt::format("it wrote `{}`", Printable(Trim(line).substr(0, 100))));
      }
      continue;
    }
    if (cells.size() != header.size()) continue;
    Row row;
    for (size_t i = 0; i < cells.size(); ++i) row[header[i]] = cells[i];
    Gpu gpu = MakeGpu(row, source);
    if (!gpu.driver_name.empty() && gpus.size() < 64) gpus.push_back(std::move(gpu));
  }
  if (header.empty()) return Corrupt("it wrote nothing");
  return gpus;
}

void AddCatalogueFacts(Gpu& gpu) {
  gpu.name = gpu.driver_name;
  const Accelerator* known = BundledAccelerators().Find(gpu.driver_name, gpu.memory_total);
  if (known == nullptr) return;
  gpu.name = known->name;
  gpu.bandwidth_gbps = known->bandwidth_gbps;
  gpu.tdp_watts = known->tdp_watts;
  if (gpu.compute_capability.empty()) gpu.compute_capability = known->compute_capability;
}

}  // namespace curbstop
