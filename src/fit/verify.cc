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

namespace {

Verification Tally(const std::vector<TruthRow>& rows, std::vector<Result<Prediction>> predictions) {
  std::map<std::pair<std::string, std::string>, Group> groups;
  Verification verification;
  for (size_t i = 0; i < rows.size(); ++i) {
    const TruthRow& row = rows[i];
    Group& group = groups[{row.metric, row.grade}];
    ++group.figures.rows;
    Result<Prediction>& prediction = predictions[i];
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

std::vector<Result<Prediction>> PredictAll(const std::vector<TruthRow>& rows,
                                           const Predictor& predict) {
  std::vector<Result<Prediction>> predictions;
  for (const TruthRow& row : rows) predictions.push_back(predict(row));
  return predictions;
}

// Rows that teach about each other; empty where a row teaches nothing.
std::string GroupOf(const TruthRow& row, const Result<Prediction>& prediction) {
  const bool has_value = std::isfinite(row.value) && row.value > 0;
  if (!prediction.ok() || prediction->work.parts.empty() || !has_value) return "";
  const WorkPoint& work = prediction->work;
  // What users report of themselves teaches nothing about careful measurements, and back.
  const bool careful = row.grade == "A" || row.grade == "B";
  const std::string group = fmt::format("{}|{}|{}|{}|{}", NameOf(work.kind), row.metric,
                                        work.device, work.engine, careful);
  if (work.kind != WorkKind::kPeak) return group;
  return fmt::format("{}|{}|{}|{}", group, work.model, work.format, work.setup);
}

}  // namespace

Verification Verify(const std::vector<TruthRow>& rows, const Predictor& predict) {
  return Tally(rows, PredictAll(rows, predict));
}

Verification VerifyCalibrated(const std::vector<TruthRow>& rows, int64_t runs) {
  const std::vector<Result<Prediction>> plain = PredictAll(rows, Predict);
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < rows.size(); ++i) groups[GroupOf(rows[i], plain[i])].push_back(i);
  groups.erase("");
  std::vector<Result<Prediction>> asked(
      rows.size(),
      InvalidInput(fmt::format("needs {} other row{} of its kind", runs, runs == 1 ? "" : "s")));
  const auto taught = static_cast<size_t>(runs);
  for (const auto& [name, members] : groups) {
    if (members.size() <= taught) continue;
    for (size_t at = 0; at < members.size(); ++at) {
      std::vector<Measured> known;
      for (size_t k = 1; k <= taught; ++k) {
        const size_t other = members[(at + (k * members.size()) / (taught + 1)) % members.size()];
        known.push_back(MeasuredOf(rows[other], *plain[other]));
      }
      const Prediction& own = *plain[members[at]];
      const auto correction = CorrectionFor(own.work, known);
      asked[members[at]] = correction ? Corrected(own, *correction) : own;
    }
  }
  return Tally(rows, std::move(asked));
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
