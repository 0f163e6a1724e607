#include "machine/accelerators.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "base/check.h"
#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"

namespace curbstop {
namespace {

CURBSTOP_EMBEDDED(gpus_csv, GpusCsv)
CURBSTOP_EMBEDDED(gpu_aliases_csv, GpuAliasesCsv)

// "NVIDIA GeForce RTX 3080" and "rtx_3080" become "rtx3080".
std::string Normal(std::string_view spelling) {
  std::string name;
  for (const char c : Lower(spelling)) {
    if (IsLetter(c) || IsDigit(c)) name += c;
  }
  for (const std::string_view maker : {"nvidia", "geforce", "amdradeon", "amdinstinct", "intel"}) {
    if (name.starts_with(maker) && name.size() > maker.size()) name.erase(0, maker.size());
  }
  return name;
}

std::optional<double> Number(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> WholeNumber(const std::string& text) {
  const std::optional<double> number = Number(text);
  return number ? std::optional<int64_t>(std::llround(*number)) : std::nullopt;
}

// The rows of a CSV file, by column name.
class CsvRows {
 public:
  // `needed` columns must be there. Errors: kCorrupt, with the line.
  static Result<CsvRows> Read(std::string_view file, std::string_view text,
                              std::span<const std::string_view> needed);
  size_t size() const { return rows_.size(); }
  const std::string& Cell(size_t row, std::string_view column) const {
    const auto at = std::find(header_.begin(), header_.end(), column) - header_.begin();
    return rows_[row][static_cast<size_t>(at)];
  }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

Result<CsvRows> CsvRows::Read(std::string_view file, std::string_view text,
                              std::span<const std::string_view> needed) {
  CsvRows rows;
  CsvReader reader(text);
  std::vector<std::string_view> cells;
  for (;;) {
    const Result<bool> more = reader.Next(cells);
    if (!more.ok()) return Corrupt(fmt::format("`{}`: {}", file, more.error().message()));
    if (!*more) break;
    std::vector<std::string> row(cells.begin(), cells.end());
    if (rows.header_.empty()) {
      rows.header_ = std::move(row);
    } else if (row.size() != rows.header_.size()) {
      return Corrupt(fmt::format("`{}` line {} has {} cells, expected {}", file, reader.line(),
                                 row.size(), rows.header_.size()));
    } else {
      rows.rows_.push_back(std::move(row));
    }
  }
  for (const std::string_view column : needed) {
    if (std::find(rows.header_.begin(), rows.header_.end(), column) == rows.header_.end()) {
      return Corrupt(fmt::format("`{}` has no column `{}`", file, column));
    }
  }
  return rows;
}

Accelerator ReadRow(const CsvRows& rows, size_t i) {
  Accelerator one;
  one.name = rows.Cell(i, "name");
  one.vendor = rows.Cell(i, "vendor");
  one.group = rows.Cell(i, "class");
  one.memory = GiB(WholeNumber(rows.Cell(i, "memory_gib")).value_or(0));
  if (const auto usable = WholeNumber(rows.Cell(i, "usable_memory_mib"))) {
    one.usable_memory = MiB(*usable);
  }
  one.bandwidth_gbps = Number(rows.Cell(i, "memory_bandwidth_gbps"));
  one.bf16_tflops = Number(rows.Cell(i, "bf16_dense_tflops"));
  one.fp16_tflops = Number(rows.Cell(i, "fp16_dense_tflops"));
  one.tdp_watts = WholeNumber(rows.Cell(i, "tdp_w"));
  one.architecture = rows.Cell(i, "arch");
  one.compute_capability = rows.Cell(i, "compute_capability");
  one.source = rows.Cell(i, "source");
  return one;
}

int64_t Distance(Bytes a, Bytes b) { return std::abs(a.value - b.value); }

}  // namespace

Result<AcceleratorCatalogue> AcceleratorCatalogue::Parse(std::string_view gpus_csv,
                                                         std::string_view aliases_csv) {
  constexpr std::string_view kColumns[] = {"name",
                                           "vendor",
                                           "class",
                                           "memory_gib",
                                           "usable_memory_mib",
                                           "memory_bandwidth_gbps",
                                           "bf16_dense_tflops",
                                           "fp16_dense_tflops",
                                           "tdp_w",
                                           "arch",
                                           "compute_capability",
                                           "source"};
  constexpr std::string_view kAliasColumns[] = {"spelling", "gpu_name"};
  TRY_ASSIGN(const CsvRows gpus, CsvRows::Read("gpus.csv", gpus_csv, kColumns));
  TRY_ASSIGN(const CsvRows aliases, CsvRows::Read("gpu-aliases.csv", aliases_csv, kAliasColumns));
  AcceleratorCatalogue catalogue;
  for (size_t i = 0; i < gpus.size(); ++i) catalogue.accelerators_.push_back(ReadRow(gpus, i));
  for (size_t i = 0; i < aliases.size(); ++i) {
    catalogue.aliases_.emplace_back(Normal(aliases.Cell(i, "spelling")),
                                    aliases.Cell(i, "gpu_name"));
  }
  return catalogue;
}

const Accelerator* AcceleratorCatalogue::WithName(std::string_view normal_name) const {
  for (const Accelerator& one : accelerators_) {
    if (Normal(one.name) == normal_name) return &one;
  }
  return nullptr;
}

const Accelerator* AcceleratorCatalogue::Find(std::string_view spelling,
                                              std::optional<Bytes> memory) const {
  std::string name = Normal(spelling);
  if (name.ends_with("laptopgpu")) name.erase(name.size() - 3);
  const Accelerator* found = WithName(name);
  for (const auto& [alias, target] : aliases_) {
    if (found == nullptr && alias == name) found = WithName(Normal(target));
  }
  if (!memory) return found;
  // One spelling, several cards: "RTX 3060" is sold with 8 and 12 GB, "RTX 3080" with 10 and 12.
  // Cards report up to a tenth less than their nominal memory.
  for (const Accelerator& one : accelerators_) {
    const std::string other = Normal(one.name);
    const bool is_variant = other.starts_with(name) && other.ends_with("gb") &&
                            IsDigits(other.substr(name.size(), other.size() - name.size() - 2));
    if (!is_variant || Distance(one.memory, *memory) > one.memory.value / 10) continue;
    if (found == nullptr || Distance(one.memory, *memory) < Distance(found->memory, *memory)) {
      found = &one;
    }
  }
  return found;
}

std::string AcceleratorCatalogue::DidYouMeanName(std::string_view spelling) const {
  std::vector<std::string> names;
  for (const Accelerator& one : accelerators_) names.push_back(one.name);
  return DidYouMean(spelling, names);
}

const AcceleratorCatalogue& BundledAccelerators() {
  static const AcceleratorCatalogue catalogue = [] {
    Result<AcceleratorCatalogue> parsed = AcceleratorCatalogue::Parse(GpusCsv(), GpuAliasesCsv());
    CHECK(parsed.ok());
    return *std::move(parsed);
  }();
  return catalogue;
}

}  // namespace curbstop
