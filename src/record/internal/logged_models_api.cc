#include <array>

#include <fmt/format.h>

#include "record/internal/api.h"
#include "record/internal/experiment_rows.h"
#include "record/internal/limits.h"
#include "record/internal/metric_rows.h"
#include "record/internal/page_token.h"
#include "record/internal/run_names.h"
#include "record/internal/schema.h"

namespace curbstop {
namespace {

constexpr int64_t kDefaultPage = 50;

// The names of the protocol's enumeration LoggedModelStatus; their numbers are the indexes.
constexpr std::array<std::string_view, 4> kStatuses = {"LOGGED_MODEL_STATUS_UNSPECIFIED",
                                                       "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY",
                                                       "LOGGED_MODEL_UPLOAD_FAILED"};

constexpr std::string_view kColumns =
    "model_id, experiment_id, name, creation_timestamp_ms, last_updated_timestamp_ms, "
    "artifact_location, status, model_type, source_run_id FROM logged_models";

Result<Json> PairsJson(Database& database, std::string_view sql, const std::string& model) {
  TRY_ASSIGN(Statement statement, database.Prepare(sql));
  statement.Bind(1, model);
  Json list = Json::MakeArray();
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    if (!row) return list;
    list.Push(Json::MakeObject({{"key", statement.Text(0)}, {"value", statement.Text(1)}}));
  }
}

Result<Json> MetricsJson(Database& database, const std::string& model) {
  TRY_ASSIGN(Statement row,
             database.Prepare("SELECT metric_name, metric_value, metric_timestamp_ms, metric_step, "
                              "run_id, dataset_name, dataset_digest FROM logged_model_metrics "
                              "WHERE model_id = ?1 ORDER BY rowid"));
  row.Bind(1, model);
  Json list = Json::MakeArray();
  while (true) {
    TRY_ASSIGN(const bool found, row.Step());
    if (!found) return list;
    Json metric = Json::MakeObject({{"key", row.Text(0)},
                                    {"value", row.Double(1)},
                                    {"timestamp", row.Int(2)},
                                    {"step", row.Int(3)},
                                    {"model_id", model},
                                    {"run_id", row.Text(4)}});
    if (!row.IsNull(5)) metric.Set("dataset_name", row.Text(5));
    if (!row.IsNull(6)) metric.Set("dataset_digest", row.Text(6));
    list.Push(std::move(metric));
  }
}

Json InfoJson(const Statement& row) {
  const auto status = static_cast<size_t>(row.Int(6));
  Json info = Json::MakeObject({{"model_id", row.Text(0)},
                                {"experiment_id", row.Text(1)},
                                {"name", row.Text(2)},
                                {"creation_timestamp_ms", row.Int(3)},
                                {"last_updated_timestamp_ms", row.Int(4)},
                                {"artifact_uri", row.Text(5)},
                                {"status", kStatuses[status < kStatuses.size() ? status : 0]}});
  if (!row.IsNull(7)) info.Set("model_type", row.Text(7));
  if (!row.IsNull(8)) info.Set("source_run_id", row.Text(8));
  return info;
}

void SetUnlessEmpty(Json& object, std::string_view key, Json list) {
  if (!list.items().empty()) object.Set(key, std::move(list));
}

Result<Json> ModelJson(Database& database, const Statement& row) {
  const std::string id = row.Text(0);
  Json info = InfoJson(row);
  Json data = Json::MakeObject();
  TRY_ASSIGN(Json tags, PairsJson(database,
                                  "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id "
                                  "= ?1 ORDER BY tag_key",
                                  id));
  TRY_ASSIGN(Json params, PairsJson(database,
                                    "SELECT param_key, param_value FROM logged_model_params WHERE "
                                    "model_id = ?1 ORDER BY param_key",
                                    id));
  TRY_ASSIGN(Json metrics, MetricsJson(database, id));
  SetUnlessEmpty(info, "tags", std::move(tags));
  SetUnlessEmpty(data, "params", std::move(params));
  SetUnlessEmpty(data, "metrics", std::move(metrics));
  return Json::MakeObject({{"info", std::move(info)}, {"data", std::move(data)}});
}

Result<Json> ReadModel(Database& database, const std::string& id) {
  TRY_ASSIGN(Statement statement,
             database.Prepare(fmt::format(
                 "SELECT {} WHERE model_id = ?1 AND lifecycle_stage != 'deleted'", kColumns)));
  TRY_ASSIGN(const bool found, statement.Bind(1, id).Step());
  if (!found) return NotFound(fmt::format("Logged model with ID '{}' not found.", id));
  TRY_ASSIGN(Json model, ModelJson(database, statement));
  return Json::MakeObject({{"model", std::move(model)}});
}

// `table` is one of two words of ours.
Status PutPairs(Database& database, std::string_view kind, const std::string& model,
                const std::vector<KeyValue>& pairs) {
  TRY_ASSIGN(
      Statement put,
      database.Prepare(fmt::format(
          "INSERT INTO logged_model_{0}s (model_id, experiment_id, {0}_key, {0}_value) SELECT "
          "model_id, experiment_id, ?2, ?3 FROM logged_models WHERE model_id = ?1 "
          "ON CONFLICT DO UPDATE SET {0}_value = excluded.{0}_value",
          kind)));
  for (const KeyValue& pair : pairs) TRY(put.BindAll(model, pair.key, pair.value).Run());
  return {};
}

struct FreshModel {
  std::string id;
  uint64_t seed = 0;
};

Result<FreshModel> FreshId(Database& database) {
  TRY_ASSIGN(Statement statement,
             database.Prepare("SELECT 'm-' || lower(hex(randomblob(16))), abs(random() / 2)"));
  TRY_ASSIGN(const bool row, statement.Step());
  if (!row) return Internal("no random number");
  return FreshModel{statement.Text(0), static_cast<uint64_t>(statement.Int(1))};
}

std::optional<std::string> UnlessEmpty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Status InsertModel(ApiContext& context, const Message& message, const ExperimentRow& experiment,
                   const FreshModel& fresh) {
  TRY_ASSIGN(const std::string name, message.Text("name"));
  TRY_ASSIGN(const std::string type, message.Text("model_type"));
  TRY_ASSIGN(const std::string run, message.Text("source_run_id"));
  TRY_ASSIGN(Statement insert,
             context.database.Prepare(
                 "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, "
                 "creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, "
                 "model_type, source_run_id) VALUES (?1, ?2, ?3, ?4, " CURBSTOP_SQL_NOW_MS
                 ", " CURBSTOP_SQL_NOW_MS ", 1, 'active', ?5, ?6)"));
  return insert
      .BindAll(fresh.id, experiment.id, name.empty() ? RunNameFrom(fresh.seed) : name,
               fmt::format("{}/models/{}/artifacts", experiment.artifact_location, fresh.id),
               UnlessEmpty(type), UnlessEmpty(run))
      .Run();
}

}  // namespace

Result<Json> CreateLoggedModel(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string experiment_id, message.RequiredText("experiment_id"));
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(context.database, experiment_id));
  TRY(RequireActive(experiment));
  TRY_ASSIGN(const FreshModel fresh, FreshId(context.database));
  TRY(InsertModel(context, message, experiment, fresh));
  TRY_ASSIGN(const auto params, message.Pairs("params"));
  TRY(PutPairs(context.database, "param", fresh.id, params));
  TRY_ASSIGN(const auto tags, message.Pairs("tags"));
  TRY(PutPairs(context.database, "tag", fresh.id, tags));
  return ReadModel(context.database, fresh.id);
}

Result<Json> GetLoggedModel(ApiContext& context, const Message&) {
  return ReadModel(context.database, context.parts[0]);
}

Result<Json> FinalizeLoggedModel(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string status, message.RequiredText("status"));
  const auto found = std::find(kStatuses.begin(), kStatuses.end(), status);
  if (found == kStatuses.end()) return InvalidValue("status", status, "");
  TRY(ReadModel(context.database, context.parts[0]));
  TRY_ASSIGN(Statement update,
             context.database.Prepare("UPDATE logged_models SET status = ?1, "
                                      "last_updated_timestamp_ms = " CURBSTOP_SQL_NOW_MS
                                      " WHERE model_id = ?2"));
  TRY(update.BindAll(int64_t{found - kStatuses.begin()}, context.parts[0]).Run());
  return ReadModel(context.database, context.parts[0]);
}

Result<Json> SetLoggedModelTags(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const auto tags, message.Pairs("tags"));
  TRY(ReadModel(context.database, context.parts[0]));
  TRY(PutPairs(context.database, "tag", context.parts[0], tags));
  return ReadModel(context.database, context.parts[0]);
}

Result<Json> LogLoggedModelParams(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const auto params, message.Pairs("params"));
  TRY(ReadModel(context.database, context.parts[0]));
  TRY(PutPairs(context.database, "param", context.parts[0], params));
  return Json::MakeObject();
}

Result<Json> SearchLoggedModels(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const Page page, ReadPage(message, kDefaultPage));
  SearchRequest request{.limit = page.size + 1, .offset = page.offset};
  TRY_ASSIGN(request.experiment_ids, message.Texts("experiment_ids"));
  TRY_ASSIGN(request.filter, message.Text("filter"));
  TRY_ASSIGN(const SqlQuery query, LoggedModelSearchSql(request, kColumns));
  TRY_ASSIGN(Statement statement, PrepareQuery(context.database, query));
  Json::Array models;
  bool more = false;
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    more = row && static_cast<int64_t>(models.size()) == page.size;
    if (!row || more) break;
    TRY_ASSIGN(Json model, ModelJson(context.database, statement));
    models.push_back(std::move(model));
  }
  Json answer = Json::MakeObject();
  if (!models.empty()) answer.Set("models", Json(std::move(models)));
  if (more) answer.Set("next_page_token", MakePageToken(page.offset + page.size));
  return answer;
}

}  // namespace curbstop
