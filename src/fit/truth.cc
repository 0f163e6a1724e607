#include "fit/truth.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/text.h"

namespace curbstop::fit {
namespace {

struct TextColumn {
  std::string_view name;
  std::string TruthRow::* field;
};
constexpr TextColumn kTexts[] = {{"id", &TruthRow::id},
                                 {"model", &TruthRow::model},
                                 {"dtype_quant", &TruthRow::dtype},
                                 {"technique", &TruthRow::technique},
                                 {"seq_len", &TruthRow::seq},
                                 {"batch", &TruthRow::batch},
                                 {"ctx", &TruthRow::ctx},
                                 {"hardware", &TruthRow::hardware},
                                 {"metric", &TruthRow::metric},
                                 {"value", &TruthRow::value_text},
                                 {"unit", &TruthRow::unit},
                                 {"grade", &TruthRow::grade},
                                 {"source", &TruthRow::source},
                                 {"notes", &TruthRow::notes}};

std::optional<double> WholeNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

// Where each column stands; -1: the file has none of it.
using Places = std::vector<std::pair<std::string, size_t>>;

std::string Cell(const std::vector<std::string_view>& cells, const Places& places,
                 std::string_view column) {
  for (const auto& [name, at] : places) {
    if (name == column) return at < cells.size() ? std::string(cells[at]) : "";
  }
  return "";
}

TruthRow RowOf(const std::vector<std::string_view>& cells, const Places& places) {
  TruthRow row;
  for (const TextColumn& column : kTexts) row.*column.field = Cell(cells, places, column.name);
  row.params = WholeNumber(Cell(cells, places, "params_b")).value_or(0) * 1e9;
  row.value = WholeNumber(row.value_text).value_or(std::nan(""));
  const size_t colon = row.metric.find(':');
  if (colon != std::string::npos) {
    row.device = row.metric.substr(colon + 1);
    row.metric.erase(colon);
  }
  return row;
}

}  // namespace

Result<std::vector<TruthRow>> ReadTruth(std::string_view csv, std::string_view file) {
  CsvReader reader(csv);
  std::vector<std::string_view> cells;
  Places places;
  std::vector<TruthRow> rows;
  for (;;) {
    Result<bool> more = reader.Next(cells);
    if (!more.ok()) return std::move(more).error().While(fmt::format("cannot read `{}`", file));
    if (!*more) break;
    if (places.empty()) {
      for (size_t i = 0; i < cells.size(); ++i) places.emplace_back(std::string(cells[i]), i);
      for (const std::string_view needed : {"id", "model", "metric", "value"}) {
        const bool there = std::any_of(places.begin(), places.end(),
                                       [&](const auto& one) { return one.first == needed; });
        if (!there)
          return InvalidInput(fmt::format("`{}` line 1 has no column `{}`", file, needed));
      }
      continue;
    }
    rows.push_back(RowOf(cells, places));
  }
  if (places.empty())
    return InvalidInput(fmt::format("`{}` is empty, expected a table of measurements", file));
  return rows;
}

std::optional<double> ScaleOf(std::string_view unit) {
  if (unit == "GiB") return 1073741824.0;
  if (unit == "MiB") return 1048576.0;
  if (unit == "KiB") return 1024.0;
  if (unit == "TiB") return 1099511627776.0;
  if (unit == "GB") return 1e9;
  if (unit == "MB") return 1e6;
  if (unit == "kB") return 1e3;
  if (unit == "bytes" || unit == "B") return 1;
  return std::nullopt;
}

double RoundingOf(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return 0.5;
  return 0.5 * std::pow(10.0, -static_cast<double>(text.size() - point - 1));
}

std::optional<double> FirstNumber(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsDigit(text[i])) continue;
    size_t end = i;
    while (end < text.size() && (IsDigit(text[end]) || (text[end] == '.' && end + 1 < text.size() &&
                                                        IsDigit(text[end + 1]))))
      ++end;
    return WholeNumber(text.substr(i, end - i));
  }
  return std::nullopt;
}

std::optional<double> NumberBehind(std::string_view text,
                                   std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const std::string_view behind = text.substr(at + word.size());
      if (!behind.empty() && IsDigit(behind[0])) return FirstNumber(behind);
    }
  }
  return std::nullopt;
}

bool Has(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

}  // namespace curbstop::fit
