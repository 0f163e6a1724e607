// The record of runs: MLflow's own SQLite schema at one pinned revision, so that stock MLflow opens
// the same file.
//
// Writes are durable when they return. Several processes may write at once. Threads: one per
// Record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "sys/sqlite/database.h"

namespace curbstop {

struct RecordRunRequest {
  std::string
      run_uuid;  // 32 hex digits, chosen by the caller: the same twice has the effect of once
  std::string experiment;  // made if missing; a deleted one of that name is restored
  std::string run_name;
  std::string user;
  int64_t start_ms = 0;
  std::map<std::string, std::string> tags;
  std::map<std::string, std::string> params;
};

struct RecordRun {
  std::string run_uuid;
  std::string experiment_id;
};

enum class RecordStatus { kRunning, kFinished, kFailed, kKilled };

struct RecordMetric {
  std::string key;
  double value = 0;
  int64_t at_ms = 0;
  int64_t step = 0;
};

class Record {
 public:
  // Makes the file and its schema where missing. `artifacts` is the root for `mlflow-artifacts:/`.
  // Errors: kConflict if the schema is of another revision (said with both names; read-only use
  // stays possible by MLflow itself), kInvalidInput on a network mount, kExhausted, kCorrupt.
  static Result<Record> Open(const std::filesystem::path& file,
                             const std::filesystem::path& artifacts);

  // Parameters are written once: a changed value of a known run is an error, kInvalidInput. Each is
  // repeated as a tag `curbstop.param.NAME`: as long as both are equal, the step's own script may
  // log another value, which then stands.
  Result<RecordRun> StartRun(const RecordRunRequest& request);
  // Errors, here and below: kNotFound (no such run), kInvalidInput (deleted run), kExhausted
  // (disk).
  Status FinishRun(const std::string& run_uuid, RecordStatus status, int64_t end_ms);
  // Duplicates are dropped, so a repeated call has the effect of once.
  Status LogMetrics(const std::string& run_uuid, const std::vector<RecordMetric>& metrics);
  Status SetTags(const std::string& run_uuid, const std::map<std::string, std::string>& tags);
  // Latest value of each metric of the run; an infinity reads as the largest double.
  Result<std::map<std::string, double>> LatestMetrics(const std::string& run_uuid);
  // {"run_uuid", "experiment_id", "run_name", "status", "start_ms", "end_ms", "artifact_uri",
  // "params": {…}, "metrics": {…}, "tags": {…}}; times are absent where unset.
  // Errors: kNotFound.
  Result<Json> RunAsJson(const std::string& run_uuid);

  Database& database() { return database_; }
  const std::filesystem::path& artifacts() const { return artifacts_; }

 private:
  Record(Database database, std::filesystem::path artifacts)
      : database_(std::move(database)), artifacts_(std::move(artifacts)) {}
  Database database_;
  std::filesystem::path artifacts_;
};

}  // namespace curbstop
