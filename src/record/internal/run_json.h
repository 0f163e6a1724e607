// Runs and experiments in the JSON of MLflow's REST.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "record/internal/run_rows.h"
#include "sys/sqlite/database.h"

namespace curbstop {

Json RunInfoJson(const RecordedRun& run);
Result<Json> ExperimentJson(Database& database, const ExperimentRow& experiment);
// A metric row of columns key, value, timestamp, step, is_nan, run_uuid, from 0; without its run.
Json MetricJson(const Statement& statement);

// Reads whole runs, one after the other, with the same prepared statements.
class RunReader {
 public:
  static Result<RunReader> Make(Database& database);
  // {"info", "data": {"metrics", "params", "tags"}, "inputs", "outputs"}
  Result<Json> Read(const RecordedRun& run);

 private:
  RunReader() = default;
  Result<Json> ReadData(const std::string& uuid);
  Result<Json> ReadInputs(const std::string& uuid);
  Result<Json> ReadOutputs(const std::string& uuid);
  // `database` outlives the reader.
  std::optional<Statement> metrics_, params_, tags_, datasets_, model_inputs_, model_outputs_;
};

}  // namespace curbstop
