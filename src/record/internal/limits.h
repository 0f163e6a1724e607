// What names and values MLflow accepts.
//
// Source: mlflow 3.17.2, mlflow/utils/validation.py. Lengths count Unicode code points.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/internal/run_rows.h"
#include "record/record.h"

namespace curbstop {

inline constexpr size_t kMostKeyLength = 250;
inline constexpr size_t kMostParamValue = 6000;  // longer ones are cut
inline constexpr size_t kMostTagValue = 8000;    // longer ones are cut
inline constexpr size_t kMostExperimentName = 500;
inline constexpr size_t kMostExperimentTagValue = 20000;
inline constexpr int64_t kMostPerPage = 50000;

// All errors: kInvalidInput with MLflow's text; `path` is the place in the request ("metrics[0]").
Status CheckName(std::string_view path, const std::string& name);
Status CheckLength(std::string_view what, size_t most, std::string_view value);
Status CheckMetric(std::string_view path, const RecordMetric& metric);
Status CheckParam(std::string_view path, KeyValue& param);
Status CheckTag(std::string_view path, KeyValue& tag);
Status CheckExperimentTag(const KeyValue& tag);
Status CheckExperimentName(const std::string& name);
Status CheckBatch(size_t metrics, size_t params, size_t tags);
Status CheckKeysUnique(std::span<const KeyValue> params);
Status CheckPageSize(int64_t size);

}  // namespace curbstop
