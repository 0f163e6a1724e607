#include <optional>

#include <fmt/format.h>

#include "record/internal/api.h"
#include "record/internal/limits.h"
#include "record/internal/metric_rows.h"
#include "record/internal/run_rows.h"

namespace curbstop {
namespace {

// A metric, and the logged model it was measured on, if any.
struct LoggedMetric {
  RecordMetric metric;
  std::string model_id;
  std::string dataset_name;
  std::string dataset_digest;
};

Result<LoggedMetric> ReadMetric(const Message& message) {
  LoggedMetric logged;
  TRY_ASSIGN(logged.metric.key, message.RequiredText("key"));
  TRY_ASSIGN(logged.metric.value, message.RequiredDouble("value"));
  TRY_ASSIGN(logged.metric.at_ms, message.RequiredInt("timestamp"));
  TRY_ASSIGN(const auto step, message.Int("step"));
  logged.metric.step = step.value_or(0);
  TRY_ASSIGN(logged.model_id, message.Text("model_id"));
  TRY_ASSIGN(logged.dataset_name, message.Text("dataset_name"));
  TRY_ASSIGN(logged.dataset_digest, message.Text("dataset_digest"));
  return logged;
}

Result<std::vector<LoggedMetric>> ReadMetrics(const Message& message) {
  TRY_ASSIGN(const auto list, message.Messages("metrics"));
  std::vector<LoggedMetric> metrics;
  for (const Message& item : list) {
    TRY_ASSIGN(LoggedMetric metric, ReadMetric(item));
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

std::optional<std::string> UnlessEmpty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Status InsertModelMetrics(Database& database, const RecordedRun& run,
                          const std::vector<LoggedMetric>& metrics) {
  for (const LoggedMetric& logged : metrics) {
    if (logged.model_id.empty()) continue;
    TRY_ASSIGN(Statement insert,
               database.Prepare("INSERT INTO logged_model_metrics (model_id, metric_name, "
                                "metric_timestamp_ms, metric_step, metric_value, experiment_id, "
                                "run_id, dataset_name, dataset_digest) VALUES (?1, ?2, ?3, ?4, ?5, "
                                "?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING"));
    TRY(insert
            .BindAll(logged.model_id, logged.metric.key, logged.metric.at_ms, logged.metric.step,
                     ToStored(logged.metric.value).value, run.experiment_id, run.uuid,
                     UnlessEmpty(logged.dataset_name), UnlessEmpty(logged.dataset_digest))
            .Run());
  }
  return {};
}

Status PutMetrics(Database& database, const RecordedRun& run,
                  const std::vector<LoggedMetric>& logged) {
  std::vector<RecordMetric> metrics;
  for (const LoggedMetric& one : logged) metrics.push_back(one.metric);
  TRY(InsertMetrics(database, run.uuid, metrics));
  return InsertModelMetrics(database, run, logged);
}

struct DatasetInput {
  std::string name, digest, source_type, source;
  std::optional<std::string> schema, profile;
  std::vector<KeyValue> tags;
};

Result<DatasetInput> ReadDatasetInput(const Message& entry) {
  const Json* json = entry.Find("dataset");
  if (json == nullptr || !json->IsObject()) return MissingValue("dataset");
  const Message dataset(*json);
  DatasetInput input;
  TRY_ASSIGN(input.name, dataset.RequiredText("name"));
  TRY_ASSIGN(input.digest, dataset.RequiredText("digest"));
  TRY_ASSIGN(input.source_type, dataset.RequiredText("source_type"));
  TRY_ASSIGN(input.source, dataset.RequiredText("source"));
  TRY_ASSIGN(const std::string schema, dataset.Text("schema"));
  TRY_ASSIGN(const std::string profile, dataset.Text("profile"));
  input.schema = UnlessEmpty(schema);
  input.profile = UnlessEmpty(profile);
  TRY_ASSIGN(input.tags, entry.Pairs("tags"));
  return input;
}

Status CheckDatasetInput(const DatasetInput& input) {
  TRY(CheckLength("name", 500, input.name));
  TRY(CheckLength("digest", 36, input.digest));
  TRY(CheckLength("source", 65'535, input.source));
  TRY(CheckLength("schema", 1'048'575, input.schema.value_or("")));
  TRY(CheckLength("profile", 16'777'215, input.profile.value_or("")));
  for (const KeyValue& tag : input.tags) {
    TRY(CheckLength("key", 255, tag.key));
    TRY(CheckLength("value", 500, tag.value));
  }
  return {};
}

Result<std::string> OneText(Statement statement) {
  TRY_ASSIGN(const bool row, statement.Step());
  return row ? statement.Text(0) : std::string();
}

Result<std::string> EnsureDataset(Database& database, const RecordedRun& run,
                                  const DatasetInput& input) {
  TRY_ASSIGN(
      Statement insert,
      database.Prepare("INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, "
                       "dataset_source_type, dataset_source, dataset_schema, dataset_profile) "
                       "VALUES (lower(hex(randomblob(16))), ?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                       "ON CONFLICT DO NOTHING"));
  TRY(insert
          .BindAll(run.experiment_id, input.name, input.digest, input.source_type, input.source,
                   input.schema, input.profile)
          .Run());
  TRY_ASSIGN(
      Statement read,
      database.Prepare("SELECT dataset_uuid FROM datasets WHERE experiment_id = ?1 AND name = "
                       "?2 AND digest = ?3"));
  read.BindAll(run.experiment_id, input.name, input.digest);
  return OneText(std::move(read));
}

// An input that is there already keeps its tags.
Status PutDatasetInput(Database& database, const RecordedRun& run, const DatasetInput& input) {
  TRY_ASSIGN(const std::string dataset, EnsureDataset(database, run, input));
  TRY_ASSIGN(
      Statement insert,
      database.Prepare("INSERT INTO inputs (input_uuid, source_type, source_id, "
                       "destination_type, destination_id) VALUES (lower(hex(randomblob(16))), "
                       "'DATASET', ?1, 'RUN', ?2) ON CONFLICT DO NOTHING"));
  TRY(insert.BindAll(dataset, run.uuid).Run());
  if (database.Changes() == 0) return {};
  TRY_ASSIGN(Statement tag,
             database.Prepare("INSERT INTO input_tags (input_uuid, name, value) SELECT input_uuid, "
                              "?3, ?4 FROM inputs WHERE source_type = 'DATASET' AND source_id = ?1 "
                              "AND destination_type = 'RUN' AND destination_id = ?2 "
                              "ON CONFLICT DO NOTHING"));
  for (const KeyValue& pair : input.tags) {
    TRY(tag.BindAll(dataset, run.uuid, pair.key, pair.value).Run());
  }
  return {};
}

// A run's use of a logged model, as input or as output.
Status PutModelLink(Database& database, std::string_view source, std::string_view destination,
                    const std::string& run, const std::string& model, int64_t step) {
  TRY_ASSIGN(Statement insert,
             database.Prepare("INSERT INTO inputs (input_uuid, source_type, source_id, "
                              "destination_type, destination_id, step) VALUES "
                              "(lower(hex(randomblob(16))), ?1, ?2, ?3, ?4, ?5) "
                              "ON CONFLICT DO NOTHING"));
  return insert.BindAll(source, run, destination, model, step).Run();
}

}  // namespace

Result<Json> LogMetric(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const LoggedMetric logged, ReadMetric(message));
  TRY(CheckMetric("", logged.metric));
  TRY_ASSIGN(const RecordedRun run, GetActiveRun(context.database, uuid));
  TRY(PutMetrics(context.database, run, {logged}));
  return Json::MakeObject();
}

Result<Json> LogParameter(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  KeyValue param;
  TRY_ASSIGN(param.key, message.RequiredText("key"));
  TRY_ASSIGN(param.value, message.Text("value"));
  TRY(CheckParam("", param));
  TRY(GetActiveRun(context.database, uuid));
  TRY(PutParams(context.database, uuid, {param}, ParamSource::kScript));
  return Json::MakeObject();
}

Result<Json> LogBatch(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const auto metrics, ReadMetrics(message));
  TRY_ASSIGN(auto params, message.Pairs("params"));
  TRY_ASSIGN(auto tags, message.Pairs("tags"));
  for (size_t i = 0; i < metrics.size(); ++i) {
    TRY(CheckMetric(fmt::format("metrics[{}]", i), metrics[i].metric));
  }
  for (size_t i = 0; i < params.size(); ++i)
    TRY(CheckParam(fmt::format("params[{}]", i), params[i]));
  for (size_t i = 0; i < tags.size(); ++i) TRY(CheckTag(fmt::format("tags[{}]", i), tags[i]));
  TRY(CheckBatch(metrics.size(), params.size(), tags.size()));
  TRY(CheckKeysUnique(params));
  TRY_ASSIGN(const RecordedRun run, GetActiveRun(context.database, uuid));
  TRY(PutParams(context.database, uuid, params, ParamSource::kScript));
  TRY(PutMetrics(context.database, run, metrics));
  TRY(PutTags(context.database, uuid, tags));
  return Json::MakeObject();
}

Result<Json> SetTag(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  KeyValue tag;
  TRY_ASSIGN(tag.key, message.RequiredText("key"));
  TRY_ASSIGN(tag.value, message.Text("value"));
  TRY(CheckTag("", tag));
  TRY(GetActiveRun(context.database, uuid));
  TRY(PutTags(context.database, uuid, {tag}));
  return Json::MakeObject();
}

Result<Json> DeleteTag(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const std::string key, message.RequiredText("key"));
  TRY(GetActiveRun(context.database, uuid));
  TRY_ASSIGN(Statement remove,
             context.database.Prepare("DELETE FROM tags WHERE run_uuid = ?1 AND key = ?2"));
  TRY(remove.BindAll(uuid, key).Run());
  if (context.database.Changes() > 0) return Json::MakeObject();
  return NotFound(fmt::format("No tag with name: {} in run with id {}", key, uuid));
}

Result<Json> LogInputs(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const auto entries, message.Messages("datasets"));
  TRY_ASSIGN(const auto models, message.Messages("models"));
  TRY_ASSIGN(const RecordedRun run, GetActiveRun(context.database, uuid));
  for (const Message& entry : entries) {
    TRY_ASSIGN(const DatasetInput input, ReadDatasetInput(entry));
    TRY(CheckDatasetInput(input));
    TRY(PutDatasetInput(context.database, run, input));
  }
  for (const Message& model : models) {
    TRY_ASSIGN(const std::string id, model.RequiredText("model_id"));
    TRY(PutModelLink(context.database, "RUN_INPUT", "MODEL_INPUT", uuid, id, 0));
  }
  return Json::MakeObject();
}

Result<Json> LogOutputs(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const auto models, message.Messages("models"));
  TRY(GetActiveRun(context.database, uuid));
  for (const Message& model : models) {
    TRY_ASSIGN(const std::string id, model.RequiredText("model_id"));
    TRY_ASSIGN(const auto step, model.Int("step"));
    TRY(PutModelLink(context.database, "RUN_OUTPUT", "MODEL_OUTPUT", uuid, id, step.value_or(0)));
  }
  return Json::MakeObject();
}

}  // namespace curbstop
