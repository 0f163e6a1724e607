#include "record/internal/search_filter.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "record/internal/search_token.h"

namespace curbstop {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 5> kRunTexts = {"artifact_uri", "run_id", "run_name",
                                                       "status", "user_id"};
constexpr std::array<std::string_view, 2> kRunNumbers = {"start_time", "end_time"};
constexpr std::array<std::string_view, 1> kRunLists = {"run_id"};
constexpr std::array<std::string_view, 2> kExperimentTexts = {"name", "experiment_id"};
constexpr std::array<std::string_view, 2> kExperimentNumbers = {"creation_time",
                                                                "last_update_time"};
constexpr std::array<std::string_view, 1> kExperimentLists = {"experiment_id"};
constexpr std::array<std::string_view, 4> kModelTexts = {"model_id", "name", "model_type",
                                                         "source_run_id"};
constexpr std::array<std::string_view, 3> kDatasetKeys = {"name", "digest", "context"};

constexpr std::array<std::string_view, 6> kNumberComparators = {"=", "!=", ">", ">=", "<", "<="};
constexpr std::array<std::string_view, 4> kTextComparators = {"=", "!=", "LIKE", "ILIKE"};
constexpr std::array<std::string_view, 6> kTagComparators = {"=",     "!=",      "LIKE",
                                                             "ILIKE", "IS NULL", "IS NOT NULL"};
constexpr std::array<std::string_view, 6> kListComparators = {"=",     "!=", "LIKE",
                                                              "ILIKE", "IN", "NOT IN"};

bool Has(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Listed(Names names) {
  std::vector<std::string> quoted;
  for (const std::string_view name : names) quoted.push_back(fmt::format("'{}'", name));
  return "[" + Join(quoted, ", ") + "]";
}

std::string Unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                         std::string_view("`'\"").find(text.front()) != std::string_view::npos;
  return std::string(is_quoted ? text.substr(1, text.size() - 2) : text);
}

std::string WithoutAlias(const std::string& attribute) {
  const std::string lower = Lower(attribute);
  if (lower == "created") return "start_time";
  return lower == "run name" ? "run_name" : attribute;
}

Result<SearchEntity> ToEntity(const std::string& name, const SearchVocabulary& vocabulary) {
  if (name == "tag" || name == "tags") return SearchEntity::kTag;
  if (name == "attribute" || name == "attributes" || name == "attr")
    return SearchEntity::kAttribute;
  if (vocabulary.has_run_data) {
    if (name == "run") return SearchEntity::kAttribute;
    if (name == "metric" || name == "metrics") return SearchEntity::kMetric;
    if (name == "dataset" || name == "datasets") return SearchEntity::kDataset;
    if (name == "param" || name == "params" || name == "parameter" || name == "parameters") {
      return SearchEntity::kParam;
    }
  }
  return InvalidInput(fmt::format("Invalid entity type '{}'. Valid values are {}", name,
                                  vocabulary.has_run_data
                                      ? "['metric', 'parameter', 'tag', 'attribute', 'dataset']"
                                      : "('attribute', 'tag', 'tags')"));
}

Error BadClause(std::string_view found) {
  return InvalidInput(fmt::format("Invalid clause(s) in filter string: '{}'", found));
}

struct Key {
  SearchEntity entity = SearchEntity::kAttribute;
  std::string name;
};

Status CheckKey(const Key& key, const SearchVocabulary& vocabulary) {
  if (key.entity == SearchEntity::kDataset && !Has(kDatasetKeys, key.name)) {
    return InvalidInput(fmt::format("Invalid dataset key '{}' specified. Valid keys are '{}'",
                                    key.name, Listed(kDatasetKeys)));
  }
  if (key.entity != SearchEntity::kAttribute || Has(vocabulary.text_attributes, key.name) ||
      Has(vocabulary.number_attributes, key.name)) {
    return {};
  }
  return InvalidInput(fmt::format(
      "Invalid attribute key '{}' specified. Valid keys are '{}'", key.name,
      Listed(vocabulary.text_attributes) + " and " + Listed(vocabulary.number_attributes)));
}

Result<Key> ParseKey(std::string_view text, const SearchVocabulary& vocabulary) {
  Key key;
  const size_t dot = text.front() == '"' ? text.npos : text.find('.');
  if (dot != text.npos) {
    TRY_ASSIGN(key.entity, ToEntity(Unquoted(text.substr(0, dot)), vocabulary));
    text.remove_prefix(dot + 1);
  }
  key.name = Unquoted(text);
  if (key.name.empty()) return BadClause(text);
  if (key.entity == SearchEntity::kAttribute && vocabulary.has_run_data) {
    key.name = WithoutAlias(key.name);
  }
  TRY(CheckKey(key, vocabulary));
  return key;
}

bool IsNumber(const Key& key, const SearchVocabulary& vocabulary) {
  return key.entity == SearchEntity::kMetric ||
         (key.entity == SearchEntity::kAttribute && Has(vocabulary.number_attributes, key.name));
}

Names ComparatorsOf(const Key& key, const SearchVocabulary& vocabulary) {
  if (IsNumber(key, vocabulary)) return kNumberComparators;
  if (key.entity == SearchEntity::kTag || key.entity == SearchEntity::kParam)
    return kTagComparators;
  if (key.entity == SearchEntity::kDataset || Has(vocabulary.list_attributes, key.name)) {
    return kListComparators;
  }
  return kTextComparators;
}

class Parser {
 public:
  Parser(std::span<const SearchToken> tokens, const SearchVocabulary& vocabulary)
      : tokens_(tokens), vocabulary_(vocabulary) {}

  Result<std::vector<SearchClause>> Parse() {
    std::vector<SearchClause> clauses;
    while (true) {
      TRY_ASSIGN(SearchClause clause, ParseClause());
      clauses.push_back(std::move(clause));
      if (AtEnd()) return clauses;
      if (!TakeWord("AND")) return BadClause(Peek());
    }
  }

 private:
  bool AtEnd() const { return next_ == tokens_.size(); }
  std::string_view Peek() const { return AtEnd() ? "end of the filter" : tokens_[next_].text; }

  bool TakeWord(std::string_view upper) {
    if (AtEnd() || tokens_[next_].kind != SearchTokenKind::kWord ||
        Lower(tokens_[next_].text) != Lower(upper)) {
      return false;
    }
    ++next_;
    return true;
  }

  bool TakeMark(std::string_view mark) {
    if (AtEnd() || tokens_[next_].kind != SearchTokenKind::kMark || tokens_[next_].text != mark) {
      return false;
    }
    ++next_;
    return true;
  }

  Result<SearchClause> ParseClause() {
    if (AtEnd() || tokens_[next_].kind == SearchTokenKind::kMark) return BadClause(Peek());
    TRY_ASSIGN(const Key key, ParseKey(tokens_[next_++].text, vocabulary_));
    SearchClause clause{key.entity, key.name, "", {}, 0};
    TRY_ASSIGN(clause.comparator, ParseComparator());
    const Names allowed = ComparatorsOf(key, vocabulary_);
    if (!Has(allowed, clause.comparator)) {
      return InvalidInput(fmt::format("Invalid comparator '{}' not one of '{}'", clause.comparator,
                                      Listed(allowed)));
    }
    TRY(ParseValue(key, clause));
    return clause;
  }

  Result<std::string> ParseComparator() {
    for (const std::string_view word : {"LIKE", "ILIKE", "IN"}) {
      if (TakeWord(word)) return std::string(word);
    }
    if (TakeWord("NOT")) return TakeWord("IN") ? Result<std::string>("NOT IN") : BadClause(Peek());
    if (TakeWord("IS")) {
      const bool is_not = TakeWord("NOT");
      if (!TakeWord("NULL")) return BadClause(Peek());
      return std::string(is_not ? "IS NOT NULL" : "IS NULL");
    }
    for (const std::string_view mark : kNumberComparators) {
      if (TakeMark(mark)) return std::string(mark);
    }
    return BadClause(Peek());
  }

  Status ParseValue(const Key& key, SearchClause& clause) {
    if (clause.comparator.ends_with("NULL")) return {};
    if (IsNumber(key, vocabulary_)) return ParseNumber(key, clause);
    if (clause.comparator.ends_with("IN")) return ParseList(clause);
    return ParseText(clause);
  }

  Status ParseNumber(const Key& key, SearchClause& clause) {
    const std::string text(Peek());
    const auto [stop, error] =
        std::from_chars(text.data(), text.data() + text.size(), clause.number);
    const bool is_number = !AtEnd() && tokens_[next_].kind == SearchTokenKind::kNumber;
    if (!is_number || error != std::errc() || stop != text.data() + text.size()) {
      return InvalidInput(
          key.entity == SearchEntity::kMetric
              ? fmt::format("Expected numeric value type for metric. Found {}", text)
              : fmt::format("Expected numeric value type for numeric attribute: {}. Found {}",
                            key.name, text));
    }
    clause.values.push_back(text);
    ++next_;
    return {};
  }

  Status ParseText(SearchClause& clause) {
    const std::string_view text = Peek();
    if (AtEnd() || (text.front() != '\'' && text.front() != '"')) {
      return InvalidInput(
          fmt::format("Expected a quoted string value for '{}' (e.g. 'my-value'). Got value {}",
                      clause.key, text));
    }
    clause.values.push_back(Unquoted(text));
    ++next_;
    return {};
  }

  Status ParseList(SearchClause& clause) {
    if (!TakeMark("(")) return BadClause(Peek());
    do {
      TRY(ParseText(clause));
    } while (TakeMark(","));
    if (!TakeMark(")")) return BadClause(Peek());
    return {};
  }

  std::span<const SearchToken> tokens_;
  const SearchVocabulary& vocabulary_;
  size_t next_ = 0;
};

}  // namespace

const SearchVocabulary& RunVocabulary() {
  static constexpr SearchVocabulary kVocabulary{kRunTexts, kRunNumbers, kRunLists, true};
  return kVocabulary;
}

const SearchVocabulary& ExperimentVocabulary() {
  static constexpr SearchVocabulary kVocabulary{kExperimentTexts, kExperimentNumbers,
                                                kExperimentLists, false};
  return kVocabulary;
}

const SearchVocabulary& LoggedModelVocabulary() {
  static constexpr SearchVocabulary kVocabulary{kModelTexts, {}, kModelTexts, false};
  return kVocabulary;
}

Result<std::vector<SearchClause>> ParseSearchFilter(std::string_view filter,
                                                    const SearchVocabulary& vocabulary) {
  TRY_ASSIGN(const std::vector<SearchToken> tokens, SearchTokens(filter));
  if (tokens.empty()) return std::vector<SearchClause>();
  return Parser(tokens, vocabulary).Parse();
}

Result<SearchOrder> ParseSearchOrder(std::string_view text, const SearchVocabulary& vocabulary) {
  TRY_ASSIGN(const std::vector<SearchToken> tokens, SearchTokens(text));
  if (tokens.empty() || tokens.size() > 2 || tokens[0].kind == SearchTokenKind::kMark) {
    return InvalidInput(fmt::format("Invalid order_by clause '{}'. Could not be parsed.", text));
  }
  const std::string direction = tokens.size() == 2 ? Lower(tokens[1].text) : "asc";
  if (direction != "asc" && direction != "desc") {
    return InvalidInput(fmt::format("Invalid ordering key in order_by clause '{}'.", text));
  }
  TRY_ASSIGN(Key key, ParseKey(tokens[0].text, vocabulary));
  return SearchOrder{key.entity, std::move(key.name), direction == "asc"};
}

}  // namespace curbstop
