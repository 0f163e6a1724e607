// The tokens of a search filter: words and keys (`metrics.loss`, tags."a b"), numbers, quoted
// texts, and the marks = != > >= < <= ( ) ,
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

enum class SearchTokenKind { kWord, kNumber, kText, kMark };

struct SearchToken {
  SearchTokenKind kind = SearchTokenKind::kWord;
  std::string_view text;  // as written, quotes included; a part of the filter
};

// Errors: kInvalidInput with MLflow's text and the first characters that make no token.
Result<std::vector<SearchToken>> SearchTokens(std::string_view filter);

}  // namespace curbstop
