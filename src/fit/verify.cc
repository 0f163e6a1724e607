#include "fit/verify.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop::fit {
namespace {

struct Group {
  MetricFigures figures;
  std::vector<double> errors;
  std::vector<double> widths;
  int64_t covered = 0;
};

bool IsOom(const TruthRow& row) { return row.metric == "oom"; }

void CountOom(const TruthRow& row, const Prediction& prediction, Group& group) {
  if (row.value == 1 && prediction.verdict == Verdict::kFits) ++group.figures.false_fits;
  if (row.value == 0 && prediction.verdict == Verdict::kNo) ++group.figures.false_no;
}

void CountMeasured(const TruthRow& row, const Prediction& prediction, Group& group) {
  if (prediction.is_memory && prediction.verdict == Verdict::kNo) ++group.figures.false_no;
  group.errors.push_back(std::abs(prediction.mid - row.value) / std::abs(row.value) * 100);
  if (prediction.mid > 0) {
    group.widths.push_back((prediction.high - prediction.low) / prediction.mid * 100);
  }
  const double rounding = RoundingOf(row.value_text) * 1.01;
  const bool inside =
      row.value >= prediction.low - rounding && row.value <= prediction.high + rounding;
  if (inside) ++group.covered;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

MetricFigures Finish(Group group) {
  MetricFigures figures = group.figures;
  if (group.errors.empty()) return figures;
  std::sort(group.errors.begin(), group.errors.end());
  figures.median = Quantile(group.errors, 0.5);
  figures.mean = Mean(group.errors);
  figures.p90 = Quantile(group.errors, 0.9);
  figures.p95 = Quantile(group.errors, 0.95);
  figures.worst = group.errors.back();
  figures.coverage =
      100.0 * static_cast<double>(group.covered) / static_cast<double>(group.errors.size());
  if (!group.widths.empty()) figures.mean_relative_width = Mean(group.widths);
  return figures;
}

void SetIf(Json& object, const char* key, const std::optional<double>& value) {
  if (value && std::isfinite(*value)) object.Set(key, std::round(*value * 1e4) / 1e4);
}

std::string Cell(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", *value) : "";
}

}  // namespace

double Quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Verification Verify(const std::vector<TruthRow>& rows, const Predictor& predict) {
  std::map<std::pair<std::string, std::string>, Group> groups;
  Verification verification;
  for (const TruthRow& row : rows) {
    Group& group = groups[{row.metric, row.grade}];
    ++group.figures.rows;
    Result<Prediction> prediction = predict(row);
    if (prediction.ok() && (!std::isfinite(row.value) || (row.value == 0 && !IsOom(row)))) {
      prediction = InvalidInput(
          fmt::format("value `{}` is no number above zero", Printable(row.value_text)));
    }
    if (!prediction.ok()) {
      verification.not_understood.push_back({row.id, prediction.error().OneLine()});
      continue;
    }
    ++group.figures.understood;
    if (IsOom(row)) {
      CountOom(row, *prediction, group);
    } else {
      CountMeasured(row, *prediction, group);
    }
  }
  for (auto& [key, group] : groups) {
    group.figures.metric = key.first;
    group.figures.grade = key.second;
    verification.metrics.push_back(Finish(std::move(group)));
  }
  return verification;
}

Json VerificationJson(const Verification& verification) {
  Json metrics = Json::MakeArray();
  for (const MetricFigures& one : verification.metrics) {
    Json object = Json::MakeObject({{"metric", one.metric},
                                    {"grade", one.grade},
                                    {"rows", one.rows},
                                    {"understood", one.understood}});
    SetIf(object, "median", one.median);
    SetIf(object, "mean", one.mean);
    SetIf(object, "p90", one.p90);
    SetIf(object, "p95", one.p95);
    SetIf(object, "worst", one.worst);
    object.Set("false_fits", one.false_fits);
    object.Set("false_no", one.false_no);
    SetIf(object, "coverage", one.coverage);
    SetIf(object, "mean_relative_width", one.mean_relative_width);
    metrics.Push(std::move(object));
  }
  Json missing = Json::MakeArray();
  for (const NotUnderstood& one : verification.not_understood) {
    missing.Push(Json::MakeObject({{"id", one.id}, {"why", one.why}}));
  }
  return Json::MakeObject({{"metrics", metrics}, {"not_understood", missing}});
}

std::string VerificationText(const Verification& verification) {
  std::vector<std::vector<std::string>> table = {{"metric", "grade", "rows", "understood", "median",
                                                  "mean", "p90", "p95", "worst", "false fits",
                                                  "false no", "covered", "width"}};
  for (const MetricFigures& one : verification.metrics) {
    table.push_back({one.metric, one.grade, std::to_string(one.rows),
                     std::to_string(one.understood), Cell(one.median), Cell(one.mean),
                     Cell(one.p90), Cell(one.p95), Cell(one.worst), std::to_string(one.false_fits),
                     std::to_string(one.false_no), Cell(one.coverage),
                     Cell(one.mean_relative_width)});
  }
  std::string text = TextTable(table);
  text += "errors, coverage and width in percent of the measured value; width of the estimate\n";
  if (verification.not_understood.empty()) return text;
  text += fmt::format("\nnot understood: {} rows\n", verification.not_understood.size());
  for (const NotUnderstood& one : verification.not_understood) {
    text += fmt::format("  {}  {}\n", Printable(one.id), Printable(one.why));
  }
  return text;
}

}  // namespace curbstop::fit
