#include "record/internal/routes.h"

#include "base/text.h"

namespace curbstop {
namespace {

constexpr CallKind kRead = CallKind::kRead;
constexpr CallKind kWrite = CallKind::kWrite;

constexpr Route kRoutes[] = {
    {"POST", "runs/log-metric", kWrite, LogMetric},
    {"POST", "runs/log-batch", kWrite, LogBatch},
    {"POST", "runs/log-parameter", kWrite, LogParameter},
    {"POST", "runs/set-tag", kWrite, SetTag},
    {"POST", "runs/delete-tag", kWrite, DeleteTag},
    {"POST", "runs/log-inputs", kWrite, LogInputs},
    {"POST", "runs/outputs", kWrite, LogOutputs},
    {"POST", "runs/create", kWrite, CreateRun},
    {"POST", "runs/update", kWrite, UpdateRun},
    {"POST", "runs/delete", kWrite, DeleteRun},
    {"POST", "runs/restore", kWrite, RestoreRun},
    {"GET", "runs/get", kRead, GetRunCall},
    {"POST", "runs/search", kRead, SearchRuns},
    {"GET", "metrics/get-history", kRead, MetricHistory},
    {"GET", "metrics/get-history-bulk-interval", kRead, MetricHistoryInterval},
    {"GET", "metrics/get-history-bulk", kRead, MetricHistoryBulk},
    {"GET", "artifacts/list", kRead, ListRunArtifacts},
    {"POST", "experiments/create", kWrite, CreateExperiment},
    {"POST", "experiments/search", kRead, SearchExperiments},
    {"GET", "experiments/search", kRead, SearchExperiments},
    {"GET", "experiments/get", kRead, GetExperimentById},
    {"GET", "experiments/get-by-name", kRead, GetExperimentByName},
    {"POST", "experiments/delete", kWrite, DeleteExperimentCall},
    {"POST", "experiments/restore", kWrite, RestoreExperimentCall},
    {"POST", "experiments/update", kWrite, UpdateExperiment},
    {"POST", "experiments/set-experiment-tag", kWrite, SetExperimentTag},
    {"POST", "experiments/delete-experiment-tag", kWrite, DeleteExperimentTag},
    {"POST", "logged-models", kWrite, CreateLoggedModel},
    {"POST", "logged-models/search", kRead, SearchLoggedModels},
    {"GET", "logged-models/*", kRead, GetLoggedModel},
    {"PATCH", "logged-models/*", kWrite, FinalizeLoggedModel},
    {"PATCH", "logged-models/*/tags", kWrite, SetLoggedModelTags},
    {"POST", "logged-models/*/params", kWrite, LogLoggedModelParams},
};

bool PathMatches(std::string_view pattern, std::string_view path, std::vector<std::string>& parts) {
  if (pattern.find('*') == pattern.npos) return pattern == path;
  const std::vector<std::string> wanted = Split(pattern, '/');
  const std::vector<std::string> found = Split(path, '/');
  if (wanted.size() != found.size()) return false;
  parts.clear();
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "*") parts.push_back(found[i]);
    else if (wanted[i] != found[i]) return false;
  }
  return true;
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

std::string_view BehindPrefix(std::string_view path) {
  for (const std::string_view prefix : {"/api/2.0/", "/ajax-api/2.0/"}) {
    if (path.starts_with(prefix)) return path.substr(prefix.size());
  }
  return {};
}

FoundRoute FindRoute(std::string_view method, std::string_view path) {
  constexpr std::string_view kRoom = "mlflow/";
  std::string_view behind = BehindPrefix(path);
  FoundRoute found;
  if (!behind.starts_with(kRoom)) return found;
  behind.remove_prefix(kRoom.size());
  for (const Route& route : kRoutes) {
    if (route.method != method || !PathMatches(route.path, behind, found.parts)) continue;
    found.route = &route;
    return found;
  }
  return found;
}

}  // namespace curbstop
