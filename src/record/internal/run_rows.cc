#include "record/internal/run_rows.h"

#include <fmt/format.h>

namespace curbstop {
namespace {

constexpr std::string_view kInsertRun =
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
    "start_time, source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES "
    "(?1, ?2, 'UNKNOWN', '', '', ?3, 'RUNNING', ?4, '', 'active', ?5, ?6)";

constexpr std::string_view kPutTag =
    "INSERT INTO tags (key, value, run_uuid) VALUES (?1, ?2, ?3) "
    "ON CONFLICT DO UPDATE SET value = excluded.value";

std::optional<int64_t> OptionalInt(const Statement& statement, int column) {
  if (statement.IsNull(column)) return std::nullopt;
  return statement.Int(column);
}

Status Rename(Database& database, const std::string& uuid, const std::string& name) {
  TRY_ASSIGN(Statement statement,
             database.Prepare("UPDATE runs SET name = ?1 WHERE run_uuid = ?2"));
  return statement.BindAll(name, uuid).Run();
}

// Empty if it was new or equal, else the value that stands.
Result<std::optional<std::string>> PutParam(Database& database, Statement& insert,
                                            const std::string& uuid, const KeyValue& param) {
  TRY(insert.BindAll(param.key, param.value, uuid).Run());
  if (database.Changes() > 0) return std::optional<std::string>();
  TRY_ASSIGN(Statement read,
             database.Prepare("SELECT value FROM params WHERE key = ?1 AND run_uuid = ?2"));
  TRY_ASSIGN(const bool found, read.BindAll(param.key, uuid).Step());
  const std::string standing = found ? read.Text(0) : "";
  if (standing == param.value) return std::optional<std::string>();
  return std::optional(standing);
}

// Whether it did.
Result<bool> ReplaceGivenParam(Database& database, const std::string& uuid, const KeyValue& param,
                               const std::string& standing) {
  TRY_ASSIGN(Statement update,
             database.Prepare("UPDATE params SET value = ?1 WHERE run_uuid = ?2 AND key = ?3 AND "
                              "EXISTS (SELECT 1 FROM tags WHERE run_uuid = ?2 AND key = ?4 AND "
                              "value = ?5)"));
  TRY(update
          .BindAll(param.value, uuid, param.key, std::string(kGivenParamTag) + param.key, standing)
          .Run());
  return database.Changes() > 0;
}

Result<std::vector<KeyValue>> ReadPairs(Database& database, const std::string& sql,
                                        const std::string& uuid) {
  TRY_ASSIGN(Statement statement, database.Prepare(sql));
  statement.Bind(1, uuid);
  std::vector<KeyValue> pairs;
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    if (!row) return pairs;
    pairs.push_back({statement.Text(0), statement.Text(1)});
  }
}

}  // namespace

RecordedRun ReadRunRow(const Statement& statement) {
  return {statement.Text(0),         statement.Text(1), statement.Text(2),
          statement.Text(3),         statement.Text(4), OptionalInt(statement, 5),
          OptionalInt(statement, 6), statement.Text(7), statement.Text(8)};
}

Result<std::optional<RecordedRun>> FindRun(Database& database, const std::string& uuid) {
  TRY_ASSIGN(Statement statement,
             database.Prepare(fmt::format("SELECT {} FROM runs WHERE run_uuid = ?1", kRunColumns)));
  TRY_ASSIGN(const bool found, statement.Bind(1, uuid).Step());
  if (!found) return std::optional<RecordedRun>();
  return std::optional(ReadRunRow(statement));
}

Result<RecordedRun> GetRun(Database& database, const std::string& uuid) {
  TRY_ASSIGN(auto run, FindRun(database, uuid));
  if (!run) return NotFound(fmt::format("Run with id={} not found", uuid));
  return *std::move(run);
}

Result<RecordedRun> GetActiveRun(Database& database, const std::string& uuid) {
  TRY_ASSIGN(RecordedRun run, GetRun(database, uuid));
  if (run.lifecycle_stage == "active") return run;
  return InvalidInput(fmt::format("The run {} must be in the 'active' state. Current state is {}.",
                                  uuid, run.lifecycle_stage));
}

Status InsertRun(Database& database, const ExperimentRow& experiment, const NewRecordRun& run) {
  TRY(RequireActive(experiment));
  const std::string uri = fmt::format("{}/{}/artifacts", experiment.artifact_location, run.uuid);
  TRY_ASSIGN(Statement statement, database.Prepare(kInsertRun));
  TRY(statement.BindAll(run.uuid, run.name, run.user, run.start_ms, uri, experiment.id).Run());
  TagMap tags = run.tags;
  tags[std::string(kRunNameTag)] = run.name;
  std::vector<KeyValue> rows;
  for (const auto& [key, value] : tags) rows.push_back({key, value});
  return PutTags(database, run.uuid, rows);
}

Status PutTags(Database& database, const std::string& uuid, const std::vector<KeyValue>& tags) {
  if (tags.empty()) return {};
  TRY_ASSIGN(Statement put, database.Prepare(kPutTag));
  for (const KeyValue& tag : tags) {
    if (tag.key == kRunNameTag) {
      if (tag.value.empty()) continue;  // a run keeps its name
      TRY(Rename(database, uuid, tag.value));
    }
    TRY(put.BindAll(tag.key, tag.value, uuid).Run());
  }
  return {};
}

Status PutParams(Database& database, const std::string& uuid, const std::vector<KeyValue>& params,
                 ParamSource source) {
  if (params.empty()) return {};
  TRY_ASSIGN(Statement insert,
             database.Prepare("INSERT INTO params (key, value, run_uuid) VALUES (?1, ?2, ?3) "
                              "ON CONFLICT DO NOTHING"));
  for (const KeyValue& param : params) {
    TRY_ASSIGN(const auto standing, PutParam(database, insert, uuid, param));
    if (!standing) continue;
    if (source == ParamSource::kScript) {
      TRY_ASSIGN(const bool replaced, ReplaceGivenParam(database, uuid, param, *standing));
      if (replaced) continue;
    }
    return InvalidInput(fmt::format(
        "Changing param values is not allowed. Param with key='{}' was already logged with "
        "value='{}' for run ID='{}'. Attempted logging new value '{}'.",
        param.key, *standing, uuid, param.value));
  }
  return {};
}

Result<std::vector<KeyValue>> ReadTags(Database& database, const std::string& uuid) {
  return ReadPairs(database, "SELECT key, value FROM tags WHERE run_uuid = ?1 ORDER BY key", uuid);
}

Result<std::vector<KeyValue>> ReadParams(Database& database, const std::string& uuid) {
  return ReadPairs(database, "SELECT key, value FROM params WHERE run_uuid = ?1 ORDER BY key",
                   uuid);
}

}  // namespace curbstop
