#include "record/record.h"

#include <utility>

#include <fmt/format.h>

#include "record/internal/experiment_rows.h"
#include "record/internal/metric_rows.h"
#include "record/internal/run_rows.h"
#include "record/internal/schema.h"
#include "sys/files.h"

namespace curbstop {
namespace {

std::string_view NameOf(RecordStatus status) {
  switch (status) {
    case RecordStatus::kRunning: return "RUNNING";
    case RecordStatus::kFinished: return "FINISHED";
    case RecordStatus::kFailed: return "FAILED";
    case RecordStatus::kKilled: return "KILLED";
  }
  return "RUNNING";
}

// Made if missing, restored if deleted: the step's experiment must take runs.
Result<ExperimentRow> ActiveExperiment(Database& database, const std::string& name) {
  TRY_ASSIGN(auto found, FindExperimentByName(database, name));
  if (found && found->lifecycle_stage == "active") return *std::move(found);
  if (found) {
    TRY(RestoreExperiment(database, found->id));
    return GetExperiment(database, found->id);
  }
  TRY_ASSIGN(const std::string id, InsertExperiment(database, name, "", {}));
  return GetExperiment(database, id);
}

std::vector<KeyValue> ToPairs(const std::map<std::string, std::string>& map) {
  std::vector<KeyValue> pairs;
  for (const auto& [key, value] : map) pairs.push_back({key, value});
  return pairs;
}

std::vector<KeyValue> GivenParamTags(const std::map<std::string, std::string>& params) {
  std::vector<KeyValue> tags;
  for (const auto& [name, value] : params)
    tags.push_back({std::string(kGivenParamTag) + name, value});
  return tags;
}

Json ToObject(const std::vector<KeyValue>& pairs) {
  Json object = Json::MakeObject();
  for (const KeyValue& pair : pairs) object.Set(pair.key, pair.value);
  return object;
}

Result<std::string> EnsureRun(Database& database, const RecordRunRequest& request) {
  TRY_ASSIGN(const auto known, FindRun(database, request.run_uuid));
  if (known) return known->experiment_id;
  TRY_ASSIGN(const ExperimentRow experiment, ActiveExperiment(database, request.experiment));
  const std::string name = request.run_name.empty() ? request.run_uuid : request.run_name;
  TRY(InsertRun(database, experiment,
                {request.run_uuid, name, request.user, request.start_ms, request.tags}));
  return experiment.id;
}

}  // namespace

Result<Record> Record::Open(const std::filesystem::path& file,
                            const std::filesystem::path& artifacts) {
  TRY_ASSIGN(Database database, OpenRecordDatabase(file));
  TRY(MakeFolders(artifacts, true));
  return Record(std::move(database), artifacts);
}

Result<RecordRun> Record::StartRun(const RecordRunRequest& request) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database_));
  TRY_ASSIGN(const std::string experiment, EnsureRun(database_, request));
  TRY(PutParams(database_, request.run_uuid, ToPairs(request.params), ParamSource::kCurbstop));
  TRY(PutTags(database_, request.run_uuid, GivenParamTags(request.params)));
  TRY(transaction.Commit());
  return RecordRun{request.run_uuid, experiment};
}

Status Record::FinishRun(const std::string& run_uuid, RecordStatus status, int64_t end_ms) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database_));
  TRY_ASSIGN(const RecordedRun run, GetRun(database_, run_uuid));
  TRY_ASSIGN(Statement update,
             database_.Prepare("UPDATE runs SET status = ?1, end_time = ?2 WHERE run_uuid = ?3"));
  TRY(update.BindAll(NameOf(status), end_ms, run.uuid).Run());
  return transaction.Commit();
}

Status Record::LogMetrics(const std::string& run_uuid, const std::vector<RecordMetric>& metrics) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database_));
  TRY_ASSIGN(const RecordedRun run, GetActiveRun(database_, run_uuid));
  TRY(InsertMetrics(database_, run.uuid, metrics));
  return transaction.Commit();
}

Status Record::SetTags(const std::string& run_uuid,
                       const std::map<std::string, std::string>& tags) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database_));
  TRY_ASSIGN(const RecordedRun run, GetActiveRun(database_, run_uuid));
  TRY(PutTags(database_, run.uuid, ToPairs(tags)));
  return transaction.Commit();
}

Result<std::map<std::string, double>> Record::LatestMetrics(const std::string& run_uuid) {
  TRY_ASSIGN(
      Statement read,
      database_.Prepare("SELECT key, value, is_nan FROM latest_metrics WHERE run_uuid = ?1"));
  read.Bind(1, run_uuid);
  std::map<std::string, double> latest;
  while (true) {
    TRY_ASSIGN(const bool row, read.Step());
    if (!row) return latest;
    latest[read.Text(0)] = FromStored({read.Double(1), read.Int(2) != 0});
  }
}

Result<Json> Record::RunAsJson(const std::string& run_uuid) {
  TRY_ASSIGN(const RecordedRun run, GetRun(database_, run_uuid));
  TRY_ASSIGN(const auto params, ReadParams(database_, run_uuid));
  TRY_ASSIGN(const auto latest, LatestMetrics(run_uuid));
  TRY_ASSIGN(const auto tags, ReadTags(database_, run_uuid));
  Json metrics = Json::MakeObject();
  for (const auto& [key, value] : latest) metrics.Set(key, value);
  Json json = Json::MakeObject({{"run_uuid", run.uuid},
                                {"experiment_id", run.experiment_id},
                                {"run_name", run.name},
                                {"status", run.status}});
  if (run.start_ms) json.Set("start_ms", *run.start_ms);
  if (run.end_ms) json.Set("end_ms", *run.end_ms);
  json.Set("artifact_uri", run.artifact_uri);
  json.Set("params", ToObject(params));
  json.Set("metrics", std::move(metrics));
  json.Set("tags", ToObject(tags));
  return json;
}

}  // namespace curbstop
