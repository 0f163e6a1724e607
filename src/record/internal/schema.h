// MLflow's SQLite schema at the one revision we write.
//
// Source: a database made by stock mlflow 3.17.2 (tools/mlflow_schema.py).
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "sys/sqlite/database.h"

namespace curbstop {

inline constexpr std::string_view kMlflowVersion = "3.17.2";
inline constexpr std::string_view kSchemaRevision = "dc11669786a5";

// Milliseconds since 1970, as an SQL expression: 2440587.5 is the Julian day of 1970-01-01.
#define CURBSTOP_SQL_NOW_MS "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"

// Opens the record; a missing or empty file gets the schema, in one transaction. A file of another
// revision is not touched. Safe when several processes do it at once.
// Errors: kConflict on another revision, with both names; kInvalidInput on a network mount.
Result<Database> OpenRecordDatabase(const std::filesystem::path& file);

}  // namespace curbstop
