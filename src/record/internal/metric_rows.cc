#include "record/internal/metric_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace curbstop {
namespace {

constexpr std::string_view kInsertPoint =
    "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";

constexpr std::string_view kUpsertLatest =
    "INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (key, run_uuid) DO UPDATE SET "
    "value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, "
    "is_nan = excluded.is_nan WHERE (excluded.step, excluded.timestamp, excluded.value) > "
    "(latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)";

}  // namespace

StoredValue ToStored(double value) {
  if (std::isnan(value)) return {0, true};
  constexpr double kMost = std::numeric_limits<double>::max();
  return {std::clamp(value, -kMost, kMost), false};
}

double FromStored(StoredValue stored) {
  return stored.is_nan ? std::numeric_limits<double>::quiet_NaN() : stored.value;
}

Status InsertMetrics(Database& database, const std::string& run_uuid,
                     std::span<const RecordMetric> metrics) {
  if (metrics.empty()) return {};
  TRY_ASSIGN(Statement point, database.Prepare(kInsertPoint));
  TRY_ASSIGN(Statement latest, database.Prepare(kUpsertLatest));
  for (const RecordMetric& metric : metrics) {
    const StoredValue stored = ToStored(metric.value);
    const int64_t is_nan = stored.is_nan ? 1 : 0;
    for (Statement* statement : {&point, &latest}) {
      statement->BindAll(metric.key, stored.value, metric.at_ms, run_uuid, metric.step, is_nan);
      TRY(statement->Run());
    }
  }
  return {};
}

}  // namespace curbstop
