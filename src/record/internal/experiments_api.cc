#include <fmt/format.h>

#include "record/internal/api.h"
#include "record/internal/experiment_rows.h"
#include "record/internal/limits.h"
#include "record/internal/page_token.h"
#include "record/internal/run_json.h"

namespace curbstop {
namespace {

constexpr int64_t kDefaultPage = 1000;

Json Wrapped(std::string_view name, Json value) {
  Json json = Json::MakeObject();
  json.Set(name, std::move(value));
  return json;
}

}  // namespace

Result<Page> ReadPage(const Message& message, int64_t default_size) {
  Page page;
  TRY_ASSIGN(const auto size, message.Int("max_results"));
  page.size = size.value_or(default_size);
  TRY(CheckPageSize(page.size));
  TRY_ASSIGN(const std::string token, message.Text("page_token"));
  TRY_ASSIGN(page.offset, ReadPageToken(token));
  return page;
}

Result<ViewType> ReadView(const Message& message, std::string_view key) {
  const Json* value = message.Find(key);
  if (value == nullptr || value->IsNull()) return ViewType::kActiveOnly;
  const std::string name = value->AsString() ? *value->AsString() : WriteJson(*value);
  // The names and numbers of the protocol's enumeration ViewType.
  if (name == "ACTIVE_ONLY" || name == "1") return ViewType::kActiveOnly;
  if (name == "DELETED_ONLY" || name == "2") return ViewType::kDeletedOnly;
  if (name == "ALL" || name == "3") return ViewType::kAll;
  return InvalidValue(key, *value, "expected ACTIVE_ONLY, DELETED_ONLY or ALL");
}

Result<Json> CreateExperiment(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string name, message.RequiredText("name"));
  TRY(CheckExperimentName(name));
  TRY_ASSIGN(const std::string location, message.Text("artifact_location"));
  TRY_ASSIGN(const auto pairs, message.Pairs("tags"));
  TagMap tags;
  for (const KeyValue& tag : pairs) {
    TRY(CheckExperimentTag(tag));
    tags[tag.key] = tag.value;
  }
  TRY_ASSIGN(const std::string id, InsertExperiment(context.database, name, location, tags));
  return Wrapped("experiment_id", id);
}

Result<Json> SearchExperiments(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const Page page, ReadPage(message, kDefaultPage));
  SearchRequest request{.limit = page.size + 1, .offset = page.offset};
  TRY_ASSIGN(request.filter, message.Text("filter"));
  TRY_ASSIGN(request.order_by, message.Texts("order_by"));
  TRY_ASSIGN(request.view, ReadView(message, "view_type"));
  TRY_ASSIGN(const SqlQuery query, ExperimentSearchSql(request));
  TRY_ASSIGN(Statement statement, PrepareQuery(context.database, query));
  Json::Array found;
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    if (!row) break;
    TRY_ASSIGN(Json experiment, ExperimentJson(context.database, ReadExperimentRow(statement)));
    found.push_back(std::move(experiment));
  }
  const bool more = static_cast<int64_t>(found.size()) > page.size;
  if (more) found.pop_back();
  Json answer = Json::MakeObject();
  if (!found.empty()) answer.Set("experiments", Json(std::move(found)));
  if (more) answer.Set("next_page_token", MakePageToken(page.offset + page.size));
  return answer;
}

Result<Json> GetExperimentById(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string id, message.RequiredText("experiment_id"));
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(context.database, id));
  TRY_ASSIGN(Json json, ExperimentJson(context.database, experiment));
  return Wrapped("experiment", std::move(json));
}

Result<Json> GetExperimentByName(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string name, message.RequiredText("experiment_name"));
  TRY_ASSIGN(const auto experiment, FindExperimentByName(context.database, name));
  if (!experiment) return NotFound(fmt::format("Could not find experiment with name '{}'", name));
  TRY_ASSIGN(Json json, ExperimentJson(context.database, *experiment));
  return Wrapped("experiment", std::move(json));
}

Result<Json> DeleteExperimentCall(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string id, message.RequiredText("experiment_id"));
  TRY(DeleteExperiment(context.database, id));
  return Json::MakeObject();
}

Result<Json> RestoreExperimentCall(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string id, message.RequiredText("experiment_id"));
  TRY(RestoreExperiment(context.database, id));
  return Json::MakeObject();
}

Result<Json> UpdateExperiment(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string id, message.RequiredText("experiment_id"));
  TRY_ASSIGN(const std::string name, message.RequiredText("new_name"));
  TRY(CheckExperimentName(name));
  TRY(RenameExperiment(context.database, id, name));
  return Json::MakeObject();
}

Result<Json> SetExperimentTag(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string id, message.RequiredText("experiment_id"));
  KeyValue tag;
  TRY_ASSIGN(tag.key, message.RequiredText("key"));
  TRY_ASSIGN(tag.value, message.Text("value"));
  TRY(CheckExperimentTag(tag));
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(context.database, id));
  TRY(RequireActive(experiment));
  TRY(PutExperimentTag(context.database, id, tag.key, tag.value));
  return Json::MakeObject();
}

Result<Json> DeleteExperimentTag(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string id, message.RequiredText("experiment_id"));
  TRY_ASSIGN(const std::string key, message.RequiredText("key"));
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(context.database, id));
  TRY(RequireActive(experiment));
  TRY_ASSIGN(Statement remove, context.database.Prepare(
                                   "DELETE FROM experiment_tags WHERE experiment_id = CAST(?1 AS "
                                   "INTEGER) AND key = ?2"));
  TRY(remove.BindAll(id, key).Run());
  if (context.database.Changes() > 0) return Json::MakeObject();
  return NotFound(fmt::format("No tag with name: {} in experiment with id {}", key, id));
}

}  // namespace curbstop
