// MLflow's REST calls: each a function from a request's message to its answer, on one connection.
//
// A call that writes runs inside a transaction of its caller.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "record/internal/artifacts.h"
#include "record/internal/message.h"
#include "record/internal/search_sql.h"
#include "sys/sqlite/database.h"

namespace curbstop {

struct ApiContext {
  Database& database;
  const Artifacts& artifacts;
  std::string_view step_id;        // tagged on runs that the script starts itself; may be empty
  std::vector<std::string> parts;  // of the path, where the route has `*`
};

using ApiCall = Result<Json> (*)(ApiContext& context, const Message& message);

enum class CallKind { kRead, kWrite };

struct Route {
  std::string_view method;
  std::string_view path;  // below /api/2.0/mlflow/; `*` stands for one part
  CallKind kind;
  ApiCall call;
};

// experiments_api.cc
Result<Json> CreateExperiment(ApiContext& context, const Message& message);
Result<Json> SearchExperiments(ApiContext& context, const Message& message);
Result<Json> GetExperimentById(ApiContext& context, const Message& message);
Result<Json> GetExperimentByName(ApiContext& context, const Message& message);
Result<Json> DeleteExperimentCall(ApiContext& context, const Message& message);
Result<Json> RestoreExperimentCall(ApiContext& context, const Message& message);
Result<Json> UpdateExperiment(ApiContext& context, const Message& message);
Result<Json> SetExperimentTag(ApiContext& context, const Message& message);
Result<Json> DeleteExperimentTag(ApiContext& context, const Message& message);

// runs_api.cc
Result<Json> CreateRun(ApiContext& context, const Message& message);
Result<Json> UpdateRun(ApiContext& context, const Message& message);
Result<Json> DeleteRun(ApiContext& context, const Message& message);
Result<Json> RestoreRun(ApiContext& context, const Message& message);
Result<Json> GetRunCall(ApiContext& context, const Message& message);
Result<Json> SearchRuns(ApiContext& context, const Message& message);

// logging_api.cc
Result<Json> LogMetric(ApiContext& context, const Message& message);
Result<Json> LogParameter(ApiContext& context, const Message& message);
Result<Json> LogBatch(ApiContext& context, const Message& message);
Result<Json> SetTag(ApiContext& context, const Message& message);
Result<Json> DeleteTag(ApiContext& context, const Message& message);
Result<Json> LogInputs(ApiContext& context, const Message& message);
Result<Json> LogOutputs(ApiContext& context, const Message& message);

// metrics_api.cc
Result<Json> MetricHistory(ApiContext& context, const Message& message);
Result<Json> MetricHistoryInterval(ApiContext& context, const Message& message);
Result<Json> MetricHistoryBulk(ApiContext& context, const Message& message);

// artifacts_api.cc
Result<Json> ListRunArtifacts(ApiContext& context, const Message& message);

// logged_models_api.cc: as much as `log_model` and `load_model` of the stock client need.
Result<Json> CreateLoggedModel(ApiContext& context, const Message& message);
Result<Json> SearchLoggedModels(ApiContext& context, const Message& message);
Result<Json> GetLoggedModel(ApiContext& context, const Message& message);
Result<Json> FinalizeLoggedModel(ApiContext& context, const Message& message);
Result<Json> SetLoggedModelTags(ApiContext& context, const Message& message);
Result<Json> LogLoggedModelParams(ApiContext& context, const Message& message);

// `page_token`, `max_results` and the row after the page, which tells whether there is more.
struct Page {
  int64_t size = 0;
  int64_t offset = 0;
};
Result<Page> ReadPage(const Message& message, int64_t default_size);
Result<ViewType> ReadView(const Message& message, std::string_view key);

}  // namespace curbstop
