#include "record/internal/schema.h"

#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "base/embedded.h"
#include "sys/file_lock.h"
#include "sys/files.h"
#include "sys/mount_kind.h"

namespace curbstop {
namespace {

CURBSTOP_EMBEDDED(record_schema, SchemaSql)

constexpr std::chrono::seconds kLockTimeout{30};

constexpr std::string_view kFirstRows =
    "INSERT INTO workspaces (name, description) VALUES ('default', 'Default workspace for legacy "
    "resources');"
    "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, "
    "creation_time, last_update_time) VALUES (0, 'Default', 'mlflow-artifacts:/0', "
    "'active', " CURBSTOP_SQL_NOW_MS ", " CURBSTOP_SQL_NOW_MS ");";

Result<std::optional<std::string>> FirstText(Database& database, std::string_view sql) {
  TRY_ASSIGN(Statement statement, database.Prepare(sql));
  TRY_ASSIGN(const bool found, statement.Step());
  if (!found) return std::optional<std::string>();
  return std::optional(statement.Text(0));
}

// Empty for a database without tables.
Result<std::optional<std::string>> ReadRevision(Database& database) {
  TRY_ASSIGN(const auto any, FirstText(database, "SELECT name FROM sqlite_master LIMIT 1"));
  if (!any) return std::optional<std::string>();
  TRY_ASSIGN(const auto table, FirstText(database,
                                         "SELECT name FROM sqlite_master WHERE name = "
                                         "'alembic_version' AND type = 'table'"));
  if (!table) return std::optional<std::string>("none");
  TRY_ASSIGN(auto revision, FirstText(database, "SELECT version_num FROM alembic_version"));
  return std::optional(revision.value_or("none"));
}

Error WrongRevision(const std::filesystem::path& file, const std::string& revision) {
  return Conflict(fmt::format("its schema has revision `{}`, expected `{}` (mlflow {})", revision,
                              kSchemaRevision, kMlflowVersion))
      .WithHint(fmt::format("if it is of an older MLflow, make a copy, then upgrade it: `mlflow db "
                            "upgrade sqlite:///{}` with mlflow {}; one of a newer MLflow stays "
                            "readable by that MLflow",
                            file.string(), kMlflowVersion))
      .While(fmt::format("cannot write the record `{}`", file.string()));
}

// Read-only, so that a file we will not write keeps every byte.
Status RefuseOtherRevision(const std::filesystem::path& file) {
  std::error_code missing;
  if (std::filesystem::file_size(file, missing) == 0 || missing) return {};
  TRY_ASSIGN(Database database, Database::Open(file, {.read_only = true, .create = false}));
  TRY_ASSIGN(const auto revision, ReadRevision(database));
  if (!revision || *revision == kSchemaRevision) return {};
  return WrongRevision(file, *revision);
}

Status CreateSchema(Database& database) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database));
  TRY(database.Execute(SchemaSql()));
  TRY(database.Execute(fmt::format("INSERT INTO alembic_version VALUES ('{}');", kSchemaRevision)));
  TRY(database.Execute(kFirstRows));
  return transaction.Commit();
}

}  // namespace

Result<Database> OpenRecordDatabase(const std::filesystem::path& file) {
  TRY(RequireLocalMount(file, "the record of runs"));
  TRY(MakeFolders(file.parent_path(), true));
  TRY_ASSIGN(const FileLock lock, FileLock::Take(file.string() + ".lock", kLockTimeout));
  TRY(RefuseOtherRevision(file));
  TRY_ASSIGN(Database database, Database::Open(file));
  TRY(database.Execute("PRAGMA case_sensitive_like=ON"));
  TRY_ASSIGN(const auto revision, ReadRevision(database));
  if (!revision) TRY(CreateSchema(database));
  return database;
}

}  // namespace curbstop
