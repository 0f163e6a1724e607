#include "record/internal/step_run.h"

#include <fmt/format.h>

#include "record/internal/run_rows.h"

namespace curbstop {
namespace {

bool NamesExperiment(std::string_view route) {
  return route == "experiments/get-by-name" || route == "experiments/create" ||
         route == "experiments/get";
}

// An answer of experiments/create, or of the two reads.
std::string ExperimentIdOf(const Json& answer) {
  const Json* experiment = answer.Find("experiment");
  return (experiment ? *experiment : answer).StringOr("experiment_id", "");
}

Result<bool> HasMetrics(Database& database, const std::string& run_uuid) {
  TRY_ASSIGN(Statement statement,
             database.Prepare("SELECT 1 FROM latest_metrics WHERE run_uuid = ?1 LIMIT 1"));
  return statement.Bind(1, run_uuid).Step();
}

}  // namespace

void StepRun::Notice(std::string_view route, const Message& request, const Json& answer) {
  if (run_uuid_.empty()) return;
  const std::lock_guard lock(mutex_);
  if (NamesExperiment(route)) {
    named_experiment_ = ExperimentIdOf(answer);
  } else if (route.starts_with("runs/") && route != "runs/get" && route != "runs/search") {
    const Result<std::string> run = request.RunId();
    is_used_ = is_used_ || (run.ok() && *run == run_uuid_);
  }
}

std::optional<std::string> StepRun::WantsMove(std::string_view route,
                                              const Message& request) const {
  if (run_uuid_.empty() || route != "runs/get") return std::nullopt;
  const Result<std::string> run = request.RunId();
  const std::lock_guard lock(mutex_);
  if (!run.ok() || *run != run_uuid_ || is_used_ || named_experiment_.empty()) return std::nullopt;
  return named_experiment_;
}

Status MoveEmptyRun(Database& database, const std::string& run_uuid,
                    const std::string& experiment_id) {
  TRY_ASSIGN(const RecordedRun run, GetRun(database, run_uuid));
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(database, experiment_id));
  TRY_ASSIGN(const bool has_metrics, HasMetrics(database, run_uuid));
  if (run.experiment_id == experiment_id || experiment.lifecycle_stage != "active" || has_metrics) {
    return {};
  }
  TRY_ASSIGN(Statement update,
             database.Prepare("UPDATE runs SET experiment_id = ?1, artifact_uri = "
                              "?2 WHERE run_uuid = ?3"));
  return update
      .BindAll(experiment_id,
               fmt::format("{}/{}/artifacts", experiment.artifact_location, run_uuid), run_uuid)
      .Run();
}

}  // namespace curbstop
