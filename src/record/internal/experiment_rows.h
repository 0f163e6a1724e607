// Experiments in MLflow's tables. All inside a transaction of the caller where they write.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "sys/sqlite/database.h"

namespace curbstop {

struct ExperimentRow {
  std::string id;
  std::string name;
  std::string artifact_location;
  std::string lifecycle_stage;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
};

inline constexpr std::string_view kExperimentColumns =
    "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time";
ExperimentRow ReadExperimentRow(const Statement& statement);  // columns in that order, from 0

Result<std::optional<ExperimentRow>> FindExperimentByName(Database& database,
                                                          const std::string& name);
// Errors: kNotFound "No Experiment with id=X exists", also where the id is no number.
Result<ExperimentRow> GetExperiment(Database& database, const std::string& id);
// Errors: kInvalidInput.
Status RequireActive(const ExperimentRow& experiment);

using TagMap = std::map<std::string, std::string>;
Result<TagMap> ReadExperimentTags(Database& database, const std::string& id);

// The new id. `artifact_location` empty: `mlflow-artifacts:/ID`.
// Errors: kConflict if the name is taken, by a deleted experiment too.
Result<std::string> InsertExperiment(Database& database, const std::string& name,
                                     const std::string& artifact_location, const TagMap& tags);
Status PutExperimentTag(Database& database, const std::string& id, const std::string& key,
                        const std::string& value);
// All runs of the experiment go with it, back too. Errors: kNotFound.
Status DeleteExperiment(Database& database, const std::string& id);
Status RestoreExperiment(Database& database, const std::string& id);
// Errors: kNotFound, kConflict, kNo for a deleted one.
Status RenameExperiment(Database& database, const std::string& id, const std::string& name);

}  // namespace curbstop
