// The estimator held against published measurements: errors per metric and grade, false "fits" and
// false "no", how often the interval held the truth and how wide it was.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "fit/predict.h"
#include "fit/truth.h"

namespace curbstop::fit {

struct MetricFigures {
  std::string metric;
  std::string grade;
  int64_t rows = 0;
  int64_t understood = 0;
  // Percent of the measured value; empty where there is nothing to compare.
  std::optional<double> median, mean, p90, p95, worst;
  int64_t false_fits = 0;                     // of `oom` rows of value 1
  int64_t false_no = 0;                       // of measured memory rows: they ran
  std::optional<double> coverage;             // percent of rows within the interval
  std::optional<double> mean_relative_width;  // percent
};

struct NotUnderstood {
  std::string id;
  std::string why;
};

struct Verification {
  std::vector<MetricFigures> metrics;  // by metric, then grade
  std::vector<NotUnderstood> not_understood;
};

using Predictor = std::function<Result<Prediction>(const TruthRow&)>;

Verification Verify(const std::vector<TruthRow>& rows, const Predictor& predict = Predict);

// The same, each row asked with what `runs` other rows of its device and engine teach (of a peak:
// of its stack, model and setup), those spread evenly over the rows behind it. Rows that have not
// so many neighbours are not asked, and said so.
Verification VerifyCalibrated(const std::vector<TruthRow>& rows, int64_t runs);

Json VerificationJson(const Verification& verification);  // docs/contracts.md §5
std::string VerificationText(const Verification& verification);

// Of sorted errors: the value below which a share of them lies, interpolated.
double Quantile(const std::vector<double>& sorted, double share);

}  // namespace curbstop::fit
