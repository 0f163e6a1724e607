#include "record/internal/experiment_rows.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "record/internal/schema.h"

namespace curbstop {
namespace {

Error NoExperiment(const std::string& id) {
  return NotFound(fmt::format("No Experiment with id={} exists", id));
}

// The id as a number, or -1 where it is none: then no row has it.
int64_t ToNumber(const std::string& id) {
  int64_t number = -1;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && end == id.data() + id.size() ? number : -1;
}

Result<std::optional<ExperimentRow>> FindOne(Statement statement) {
  TRY_ASSIGN(const bool found, statement.Step());
  if (!found) return std::optional<ExperimentRow>();
  return std::optional(ReadExperimentRow(statement));
}

Error NameTaken(const std::string& name) {
  return Conflict(fmt::format(
      "Experiment(name={}) already exists. A deleted experiment keeps its name until it is restored "
      "or removed for good",
      name));
}

Status RequireFreeName(Database& database, const std::string& name) {
  TRY_ASSIGN(const auto taken, FindExperimentByName(database, name));
  if (taken) return NameTaken(name);
  return {};
}

// One statement whose parameters are numbers or texts.
template <typename... Values>
Status Run(Database& database, std::string_view sql, const Values&... values) {
  TRY_ASSIGN(Statement statement, database.Prepare(sql));
  return statement.BindAll(values...).Run();
}

}  // namespace

ExperimentRow ReadExperimentRow(const Statement& statement) {
  return {std::to_string(statement.Int(0)),
          statement.Text(1),
          statement.Text(2),
          statement.Text(3),
          statement.Int(4),
          statement.Int(5)};
}

Result<std::optional<ExperimentRow>> FindExperimentByName(Database& database,
                                                          const std::string& name) {
  TRY_ASSIGN(Statement statement,
             database.Prepare(
                 fmt::format("SELECT {} FROM experiments WHERE workspace = 'default' AND name = ?1",
                             kExperimentColumns)));
  statement.Bind(1, name);
  return FindOne(std::move(statement));
}

Result<ExperimentRow> GetExperiment(Database& database, const std::string& id) {
  TRY_ASSIGN(Statement statement,
             database.Prepare(fmt::format("SELECT {} FROM experiments WHERE experiment_id = ?1",
                                          kExperimentColumns)));
  statement.Bind(1, ToNumber(id));
  TRY_ASSIGN(auto found, FindOne(std::move(statement)));
  if (!found) return NoExperiment(id);
  return *std::move(found);
}

Status RequireActive(const ExperimentRow& experiment) {
  if (experiment.lifecycle_stage == "active") return {};
  return InvalidInput(
      fmt::format("The experiment {} must be in the 'active' state. Current state is {}.",
                  experiment.id, experiment.lifecycle_stage));
}

Result<TagMap> ReadExperimentTags(Database& database, const std::string& id) {
  TRY_ASSIGN(Statement statement,
             database.Prepare("SELECT key, value FROM experiment_tags WHERE experiment_id = ?1"));
  statement.Bind(1, ToNumber(id));
  TagMap tags;
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    if (!row) return tags;
    tags[statement.Text(0)] = statement.Text(1);
  }
}

Result<std::string> InsertExperiment(Database& database, const std::string& name,
                                     const std::string& artifact_location, const TagMap& tags) {
  TRY(RequireFreeName(database, name));
  TRY(Run(database,
          "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time) VALUES "
          "(?1, 'active', " CURBSTOP_SQL_NOW_MS ", " CURBSTOP_SQL_NOW_MS ")",
          name));
  const int64_t id = database.LastInsertId();
  const std::string location =
      artifact_location.empty() ? fmt::format("mlflow-artifacts:/{}", id) : artifact_location;
  TRY(Run(database, "UPDATE experiments SET artifact_location = ?1 WHERE experiment_id = ?2",
          location, id));
  for (const auto& [key, value] : tags) {
    TRY(PutExperimentTag(database, std::to_string(id), key, value));
  }
  return std::to_string(id);
}

Status PutExperimentTag(Database& database, const std::string& id, const std::string& key,
                        const std::string& value) {
  TRY(Run(database,
          "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?1, ?2, ?3) "
          "ON CONFLICT DO UPDATE SET value = excluded.value",
          key, value, ToNumber(id)));
  return Run(database,
             "UPDATE experiments SET last_update_time = " CURBSTOP_SQL_NOW_MS
             " WHERE experiment_id = ?1",
             ToNumber(id));
}

Status DeleteExperiment(Database& database, const std::string& id) {
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(database, id));
  if (experiment.lifecycle_stage != "active") return NoExperiment(id);
  TRY(Run(
      database,
      "UPDATE experiments SET lifecycle_stage = 'deleted', last_update_time = " CURBSTOP_SQL_NOW_MS
      " WHERE experiment_id = ?1",
      ToNumber(id)));
  return Run(database,
             "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = " CURBSTOP_SQL_NOW_MS
             " WHERE experiment_id = ?1 AND lifecycle_stage = 'active'",
             ToNumber(id));
}

Status RestoreExperiment(Database& database, const std::string& id) {
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(database, id));
  if (experiment.lifecycle_stage == "active") return NoExperiment(id);
  TRY(Run(
      database,
      "UPDATE experiments SET lifecycle_stage = 'active', last_update_time = " CURBSTOP_SQL_NOW_MS
      " WHERE experiment_id = ?1",
      ToNumber(id)));
  return Run(database,
             "UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL "
             "WHERE experiment_id = ?1 AND lifecycle_stage = 'deleted'",
             ToNumber(id));
}

Status RenameExperiment(Database& database, const std::string& id, const std::string& name) {
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(database, id));
  if (experiment.lifecycle_stage != "active") {
    return No("Cannot rename a non-active experiment.");
  }
  if (name == experiment.name) return {};
  TRY(RequireFreeName(database, name));
  return Run(database,
             "UPDATE experiments SET name = ?1, last_update_time = " CURBSTOP_SQL_NOW_MS
             " WHERE experiment_id = ?2",
             name, ToNumber(id));
}

}  // namespace curbstop
