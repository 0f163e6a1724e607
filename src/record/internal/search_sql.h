// Searches of runs and experiments as SQL with bound parameters: each clause a semi-join by EXISTS.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "record/internal/search_filter.h"
#include "sys/sqlite/database.h"

namespace curbstop {

using SqlValue = std::variant<int64_t, double, std::string>;

struct SqlQuery {
  std::string sql;
  std::vector<SqlValue> values;  // in the order of the `?`s
};

enum class ViewType { kActiveOnly, kDeletedOnly, kAll };

struct SearchRequest {
  std::vector<std::string> experiment_ids{};  // runs only
  std::string filter{};
  std::vector<std::string> order_by{};
  ViewType view = ViewType::kActiveOnly;
  int64_t limit = 0;
  int64_t offset = 0;
};

// Rows of kRunColumns. NaN metrics satisfy no comparison but `!=`; in an order they come after all
// values, and missing ones after them. Ties: start_time descending, then run_uuid.
// Errors: kInvalidInput.
Result<SqlQuery> RunSearchSql(const SearchRequest& request);
// Rows of kExperimentColumns. Default order: creation_time descending, experiment_id ascending.
Result<SqlQuery> ExperimentSearchSql(const SearchRequest& request);
// Newest first; attributes only. `columns` ends in the FROM clause.
Result<SqlQuery> LoggedModelSearchSql(const SearchRequest& request, std::string_view columns);

Result<Statement> PrepareQuery(Database& database, const SqlQuery& query);

}  // namespace curbstop
