#include <array>

#include <fmt/format.h>

#include "record/internal/api.h"
#include "record/internal/limits.h"
#include "record/internal/page_token.h"
#include "record/internal/run_json.h"
#include "record/internal/run_names.h"
#include "record/internal/run_rows.h"
#include "record/internal/schema.h"

namespace curbstop {
namespace {

constexpr int64_t kDefaultPage = 1000;
constexpr std::string_view kStepTag = "curbstop.step_id";

struct Fresh {
  std::string uuid;
  uint64_t seed = 0;
};

Result<Fresh> FreshId(Database& database) {
  TRY_ASSIGN(Statement statement,
             database.Prepare("SELECT lower(hex(randomblob(16))), abs(random() / 2)"));
  TRY_ASSIGN(const bool row, statement.Step());
  if (!row) return Internal("no random number");
  return Fresh{statement.Text(0), static_cast<uint64_t>(statement.Int(1))};
}

Result<TagMap> ReadRunTags(const Message& message) {
  TRY_ASSIGN(auto pairs, message.Pairs("tags"));
  TagMap tags;
  for (size_t i = 0; i < pairs.size(); ++i) {
    TRY(CheckTag(fmt::format("tags[{}]", i), pairs[i]));
    tags[pairs[i].key] = pairs[i].value;
  }
  return tags;
}

// The name of the request or of its tag; both given must agree.
Result<std::string> ChosenName(const Message& message, const TagMap& tags) {
  TRY_ASSIGN(const std::string name, message.Text("run_name"));
  const auto tag = tags.find(std::string(kRunNameTag));
  const std::string tagged = tag == tags.end() ? "" : tag->second;
  if (name.empty() || tagged.empty() || name == tagged) return name.empty() ? tagged : name;
  return InvalidInput(
      fmt::format("Both 'run_name' argument and 'mlflow.runName' tag are specified, but with "
                  "different values (run_name='{}', mlflow.runName='{}').",
                  name, tagged));
}

Result<Json> ReadRunJson(Database& database, const std::string& uuid) {
  TRY_ASSIGN(const RecordedRun run, GetRun(database, uuid));
  TRY_ASSIGN(RunReader reader, RunReader::Make(database));
  TRY_ASSIGN(Json json, reader.Read(run));
  return Json::MakeObject({{"run", std::move(json)}});
}

Result<std::string> ReadStatus(const Message& message) {
  // The names and numbers of the protocol's enumeration RunStatus.
  constexpr std::array<std::string_view, 5> kNames = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED",
                                                      "KILLED"};
  const Json* value = message.Find("status");
  if (value == nullptr || value->IsNull()) return std::string();
  for (size_t i = 0; i < kNames.size(); ++i) {
    const bool is_name = value->AsString() && *value->AsString() == kNames[i];
    if (is_name || value->AsInt() == static_cast<int64_t>(i) + 1) return std::string(kNames[i]);
  }
  return InvalidValue("status", *value, "expected RUNNING, SCHEDULED, FINISHED, FAILED or KILLED");
}

Status SetLifecycle(Database& database, const std::string& uuid, bool deleted) {
  TRY_ASSIGN(
      Statement update,
      database.Prepare(
          deleted
              ? "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = " CURBSTOP_SQL_NOW_MS
                " WHERE run_uuid = ?1"
              : "UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL "
                "WHERE run_uuid = ?1"));
  return update.Bind(1, uuid).Run();
}

}  // namespace

Result<Json> CreateRun(ApiContext& context, const Message& message) {
  TRY_ASSIGN(std::string experiment_id, message.Text("experiment_id"));
  if (experiment_id.empty()) experiment_id = "0";
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(context.database, experiment_id));
  TRY_ASSIGN(const Fresh fresh, FreshId(context.database));
  NewRecordRun run{.uuid = fresh.uuid};
  TRY_ASSIGN(run.user, message.Text("user_id"));
  TRY_ASSIGN(const auto start, message.Int("start_time"));
  run.start_ms = start.value_or(0);
  TRY_ASSIGN(run.tags, ReadRunTags(message));
  TRY_ASSIGN(run.name, ChosenName(message, run.tags));
  if (run.name.empty()) run.name = RunNameFrom(fresh.seed);
  if (!context.step_id.empty()) run.tags[std::string(kStepTag)] = context.step_id;
  TRY(InsertRun(context.database, experiment, run));
  TRY_ASSIGN(const RecordedRun made, GetRun(context.database, run.uuid));
  TRY_ASSIGN(RunReader reader, RunReader::Make(context.database));
  TRY_ASSIGN(const Json json, reader.Read(made));
  // Stock answers a new run without `outputs`.
  return Json::MakeObject({{"run", Json::MakeObject({{"info", *json.Find("info")},
                                                     {"data", *json.Find("data")},
                                                     {"inputs", *json.Find("inputs")}})}});
}

Result<Json> UpdateRun(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const std::string status, ReadStatus(message));
  TRY_ASSIGN(const auto end_ms, message.Int("end_time"));
  TRY_ASSIGN(const std::string name, message.Text("run_name"));
  TRY(GetActiveRun(context.database, uuid));
  TRY_ASSIGN(
      Statement update,
      context.database.Prepare("UPDATE runs SET status = CASE WHEN ?1 = '' THEN status ELSE "
                               "?1 END, end_time = COALESCE(?2, end_time) WHERE run_uuid = ?3"));
  TRY(update.BindAll(status, end_ms, uuid).Run());
  TRY(PutTags(context.database, uuid, {{std::string(kRunNameTag), name}}));
  TRY_ASSIGN(const RecordedRun run, GetRun(context.database, uuid));
  return Json::MakeObject({{"run_info", RunInfoJson(run)}});
}

Result<Json> DeleteRun(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY(GetActiveRun(context.database, uuid));
  TRY(SetLifecycle(context.database, uuid, true));
  return Json::MakeObject();
}

Result<Json> RestoreRun(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const RecordedRun run, GetRun(context.database, uuid));
  if (run.lifecycle_stage != "deleted") {
    return InvalidInput(
        fmt::format("The run {} must be in the 'deleted' state. Current state is {}.", uuid,
                    run.lifecycle_stage));
  }
  TRY(SetLifecycle(context.database, uuid, false));
  return Json::MakeObject();
}

Result<Json> GetRunCall(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  return ReadRunJson(context.database, uuid);
}

Result<Json> SearchRuns(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const Page page, ReadPage(message, kDefaultPage));
  SearchRequest request{.limit = page.size + 1, .offset = page.offset};
  TRY_ASSIGN(request.experiment_ids, message.Texts("experiment_ids"));
  TRY_ASSIGN(request.filter, message.Text("filter"));
  TRY_ASSIGN(request.order_by, message.Texts("order_by"));
  TRY_ASSIGN(request.view, ReadView(message, "run_view_type"));
  TRY_ASSIGN(const SqlQuery query, RunSearchSql(request));
  TRY_ASSIGN(Statement statement, PrepareQuery(context.database, query));
  TRY_ASSIGN(RunReader reader, RunReader::Make(context.database));
  Json::Array found;
  bool more = false;
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    more = row && static_cast<int64_t>(found.size()) == page.size;
    if (!row || more) break;
    TRY_ASSIGN(Json run, reader.Read(ReadRunRow(statement)));
    found.push_back(std::move(run));
  }
  Json answer = Json::MakeObject();
  if (!found.empty()) answer.Set("runs", Json(std::move(found)));
  if (more) answer.Set("next_page_token", MakePageToken(page.offset + page.size));
  return answer;
}

}  // namespace curbstop
