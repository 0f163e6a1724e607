#include "record/internal/run_json.h"

#include <functional>

#include "record/internal/metric_rows.h"

namespace curbstop {
namespace {

constexpr std::string_view kMetrics =
    "SELECT key, value, timestamp, step, is_nan, run_uuid FROM latest_metrics WHERE run_uuid = ?1";
constexpr std::string_view kParams = "SELECT key, value FROM params WHERE run_uuid = ?1";
constexpr std::string_view kTags = "SELECT key, value FROM tags WHERE run_uuid = ?1";
constexpr std::string_view kDatasets =
    "SELECT i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, "
    "d.dataset_schema, d.dataset_profile, t.name, t.value FROM inputs i "
    "JOIN datasets d ON d.dataset_uuid = i.source_id "
    "LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid "
    "WHERE i.destination_type = 'RUN' AND i.destination_id = ?1 ORDER BY i.rowid, t.rowid";
constexpr std::string_view kModelInputs =
    "SELECT destination_id FROM inputs WHERE source_type = 'RUN_INPUT' AND source_id = ?1 AND "
    "destination_type = 'MODEL_INPUT' ORDER BY rowid";
constexpr std::string_view kModelOutputs =
    "SELECT destination_id, step FROM inputs WHERE source_type = 'RUN_OUTPUT' AND source_id = ?1 "
    "AND destination_type = 'MODEL_OUTPUT' ORDER BY rowid";

Result<Json> Collect(Statement& statement, const std::string& uuid,
                     const std::function<Json(const Statement&)>& to_json) {
  statement.Bind(1, uuid);
  Json list = Json::MakeArray();
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    if (!row) return list;
    list.Push(to_json(statement));
  }
}

Json PairJson(const Statement& statement) {
  return Json::MakeObject({{"key", statement.Text(0)}, {"value", statement.Text(1)}});
}

Json DatasetJson(const Statement& row) {
  Json dataset = Json::MakeObject({{"name", row.Text(1)},
                                   {"digest", row.Text(2)},
                                   {"source_type", row.Text(3)},
                                   {"source", row.Text(4)}});
  if (!row.IsNull(5)) dataset.Set("schema", row.Text(5));
  if (!row.IsNull(6)) dataset.Set("profile", row.Text(6));
  return dataset;
}

void SetUnlessEmpty(Json& object, std::string_view key, Json list) {
  if (!list.items().empty()) object.Set(key, std::move(list));
}

}  // namespace

Json RunInfoJson(const RecordedRun& run) {
  Json info = Json::MakeObject({{"run_uuid", run.uuid},
                                {"experiment_id", run.experiment_id},
                                {"run_name", run.name},
                                {"user_id", run.user},
                                {"status", run.status},
                                {"start_time", run.start_ms.value_or(0)}});
  if (run.end_ms) info.Set("end_time", *run.end_ms);
  info.Set("artifact_uri", run.artifact_uri);
  info.Set("lifecycle_stage", run.lifecycle_stage);
  info.Set("run_id", run.uuid);
  return info;
}

Result<Json> ExperimentJson(Database& database, const ExperimentRow& experiment) {
  TRY_ASSIGN(const TagMap tags, ReadExperimentTags(database, experiment.id));
  Json json = Json::MakeObject({{"experiment_id", experiment.id},
                                {"name", experiment.name},
                                {"artifact_location", experiment.artifact_location},
                                {"lifecycle_stage", experiment.lifecycle_stage},
                                {"last_update_time", experiment.updated_ms},
                                {"creation_time", experiment.created_ms}});
  Json list = Json::MakeArray();
  for (const auto& [key, value] : tags) {
    list.Push(Json::MakeObject({{"key", key}, {"value", value}}));
  }
  SetUnlessEmpty(json, "tags", std::move(list));
  return json;
}

Json MetricJson(const Statement& row) {
  return Json::MakeObject({{"key", row.Text(0)},
                           {"value", FromStored({row.Double(1), row.Int(4) != 0})},
                           {"timestamp", row.Int(2)},
                           {"step", row.Int(3)}});
}

Result<RunReader> RunReader::Make(Database& database) {
  RunReader reader;
  TRY_ASSIGN(reader.metrics_, database.Prepare(kMetrics));
  TRY_ASSIGN(reader.params_, database.Prepare(kParams));
  TRY_ASSIGN(reader.tags_, database.Prepare(kTags));
  TRY_ASSIGN(reader.datasets_, database.Prepare(kDatasets));
  TRY_ASSIGN(reader.model_inputs_, database.Prepare(kModelInputs));
  TRY_ASSIGN(reader.model_outputs_, database.Prepare(kModelOutputs));
  return reader;
}

Result<Json> RunReader::Read(const RecordedRun& run) {
  TRY_ASSIGN(Json data, ReadData(run.uuid));
  TRY_ASSIGN(Json inputs, ReadInputs(run.uuid));
  TRY_ASSIGN(Json outputs, ReadOutputs(run.uuid));
  return Json::MakeObject({{"info", RunInfoJson(run)},
                           {"data", std::move(data)},
                           {"inputs", std::move(inputs)},
                           {"outputs", std::move(outputs)}});
}

Result<Json> RunReader::ReadData(const std::string& uuid) {
  TRY_ASSIGN(Json metrics, Collect(*metrics_, uuid, MetricJson));
  TRY_ASSIGN(Json params, Collect(*params_, uuid, PairJson));
  TRY_ASSIGN(Json tags, Collect(*tags_, uuid, PairJson));
  Json data = Json::MakeObject();
  SetUnlessEmpty(data, "metrics", std::move(metrics));
  SetUnlessEmpty(data, "params", std::move(params));
  SetUnlessEmpty(data, "tags", std::move(tags));
  return data;
}

Result<Json> RunReader::ReadInputs(const std::string& uuid) {
  datasets_->Bind(1, uuid);
  Json::Array inputs;
  std::string last;
  while (true) {
    TRY_ASSIGN(const bool row, datasets_->Step());
    if (!row) break;
    if (inputs.empty() || datasets_->Text(0) != last) {
      inputs.push_back(Json::MakeObject({{"dataset", DatasetJson(*datasets_)}}));
    }
    last = datasets_->Text(0);
    if (datasets_->IsNull(7)) continue;
    Json tags = inputs.back().Find("tags") ? *inputs.back().Find("tags") : Json::MakeArray();
    tags.Push(Json::MakeObject({{"key", datasets_->Text(7)}, {"value", datasets_->Text(8)}}));
    inputs.back().Set("tags", std::move(tags));
  }
  TRY_ASSIGN(Json models, Collect(*model_inputs_, uuid, [](const Statement& row) {
               return Json::MakeObject({{"model_id", row.Text(0)}});
             }));
  Json json = Json::MakeObject();
  SetUnlessEmpty(json, "dataset_inputs", Json(std::move(inputs)));
  SetUnlessEmpty(json, "model_inputs", std::move(models));
  return json;
}

Result<Json> RunReader::ReadOutputs(const std::string& uuid) {
  TRY_ASSIGN(Json models, Collect(*model_outputs_, uuid, [](const Statement& row) {
               return Json::MakeObject({{"model_id", row.Text(0)}, {"step", row.Int(1)}});
             }));
  Json json = Json::MakeObject();
  SetUnlessEmpty(json, "model_outputs", std::move(models));
  return json;
}

}  // namespace curbstop
