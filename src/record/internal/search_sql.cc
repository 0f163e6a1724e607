#include "record/internal/search_sql.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "record/internal/experiment_rows.h"
#include "record/internal/run_rows.h"

namespace curbstop {
namespace {

Result<int64_t> ExperimentNumber(const std::string& id) {
  int64_t number = 0;
  const auto [stop, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error == std::errc() && stop == id.data() + id.size()) return number;
  return InvalidInput(
      fmt::format("Invalid experiment ID '{}'. Experiment ID must be a valid integer.", id));
}

// SQL text and its parameters grow together, so that they cannot come apart.
class Builder {
 public:
  Builder& Add(std::string_view sql) {
    query_.sql += sql;
    return *this;
  }
  Builder& Bind(SqlValue value) {
    query_.values.push_back(std::move(value));
    return Add("?");
  }
  // `column` compared with the clause's text values.
  Builder& CompareText(const std::string& column, const SearchClause& clause) {
    if (clause.comparator == "ILIKE") {
      return Add("lower(" + column + ") LIKE lower(").Bind(clause.values[0]).Add(")");
    }
    if (!clause.comparator.ends_with("IN")) {
      return Add(column + " " + clause.comparator + " ").Bind(clause.values[0]);
    }
    Add(column + " " + clause.comparator + " (");
    for (size_t i = 0; i < clause.values.size(); ++i) Add(i > 0 ? ", " : "").Bind(clause.values[i]);
    return Add(")");
  }
  SqlQuery Take() { return std::move(query_); }

 private:
  SqlQuery query_;
};

std::string_view StagesOf(ViewType view) {
  if (view == ViewType::kActiveOnly) return "('active')";
  return view == ViewType::kDeletedOnly ? "('deleted')" : "('active', 'deleted')";
}

std::string_view TableOf(SearchEntity entity) {
  if (entity == SearchEntity::kMetric) return "latest_metrics";
  return entity == SearchEntity::kParam ? "params" : "tags";
}

std::string RunColumn(const std::string& attribute) {
  if (attribute == "run_id") return "runs.run_uuid";
  if (attribute == "run_name") return "runs.name";
  return "runs." + attribute;
}

// Whether the run has a row for the key.
void AddHasKey(Builder& builder, const SearchClause& clause) {
  builder.Add(clause.comparator == "IS NULL" ? "NOT EXISTS (" : "EXISTS (")
      .Add(fmt::format("SELECT 1 FROM {0} WHERE {0}.run_uuid = runs.run_uuid AND {0}.key = ",
                       TableOf(clause.entity)))
      .Bind(clause.key)
      .Add(")");
}

void AddMetric(Builder& builder, const SearchClause& clause) {
  builder
      .Add("EXISTS (SELECT 1 FROM latest_metrics m WHERE m.run_uuid = runs.run_uuid AND m.key = ")
      .Bind(clause.key)
      .Add(" AND (m.value " + clause.comparator + " ")
      .Bind(clause.number)
      .Add(clause.comparator == "!=" ? " OR m.is_nan))" : " AND NOT m.is_nan))");
}

void AddKeyed(Builder& builder, const SearchClause& clause) {
  builder
      .Add(fmt::format("EXISTS (SELECT 1 FROM {} t WHERE t.run_uuid = runs.run_uuid AND t.key = ",
                       TableOf(clause.entity)))
      .Bind(clause.key)
      .Add(" AND ")
      .CompareText("t.value", clause)
      .Add(")");
}

void AddDataset(Builder& builder, const SearchClause& clause) {
  const bool is_context = clause.key == "context";
  builder.Add("EXISTS (SELECT 1 FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id");
  if (is_context) {
    builder.Add(
        " JOIN input_tags g ON g.input_uuid = i.input_uuid AND g.name = 'mlflow.data.context'");
  }
  builder.Add(" WHERE i.destination_id = runs.run_uuid AND ")
      .CompareText(is_context ? "g.value" : "d." + clause.key, clause)
      .Add(")");
}

void AddRunAttribute(Builder& builder, const SearchClause& clause) {
  const bool is_number = clause.key == "start_time" || clause.key == "end_time";
  if (is_number) {
    builder.Add(RunColumn(clause.key) + " " + clause.comparator + " ").Bind(clause.number);
  } else {
    builder.CompareText(RunColumn(clause.key), clause);
  }
}

void AddRunClause(Builder& builder, const SearchClause& clause) {
  if (clause.comparator.ends_with("NULL")) return AddHasKey(builder, clause);
  switch (clause.entity) {
    case SearchEntity::kMetric: return AddMetric(builder, clause);
    case SearchEntity::kParam:
    case SearchEntity::kTag: return AddKeyed(builder, clause);
    case SearchEntity::kDataset: return AddDataset(builder, clause);
    case SearchEntity::kAttribute: return AddRunAttribute(builder, clause);
  }
}

Result<std::vector<SearchOrder>> ParseOrders(const SearchRequest& request,
                                             const SearchVocabulary& vocabulary) {
  std::vector<SearchOrder> orders;
  std::set<std::pair<SearchEntity, std::string>> seen;
  for (const std::string& text : request.order_by) {
    TRY_ASSIGN(SearchOrder order, ParseSearchOrder(text, vocabulary));
    if (!seen.emplace(order.entity, order.key).second) {
      return InvalidInput(fmt::format("`order_by` contains duplicate fields: ['{}']",
                                      Join(request.order_by, "', '")));
    }
    if (order.entity == SearchEntity::kDataset)
      return InvalidInput("Invalid identifier type 'dataset'");
    orders.push_back(std::move(order));
  }
  return orders;
}

// Outer joins, so that runs without the key stay.
void AddOrderJoins(Builder& builder, const std::vector<SearchOrder>& orders) {
  for (size_t i = 0; i < orders.size(); ++i) {
    if (orders[i].entity == SearchEntity::kAttribute) continue;
    builder
        .Add(fmt::format(" LEFT JOIN {0} o{1} ON o{1}.run_uuid = runs.run_uuid AND o{1}.key = ",
                         TableOf(orders[i].entity), i))
        .Bind(orders[i].key);
  }
}

Status AddExperimentIds(Builder& builder, const std::vector<std::string>& ids) {
  builder.Add("experiment_id IN (");
  for (size_t i = 0; i < ids.size(); ++i) {
    TRY_ASSIGN(const int64_t id, ExperimentNumber(ids[i]));
    builder.Add(i > 0 ? ", " : "").Bind(id);
  }
  builder.Add(")");
  return {};
}

void AddRunOrder(Builder& builder, const std::vector<SearchOrder>& orders) {
  builder.Add(" ORDER BY ");
  bool by_start = false;
  for (size_t i = 0; i < orders.size(); ++i) {
    const bool is_attribute = orders[i].entity == SearchEntity::kAttribute;
    const std::string column =
        is_attribute ? RunColumn(orders[i].key) : fmt::format("o{}.value", i);
    const std::string rank =
        orders[i].entity == SearchEntity::kMetric
            ? fmt::format("CASE WHEN o{0}.is_nan THEN 1 WHEN o{0}.value IS NULL THEN 2 ELSE 0 END",
                          i)
            : fmt::format("{} IS NULL", column);
    builder.Add(fmt::format("{}, {} {}, ", rank, column, orders[i].ascending ? "ASC" : "DESC"));
    by_start = by_start || (is_attribute && orders[i].key == "start_time");
  }
  builder.Add(by_start ? "runs.run_uuid" : "runs.start_time DESC, runs.run_uuid");
}

void AddPage(Builder& builder, const SearchRequest& request) {
  builder.Add(" LIMIT ").Bind(request.limit).Add(" OFFSET ").Bind(request.offset);
}

Status AddExperimentAttribute(Builder& builder, const SearchClause& clause) {
  if (clause.key == "creation_time" || clause.key == "last_update_time") {
    builder.Add("experiments." + clause.key + " " + clause.comparator + " ").Bind(clause.number);
    return {};
  }
  if (clause.key == "experiment_id") {
    if (clause.comparator.ends_with("LIKE")) {
      return InvalidInput(
          fmt::format("Invalid comparator for experiment_id: {}", clause.comparator));
    }
    for (const std::string& id : clause.values) TRY(ExperimentNumber(id));
    builder.CompareText("CAST(experiments.experiment_id AS TEXT)", clause);
    return {};
  }
  builder.CompareText("experiments." + clause.key, clause);
  return {};
}

void AddExperimentTag(Builder& builder, const SearchClause& clause) {
  builder.Add(clause.comparator == "IS NULL" ? "NOT EXISTS (" : "EXISTS (")
      .Add(
          "SELECT 1 FROM experiment_tags t WHERE t.experiment_id = experiments.experiment_id AND "
          "t.key = ")
      .Bind(clause.key);
  if (!clause.comparator.ends_with("NULL")) builder.Add(" AND ").CompareText("t.value", clause);
  builder.Add(")");
}

Status AddExperimentOrder(Builder& builder, const std::vector<SearchOrder>& orders) {
  builder.Add(" ORDER BY ");
  bool by_id = false;
  for (const SearchOrder& order : orders) {
    if (order.entity != SearchEntity::kAttribute) {
      return InvalidInput("Invalid order_by entity: tag");
    }
    builder.Add(fmt::format("{} {}, ", order.key, order.ascending ? "ASC" : "DESC"));
    by_id = by_id || order.key == "experiment_id";
  }
  if (orders.empty()) builder.Add("creation_time DESC, experiment_id ASC");
  else builder.Add(by_id ? "0" : "experiment_id DESC");
  return {};
}

}  // namespace

Result<SqlQuery> RunSearchSql(const SearchRequest& request) {
  TRY_ASSIGN(const auto clauses, ParseSearchFilter(request.filter, RunVocabulary()));
  TRY_ASSIGN(const auto orders, ParseOrders(request, RunVocabulary()));
  Builder builder;
  builder.Add(fmt::format("SELECT {} FROM runs", kRunColumns));
  AddOrderJoins(builder, orders);
  builder.Add(" WHERE runs.");
  TRY(AddExperimentIds(builder, request.experiment_ids));
  builder.Add(fmt::format(" AND runs.lifecycle_stage IN {}", StagesOf(request.view)));
  for (const SearchClause& clause : clauses) {
    builder.Add(" AND ");
    AddRunClause(builder, clause);
  }
  AddRunOrder(builder, orders);
  AddPage(builder, request);
  return builder.Take();
}

Result<SqlQuery> ExperimentSearchSql(const SearchRequest& request) {
  TRY_ASSIGN(const auto clauses, ParseSearchFilter(request.filter, ExperimentVocabulary()));
  TRY_ASSIGN(const auto orders, ParseOrders(request, ExperimentVocabulary()));
  Builder builder;
  builder.Add(
      fmt::format("SELECT {} FROM experiments WHERE workspace = 'default' AND "
                  "lifecycle_stage IN {}",
                  kExperimentColumns, StagesOf(request.view)));
  for (const SearchClause& clause : clauses) {
    builder.Add(" AND ");
    if (clause.entity == SearchEntity::kTag) AddExperimentTag(builder, clause);
    else TRY(AddExperimentAttribute(builder, clause));
  }
  TRY(AddExperimentOrder(builder, orders));
  AddPage(builder, request);
  return builder.Take();
}

Result<SqlQuery> LoggedModelSearchSql(const SearchRequest& request, std::string_view columns) {
  TRY_ASSIGN(const auto clauses, ParseSearchFilter(request.filter, LoggedModelVocabulary()));
  Builder builder;
  builder.Add("SELECT ").Add(columns).Add(" WHERE lifecycle_stage != 'deleted' AND ");
  TRY(AddExperimentIds(builder, request.experiment_ids));
  for (const SearchClause& clause : clauses) {
    if (clause.entity != SearchEntity::kAttribute) {
      return InvalidInput("searching logged models by metrics, params or tags is not built yet");
    }
    builder.Add(" AND ").CompareText(clause.key, clause);
  }
  builder.Add(" ORDER BY creation_timestamp_ms DESC, model_id");
  AddPage(builder, request);
  return builder.Take();
}

Result<Statement> PrepareQuery(Database& database, const SqlQuery& query) {
  TRY_ASSIGN(Statement statement, database.Prepare(query.sql));
  for (size_t i = 0; i < query.values.size(); ++i) {
    std::visit([&](const auto& value) { statement.Bind(static_cast<int>(i) + 1, value); },
               query.values[i]);
  }
  return statement;
}

}  // namespace curbstop
