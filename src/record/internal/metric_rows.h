// Metrics in MLflow's two tables: `metrics` holds every point, `latest_metrics` one row per key.
//
// A point is the tuple (run, key, timestamp, step, value, is_nan); the same tuple again is dropped,
// which makes replayed requests harmless. NaN is value 0 with a flag; an infinity is the largest
// double (±1.7976931348623157e308). The latest value of a key is that of the greatest
// (step, timestamp, value); a NaN takes part with its 0.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "record/record.h"
#include "sys/sqlite/database.h"

namespace curbstop {

struct StoredValue {
  double value = 0;
  bool is_nan = false;
};

StoredValue ToStored(double value);
double FromStored(StoredValue stored);

// Inside a transaction of the caller.
Status InsertMetrics(Database& database, const std::string& run_uuid,
                     std::span<const RecordMetric> metrics);

}  // namespace curbstop
