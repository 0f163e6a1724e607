// MLflow's search grammar for runs and experiments, read by hand:
//
//   filter  = clause { AND clause }
//   clause  = key operator ( value | list )  |  key IS [ NOT ] NULL
//   key     = [ entity "." ] name            (entity missing: attribute)
//   list    = "(" value { "," value } ")"    (after IN and NOT IN)
//
// Names with other characters than letters, digits, `_ . - / : @` stand in backticks or double
// quotes; text values in single or double quotes. No OR, no NOT but `NOT IN`.
// Source: mlflow 3.17.2, mlflow/utils/search_utils.py.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

enum class SearchEntity { kMetric, kParam, kTag, kAttribute, kDataset };

struct SearchClause {
  SearchEntity entity = SearchEntity::kAttribute;
  std::string key;
  std::string comparator;           // = != > >= < <= LIKE ILIKE IN, NOT IN, IS NULL, IS NOT NULL
  std::vector<std::string> values;  // one; several of a list; none of IS [NOT] NULL
  double number = 0;                // where the value must be a number
};

struct SearchOrder {
  SearchEntity entity = SearchEntity::kAttribute;
  std::string key;
  bool ascending = true;
};

// What may be searched.
struct SearchVocabulary {
  std::span<const std::string_view> text_attributes;
  std::span<const std::string_view> number_attributes;
  std::span<const std::string_view> list_attributes;  // those that take IN
  bool has_run_data = false;                          // metrics, params, datasets
};

const SearchVocabulary& RunVocabulary();
const SearchVocabulary& ExperimentVocabulary();
const SearchVocabulary& LoggedModelVocabulary();

// Errors: kInvalidInput with MLflow's text.
Result<std::vector<SearchClause>> ParseSearchFilter(std::string_view filter,
                                                    const SearchVocabulary& vocabulary);
// `<entity>.<key> [ASC|DESC]`.
Result<SearchOrder> ParseSearchOrder(std::string_view text, const SearchVocabulary& vocabulary);

}  // namespace curbstop
