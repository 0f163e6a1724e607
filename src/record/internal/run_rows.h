// Runs, their params and tags in MLflow's tables. Writers need a transaction of the caller.
//
// A run's name stands in two places that always agree: `runs.name` and the tag `mlflow.runName`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "record/internal/experiment_rows.h"
#include "sys/sqlite/database.h"

namespace curbstop {

inline constexpr std::string_view kRunNameTag = "mlflow.runName";
// Before the name of a param: its value as the project file has it.
inline constexpr std::string_view kGivenParamTag = "curbstop.param.";

struct RecordedRun {
  std::string uuid;
  std::string name;
  std::string experiment_id;
  std::string user;
  std::string status;  // RUNNING, SCHEDULED, FINISHED, FAILED, KILLED
  std::optional<int64_t> start_ms;
  std::optional<int64_t> end_ms;
  std::string artifact_uri;
  std::string lifecycle_stage;
};

inline constexpr std::string_view kRunColumns =
    "runs.run_uuid, runs.name, runs.experiment_id, runs.user_id, runs.status, runs.start_time, "
    "runs.end_time, runs.artifact_uri, runs.lifecycle_stage";
RecordedRun ReadRunRow(const Statement& statement);  // columns in that order, from 0

Result<std::optional<RecordedRun>> FindRun(Database& database, const std::string& uuid);
// Errors: kNotFound "Run with id=X not found".
Result<RecordedRun> GetRun(Database& database, const std::string& uuid);
// The same, and kInvalidInput for a deleted run.
Result<RecordedRun> GetActiveRun(Database& database, const std::string& uuid);

struct NewRecordRun {
  std::string uuid;
  std::string name{};
  std::string user{};
  std::optional<int64_t> start_ms{};
  TagMap tags{};
};
// Errors: kInvalidInput if the experiment is deleted.
Status InsertRun(Database& database, const ExperimentRow& experiment, const NewRecordRun& run);

struct KeyValue {
  std::string key;
  std::string value;
};

// Last writer wins, also within `tags`. The tag with the run's name renames the run.
Status PutTags(Database& database, const std::string& uuid, const std::vector<KeyValue>& tags);
// Write-once: the same value again is nothing, another one an error, kInvalidInput; but a script's
// value takes the place of one that curbstop gave: that is one which the tag
// `curbstop.param.NAME` repeats.
enum class ParamSource { kCurbstop, kScript };
Status PutParams(Database& database, const std::string& uuid, const std::vector<KeyValue>& params,
                 ParamSource source);

Result<std::vector<KeyValue>> ReadTags(Database& database, const std::string& uuid);
Result<std::vector<KeyValue>> ReadParams(Database& database, const std::string& uuid);

}  // namespace curbstop
