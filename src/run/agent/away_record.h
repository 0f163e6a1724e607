// The step's record while home is away: runs and experiments in memory, as MLflow's REST shows
// them. What a call changes is a line that can be applied again, here after a restart and at home
// (record/replay.h).
//
// A line: {"route":"runs/log-metric","body":{…as the client sent it…},"at_ms":…} and what was
// decided here: "run_id" and "run_name" of a run that was made, "experiment_id" of an experiment,
// and for each line that names an experiment made here, "experiment_name": home knows it by its
// name.
//
// It begins with what home had: {"run": a run as runs/get answers it, "experiments":
// [{experiment_id, name, …}], "step_id": …}. Histories of metrics from before are not there. Source
// of the rules: record/ (the same endpoint at home), which follows mlflow 3.17.2.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "sys/random_bytes.h"

namespace curbstop {

class AwayRecord {
 public:
  explicit AwayRecord(const Json& start);

  // Whether we serve it, and whether it changes something.
  enum class Kind { kUnknown, kRead, kWrite };
  static Kind KindOf(std::string_view method, std::string_view route);

  // The line for a call that changes something; nothing is changed yet. A read may have one too:
  // the first runs/get after a `set_experiment` moves the step's empty run. Empty: no change.
  // Errors: kInvalidInput, kNotFound, kConflict with MLflow's texts.
  Result<Json> Prepare(std::string_view route, const Json& body, Random& random, int64_t now_ms);
  // Of a line that Prepare made. An experiment or a run that is there already stays.
  void Apply(const Json& line);
  // After Apply. `line` is what Prepare gave.
  Result<Json> Answer(std::string_view route, const Json& body, const Json& line);

  // The run whose artifacts lie below that path of `mlflow-artifacts:/`, or empty.
  std::string ExperimentNameOfPath(std::string_view artifact_path) const;
  std::string ArtifactUri(const std::string& run_id) const;  // empty: no such run
  // A call was made that uses the step's run: from now on it stays in its experiment.
  void Notice(std::string_view route, const Json& body, const Json& answer);

 private:
  struct Metric {
    Json value;
    int64_t at_ms = 0;
    int64_t step = 0;
  };
  struct Run {
    Json info;
    std::map<std::string, std::string> params;
    std::map<std::string, std::string> tags;
    std::map<std::string, Metric> metrics;
  };
  struct Experiment {
    std::string name;
    Json json;
    bool is_made_here = false;
  };

  Result<Run*> FindActive(const Json& body);
  Result<Run*> FindRun(const Json& body);
  Result<Experiment*> FindExperiment(const std::string& id);
  const std::string* IdOfName(const std::string& name) const;
  Status CheckParam(const Run& run, const std::string& key, const std::string& value) const;
  Status CheckLogging(std::string_view route, const Run& run, const Json& body) const;
  Result<Json> PrepareExperiment(const Json& body, Json line, Random& random);
  Result<Json> PrepareRun(const Json& body, Json line, Random& random);
  Result<Json> PrepareMove(const Json& body, Json line);
  void AddExperimentName(const std::string& id, Json& line) const;
  void ApplyRun(const Json& line, const Json& body);
  void ApplyExperiment(const Json& line, const Json& body);
  void ApplyToRun(std::string_view route, const Json& body, Run& run);
  void PutMetric(Run& run, const Json& metric);
  void PutTag(Run& run, const std::string& key, const std::string& value);
  Json RunJson(const Run& run) const;
  Result<Json> SearchRuns(const Json& body) const;
  Json SearchExperiments() const;

  std::string own_run_;
  std::string step_id_;
  std::map<std::string, Run> runs_;
  std::map<std::string, Experiment> experiments_;
  bool is_used_ = false;
  std::string named_experiment_;
};

}  // namespace curbstop
